"""The props of a pipeline."""

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
    """Whether the schedule of a pipeline is followed. A disabled pipeline can still be started by hand."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


@dataclass(frozen=True, kw_only=True)
class ImagePipelineProps:
    """An image pipeline. ImagePipeline validates the props; limits are those of the API's service model.

    Unresolved tokens pass every check.
    """

    recipe: AnyRecipe
    """What to build: an image recipe, a container recipe, or the ARN of one, with a version `1.0.0` or with `x` for
    any (`1.x.x`). An ARN that is a token without the words `image-recipe` or `container-recipe` in it needs
    `recipe_type`."""

    infrastructure_configuration: IInfrastructureConfigurationRef | cdk.IResolvable | str
    """Where to build: the infrastructure configuration or its ARN."""

    image_pipeline_name: cdk.IResolvable | str | None = None
    """The pipeline's name: 3 to 128 letters, digits, spaces, hyphens and underscores, no space first or last. The
    service keeps it in lower case with hyphens for spaces and underscores, and two pipelines of an account and Region
    may not be equal in that form; two of one stack are an error at synth. Another name is another pipeline. Default:
    made from the construct's path and the type of recipe."""

    description: cdk.IResolvable | str | None = None
    """What the pipeline is for: 1 to 1,024 characters. Default: none."""

    recipe_type: RecipeType | None = None
    """Which type `recipe` is of; needed only when it is a text that does not say. Default: what `recipe` says."""

    distribution_configuration: IDistributionConfigurationRef | cdk.IResolvable | str | None = None
    """Where the images go: the distribution configuration or its ARN. Default: the pipeline's own account and
    Region."""

    # Role beside IRole: jsii names some of their parameters differently, so pyright does not see that one is the other.
    execution_role: iam.IRole | iam.Role | IRoleRef | cdk.IResolvable | str | None = None
    """The role that Image Builder takes to run the workflows: a role, its ARN or its name (1 to 2,048 characters). A
    text that is a token is taken for an ARN. The function behind the pipeline may pass this role, and to Image Builder
    only; a role that is a construct may write to the log groups below. Default: the service-linked role
    AWSServiceRoleForImageBuilder, and where the service refuses that one (workflows, log groups outside
    `/aws/imagebuilder/`) a role made for the pipeline, with the AWS-managed policy EC2ImageBuilderExecutionPolicy."""

    status: ImagePipelineStatus | cdk.IResolvable | None = None
    """Whether the schedule is followed. Default: ENABLED for a new pipeline, and for a live one as it is, so that a
    pipeline that the service disabled after failures stays disabled."""

    schedule: ImagePipelineSchedule | cdk.IResolvable | None = None
    """When the pipeline runs by itself. Default: only when it is started by hand."""

    workflows: Sequence[WorkflowConfiguration | cdk.IResolvable] | cdk.IResolvable | None = None
    """The workflows that build, test and distribute, in this order. They run with `execution_role`. Default: the
    service's own."""

    image_tests_enabled: bool | cdk.IResolvable | None = None
    """Whether the image is tested after the build; scanning needs it. Default: the service's, true."""

    image_tests_timeout: cdk.Duration | cdk.IResolvable | None = None
    """How long the tests may take: whole minutes, 60 to 1,440. The service keeps the value and ignores it: it is "not
    currently active" (API reference of ImageTestsConfiguration). A warning,
    `cdk-imagebuilder-pipeline:tests-timeout-ignored`, says so. Default: the service's, 720 minutes."""

    image_scanning_enabled: bool | cdk.IResolvable | None = None
    """Whether Amazon Inspector scans the image for vulnerabilities. Needs the image's tests. Amazon Inspector has to be
    activated in the account and Region: for Amazon ECR with a container recipe, for Amazon EC2 with an image recipe
    unless `image_scanning_types` says otherwise. Default: the service's, false."""

    image_scanning_ecr_repository: ecr.IRepository | IRepositoryRef | cdk.IResolvable | str | None = None
    """The repository, or its name of 1 to 1,024 characters, into which container images are put to be scanned. With an
    image recipe a warning, `cdk-imagebuilder-pipeline:ecr-of-image-recipe`, says that it is for container recipes.
    Default: one that the service makes."""

    image_scanning_ecr_tags: Sequence[str | cdk.IResolvable] | cdk.IResolvable | None = None
    """The tags of container images that are put there, each of 1 to 1,024 characters; with an image recipe the same
    warning. Default: none."""

    image_scanning_types: Sequence[ImageScanningType | cdk.IResolvable] | cdk.IResolvable | None = None
    """What Amazon Inspector scans of an AMI: a list of 1 type. Default: the service's, TEST_INSTANCE_CVE."""

    scan_result_condition: ScanResultCondition | cdk.IResolvable | None = None
    """What the findings of the scan have to be for the image to pass its tests. For the type ON_DEMAND_AMI_CVE only.
    Default: findings fail no image, and nothing waits for them."""

    enhanced_image_metadata_enabled: bool | cdk.IResolvable | None = None
    """Whether the service collects the operating system and the package list of the image. Default: the service's,
    true."""

    image_log_group: logs.ILogGroup | ILogGroupRef | cdk.IResolvable | str | None = None
    """The log group, or its name, for the logs of image builds: 1 to 512 letters, digits and `-_/.`. The
    execution role may write to a log group of the app, and to any whose name does not begin with
    `/aws/imagebuilder/`. Default: `/aws/imagebuilder/<recipe name>`."""

    image_pipeline_log_group: logs.ILogGroup | ILogGroupRef | cdk.IResolvable | str | None = None
    """The log group, or its name, for the logs of the pipeline: 1 to 512 characters, as in `image_log_group`. Default:
    `/aws/imagebuilder/pipeline/<pipeline name>`."""

    tags: Mapping[str, str | cdk.IResolvable] | None = None
    """Tags of the pipeline: at most 48, because the pipeline carries 2 of the 50 that the service allows to say whose
    it is. Keys have 1 to 128 characters and do not begin with `aws:`, values have up to 256. `Tags.of` wins over a
    tag of the same key here, and this over one of `Stack(tags=...)`. Default: only those of `Tags.of` and the stack."""

    image_tags: Mapping[str, str | cdk.IResolvable] | cdk.IResolvable | None = None
    """Tags of the images that scheduled runs make: 1 to 50. Keys have 1 to 128 characters and do not
    begin with `aws:`, values have up to 256. Default: none."""

    adopt_existing: bool | cdk.IResolvable = False
    """Whether to take over a pipeline of this name that something else made, instead of failing. It is then changed
    to match these props and, unless the removal policy says otherwise, deleted with the stack. Default: false."""

    provider: ImagePipelineProviderBase | None = None
    """The function that makes the pipeline: of the same stack, of another one with `stack_names`, or deployed elsewhere
    (`from_service_token`). Default: the one that all pipelines of the stack share."""
