"""The tags of a pipeline: those of its props, of its stack, of `Tags.of`, and those that the function adds."""

from collections.abc import Iterator, Mapping
from typing import Final

import aws_cdk as cdk
import constructs
import jsii

from cdk_imagebuilder_pipeline.tokens import is_unresolved
from imagebuilder_model import MapKey, Problem, check, load_model
from imagebuilder_model.names import is_owner_tag, most_tags

_MAXIMUM: Final = load_model().shapes["TagMap"].maximum or 0


def tag_problems(tags: Mapping[str, object], *, adopt_existing: object) -> Iterator[Problem]:
    """Yield everything wrong with the tags of a pipeline: beside them there is to be room for those of its owner."""
    most = most_tags(_MAXIMUM, adopt_existing=adopt_existing is not False)
    if len(tags) > most:
        allowed = f"allowed {most} beside the {_MAXIMUM - most} that say whose the pipeline is"
        yield Problem(("tags",), f"is too large: got {len(tags)} entries, {allowed}")
    for key in tags:
        if isinstance(key, str) and is_owner_tag(key):
            yield Problem(("tags", MapKey(key)), "is set by the pipeline itself: remove it")
    for problem in check("TagResource", {"tags": dict(tags)}, is_unresolved=is_unresolved):
        if len(problem.path) > 1:  # the size is judged above, and the other members are not of interest
            yield problem


def stack_tags(stack: cdk.Stack) -> dict[str, str]:
    """Return the tags that a stack was given, `Stack(tags=...)`, and those of the stacks that it is nested in."""
    parent = stack.nested_stack_parent
    return {**(stack_tags(parent) if parent is not None else {}), **stack.tags.tag_values()}


@jsii.implements(constructs.IValidation)
class TagsValidation:
    """Judges at synth the tags that `Tags.of` has brought."""

    def __init__(self, tags: cdk.TagManager, *, adopt_existing: object) -> None:
        self._tags = tags
        self._adopt_existing = adopt_existing

    def validate(self) -> list[str]:
        """Return a sentence a problem."""
        return [str(problem) for problem in tag_problems(self._tags.tag_values(), adopt_existing=self._adopt_existing)]
