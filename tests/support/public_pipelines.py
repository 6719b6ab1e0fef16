"""Property sets of pipelines that are public, as facts: which properties stand together, with which values.

They are from documentation of AWS, tests of other tools and templates in public repositories. Names, ARNs, descriptions
and tags are ours. A name is where it was seen.
"""

from typing import Any, Final

ARN: Final = "arn:aws:imagebuilder:us-west-2:123456789012"
ROLE: Final = "arn:aws:iam::123456789012:role/ImageBuilderExecutionRole"
MANAGED: Final = "arn:aws:imagebuilder:us-west-2:aws:workflow"

BASE: Final[dict[str, Any]] = {
    "Name": "golden",
    "ImageRecipeArn": f"{ARN}:image-recipe/golden/1.0.0",
    "InfrastructureConfigurationArn": f"{ARN}:infrastructure-configuration/golden",
}
CONTAINER: Final = {"ImageRecipeArn": None, "ContainerRecipeArn": f"{ARN}:container-recipe/golden/1.0.0"}
DISTRIBUTED: Final = {"DistributionConfigurationArn": f"{ARN}:distribution-configuration/golden"}
DESCRIBED: Final = {"Description": "weekly"}
ENABLED: Final = {"Status": "ENABLED"}
DISABLED: Final = {"Status": "DISABLED"}
ENHANCED: Final = {"EnhancedImageMetadataEnabled": True}
TAGGED: Final = {"Tags": {"Name": "golden", "team": "web"}}
SCANNED: Final = {"ImageScanningConfiguration": {"ImageScanningEnabled": True}}
WITH_ROLE: Final = {"ExecutionRole": ROLE}

ALWAYS: Final = "EXPRESSION_MATCH_ONLY"
UPDATES: Final = "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE"


def schedule(expression: str, condition: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "Schedule": {
            "ScheduleExpression": expression,
            **({"PipelineExecutionStartCondition": condition} if condition else {}),
            **more,
        }
    }


def image_tests(enabled: bool | None, minutes: int | None = None) -> dict[str, Any]:
    given = {"ImageTestsEnabled": enabled, "TimeoutMinutes": minutes}
    return {"ImageTestsConfiguration": {name: value for name, value in given.items() if value is not None}}


def logs(image: str, pipeline: str) -> dict[str, Any]:
    return {"LoggingConfiguration": {"ImageLogGroupName": image, "PipelineLogGroupName": pipeline}}


