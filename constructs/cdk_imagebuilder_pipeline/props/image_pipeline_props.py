"""Props of a pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk.interfaces.aws_ecr import IRepositoryRef
from aws_cdk.interfaces.aws_iam import IRoleRef
from aws_cdk.interfaces.aws_imagebuilder import IDistributionConfigurationRef, IInfrastructureConfigurationRef
from aws_cdk.interfaces.aws_logs import ILogGroupRef

from cdk_imagebuilder_pipeline.props.recipe import AnyRecipe, RecipeType
from cdk_imagebuilder_pipeline.props.scanning import ImageScanningType, ScanResultCondition
from cdk_imagebuilder_pipeline.props.schedule import ImagePipelineSchedule
from cdk_imagebuilder_pipeline.props.workflow import WorkflowConfiguration
from cdk_imagebuilder_pipeline.provider.base import ImagePipelineProviderBase


class ImagePipelineStatus(StrEnum):
    """Status of a pipeline's schedule. A disabled pipeline can still be started manually."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class ImagePipelineOnDelete(StrEnum):
    """What the deletion of the resource does to its pipeline. An adopted pipeline is kept in any case."""

    DELETE = "DELETE"
    """Delete the pipeline. Its images stay."""

    DISABLE = "DISABLE"
    """Disable the pipeline, remove its owner tags and keep it, to be adopted again with `adopt_existing`. A pipeline
    that never ran is deleted. Recipe and configurations cannot be deleted while it refers to them: retain those."""

    REFUSE_WHILE_BUILDING = "REFUSE_WHILE_BUILDING"
    """Fail while the pipeline builds an image, otherwise delete it."""


