"""Which members and tags of a pipeline belong to the resource and not to its template."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from imagebuilder_model.check import MapKey, Path, Problem, check
from imagebuilder_model.model import load_model

STACK_ID_TAG: Final = "imagebuilder-pipeline:stack-id"
"""The tag that names the stack which owns a pipeline. By it IAM keeps the function away from other stacks."""

LOGICAL_ID_TAG: Final = "imagebuilder-pipeline:logical-id"
"""The tag that names the resource of the stack which owns a pipeline."""

ADOPTED_TAG: Final = "imagebuilder-pipeline:adopted"
"""The tag of a pipeline that existed before the resource which owns it. Its value says what a Delete does."""

RETAINED: Final = "retained-on-delete"
"""Value of ADOPTED_TAG: a Delete removes the owner tags and keeps the pipeline. A rollback must not undo more."""

OWNED: Final = "deleted-with-stack"
"""Value of ADOPTED_TAG after an update without AdoptExisting: a Delete deletes the pipeline."""

FORMER_LOGICAL_ID_TAG: Final = "imagebuilder-pipeline:former-logical-id"
"""The tag of a pipeline that one resource of a stack adopted from another: a rollback gives it back to that one."""

WHAT_IS_BUILT_TAG: Final = "imagebuilder-pipeline:what-is-built"
"""The tag of an image with the Trigger that it was built for, beside the two tags that name its owner."""

OWNER_TAGS: Final = (STACK_ID_TAG, LOGICAL_ID_TAG, ADOPTED_TAG, FORMER_LOGICAL_ID_TAG)
"""Keys that a template may not give, in any case of their letters: IAM's condition keys ignore case."""

RESERVED_MEMBERS: Final = frozenset({"clientToken", "dryRun"})
"""Members of CreateImagePipeline that the function sets: a template may not give them."""


def most_tags(*, adopt_existing: bool) -> int:
    """Return the number of tags that a template may give, of those that a pipeline can have: the owner's need room."""
    maximum = load_model().shapes["TagMap"].maximum or 0
    return maximum - (len(OWNER_TAGS) if adopt_existing else 2)


def is_owner_tag(key: str) -> bool:
    """Return whether a tag's key is an owner tag, or IAM cannot tell it from one."""
    return key.lower() in OWNER_TAGS


def check_pipeline(
    request: Mapping[str, Any],
    *,
    adopt_existing: bool,
    spell: Callable[[str], str],
    is_unresolved: Callable[[object], bool] = lambda _: False,
    more: Collection[str] = (),
    is_secret: Callable[[Path], bool] = lambda _: False,
) -> list[Problem]:
    """Return every problem of a pipeline's request, as `check` does, and of what only the resource may set in it."""
    owners = list(_ownership_problems(request, adopt_existing=adopt_existing, spell=spell))
    given = {name: value for name, value in request.items() if name not in RESERVED_MEMBERS}
    found = check(
        "CreateImagePipeline",
        given,
        spell=spell,
        is_unresolved=is_unresolved,
        hidden=RESERVED_MEMBERS,
        more=more,
        is_secret=is_secret,
    )
    paths = {problem.path for problem in owners}
    return owners + [problem for problem in found if problem.path not in paths]


def check_tags(
    tags: Mapping[str, Any], *, adopt_existing: bool, is_unresolved: Callable[[object], bool] = lambda _: False
) -> list[Problem]:
    """Return every problem of a pipeline's tags, each path beginning with `tags`."""
    owners = list(_ownership_problems({"tags": tags}, adopt_existing=adopt_existing, spell=str))
    found = check("TagResource", {"tags": dict(tags)}, is_unresolved=is_unresolved)
    # Their number is checked above, where there may be none, and the other members are not of interest.
    paths = {problem.path for problem in owners}
    return owners + [problem for problem in found if len(problem.path) > 1 and problem.path not in paths]


def _ownership_problems(
    request: Mapping[str, Any], *, adopt_existing: bool, spell: Callable[[str], str]
) -> Iterator[Problem]:
    for name in sorted(RESERVED_MEMBERS & request.keys()):
        yield Problem((spell(name),), "is set by the resource itself: remove it")
    tags = request.get("tags")
    if not isinstance(tags, Mapping):
        return
    for key in tags:
        if isinstance(key, str) and is_owner_tag(key):
            yield Problem((spell("tags"), MapKey(key)), "is set by the resource itself: remove it")
    most = most_tags(adopt_existing=adopt_existing)
    if len(tags) > most:
        owners = (load_model().shapes["TagMap"].maximum or 0) - most
        allowed = f"allowed {most}, because the resource adds {owners} that name the owner"
        yield Problem((spell("tags"),), f"is too large: got {len(tags)} entries, {allowed}")
