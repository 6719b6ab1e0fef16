"""The construct of a pipeline."""

from dataclasses import fields
from typing import Final, Self

import aws_cdk as cdk
import jsii
from constructs import Construct

from cdk_imagebuilder_pipeline._signature import takes_props
from cdk_imagebuilder_pipeline.naming import generated_name
from cdk_imagebuilder_pipeline.needs import allow_what_it_needs
from cdk_imagebuilder_pipeline.props import ImagePipelineProps
from cdk_imagebuilder_pipeline.provider import ImagePipelineProvider
from cdk_imagebuilder_pipeline.request import OPERATION, request_of
from cdk_imagebuilder_pipeline.tags import TagsValidation
from cdk_imagebuilder_pipeline.wire import as_properties

RESOURCE_TYPE: Final = "Custom::ImagePipeline"


@jsii.implements(cdk.ITaggableV2)
class ImagePipeline(cdk.Resource):
    """An EC2 Image Builder pipeline. Its keywords are the fields of ImagePipelineProps.

    TypeError for a prop that is not known or is missing. ValueError, with every problem found and the construct's path,
    for props that the service would refuse.
    """

    @takes_props(ImagePipelineProps)
    def __init__(self, scope: Construct, id: str, props: ImagePipelineProps) -> None:  # noqa: A002 (CDK's name)
        super().__init__(scope, id)
        provider = props.provider or ImagePipelineProvider.get_or_create(self)
        if cdk.Stack.of(provider) is not self.stack:
            raise ValueError(
                f"{type(self).__name__} '{self.node.path}': provider '{provider.node.path}' is of another stack, and "
                "its role reaches only pipelines of that one: give a provider of this stack, or none"
            )
        request = request_of(props)
        self._tags: Final = cdk.TagManager(cdk.TagType.MAP, RESOURCE_TYPE, request.pop("tags", None))
        self.node.add_validation(TagsValidation(self._tags))
        request = {"name": generated_name(self, request)} | request
        self._resource: Final = cdk.CfnResource(
            self,
            "Resource",
            type=RESOURCE_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": provider.service_timeout.to_seconds(),
                **as_properties(OPERATION, request),
                # Rendered at synth, for `Tags.of` adds to them until then.
                "Tags": self._tags.rendered_tags,
                **({"AdoptExisting": True} if props.adopt_existing else {}),
            },
        )
        allow_what_it_needs(provider.policy, self.stack, request)

    @classmethod
    def from_props(cls, scope: Construct, id: str, props: ImagePipelineProps) -> Self:  # noqa: A002 (CDK's name)
        """Make a pipeline of ready props, for example of `dataclasses.replace(common, recipe=...)`."""
        return cls(scope, id, **{field.name: getattr(props, field.name) for field in fields(props)})

    @property
    def image_pipeline_arn(self) -> str:
        """The pipeline's ARN."""
        return self._resource.ref

    @property
    def image_pipeline_name(self) -> str:
        """The pipeline's name."""
        return self._resource.get_att("Name").to_string()

    @property
    def client_token(self) -> str:
        """The idempotency token of the last call that made or changed the pipeline."""
        return self._resource.get_att("ClientToken").to_string()

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """How `Tags.of` reaches the pipeline."""
        return self._tags