@dataclass(frozen=True, kw_only=True)
class ImagePipelineProps:
    """Props of an image pipeline. ImagePipeline validates them against the limits of the API's service model.

    Unresolved tokens are not validated.
    """

    recipe: AnyRecipe
    """The recipe to build: an image recipe, a container recipe, or the ARN of one, with a version `1.0.0` or with `x`
    for any (`1.x.x`). A token whose ARN does not contain `image-recipe` or `container-recipe` needs `recipe_type`."""

    infrastructure_configuration: IInfrastructureConfigurationRef | cdk.IResolvable | str
    """The infrastructure configuration, or its ARN."""

    image_pipeline_name: cdk.IResolvable | str | None = None
    """The pipeline's name: 3 to 128 letters, digits, spaces, hyphens and underscores, without a space first or last.
    The service normalises it to lower case with hyphens for spaces and underscores. Normalised names are unique in an
    account and Region; two equal ones in a stack are an error at synth. A new name replaces the pipeline. Default:
    generated from the construct's path and the type of recipe."""

    description: cdk.IResolvable | str | None = None
    """The pipeline's description: 1 to 1,024 characters. Default: none."""

    recipe_type: RecipeType | None = None
    """The type of `recipe`; needed only for a string that does not contain it. Default: taken from `recipe`."""

    distribution_configuration: IDistributionConfigurationRef | cdk.IResolvable | str | None = None
    """The distribution configuration, or its ARN. Default: images stay in the pipeline's account and Region."""

    # Includes Role: jsii names some parameters differently, so pyright does not accept Role as IRole.
    execution_role: iam.IRole | iam.Role | IRoleRef | cdk.IResolvable | str | None = None
    """The role that Image Builder assumes to run the workflows: a role, its ARN or its name (1 to 2,048 characters). A
    string token is treated as an ARN. The function behind the pipeline may pass this role to Image Builder only; a
    role that is a construct may write to the log groups below. Default: the service-linked role
    AWSServiceRoleForImageBuilder, and where the service refuses that one (workflows, log groups outside
    `/aws/imagebuilder/`) a role made for the pipeline, with the AWS-managed policy EC2ImageBuilderExecutionPolicy."""

    status: ImagePipelineStatus | cdk.IResolvable | None = None
    """Whether the schedule is active. Default: ENABLED for a new pipeline; an existing one keeps its status, so that a
    pipeline that the service disabled after failures stays disabled."""

    schedule: ImagePipelineSchedule | cdk.IResolvable | None = None
    """The schedule of the pipeline. Default: it runs only when it is started manually."""

    workflows: Sequence[WorkflowConfiguration | cdk.IResolvable] | cdk.IResolvable | None = None
    """The workflows that build, test and distribute, in this order. They run with `execution_role`. Default: those of
    the service."""

    image_tests_enabled: bool | cdk.IResolvable | None = None
    """Whether Image Builder tests the image after the build; scanning needs this. Default: the service's, true."""

    image_tests_timeout: cdk.Duration | cdk.IResolvable | None = None
    """The timeout of the tests: whole minutes, 60 to 1,440. The service stores the value and ignores it: it is "not
    currently active" (API reference of ImageTestsConfiguration). The warning
    `cdk-imagebuilder-pipeline:tests-timeout-ignored` says so. Default: the service's, 720 minutes."""

    image_scanning_enabled: bool | cdk.IResolvable | None = None
    """Whether Amazon Inspector scans the image for vulnerabilities. Scanning needs the image's tests. Activate Amazon
    Inspector in the account and Region: for Amazon ECR with a container recipe, for Amazon EC2 with an image recipe
    unless `image_scanning_types` says otherwise. Default: the service's, false."""

    image_scanning_ecr_repository: ecr.IRepository | IRepositoryRef | cdk.IResolvable | str | None = None
    """The repository that container images are pushed to for scans, or its name of 1 to 1,024 characters. With an
    image recipe the warning `cdk-imagebuilder-pipeline:ecr-of-image-recipe` says that it is for container recipes.
    Default: one that the service creates."""

    image_scanning_ecr_tags: Sequence[str | cdk.IResolvable] | cdk.IResolvable | None = None
    """The tags of the container images in that repository, each of 1 to 1,024 characters; with an image recipe the
    same warning. Default: none."""

    image_scanning_types: Sequence[ImageScanningType | cdk.IResolvable] | cdk.IResolvable | None = None
    """The type of scan of an AMI: a list of 1 type. Default: the service's, TEST_INSTANCE_CVE."""

    scan_result_condition: ScanResultCondition | cdk.IResolvable | None = None
    """The condition on findings under which an image passes its tests. For the type ON_DEMAND_AMI_CVE only. Default:
    findings do not fail an image, and the build does not wait for them."""

    enhanced_image_metadata_enabled: bool | cdk.IResolvable | None = None
    """Whether the service collects the operating system and the package list of the image. Default: the service's
    default, true."""

    image_log_group: logs.ILogGroup | ILogGroupRef | cdk.IResolvable | str | None = None
    """The log group, or its name, for the logs of image builds: 1 to 512 letters, digits and `-_/.`. The execution
    role may write to a log group of the app, and to any whose name does not begin with `/aws/imagebuilder/`. Default:
    `/aws/imagebuilder/<recipe name>`."""

    image_pipeline_log_group: logs.ILogGroup | ILogGroupRef | cdk.IResolvable | str | None = None
    """The log group for the pipeline, or its name: 1 to 512 characters, as in `image_log_group`. Default:
    `/aws/imagebuilder/pipeline/<pipeline name>`."""

    tags: Mapping[str, str | cdk.IResolvable] | None = None
    """Tags of the pipeline: at most 48, because 2 of the 50 that the service allows name the owner. Keys have 1 to 128
    characters and do not begin with `aws:`, values have up to 256. `Tags.of` wins over a tag of the same key here, and
    this over one of `Stack(tags=...)`. Default: only those of `Tags.of` and the stack."""

    image_tags: Mapping[str, str | cdk.IResolvable] | cdk.IResolvable | None = None
    """Tags of the images that scheduled runs make: 1 to 50. Keys have 1 to 128 characters and do not begin with
    `aws:`, values have up to 256. Default: none."""

    adopt_existing: bool | cdk.IResolvable = False
    """Whether to adopt an existing pipeline of this name instead of failing. An adopted pipeline is updated to these
    props; a Delete keeps it, unless an update without `adopt_existing` came before. Default: false."""

    on_delete: ImagePipelineOnDelete | cdk.IResolvable = ImagePipelineOnDelete.DELETE
    """What the deletion of the resource does to the pipeline, also when a new name replaces it. Default: delete it."""

    provider: ImagePipelineProviderBase | None = None
    """The provider whose function manages the pipeline: of the same stack, of another one with `stack_names`, or
    deployed elsewhere (`from_service_token`). Default: the one that all pipelines of the stack share."""
