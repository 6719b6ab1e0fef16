"""An app whose stages name accounts and Regions, as it stands, through `imagebuilder-local`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.cdk import ROOT
from support.command import command
from support.synthesised import SETTINGS, synthesise

from imagebuilder_local.app.clients import client_of
from imagebuilder_local.cloud import LocalCloud

pytestmark = pytest.mark.timeout(600)

TWO_STAGES = """
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineSchedule


class Images(cdk.Stack):
    def __init__(self, scope, id, *, days, **more):
        super().__init__(scope, id, **more)
        recipe = imagebuilder.CfnImageRecipe(self, "Recipe", name="web", version="1.0.0", parent_image="ami-1")
        role = iam.Role(self, "BuildInstance", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        profile = iam.InstanceProfile(self, "Profile", role=role)
        infrastructure = imagebuilder.CfnInfrastructureConfiguration(
            self, "Infrastructure", name="web", instance_profile_name=profile.instance_profile_name
        )
        ImagePipeline(
            self,
            "Pipeline",
            image_pipeline_name="web",
            recipe=recipe,
            infrastructure_configuration=infrastructure,
            schedule=ImagePipelineSchedule(expression=f"rate({days} days)"),
        )


app = cdk.App()
days = app.node.try_get_context("days") or 7
for name, account, regions in (
    ("Test", "111122223333", ["eu-west-1"]),
    ("Prod", "444455556666", ["eu-west-1", "us-east-1"]),
):
    stage = cdk.Stage(app, name)
    for region in regions:
        Images(stage, region, days=days, env=cdk.Environment(account=account, region=region))
app.synth()
"""


@dataclass(frozen=True)
class Project:
    """A folder for apps, with a local cloud that the tests of this file share."""

    folder: Path
    cloud: LocalCloud

    def put(self, app: str) -> None:
        """Write an app, which the CDK CLI runs."""
        (self.folder / "cdk.json").write_text('{"app": "python app.py"}')
        (self.folder / "app.py").write_text(app)

    def put_assembly_of(self, app: str) -> None:
        """Write an app that is already synthesised."""
        (self.folder / "cdk.json").write_text(SETTINGS)
        synthesise(self.folder, app)

    def local(self, *arguments: str) -> tuple[int, str]:
        """Run the command and return its exit code and what it prints."""
        done = command(self.folder, *arguments)
        return done.code, done.out + done.err

    def client(self, service: str, account: str = "", region: str = "") -> Any:
        """Return a client of the cloud, of an account and a Region."""
        return client_of(self.cloud.running(), self.cloud.folder, service, account, region)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("any-app")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    cloud = LocalCloud(folder / ".local" / "cloud")
    cloud.start()
    yield Project(folder, cloud)
    cloud.stop()


def pipelines(project: Project, account: str, region: str) -> list[str]:
    client = project.client("imagebuilder", account, region)
    found = [pipeline["arn"] for pipeline in client.list_image_pipelines()["imagePipelineList"]]
    client.close()
    return found


def table(printed: str) -> list[list[str]]:
    lines = printed.partition("==> Pipelines\n")[2].partition("\n\nNext steps")[0].splitlines()[:-1]
    return [line.split() for line in lines]


def test_two_stages_in_two_regions_and_accounts_deploy_unchanged_and_go_again(project: Project) -> None:
    project.put(TWO_STAGES)
    code, printed = project.local("deploy", "--context", "days=3")
    assert code == 0, printed
    assert table(printed)[1:] == [
        ["web", "Linux", "ENABLED", "rate(3", "days)", "UTC", "Test-eu-west-1", "111122223333", "eu-west-1"],
        ["web", "Linux", "ENABLED", "rate(3", "days)", "UTC", "Prod-eu-west-1", "444455556666", "eu-west-1"],
        ["web", "Linux", "ENABLED", "rate(3", "days)", "UTC", "Prod-us-east-1", "444455556666", "us-east-1"],
    ]
    for account, region in (("111122223333", "eu-west-1"), ("444455556666", "us-east-1")):
        assert pipelines(project, account, region) == [f"arn:aws:imagebuilder:{region}:{account}:image-pipeline/web"]
    assert pipelines(project, "111122223333", "us-east-1") == []
    assert "Prod-us-east-1" in project.local("logs")[1]

    # The assembly of the deployment is the app.
    (project.folder / "cdk.json").write_text(SETTINGS)
    code, printed = project.local("destroy", "Prod/*", "--", "--verbose")
    assert code == 0, printed
    assert pipelines(project, "444455556666", "eu-west-1") == []
    assert len(pipelines(project, "111122223333", "eu-west-1")) == 1


def test_stack_that_the_app_does_not_have_is_named_with_those_that_it_has(project: Project) -> None:
    project.put_assembly_of(TWO_STAGES)
    code, printed = project.local("deploy", "Staging/*")
    assert code == 1
    names = "Test/eu-west-1, Prod/eu-west-1, Prod/us-east-1"
    assert f"error: no stack is called Staging/*: the app has {names}\n" in printed


UNFIT = """
import os
import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as assets

app = cdk.App()
for name, region in (("China", "cn-north-1"), ("Typo", "eu-wst-1")):
    cdk.CfnResource(cdk.Stack(app, name, env=cdk.Environment(region=region)), "Topic", type="AWS::SNS::Topic")
stack = cdk.Stack(app, "Own")
cdk.CfnResource(stack, "Budget", type="AWS::Budgets::Budget")
cdk.CfnResource(stack, "Second", type="AWS::Budgets::Budget")
assets.DockerImageAsset(stack, "Image", directory=os.path.abspath("image"))
app.synth()
"""


def test_all_that_cannot_be_deployed_is_named_before_anything_is(project: Project) -> None:
    (project.folder / "image").mkdir()
    (project.folder / "image" / "Dockerfile").write_text("FROM scratch\n")
    project.put_assembly_of(UNFIT)
    code, printed = project.local("deploy")
    assert code == 1
    lines = printed.partition("error: ")[2].splitlines()
    assert lines[:5] == [
        "nothing was deployed:",
        "  China: Region cn-north-1 belongs to the partition aws-cn: allowed are Regions of aws",
        "  Typo: Region 'eu-wst-1' is not known: did you mean eu-west-1?",
        "  Own: the container image Image must be built, and the local cloud has no Docker: "
        "refer to an image by its URI when you deploy locally",
        "  Own: the local cloud does not have AWS::Budgets::Budget (Budget, Second): "
        "leave it out when you deploy locally, for example by a context value",
    ]
    assert "==> cdk deploy" not in printed


EVERYTHING = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2, aws_ecr as ecr, aws_events as events, aws_events_targets as targets
from aws_cdk import aws_iam as iam, aws_imagebuilder as imagebuilder, aws_kms as kms, aws_lambda as lambda_
from aws_cdk import aws_logs as logs, aws_s3 as s3, aws_sns as sns, aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs, aws_ssm as ssm
from cdk_imagebuilder_pipeline import ImagePipeline

app = cdk.App()
stack = cdk.Stack(app, "Everything")
key = kms.Key(stack, "Key", removal_policy=cdk.RemovalPolicy.DESTROY, alias="everything")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
group = ec2.SecurityGroup(stack, "Group", vpc=vpc, allow_all_outbound=False)
other = ec2.SecurityGroup(stack, "Other", vpc=vpc)
group.connections.allow_from(other, ec2.Port.tcp(22))
other.connections.allow_from(group, ec2.Port.tcp(443))
bucket = s3.Bucket(stack, "Bucket", encryption_key=key, removal_policy=cdk.RemovalPolicy.DESTROY)
topic = sns.Topic(stack, "Topic", master_key=key)
topic.add_subscription(subscriptions.SqsSubscription(sqs.Queue(stack, "Queue")))
logs.LogGroup(stack, "Logs", log_group_name="/aws/imagebuilder/golden")
ecr.Repository(stack, "Repository", empty_on_delete=True, removal_policy=cdk.RemovalPolicy.DESTROY)
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
bucket.grant_write(role)
template = ec2.LaunchTemplate(
    stack, "Template", instance_type=ec2.InstanceType("t3.micro"), security_group=group, role=role
)
parent = ssm.StringParameter(stack, "Parent", string_value="ami-0abcdef1234567890")
recipe = imagebuilder.CfnImageRecipe(
    stack, "Recipe", name="all", version="1.0.0", parent_image=f"ssm:{parent.parameter_name}"
)
infrastructure = imagebuilder.CfnInfrastructureConfiguration(
    stack,
    "Infrastructure",
    name="all",
    instance_profile_name=iam.InstanceProfile(stack, "Profile", role=role).instance_profile_name,
    subnet_id=vpc.private_subnets[0].subnet_id,
    security_group_ids=[group.security_group_id],
    sns_topic_arn=topic.topic_arn,
    logging=imagebuilder.CfnInfrastructureConfiguration.LoggingProperty(
        s3_logs=imagebuilder.CfnInfrastructureConfiguration.S3LogsProperty(s3_bucket_name=bucket.bucket_name)
    ),
)
distribution = imagebuilder.CfnDistributionConfiguration(
    stack,
    "Distribution",
    name="all",
    distributions=[
        imagebuilder.CfnDistributionConfiguration.DistributionProperty(
            region=stack.region,
            launch_template_configurations=[
                imagebuilder.CfnDistributionConfiguration.LaunchTemplateConfigurationProperty(
                    launch_template_id=template.launch_template_id
                )
            ],
        )
    ],
)
ImagePipeline(
    stack,
    "Pipeline",
    recipe=recipe,
    infrastructure_configuration=infrastructure,
    distribution_configuration=distribution,
)
events.Rule(
    stack,
    "Rule",
    event_pattern=events.EventPattern(source=["aws.imagebuilder"]),
    targets=[targets.SnsTopic(topic)],
)
code = "import cfnresponse\\ndef handler(event, context):\\n  cfnresponse.send(event, context, 'SUCCESS', {})"
function = lambda_.Function(
    stack,
    "Function",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_inline(code),
)
cdk.CustomResource(stack, "Custom", service_token=function.function_arn)
app.synth()
"""


def test_stack_with_all_that_surrounds_images_deploys_whole_and_goes_again(project: Project) -> None:
    project.put_assembly_of(EVERYTHING)
    code, printed = project.local("deploy")
    assert code == 0, printed
    assert [row[-1] for row in table(printed)[1:]] == ["Everything"]
    cloudformation = project.client("cloudformation")
    cloudformation.delete_stack(StackName="Everything")
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName="Everything", WaiterConfig={"Delay": 0.05, "MaxAttempts": 2400})
    cloudformation.close()
