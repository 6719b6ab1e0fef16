"""State of the emulated service for one account in one Region."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, NamedTuple

from imagebuilder_local.emulator.errors import not_found
from imagebuilder_local.emulator.images import Image, LifecycleExecution
from imagebuilder_local.emulator.ordered import ByArn
from imagebuilder_local.emulator.resources import Resources
from imagebuilder_local.emulator.versions import newest

_MOST_EVENTS: Final = 10_000
"""Maximum number of events that are kept for whoever takes them: in process, nobody may."""


class ServiceEvent(NamedTuple):
    """An event for EventBridge: its detail type, the ARN in its resources, and its detail."""

    detail_type: str
    resource: str
    detail: Mapping[str, Any]


@dataclass
class State:
    """Pipelines as GetImagePipeline returns them, their images, and the resources that they refer to."""

    partition: str
    region: str
    account: str
    clock: Callable[[], float]
    seconds_per_state: float
    strict_references: bool
    pipeline_quota: int | None
    inspector: Collection[str]
    failing_regions: Collection[str]
    pipelines: ByArn[dict[str, Any]] = field(default_factory=ByArn[dict[str, Any]])
    images: ByArn[Image] = field(default_factory=ByArn[Image])
    made_by: defaultdict[str, list[Image]] = field(default_factory=lambda: defaultdict(list))
    builds: Counter[str] = field(default_factory=Counter[str])
    events: deque[ServiceEvent] = field(default_factory=lambda: deque(maxlen=_MOST_EVENTS))
    order: Iterator[int] = field(default_factory=count)
    expected: list[tuple[float, int, Image]] = field(default_factory=list[tuple[float, int, Image]])
    lifecycle_executions: dict[str, LifecycleExecution] = field(default_factory=dict[str, LifecycleExecution])
    resources: Resources = field(default_factory=Resources)

    def arn(self, resource: str) -> str:
        """Return the ARN of a resource of this account and Region, for example `image-pipeline/web`."""
        return f"arn:{self.partition}:imagebuilder:{self.region}:{self.account}:{resource}"

    def pipeline(self, arn: str) -> dict[str, Any]:
        """Return the pipeline, not a copy. ResourceNotFoundException if it does not exist.

        The model of Get, Update and Delete does not list this error, but AWS sends it, and Terraform relies on it.
        """
        if arn not in self.pipelines:
            raise not_found(arn)
        return self.pipelines[arn]

    def image(self, arn: str) -> Image:
        """Return the image of a build version. ResourceNotFoundException if it does not exist.

        The model does not list this error for images either.
        """
        if arn not in self.images:
            raise not_found(arn)
        return self.images[arn]

    def resolve_image(self, reference: str) -> str | None:
        """Return the ARN of a build version for a reference to it, or to a version; None if there is none.

        The ARN of a build version names an image in any state. The ARN of a version, with or without `x`, names its
        newest build that is AVAILABLE (API reference of GetImage).
        """
        if reference in self.images:
            return reference
        now = self.clock()
        return newest(reference, (arn for arn, image in self.images.items() if image.status(now) == "AVAILABLE"))

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a pipeline, image or registered resource, not a copy; None if it does not exist."""
        if arn in self.images:
            return self.images[arn].tags
        facts = self.pipelines.get(arn) or self.resources.facts(arn)
        return None if facts is None else facts["tags"]

    def now(self) -> str:
        """Return the current time in the format of the service."""
        return timestamp(self.clock())


def timestamp(seconds: float) -> str:
    """Format seconds since the epoch as the service does: ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
