"""The image pipeline construct."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, Self

import aws_cdk as cdk
import jsii
from aws_cdk import aws_imagebuilder as imagebuilder
from constructs import Construct

from cdk_imagebuilder_pipeline._keywords import takes_props
from cdk_imagebuilder_pipeline.execution_role import role_of
from cdk_imagebuilder_pipeline.image_pipeline_base import ImagePipelineBase
from cdk_imagebuilder_pipeline.images.image_build import ImagePipelineBuild
from cdk_imagebuilder_pipeline.images.latest_image import LatestImage
from cdk_imagebuilder_pipeline.images.lifecycle import keep_newest, problem_with_count
from cdk_imagebuilder_pipeline.imported_pipeline import ImportedImagePipeline, arn_of_name
from cdk_imagebuilder_pipeline.naming import claim_name, generated_name
from cdk_imagebuilder_pipeline.origin import record_origin
from cdk_imagebuilder_pipeline.props.build import PART, BuildOptions
from cdk_imagebuilder_pipeline.props.image_pipeline_props import ImagePipelineOnDelete, ImagePipelineProps
from cdk_imagebuilder_pipeline.props.recipe import UNKNOWN_NAME, AnyRecipe, RecipeType, name_of_recipe, recipe_name_in
from cdk_imagebuilder_pipeline.provider.base import ImagePipelineProviderBase
from cdk_imagebuilder_pipeline.provider.build_grants import allow_listing
from cdk_imagebuilder_pipeline.provider.grants import allow_what_it_needs
from cdk_imagebuilder_pipeline.provider.provider import ImagePipelineProvider
from cdk_imagebuilder_pipeline.provider.roles import AnyRole
from cdk_imagebuilder_pipeline.request import OPERATION, convert, given
from cdk_imagebuilder_pipeline.rules import add_warnings
from cdk_imagebuilder_pipeline.tags import TagsValidation, stack_tags
from cdk_imagebuilder_pipeline.values.references import Resolver
from cdk_imagebuilder_pipeline.values.stacks import place_of
from imagebuilder_model.events import AUTO_DISABLED, CVE_DETECTED
from imagebuilder_model.ownership import RUNTIME_ATTRIBUTES
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
        stack, path = place_of(scope)
        provider = props.provider or ImagePipelineProvider.get_or_create(stack)
        problem = None if props.provider is None else provider.problem_with(stack)
        if problem is not None:
            raise self._error(problem)
        policy = provider.policy_for(stack)
        self._resolver: Final = Resolver(stack) if policy is None else policy.resolver
        self._provider: Final = provider
        self._request: Final = request
        self._own_stack: Final = stack
        # The CDK replaces slashes in ids.
        self._path: Final = "/".join((path, id.replace("/", "--")))
        self._recipe: Final = props.recipe
        self._has_build = self._has_policy = False
        self._execution_role, added = role_of(self, props, request, managed_only=provider.managed_policies_only)
        self._has_schedule: Final = "schedule" in request
        self._scans: Final = request.get("imageScanningConfiguration", {}).get("imageScanningEnabled", False)
        if self._execution_role is not None:
            request["executionRole"] = self._execution_role.role_arn
        self._adopt_existing: Final = props.adopt_existing
        # CloudFormation does not propagate stack tags to custom resources.
        tags = {**stack_tags(stack), **request.pop("tags", {})}
        self._tags = self._tag_manager(tags) if tags else None
        if "name" not in request:
            request["name"] = generated_name(self, request)
        claim_name(self, stack, request["name"])
        add_warnings(self, stack, props, request)
        self._resource: Final = cdk.CfnResource(
            self,
            "Resource",
            type=RESOURCE_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": provider.service_seconds,
                **as_properties(OPERATION, request),
                # Rendered at synth, because `Tags.of` can add tags until then.
                **({"Tags": self._tags.rendered_tags} if self._tags else {}),
                **({} if props.adopt_existing is False else {"AdoptExisting": props.adopt_existing}),
                **({} if props.on_delete == ImagePipelineOnDelete.DELETE else given(OnDelete=props.on_delete)),
            },
        )
        record_origin(self._path, stack)
        provider.count_pipeline()
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
        arn = arn_of_name(scope, id, image_pipeline_name)
        return ImportedImagePipeline(scope, id, arn, recipe)

    @staticmethod
    def latest_image(
        scope: Construct,
        id: str,
        *,
        recipe: AnyRecipe | None = None,
        image_arn: str | None = None,
        triggers: Mapping[str, str] | None = None,
        provider: ImagePipelineProviderBase | None = None,
    ) -> LatestImage:
        """Look up the newest available image in the deployment, without building.

        The look-up happens when the resource is created, and again when `triggers` or the ARN of the image change. No
        other deployment looks, so that none replaces instances by surprise. The rollback of such a change looks, too.
        A deployment fails with the reason NoImage while there is no available image. ValueError, with the construct's
        path, for every problem of the arguments.

        - `recipe`: the recipe, or its ARN: the latest build of the highest version of its name in the stack's account
          and Region, whichever pipeline or stack built it.
        - `image_arn`: the ARN of an image of the stack's Region in place of `recipe`: of a build version, or of a
          version, in which `x` stands for any number, such as `1.x.x`.
        - `triggers`: strings; the image is looked up again when one changes. Default: none.
        - `provider`: the provider whose function looks. Default: the stack's shared provider.
        """
        return LatestImage(
            scope,
            id,
            recipe=recipe,
            image_arn=image_arn,
            triggers={} if triggers is None else triggers,
            provider=provider,
        )

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
    def platform(self) -> str:
        """The platform, `Linux`, `Windows` or `macOS`, as of the last deployment that changed the pipeline.

        Reading it, or one of the next three, makes the resource ask for all four: one more call in a deployment.
        """
        return self._runtime_attribute("Platform")

    @property
    def date_next_run(self) -> str:
        """The time of the next scheduled run, as of that deployment and in the service's format; empty without one."""
        return self._runtime_attribute("DateNextRun")

    @property
    def last_run_status(self) -> str:
        """The state of the last image, for example `AVAILABLE`, as of that deployment; empty before the first run."""
        return self._runtime_attribute("LastRunStatus")

    @property
    def consecutive_failures(self) -> str:
        """The number of runs that failed in a row, as a string and as of that deployment: `0` for none."""
        return self._runtime_attribute("ConsecutiveFailures")

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
        - `image_tags`: tags of the images that deployments make, at most 46, because the resource adds 4. A change of
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
            self._path,
            options,
            pipeline_arn=self.image_pipeline_arn,
            request=self._request,
            provider=self._provider,
        )
        self._has_build = True
        return build

    def keep_newest(self, count: int, *, execution_role: AnyRole | None = None) -> imagebuilder.CfnLifecyclePolicy:
        """Delete images of the recipe, in all its versions, but for the newest and those that builds of stacks use.

        AMIs are deleted with their snapshots, container images in their repository. It creates one lifecycle policy,
        an L1 that can be changed further. Images of the recipe count whatever pipeline built them. Call it once.
        ValueError, with the construct's path, for a count that the service refuses, or a recipe without a known name.

        - `count`: how many images are kept, 1 to 1,000.
        - `execution_role`: the role that Image Builder deletes with. Default: a role with the AWS managed policy
          `EC2ImageBuilderLifecycleExecutionPolicy`.
        """
        problem = problem_with_count(count)
        if self._has_policy:
            problem = (
                "keep_newest makes the one policy of a pipeline: got a second call, allowed is one: use what the first "
                "returned"
            )
        if problem is not None:
            raise self._error(problem)
        name = name_of_recipe(self._recipe) or self._recipe_name
        if name is None:
            raise self._error(UNKNOWN_NAME)
        kind = next(kind for kind in RecipeType if kind.member in self._request)
        self._has_policy = True
        return keep_newest(self, kind, name, count, execution_role)

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tag manager that `Tags.of` uses.

        A pipeline without `tags`, in a stack without tags, gets it when it is first asked for: making it for each would
        double the time of a synth. From then on its tags are an override of the resource's property.
        """
        if self._tags is None:
            self._tags = self._tag_manager(None)
            self._resource.add_property_override("Tags", self._tags.rendered_tags)
        return self._tags

    def _tag_manager(self, tags: Mapping[str, str] | None) -> cdk.TagManager:
        made = cdk.TagManager(cdk.TagType.MAP, RESOURCE_TYPE, tags)
        self.node.add_validation(TagsValidation(made, adopt_existing=self._adopt_existing))
        return made

    @property
    def _images_arn(self) -> str:
        name = self._recipe_name
        if name is None:
            raise self._error(UNKNOWN_NAME)
        return self._image_arns(name)

    @property
    def _recipe_name(self) -> str | None:
        recipe = next(self._request[kind.member] for kind in RecipeType if kind.member in self._request)
        return recipe_name_in(self._resolver, recipe)

    def _runtime_attribute(self, name: str) -> str:
        # An override costs nothing for the pipelines of which nobody reads this, unlike a property that is lazy.
        self._resource.add_property_override(RUNTIME_ATTRIBUTES, True)  # noqa: FBT003 (the CDK's signature)
        return self._resource.get_att(name).to_string()

    def _cannot_send(self, detail_type: str | None) -> str | None:
        if detail_type == AUTO_DISABLED and not self._has_schedule:
            return "the pipeline has no schedule, and only failed scheduled runs disable it"
        if detail_type == CVE_DETECTED and self._scans is False:
            return "the pipeline does not scan images, set image_scanning_enabled"
        return None
