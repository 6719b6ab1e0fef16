"""One service for each account and Region."""

from collections.abc import Callable
from threading import Lock

from imagebuilder_local.emulator.image_builder import ImageBuilder


class Services:
    """The services of all accounts and Regions. Each is made when it is first used. Threads may share it.

    All have the faults of the first one, since a fault is ordered for an operation.
    """

    def __init__(self, first: ImageBuilder, make: Callable[[str, str], ImageBuilder]) -> None:
        _, _, _, region, account, _ = first.arn("").split(":")
        self._made = {(account, region): first}
        self._first = first
        self._make = make
        self._lock = Lock()

    def of(self, account: str, region: str) -> ImageBuilder:
        """Return the service of an account and a Region."""
        with self._lock:
            service = self._made.get((account, region))
            if service is None:
                service = self._made[account, region] = self._make(account, region)
                service.faults = self._first.faults
            return service

    def all(self) -> list[ImageBuilder]:
        """Return the services made until now, the first one first."""
        with self._lock:
            return list(self._made.values())
