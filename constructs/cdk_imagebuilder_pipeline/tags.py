"""Tags of a pipeline: from its props, its stack and `Tags.of`, plus the tags that the function adds."""

import aws_cdk as cdk
import constructs
import jsii

from cdk_imagebuilder_pipeline.values.stacks import facts_of
from cdk_imagebuilder_pipeline.values.tokens import is_unresolved
from imagebuilder_model.ownership import check_tags


def stack_tags(stack: cdk.Stack) -> dict[str, str]:
    """Return the tags of a stack (`Stack(tags=...)`) and of its parent stacks."""
    return {key: value for tags in facts_of(stack).tag_managers for key, value in tags.tag_values().items()}


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
