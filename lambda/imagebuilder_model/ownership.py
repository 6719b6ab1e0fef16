"""Members and tags of a pipeline that the resource sets and a template cannot set."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from imagebuilder_model.check import MapKey, Path, Problem, check
from imagebuilder_model.model import load_model

STACK_ID_TAG: Final = "imagebuilder-pipeline:stack-id"
"""Tag with the id of the stack that owns a pipeline. IAM policies use it to protect pipelines of other stacks."""

LOGICAL_ID_TAG: Final = "imagebuilder-pipeline:logical-id"
"""Tag with the logical id of the resource that owns a pipeline."""

ADOPTED_TAG: Final = "imagebuilder-pipeline:adopted"
"""Tag of an adopted pipeline, which existed before its resource. The value determines the effect of a Delete."""

RETAINED: Final = "retained-on-delete"
"""Value of ADOPTED_TAG: a Delete removes the owner tags and keeps the pipeline, so that a rollback undoes no more."""

OWNED: Final = "deleted-with-stack"
"""Value of ADOPTED_TAG after an update without AdoptExisting: a Delete deletes the pipeline."""

FORMER_LOGICAL_ID_TAG: Final = "imagebuilder-pipeline:former-logical-id"
"""Tag of a pipeline adopted from another resource of the stack. A rollback returns the pipeline to that resource."""

BUILT_FROM: Final = (
    "imageRecipeArn",
    "containerRecipeArn",
    "infrastructureConfigurationArn",
    "distributionConfigurationArn",
    "workflows",
)
"""The members of a pipeline that say what it builds. The others say when, and what is recorded of it."""

WHAT_IS_BUILT_TAG: Final = "imagebuilder-pipeline:what-is-built"
"""The tag of an image with the Trigger that it was built for, beside the two tags that name its owner."""

IN_USE_TAG: Final = "imagebuilder-pipeline:in-use"
"""The tag of the image that the resource of a build has now. Lifecycle policies exclude it from deletion."""

IN_USE: Final[Mapping[str, str]] = {IN_USE_TAG: "true"}
"""The tag with its value: one value for all stacks, so that the policy of each spares the images of all."""

TAGS_OF_BUILDS: Final = (WHAT_IS_BUILT_TAG, IN_USE_TAG)
"""The tags that a build adds to its image beside the owner tags, and that only the resource sets."""

OWNER_TAGS: Final = (STACK_ID_TAG, LOGICAL_ID_TAG, ADOPTED_TAG, FORMER_LOGICAL_ID_TAG)
"""Tag keys that a template must not set, in any letter case: IAM condition keys are case-insensitive."""

DELETE: Final = "DELETE"
DISABLE: Final = "DISABLE"
REFUSE_WHILE_BUILDING: Final = "REFUSE_WHILE_BUILDING"
ON_DELETE: Final = (DELETE, DISABLE, REFUSE_WHILE_BUILDING)
"""What a Delete does to a pipeline, by the property OnDelete: the first by default."""

RUNTIME_ATTRIBUTES: Final = "RuntimeAttributes"
"""The property that asks for the attributes which say how the pipeline fares."""

MEMBER_OF_ATTRIBUTE: Final[Mapping[str, str]] = {
    "Platform": "platform",
    "DateNextRun": "dateNextRun",
    "LastRunStatus": "lastRunStatus",
    "ConsecutiveFailures": "consecutiveFailures",
}
"""These attributes, and the members of the service's ImagePipeline that they show."""

RESERVED_MEMBERS: Final = frozenset({"clientToken", "dryRun"})
"""Members of CreateImagePipeline that the function sets. A template must not set them."""


def most_tags(*, adopt_existing: bool) -> int:
    """Return the maximum number of tags that a template can set. The owner tags count toward the service's limit."""
    maximum = load_model().shapes["TagMap"].maximum or 0
    return maximum - (len(OWNER_TAGS) if adopt_existing else 2)


def is_owner_tag(key: str) -> bool:
    """Return whether a key is an owner tag, or equal to one under IAM's case-insensitive comparison."""
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
    """Return every problem that `check` reports for a request, and every member or tag that only the resource sets."""
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
    """Return every problem of a pipeline's tags. Each path begins with `tags`."""
    owners = list(_ownership_problems({"tags": tags}, adopt_existing=adopt_existing, spell=str))
    found = check("TagResource", {"tags": dict(tags)}, is_unresolved=is_unresolved)
    # The number of tags is checked above, where zero is allowed. Problems of other members are ignored.
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
        allowed = f"allowed {most}, because the resource adds {owners} owner tags"
        yield Problem((spell("tags"),), f"is too large: got {len(tags)} entries, {allowed}")
