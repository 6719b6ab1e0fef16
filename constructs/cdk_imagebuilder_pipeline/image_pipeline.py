"""The image pipeline construct."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, Self

import aws_cdk as cdk
import jsii
from constructs import Construct, IDependable

from cdk_imagebuilder_pipeline._keywords import takes_props
from cdk_imagebuilder_pipeline.execution_role import grant_logs, make_role, needs_role
from cdk_imagebuilder_pipeline.image_build import ImagePipelineBuild
from cdk_imagebuilder_pipeline.image_pipeline_base import ImagePipelineBase
from cdk_imagebuilder_pipeline.imported_pipeline import ImportedImagePipeline
from cdk_imagebuilder_pipeline.naming import claim_name, generated_name
from cdk_imagebuilder_pipeline.origin import record_origin
from cdk_imagebuilder_pipeline.props.build import PART, BuildOptions
from cdk_imagebuilder_pipeline.props.image_pipeline_props import ImagePipelineOnDelete, ImagePipelineProps
from cdk_imagebuilder_pipeline.props.recipe import UNKNOWN_NAME, AnyRecipe, RecipeType, recipe_name_in
from cdk_imagebuilder_pipeline.provider.build_grants import allow_listing
from cdk_imagebuilder_pipeline.provider.grants import allow_what_it_needs
from cdk_imagebuilder_pipeline.provider.provider import ImagePipelineProvider
from cdk_imagebuilder_pipeline.provider.roles import AnyRole
from cdk_imagebuilder_pipeline.request import OPERATION, convert, given
from cdk_imagebuilder_pipeline.rules import add_warnings
from cdk_imagebuilder_pipeline.tags import TagsValidation, stack_tags
from cdk_imagebuilder_pipeline.values.references import Resolver
from cdk_imagebuilder_pipeline.values.tokens import as_text, is_unresolved
from imagebuilder_model import check, normalized_name
from imagebuilder_model.events import AUTO_DISABLED, CVE_DETECTED
from imagebuilder_model.names import PIPELINE_ARN_KIND
from imagebuilder_model.spelling import as_properties

RESOURCE_TYPE: Final = "Custom::ImagePipeline"


@jsii.implements(cdk.ITaggableV2)
class ImagePipeline(ImagePipelineBase):
    """An EC2 Image Builder pipeline. Its keyword arguments are the fields of ImagePipelineProps.

    It is one resource of the template. A second one, the child `ExecutionRole`, is created when Image Builder needs an
    execution role (for workflows, or for a log group outside `/aws/imagebuilder/`) and none is given.

    Raise ValueError, with the construct's path and every problem found, for props that the service would reject. The
    error is also a TypeError if a prop is unknown or missing.
    """

    @takes_props(ImagePipelineProps, convert)
    def __init__(self, scope: Construct, id: str, props: ImagePipelineProps, request: dict[str, Any]) -> None:
        super().__init__(scope, id)
        # Each call to the CDK is a round trip to Node.js, and a stack may have hundreds of pipelines.
        stack, node = self.stack, self.node
        provider = props.provider or ImagePipelineProvider.get_or_create(self)
        problem = None if props.provider is None else provider.problem_with(stack)
        if problem is not None:
            raise self._error(problem)
        recipe = next(request[kind.member] for kind in RecipeType if kind.member in request)
        policy = provider.policy_for(stack)
        resolver = Resolver(stack) if policy is None else policy.resolver
        self._recipe_name: Final = recipe_name_in(resolver, recipe)
        self._provider: Final = provider
        self._request: Final = request
        self._own_stack: Final = stack
        self._has_build = False
        self._execution_role, added = self._role_for(props, request, managed_only=provider.managed_policies_only)
        self._has_schedule: Final = "schedule" in request
        self._scans: Final = request.get("imageScanningConfiguration", {}).get("imageScanningEnabled", False)
        if self._execution_role is not None:
            request["executionRole"] = self._execution_role.role_arn
        # CloudFormation does not propagate stack tags to custom resources.
        self._tags: Final = cdk.TagManager(
            cdk.TagType.MAP, RESOURCE_TYPE, stack_tags(stack) | request.pop("tags", {}) or None
        )
        node.add_validation(TagsValidation(self._tags, adopt_existing=props.adopt_existing))
        if "name" not in request:
            request["name"] = generated_name(self, request)
        claim_name(self, stack, request["name"])
        add_warnings(self, props, request)
        self._resource: Final = cdk.CfnResource(
            self,
            "Resource",
            type=RESOURCE_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": provider.service_timeout.to_seconds(),
                **as_properties(OPERATION, request),
                # Rendered at synth, because `Tags.of` can add tags until then.
                "Tags": self._tags.rendered_tags,
                **({} if props.adopt_existing is False else {"AdoptExisting": props.adopt_existing}),
                **({} if props.on_delete == ImagePipelineOnDelete.DELETE else given(OnDelete=props.on_delete)),
            },
        )
        record_origin(self._resource, stack)
        if added is not None:
            # The schedule may start the pipeline immediately. The resource already depends on the role by reference.
            self._resource.node.add_dependency(added)
        if policy is not None:
            if props.on_delete not in {ImagePipelineOnDelete.DELETE, ImagePipelineOnDelete.DISABLE}:
                allow_listing(policy, stack)
            recipe_is_made = isinstance(props.recipe, cdk.CfnResource)
            allow_what_it_needs(policy, stack, request, recipe_is_made=recipe_is_made)

    @classmethod
    def from_props(cls, scope: Construct, id: str, props: ImagePipelineProps) -> Self:
        """Create a pipeline from a props object, for example `dataclasses.replace(common, recipe=...)`."""
        return cls(scope, id, **{field.name: getattr(props, field.name) for field in fields(props)})

    @staticmethod
    def from_image_pipeline_arn(
        scope: Construct,
        id: str,
        image_pipeline_arn: str,
        *,
        recipe: AnyRecipe | None = None,
    ) -> ImagePipelineBase:
        """Import a pipeline by its ARN.

        `recipe` is the recipe that it builds, or its ARN; rules that match images need it. Default: unknown.
        ValueError when the ARN is not that of a pipeline; a token is accepted as it is.
        """
        return ImportedImagePipeline(scope, id, image_pipeline_arn, recipe)

    @staticmethod
    def from_image_pipeline_name(
        scope: Construct,
        id: str,
        image_pipeline_name: str,
        *,
        recipe: AnyRecipe | None = None,
    ) -> ImagePipelineBase:
        """Import a pipeline of the stack's account and Region by its name.

        The name is normalised to the form of the ARN: lower case, with hyphens for spaces and underscores. A token
        cannot be normalised, so spell it as in the ARN. `recipe` is as in `from_image_pipeline_arn`. ValueError for a
        name that no pipeline can have.
        """
        owner = f"ImagePipeline '{'/'.join(filter(None, (scope.node.path, id)))}'"
        if not is_unresolved(image_pipeline_name):
            _check_name(owner, image_pipeline_name)
            image_pipeline_name = normalized_name(image_pipeline_name)
        arn = cdk.Stack.of(scope).format_arn(
            service="imagebuilder", resource=PIPELINE_ARN_KIND, resource_name=image_pipeline_name
        )
        return ImportedImagePipeline(scope, id, arn, recipe)

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
        """The idempotency token of the last call that created or updated the pipeline."""
        return self._resource.get_att("ClientToken").to_string()

    @property
    def execution_role(self) -> AnyRole | None:
        """The role that Image Builder runs workflows with, given or created.

        None when Image Builder uses the service-linked role, or when the role was given as a string or as an L1.
        """
        return self._execution_role

    def build_on_deploy(
        self,
        *,
        timeout: cdk.Duration | None = None,
        wait: bool = True,
        triggers: Mapping[str, str] | None = None,
        image_tags: Mapping[str, str] | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
    ) -> ImagePipelineBuild:
        """Run the pipeline in each deployment that changes what it builds, and wait for the image.

        A change is one of the recipe, its components, the distribution, the workflows and their parameters, the ARN of
        the infrastructure configuration, or `triggers`. Call it once. ValueError, with the construct's path, for every
        problem of the options.

        - `timeout`: how long the stack waits for the image: 1 minute to 12 hours. Each further 55 minutes are one more
          resource of the stack. A token is of seconds, and for one resource. Default: 55 minutes.
        - `wait`: whether the stack waits. Without it the pipeline is only started, and the id of the AMI is not known.
          Default: true.
        - `triggers`: strings; the pipeline runs again when one changes. Default: none.
        - `image_tags`: tags of the images that deployments make, at most 47, because the resource adds 3. A change of
          tags alone starts no build. Keys have 1 to 128 characters and do not begin with `aws:`, values have up to 256.
          Default: none.
        - `removal_policy`: DESTROY deletes images of earlier builds, with their AMIs, snapshots and container images,
          and the last one with the resource. RETAIN keeps them. Default: RETAIN.
        """
        if self._has_build:
            raise self._error(
                "build_on_deploy makes the one build of a pipeline: got a second call, allowed is one: use what the "
                "first returned"
            )
        options = BuildOptions(
            timeout=PART if timeout is None else timeout,
            wait=wait,
            triggers={} if triggers is None else triggers,
            image_tags={} if image_tags is None else image_tags,
            removal_policy=removal_policy,
        )
        build = ImagePipelineBuild(
            self,
            self._own_stack,
            options,
            pipeline_arn=self.image_pipeline_arn,
            request=self._request,
            provider=self._provider,
        )
        self._has_build = True
        return build

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tag manager that `Tags.of` uses."""
        return self._tags

    @property
    def _images_arn(self) -> str:
        if self._recipe_name is None:
            raise self._error(UNKNOWN_NAME)
        return self._image_arns(self._recipe_name)

    def _cannot_send(self, detail_type: str | None) -> str | None:
        if detail_type == AUTO_DISABLED and not self._has_schedule:
            return "the pipeline has no schedule, and only failed scheduled runs disable it"
        if detail_type == CVE_DETECTED and self._scans is False:
            return "the pipeline does not scan images, set image_scanning_enabled"
        return None

    def _role_for(
        self, props: ImagePipelineProps, request: dict[str, object], *, managed_only: bool
    ) -> tuple[AnyRole | None, IDependable | None]:
        """Return the role, and the policy that this pipeline added to it."""
        log_groups = (as_text(props.image_log_group), as_text(props.image_pipeline_log_group))
        given: Any = props.execution_role
        # L1 roles and role references do not accept policies, so their owner manages the permissions.
        if hasattr(given, "attach_inline_policy"):
            role: AnyRole = given
            return role, grant_logs(self, role, *log_groups, in_role=False, managed_only=managed_only)
        if needs_role(request, *log_groups):
            role = make_role(self)
            return role, grant_logs(self, role, *log_groups, in_role=True, managed_only=managed_only)
        return None, None


def _check_name(owner: str, name: str) -> None:
    problems = check(OPERATION, {"name": name}, spell=lambda member: f"image_pipeline_{member}")
    for problem in problems:
        if problem.path == ("image_pipeline_name",):
            raise ValueError(f"{owner}: {problem}")
