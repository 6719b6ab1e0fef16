"""Why an event fails, as CloudFormation shows it: the code, what it means, what to do, then the particulars."""

from collections.abc import Sequence
from typing import Final, NamedTuple

MOST_CHARACTERS: Final = 1000
"""CloudFormation accepts more, but its console and the CLI cut a reason. The first 256 characters stand alone."""


class Reason(NamedTuple):
    """A kind of failure: its code, what it means for the stack, and the fix."""

    code: str
    means: str
    fix: str


INVALID_EVENT: Final = Reason(
    "InvalidEvent", "the event is not one that CloudFormation sends", "invoke the function through a stack"
)
OUT_OF_TIME: Final = Reason(
    "OutOfTime",
    "the function ran out of time, and what it asked for may still happen",
    "deploy again: what was made is found by its tags",
)
INTERNAL_ERROR: Final = Reason("InternalError", "the function failed unexpectedly", "report it with the function's log")

REASONS: Final = (INVALID_EVENT, OUT_OF_TIME, INTERNAL_ERROR)


class HandlerError(Exception):
    """An event fails for a known reason.

    `detail` describes the case, and `parts` are the items of a list that the reason shows whole or not at all. `facts`
    stand in brackets before the detail, and `request_id` is the service's, for the log.
    """

    def __init__(
        self, reason: Reason, detail: str, parts: Sequence[str] = (), *, facts: str = "", request_id: str = ""
    ) -> None:
        super().__init__(f"{reason.code}: {detail}{'; '.join(parts)}")
        self.reason = reason
        self.detail = detail
        self.parts = parts
        self.facts = facts
        self.request_id = request_id

    def text(self, attempts: str = "") -> str:
        """Return the reason for CloudFormation; `attempts` says how often the work was tried, empty for once."""
        facts = ", ".join(fact for fact in (self.facts, attempts) if fact)
        head = f"{self.reason.code}: {self.reason.means}; {self.reason.fix}{f' ({facts})' if facts else ''}"
        return fitted(f"{head}: {self.detail}" if self.detail or self.parts else head, self.parts)


def failure_of(error: BaseException) -> HandlerError:
    """Return the failure that an error means: itself, or an unexpected one."""
    if isinstance(error, HandlerError):
        return error
    return HandlerError(INTERNAL_ERROR, f"{type(error).__name__}: {error}")


def fitted(head: str, parts: Sequence[str]) -> str:
    """Append as many whole parts to the head as fit, in order, and say how many more there are."""
    count = len(parts)
    while count > 1:
        text = _listed(head, parts, count)
        if len(text) <= MOST_CHARACTERS:
            return text
        # Every part has some characters, so a count that is far too large comes down at once.
        count = min(count - 1, MOST_CHARACTERS)
    text = _listed(head, parts, count)
    ending = f"; +{len(parts) - count} more" if len(parts) > count else ""
    return text if len(text) <= MOST_CHARACTERS else shortened(text.removesuffix(ending), ending)


def shortened(text: str, ending: str = "", most: int = MOST_CHARACTERS) -> str:
    """Cut a string that is too long, between two words unless one word is most of it, and say so."""
    if len(text) + len(ending) <= most:
        return text + ending
    ending = f" … (shortened){ending}"
    head = text[: max(0, most - len(ending))]
    space = head.rfind(" ")
    return head[: space if space > len(head) // 2 else len(head)] + ending


def _listed(head: str, parts: Sequence[str], count: int) -> str:
    more = len(parts) - count
    return f"{head}{'; '.join(parts[:count])}{f'; +{more} more' if more else ''}"
