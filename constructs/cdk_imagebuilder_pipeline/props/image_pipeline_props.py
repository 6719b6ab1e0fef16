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


@dataclass(frozen=True, kw_only=True)
class ImagePipelineProps:
    """Props of an image pipeline. ImagePipeline validates them against the limits of the API's service model.

    Unresolved tokens are not validated.
    """

    recipe: AnyRecipe
    """The recipe to build: an image recipe, a container recipe, or the ARN of one, with a version such as `1.0.0` or
    with the wildcard `x` (`1.x.x`). A token ARN that does not contain `image-recipe` or `container-recipe` requires
    `recipe_type`."""

    infrastructure_configuration: IInfrastructureConfigurationRef | cdk.IResolvable | str
    """The infrastructure configuration for builds, or its ARN."""

    image_pipeline_name: cdk.IResolvable | str | None = None
    """The pipeline's name: 3 to 128 letters, digits, spaces, hyphens and underscores, without leading or trailing
    spaces. The service normalizes it to lower case with hyphens for spaces and underscores. Normalized names must be
    unique in an account and Region; duplicates in one stack are an error at synth. A new name replaces the pipeline.
    Default: generated from the construct's path and the type of recipe."""

    description: cdk.IResolvable | str | None = None
    """The description of the pipeline: 1 to 1,024 characters. Default: none."""

    recipe_type: RecipeType | None = None
    """The type of `recipe`. Required only if `recipe` is a string that does not show its type. Default: the type that
    `recipe` shows."""

    distribution_configuration: IDistributionConfigurationRef | cdk.IResolvable | str | None = None
    """The distribution configuration for images, or its ARN. Default: images stay in the pipeline's account and
    Region."""

    # Includes Role: jsii names some parameters differently, so pyright does not accept Role as IRole.
    execution_role: iam.IRole | iam.Role | IRoleRef | cdk.IResolvable | str | None = None
    """The role that Image Builder assumes to run workflows: a role, its ARN or its name (1 to 2,048 characters). A
    string token is treated as an ARN. The provider's function can pass this role to Image Builder only. A role that is
    a construct gets write access to the log groups below. Default: the service-linked role
    AWSServiceRoleForImageBuilder, or, where the service rejects it (workflows, log groups outside
    `/aws/imagebuilder/`), a new role with the AWS managed policy EC2ImageBuilderExecutionPolicy."""

    status: ImagePipelineStatus | cdk.IResolvable | None = None
    """Whether the schedule is enabled. Default: ENABLED for a new pipeline, unchanged for an existing one, so that a
    pipeline that the service disabled after failures stays disabled."""

    schedule: ImagePipelineSchedule | cdk.IResolvable | None = None
    """The schedule that starts the pipeline. Default: none, the pipeline starts only manually."""

    workflows: Sequence[WorkflowConfiguration | cdk.IResolvable] | cdk.IResolvable | None = None
    """The build, test and distribution workflows, in this order. They run with `execution_role`. Default: the default
    workflows of the service."""

    image_tests_enabled: bool | cdk.IResolvable | None = None
    """Whether the image is tested after the build. Required for scanning. Default: the service's default, true."""

    image_tests_timeout: cdk.Duration | cdk.IResolvable | None = None
    """The timeout for tests: whole minutes, 60 to 1,440. The service stores the value but ignores it: it is "not
    currently active" (API reference of ImageTestsConfiguration), which the warning
    `cdk-imagebuilder-pipeline:tests-timeout-ignored` reports. Default: the service's default, 720 minutes."""

    image_scanning_enabled: bool | cdk.IResolvable | None = None
    """Whether Amazon Inspector scans the image for vulnerabilities. Requires image tests. Amazon Inspector must be
    activated in the account and Region: for Amazon ECR with a container recipe, and for Amazon EC2 with an image recipe
    unless `image_scanning_types` selects another type. Default: the service's default, false."""

    image_scanning_ecr_repository: ecr.IRepository | IRepositoryRef | cdk.IResolvable | str | None = None
    """The repository that stores container images for scanning, or its name of 1 to 1,024 characters. With an image
    recipe it has no purpose, which the warning `cdk-imagebuilder-pipeline:ecr-of-image-recipe` reports. Default: a
    repository that the service creates."""

    image_scanning_ecr_tags: Sequence[str | cdk.IResolvable] | cdk.IResolvable | None = None
    """The tags of the container images in this repository, each of 1 to 1,024 characters. With an image recipe it
    causes the same warning. Default: none."""

    image_scanning_types: Sequence[ImageScanningType | cdk.IResolvable] | cdk.IResolvable | None = None
    """The type of scan for AMIs: a list of 1 type. Default: the service's default, TEST_INSTANCE_CVE."""

    scan_result_condition: ScanResultCondition | cdk.IResolvable | None = None
    """The condition that scan findings must meet for the image to pass its tests. For the type ON_DEMAND_AMI_CVE only.
    Default: none; findings do not fail the image, and the build does not wait for them."""

    enhanced_image_metadata_enabled: bool | cdk.IResolvable | None = None
    """Whether the service collects the operating system and the package list of the image. Default: the service's
    default, true."""

    image_log_group: logs.ILogGroup | ILogGroupRef | cdk.IResolvable | str | None = None
    """The log group for image builds, or its name: 1 to 512 letters, digits and `-_/.`. The execution role gets write
    access to a log group of the app, and to any log group whose name does not begin with `/aws/imagebuilder/`. Default:
    `/aws/imagebuilder/<recipe name>`."""

    image_pipeline_log_group: logs.ILogGroup | ILogGroupRef | cdk.IResolvable | str | None = None
    """The log group for the pipeline, or its name: 1 to 512 characters, as in `image_log_group`. Default:
    `/aws/imagebuilder/pipeline/<pipeline name>`."""

    tags: Mapping[str, str | cdk.IResolvable] | None = None
    """Tags of the pipeline: at most 48, because 2 of the 50 tags that the service allows are owner tags. Keys have 1 to
    128 characters and do not begin with `aws:`; values have up to 256. Tags of `Tags.of` override tags given here,
    which override tags of `Stack(tags=...)`. Default: only the tags of `Tags.of` and the stack."""

    image_tags: Mapping[str, str | cdk.IResolvable] | cdk.IResolvable | None = None
    """Tags of images that scheduled runs create: 1 to 50. Keys have 1 to 128 characters and do not begin with `aws:`;
    values have up to 256. Default: none."""

    adopt_existing: bool | cdk.IResolvable = False
    """Whether to adopt an existing pipeline with this name instead of failing. An adopted pipeline is updated to match
    these props and, unless the removal policy retains it, deleted with the stack. Default: false."""

    provider: ImagePipelineProviderBase | None = None
    """The provider that creates the pipeline: a provider of the same stack, of another stack with `stack_names`, or
    deployed elsewhere (`from_service_token`). Default: the provider that all pipelines of the stack share."""
