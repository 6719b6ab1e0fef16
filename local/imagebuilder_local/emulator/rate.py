"""A request rate limit."""

from collections.abc import Callable


class TokenBucket:
    """Allows `rate` requests per second on average, and a burst of the same size (at least one)."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._capacity = max(1.0, rate)
        self._tokens = self._capacity
        self._filled_at = clock()

    def take(self) -> bool:
        """Take one token. Return False if none is left."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