def own(kind: str, name: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    return {"WorkflowArn": f"{ARN}:workflow/{kind}/{name}/{version}", **more}


def workflows(*each: dict[str, Any]) -> dict[str, Any]:
    return {"Workflows": list(each)} | WITH_ROLE


UNCONTESTED: Final[dict[str, dict[str, Any]]] = {
    # Documentation of AWS.
    "CloudFormation reference: every parameter": DESCRIBED
    | DISTRIBUTED
    | image_tests(False, 90)
    | schedule("cron(0 0 * * ? *)", ALWAYS)
    | DISABLED
    | TAGGED,
    "CloudFormation reference: workflows and logging": DISTRIBUTED
    | workflows(
        own("build", "b", OnFailure="ABORT"), own("test", "t", OnFailure="CONTINUE", ParallelGroup="test-group")
    )
    | logs("/mycompany/imagebuilder/images", "/mycompany/imagebuilder/pipelines")
    | {"ImageTags": {"Application": "web", "BuildDate": "{{ imagebuilder:buildDate }}"}}
    | schedule("cron(0 8 ? * mon *)", UPDATES)
    | ENABLED,
    "user guide: a Windows image": {"ImageRecipeArn": f"{ARN}:image-recipe/golden/2020.12.03"}
    | DESCRIBED
    | ENHANCED
    | DISTRIBUTED
    | image_tests(True, 60)
    | schedule("cron(0 0 * * SUN *)", UPDATES)
    | ENABLED,
    "user guide: scanning and workflows": DESCRIBED
    | DISTRIBUTED
    | SCANNED
    | workflows(
        own("build", "b"),
        own("test", "security-scan", OnFailure="ABORT", ParallelGroup="security"),
        own("test", "compliance", OnFailure="ABORT", ParallelGroup="security"),
        own("test", "functional", OnFailure="CONTINUE", ParallelGroup="functional"),
        own("test", "performance", OnFailure="CONTINUE", ParallelGroup="functional"),
    )
    | logs("/aws/imagebuilder/golden-images", "/aws/imagebuilder/golden-runs")
    | image_tests(True, 60)
    | schedule("rate(7 days)", UPDATES)
    | ENABLED,
    "ECS developer guide": schedule("cron(0 10 * * ? *)", UPDATES),
    "API reference of Schedule": schedule("rate(1 day)"),
    # The alpha L2 of the CDK.
    "aws-cdk alpha L2, all parameters, AMI": {"ImageRecipeArn": f"{ARN}:image-recipe/golden/1.x.x"}
    | DESCRIBED
    | DISTRIBUTED
    | ENABLED
    | workflows(own("build", "b", "x.x.x"))
    | schedule("cron(0 7 ? * mon *)", UPDATES, AutoDisablePolicy={"FailureCount": 5})
    | logs("ImageLogs-1ABC", "PipelineLogs-2DEF")
    | ENHANCED
    | image_tests(True)
    | SCANNED,
    "aws-cdk alpha L2, all parameters, container": CONTAINER
    | DISTRIBUTED
    | ENABLED
    | workflows({"WorkflowArn": f"{MANAGED}/build/build-container/x.x.x"})
    | {
        "ImageScanningConfiguration": {
            "ImageScanningEnabled": True,
            "EcrConfiguration": {"RepositoryName": "scans", "ContainerTags": ["latest-scan"]},
        }
    }
    | image_tests(True),
    "aws-cdk RFC 789": DESCRIBED
    | DISTRIBUTED
    | schedule("cron(0 12 ? * MON *)", UPDATES, Timezone="America/Los_Angeles")
    | workflows(
        {"WorkflowArn": f"{MANAGED}/build/build-image/x.x.x"},
        {"WorkflowArn": f"{MANAGED}/test/test-image/x.x.x"},
        own("test", "custom", "x.x.x"),
        {
            "WorkflowArn": f"{MANAGED}/test/test-image-with-instance-type/x.x.x",
            "OnFailure": "CONTINUE",
            "ParallelGroup": "group-1",
            "Parameters": [{"Name": "instanceType", "Value": ["c7i-flex.medium", "x8g.large"]}],
        },
    )
    | SCANNED
    | image_tests(True)
    | ENHANCED,
    "aws-cdk alpha L2, its spelling of OnFailure": workflows(
        {"WorkflowArn": f"{MANAGED}/build/build-image/x.x.x", "OnFailure": "Abort"},
        own("test", "t", OnFailure="Continue", ParallelGroup="group-1"),
    ),
    "aws-cdk#29910, as its answer corrects it": DESCRIBED
    | DISTRIBUTED
    | ENHANCED
    | {"ImageScanningConfiguration": {"ImageScanningEnabled": False}}
    | image_tests(False, 60)
    | schedule("cron(0 0 * * ? *)", UPDATES)
    | ENABLED
    | workflows({"WorkflowArn": f"{MANAGED}/build/build-image/x.x.x", "OnFailure": "ABORT"}),
    # Acceptance tests of Terraform's provider.
    "terraform-provider-aws, basic": {},
    "terraform-provider-aws, description": {"Description": "description1"},
    "terraform-provider-aws, distribution": DISTRIBUTED,
    "terraform-provider-aws, metadata": {"EnhancedImageMetadataEnabled": False},
    "terraform-provider-aws, container recipe": CONTAINER,
    "terraform-provider-aws, scanning": SCANNED,
    "terraform-provider-aws, scanning of containers": CONTAINER
    | {
        "ImageScanningConfiguration": {
            "ImageScanningEnabled": True,
            "EcrConfiguration": {"RepositoryName": "scans", "ContainerTags": ["foo", "bar"]},
        }
    },
    "terraform-provider-aws, tests": image_tests(False),
    "terraform-provider-aws, timeout of tests": image_tests(None, 721),
    "terraform-provider-aws, schedule": schedule("cron(1 0 * * ? *)"),
    "terraform-provider-aws, start condition": schedule("cron(0 0 * * ? *)", ALWAYS),
    "terraform-provider-aws, time zone": schedule("cron(0 0 * * ? *)", None, Timezone="America/Los_Angeles"),
    "terraform-provider-aws, time zone of UTC": schedule("cron(0 0 * * ? *)", None, Timezone="Etc/UTC"),
    "terraform-provider-aws, status": DISABLED,
    "terraform-provider-aws, tags": {"Tags": {"key1": "value1updated", "key2": "value2"}},
    "terraform-provider-aws, workflow": workflows(own("test", "t", OnFailure="ABORT", ParallelGroup="baz")),
    "terraform-provider-aws, workflow parameter": workflows(
        own("test", "t", Parameters=[{"Name": "waitForActionAtEnd", "Value": ["true"]}])
    ),
    "terraform-provider-aws, logging": logs("/aws/imagebuilder/images/a", "/aws/imagebuilder/runs/a"),
    "terraform registry, example": schedule("cron(0 0 * * ? *)"),
    # Templates and modules in public repositories.
    "CDK: name with spaces and capitals": {"Name": "Jenkins Windows Slave Pipeline"},
    "CDK: name with underscores": {"Name": "GHActions_Image_Pipeline"} | DESCRIBED | DISTRIBUTED | ENABLED,
    "CDK: container to a registry": CONTAINER | DISTRIBUTED | ENABLED,
    "CDK: container, described": CONTAINER | DESCRIBED | DISTRIBUTED,
    "CDK: container without tests": CONTAINER | DESCRIBED | DISTRIBUTED | image_tests(False, 60) | ENABLED,
    "CDK: scanning by a flag": DESCRIBED
    | ENHANCED
    | ENABLED
    | {"ImageScanningConfiguration": {"ImageScanningEnabled": "false"}}
    | DISTRIBUTED
    | image_tests(True, 60)
    | TAGGED,
    "CDK: runners, weekly": DISTRIBUTED | schedule("cron(0 4 ? * SUN *)", ALWAYS),
    "CDK: tested": DISTRIBUTED | image_tests(True, 60) | ENABLED,
    "CDK: untested": DISTRIBUTED | ENABLED | image_tests(False, 90),
    "CDK: role without workflows": DESCRIBED
    | DISTRIBUTED
    | WITH_ROLE
    | image_tests(True, 90)
    | ENABLED
    | schedule("cron(0 6 1 * ? *)", UPDATES),
    "CDK: monthly": DESCRIBED | DISTRIBUTED | schedule("cron(0 0 1 * ? *)", ALWAYS) | ENABLED,
    "CDK: tagged by its project": DESCRIBED | DISTRIBUTED | ENABLED | {"Tags": {"Name": "project"}},
    "CDK: no metadata": {"EnhancedImageMetadataEnabled": False} | DISTRIBUTED,
    "CDK: forensic images": DESCRIBED | ENHANCED | DISTRIBUTED | schedule("cron(0 0 1 * ? *)", UPDATES),
    "template: nodes of a cluster": DISTRIBUTED | SCANNED | image_tests(True) | schedule("cron(0 4 1 * ? *)", ALWAYS),
    "template: web servers, Sunday by number": DISTRIBUTED | schedule("cron(0 2 ? * 1 *)", ALWAYS),
    "template: weekly, tested": DISTRIBUTED
    | schedule("cron(0 0 ? * SUN *)", UPDATES)
    | image_tests(True, 60)
    | ENABLED,
    "template: golden, with every switch": DESCRIBED
    | DISTRIBUTED
    | schedule("cron(0 0 ? * SUN *)", UPDATES)
    | ENHANCED
    | ENABLED
    | SCANNED
    | image_tests(True, 60)
    | TAGGED,
    "template: scanned daily": DESCRIBED | ENABLED | TAGGED | SCANNED | schedule("cron(0 0 * * ? *)"),
    "template: RHEL": DISTRIBUTED
    | ENABLED
    | schedule("cron(0 2 ? * SUN *)", UPDATES)
    | image_tests(True, 720)
    | SCANNED
    | {"Tags": {"OS": "rhel9"}},
    "template: on demand, scanned": DESCRIBED | DISTRIBUTED | ENHANCED | image_tests(True, 60) | SCANNED,
    "template: Windows with a time zone": DESCRIBED
    | ENABLED
    | DISTRIBUTED
    | schedule("cron(0 10 * * ? *)", ALWAYS, Timezone="UTC")
    | SCANNED
    | image_tests(True, 60),
    "template: NAT instances": DISTRIBUTED | schedule("cron(0 9 * * ? *)", UPDATES) | image_tests(True, 60),
    "template: container, daily": CONTAINER | schedule("cron(0 0 * * ? *)"),
    "template: Windows, monthly": DISTRIBUTED | schedule("cron(0 0 1 * ? *)"),
    "template: drift test": image_tests(None, 90),
    "template: tags by a condition": DISTRIBUTED | {"Tags": {}},
    "template: scalars as texts": image_tests(True, 60)
    | {"EnhancedImageMetadataEnabled": "true"}
    | DISTRIBUTED
    | DISABLED,
    "former2, a recorded pipeline": DISTRIBUTED
    | image_tests(True, 720)
    | schedule("cron(0 0 * * ? *)", UPDATES)
    | ENABLED
    | {"Tags": {"a": "b"}},
}

REFUSED_BY_THE_SERVICE: Final[dict[str, tuple[str, str]]] = {
    # The form of five fields was taken until 2021 (terraform-provider-aws#17396), and is still published.
    "AWS CLI reference": ("cron(0 0 * * SUN)", "cron(0 0 ? * SUN *)"),
    "a guide, by number": ("cron(0 0 * * 1)", "cron(0 0 ? * MON *)"),
    "a guide, Sunday by number": ("cron(0 0 * * 0)", "cron(0 0 ? * SUN *)"),
    "a module, in lower case": ("cron(0 8 ? * tue)", "cron(0 8 ? * tue *)"),
    "the registry's example until 2021": ("cron(0 0 * * *)", "cron(0 0 * * ? *)"),
}


def properties_of(more: dict[str, Any]) -> dict[str, Any]:
    """Return the whole property set."""
    return {name: value for name, value in (BASE | more).items() if value is not None}
