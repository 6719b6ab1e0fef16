"""Tags of a pipeline: from its props, its stack and `Tags.of`, plus the tags that the function adds."""

from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import constructs
import jsii

from cdk_imagebuilder_pipeline.values.stacks import facts_of
from cdk_imagebuilder_pipeline.values.tokens import is_unresolved
from imagebuilder_model.ownership import check_tags

_OF_STACKS: Final[WeakKeyDictionary[cdk.Stack, Mapping[str, str]]] = WeakKeyDictionary()


def stack_tags(stack: cdk.Stack) -> Mapping[str, str]:
    """Return the tags of a stack (`Stack(tags=...)`) and of its parent stacks, as at its first pipeline."""
    if stack not in _OF_STACKS:
        managers = facts_of(stack).tag_managers
        _OF_STACKS[stack] = {key: value for tags in managers for key, value in tags.tag_values().items()}
    return _OF_STACKS[stack]


@jsii.implements(constructs.IValidation)
class TagsValidation:
    """Validates the tags that `Tags.of` added, at synth."""

    def __init__(self, tags: cdk.TagManager, *, adopt_existing: object) -> None:
        self._tags = tags
        self._adopt_existing = adopt_existing

    def validate(self) -> list[str]:
        """Return one message per problem."""
        adopt_existing = self._adopt_existing is not False
        tags = self._tags.tag_values()
        return [str(one) for one in check_tags(tags, adopt_existing=adopt_existing, is_unresolved=is_unresolved)]
