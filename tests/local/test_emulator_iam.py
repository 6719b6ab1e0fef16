"""What the emulated service asks IAM before it does anything, and what a caller gets who may not."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from policy_sentry.querying.actions import get_action_data

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer, ServiceError, access_denied

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
PIPELINE = f"{OWN}image-pipeline/my-pipe"
SERVICE = "imagebuilder.amazonaws.com"

Refusal = Callable[..., tuple[str, int]]


class Account:
    """An IAM that allows everything but what it is told to deny, and remembers what it was asked."""

    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.keys: set[str] = set()
        self.has_role = True

    def require(self, access_key: str, action: str, resource: str, context: Mapping[str, str | list[str]]) -> None:
        self.keys.add(access_key)
        self.asked.append((action, resource, dict(context)))
        if access_key == "unknown":
            raise ServiceError("UnrecognizedClientException", "The security token is invalid.")
        if action in self.denied:
            raise access_denied("arn:aws:iam::000000000000:user/me", action, resource)

    def has_service_linked_role(self) -> bool:
        return self.has_role

    def make_service_linked_role(self) -> None:
        self.has_role = True

    def has_instance_profile(self, name: str) -> bool:
        raise AssertionError(f"no request is about the instance profile {name}")

    def taken(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return what was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture
def account(service: ImageBuilder) -> Account:
    account = Account()
    service.iam = account
    for resource in (
        "component/a/1.0.0/1",
        "distribution-configuration/eu",
        "workflow/test/smoke/1.0.0/1",
        "workflow/test/smoke/1.0.0/2",
    ):
        service.register(OWN + resource)
    return account


def test_create_asks_for_itself_its_tags_its_references_and_the_role(
    client: Any, account: Account, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal, tags={"team": "web"})
    tags = {"aws:RequestTag/team": "web", "aws:TagKeys": ["team"]}
    assert account.taken() == [
        ("imagebuilder:CreateImagePipeline", PIPELINE, tags),
        ("imagebuilder:TagResource", PIPELINE, tags),
        ("imagebuilder:GetImageRecipe", f"{OWN}image-recipe/web/1.0.0", {}),
        ("imagebuilder:GetInfrastructureConfiguration", f"{OWN}infrastructure-configuration/small", {}),
    ]


def test_update_asks_with_the_tags_that_the_pipeline_has(
    client: Any, account: Account, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal, tags={"team": "web"})
    account.taken()
    client.update_image_pipeline(imagePipelineArn=PIPELINE, **references(minimal))
    assert [action for action, _, _ in account.asked] == [
        "imagebuilder:UpdateImagePipeline",
        "imagebuilder:GetImageRecipe",
        "imagebuilder:GetInfrastructureConfiguration",
    ]
    assert account.asked[0] == ("imagebuilder:UpdateImagePipeline", PIPELINE, {"aws:ResourceTag/team": "web"})


def test_everything_that_a_pipeline_refers_to_is_asked_for(
    client: Any, account: Account, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(
        **minimal,
        distributionConfigurationArn=f"{OWN}distribution-configuration/eu",
        workflows=[
            {"workflowArn": f"{OWN}workflow/test/smoke/1.0.0"},
            {"workflowArn": "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/x.x.x"},
        ],
        executionRole="builder",
        imageScanningConfiguration={"imageScanningEnabled": True},
    )
    assert account.taken()[3:] == [
        ("imagebuilder:GetDistributionConfiguration", f"{OWN}distribution-configuration/eu", {}),
        ("imagebuilder:GetWorkflow", f"{OWN}workflow/test/smoke/1.0.0/2", {}),
        ("imagebuilder:GetWorkflow", "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/x.x.x", {}),
        ("iam:PassRole", "arn:aws:iam::000000000000:role/builder", {"iam:PassedToService": SERVICE}),
        ("inspector2:BatchGetAccountStatus", "*", {}),
    ]


@pytest.mark.parametrize(
    ("ecr", "repository"),
    [
        ({"ecrConfiguration": {"repositoryName": "scans"}}, "scans"),
        ({}, "image-builder-image-scanning-repository"),
    ],
)
def test_scanning_containers_asks_for_the_repository(
    client: Any, account: Account, minimal: dict[str, Any], ecr: dict[str, Any], repository: str
) -> None:
    del minimal["imageRecipeArn"]
    client.create_image_pipeline(
        **minimal,
        containerRecipeArn=f"{OWN}container-recipe/app/2.0.0",
        imageScanningConfiguration={"imageScanningEnabled": True} | ecr,
    )
    arn = f"arn:aws:ecr:us-east-1:000000000000:repository/{repository}"
    assert account.taken()[1:] == [
        ("imagebuilder:GetContainerRecipe", f"{OWN}container-recipe/app/2.0.0", {}),
        ("imagebuilder:GetInfrastructureConfiguration", f"{OWN}infrastructure-configuration/small", {}),
        ("ecr:BatchGetRepositoryScanningConfiguration", arn, {}),
        ("ecr:DescribeRepositories", arn, {}),
        ("inspector2:BatchGetAccountStatus", "*", {}),
    ]


def test_service_linked_role_is_made_once_by_who_may(client: Any, account: Account, minimal: dict[str, Any]) -> None:
    account.has_role = False
    account.denied = {"iam:CreateServiceLinkedRole"}
    with pytest.raises(
        ClientError, match="iam:CreateServiceLinkedRole on resource: arn:aws:iam::000000000000:role/aws-"
    ):
        client.create_image_pipeline(**minimal)
    assert not account.has_service_linked_role()
    account.denied.clear()
    client.create_image_pipeline(**minimal)
    assert account.has_service_linked_role()
    assert account.taken()[-1] == (
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::000000000000:role/aws-service-role/{SERVICE}/AWSServiceRoleForImageBuilder",
        {"iam:AWSServiceName": SERVICE},
    )
    client.create_image_pipeline(**minimal | {"name": "another"})
    assert "iam:CreateServiceLinkedRole" not in [action for action, _, _ in account.taken()]


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("GetImagePipeline", "imagePipelineArn"),
        ("DeleteImagePipeline", "imagePipelineArn"),
        ("ListImagePipelineImages", "imagePipelineArn"),
        ("StartImagePipelineExecution", "imagePipelineArn"),
        ("ListTagsForResource", "resourceArn"),
    ],
)
def test_other_operations_ask_for_themselves(
    client: Any, account: Account, minimal: dict[str, Any], operation: str, member: str
) -> None:
    client.create_image_pipeline(**minimal, tags={"team": "web"})
    account.taken()
    getattr(client, xform_name(operation))(**{member: PIPELINE})
    assert account.taken() == [(f"imagebuilder:{operation}", PIPELINE, {"aws:ResourceTag/team": "web"})]


def test_tagging_asks_with_the_old_tags_and_the_new(client: Any, account: Account, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal, tags={"team": "web"})
    account.taken()
    client.tag_resource(resourceArn=PIPELINE, tags={"cost": "1"})
    client.untag_resource(resourceArn=PIPELINE, tagKeys=["team"])
    old = {"aws:ResourceTag/team": "web"}
    assert account.taken() == [
        ("imagebuilder:TagResource", PIPELINE, {"aws:RequestTag/cost": "1", "aws:TagKeys": ["cost"]} | old),
        ("imagebuilder:UntagResource", PIPELINE, {"aws:TagKeys": ["team"], "aws:ResourceTag/cost": "1"} | old),
    ]


def test_list_of_all_has_no_resource(client: Any, account: Account) -> None:
    client.list_image_pipelines()
    assert account.taken() == [("imagebuilder:ListImagePipelines", "*", {})]


def test_denied_call_names_principal_action_and_resource_and_does_nothing(
    client: Any, account: Account, service: ImageBuilder, minimal: dict[str, Any]
) -> None:
    account.denied = {"imagebuilder:GetImageRecipe"}
    with pytest.raises(ClientError) as caught:
        client.create_image_pipeline(**minimal)
    response: Any = caught.value.response
    assert response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": "User: arn:aws:iam::000000000000:user/me is not authorized to perform: imagebuilder:GetImageRecipe "
        f"on resource: {OWN}image-recipe/web/1.0.0",
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert service.pipelines() == []
    assert service.calls()[-1].error == "AccessDeniedException"


def test_denial_comes_before_what_does_not_exist(client: Any, account: Account, refusal: Refusal) -> None:
    account.denied = {"imagebuilder:DeleteImagePipeline"}
    assert refusal(client.delete_image_pipeline, imagePipelineArn=PIPELINE) == ("AccessDeniedException", 403)
    assert account.asked == [("imagebuilder:DeleteImagePipeline", PIPELINE, {})]


def test_token_that_is_known_does_not_spare_the_question(
    client: Any, account: Account, minimal: dict[str, Any], refusal: Refusal
) -> None:
    client.create_image_pipeline(**minimal, clientToken="t")
    account.denied = {"imagebuilder:CreateImagePipeline"}
    assert refusal(client.create_image_pipeline, **minimal, clientToken="t") == ("AccessDeniedException", 403)


def test_key_that_nobody_has_is_403(service: ImageBuilder, account: Account) -> None:
    with pytest.raises(ServiceError) as caught:
        service.call("ListImagePipelines", {}, access_key="unknown")
    assert (caught.value.code, caught.value.http_status) == ("UnrecognizedClientException", 403)


def test_key_is_that_of_the_signature(client: Any, account: Account) -> None:
    client.list_image_pipelines()
    assert account.keys == {"test"}


def test_request_that_nobody_signed_is_403(service: ImageBuilder, account: Account) -> None:
    with ImageBuilderServer(service) as server:
        request = urllib.request.Request(f"{server.url}/ListImagePipelines", data=b"{}", method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request):
            pass
        with caught.value as answer:
            assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    assert account.asked == []


def references(minimal: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in minimal.items() if name != "name"}


IMAGE = f"{OWN}image/web/1.0.0/1"
TAGGED = {"aws:ResourceTag/team": "web"}
UPDATE = {"resourceArn": IMAGE, "state": {"status": "DELETED"}, "includeResources": {"amis": True}}


@pytest.fixture
def image(client: Any, account: Account, clock: SimpleNamespace, minimal: dict[str, Any]) -> str:
    """An image that is AVAILABLE, with a tag."""
    client.create_image_pipeline(**minimal)
    client.start_image_pipeline_execution(imagePipelineArn=PIPELINE, tags={"team": "web"})
    clock.now += 60
    account.taken()
    return IMAGE


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetImage", {"imageBuildVersionArn": IMAGE}),
        ("DeleteImage", {"imageBuildVersionArn": IMAGE}),
        ("StartResourceStateUpdate", {"resourceArn": IMAGE, "state": {"status": "DISABLED"}}),
    ],
)
def test_operations_on_an_image_ask_with_its_tags(
    client: Any, account: Account, image: str, operation: str, request_: dict[str, Any]
) -> None:
    getattr(client, xform_name(operation))(**request_)
    assert account.taken() == [(f"imagebuilder:{operation}", image, TAGGED)]


def test_cancelling_asks_with_the_tags_of_the_image(client: Any, account: Account, minimal: dict[str, Any]) -> None:
    client.create_image_pipeline(**minimal)
    client.start_image_pipeline_execution(imagePipelineArn=PIPELINE, tags={"team": "web"})
    account.taken()
    client.cancel_image_creation(imageBuildVersionArn=IMAGE)
    assert account.taken() == [("imagebuilder:CancelImageCreation", IMAGE, TAGGED)]


@pytest.mark.parametrize("reference", ["1.0.0", "x.x.x"])
def test_image_of_a_version_is_asked_for_by_the_build_that_it_resolves_to(
    client: Any, account: Account, image: str, reference: str
) -> None:
    client.get_image(imageBuildVersionArn=f"{OWN}image/web/{reference}")
    assert account.taken() == [("imagebuilder:GetImage", image, TAGGED)]


def test_image_that_does_not_exist_is_asked_for_without_tags(client: Any, account: Account, refusal: Refusal) -> None:
    assert refusal(client.get_image, imageBuildVersionArn=IMAGE)[0] == "ResourceNotFoundException"
    assert account.taken() == [("imagebuilder:GetImage", IMAGE, {})]


@pytest.mark.parametrize("role", ["cleaner", "arn:aws:iam::000000000000:role/cleaner"])
def test_update_of_an_image_and_its_resources_asks_for_its_role(
    client: Any, account: Account, image: str, role: str
) -> None:
    number = client.start_resource_state_update(**UPDATE, executionRole=role)["lifecycleExecutionId"]
    client.get_lifecycle_execution(lifecycleExecutionId=number)
    assert account.taken() == [
        ("imagebuilder:StartResourceStateUpdate", image, TAGGED),
        ("iam:PassRole", "arn:aws:iam::000000000000:role/cleaner", {"iam:PassedToService": SERVICE}),
        ("imagebuilder:GetLifecycleExecution", f"{OWN}lifecycle-execution/{number}", {}),
    ]


def test_start_with_tags_asks_for_tagging_the_image_that_it_builds(
    client: Any, account: Account, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal)
    account.taken()
    client.start_image_pipeline_execution(imagePipelineArn=PIPELINE, tags={"team": "web"})
    tags = {"aws:RequestTag/team": "web", "aws:TagKeys": ["team"]}
    assert account.taken() == [
        ("imagebuilder:StartImagePipelineExecution", PIPELINE, tags),
        ("imagebuilder:TagResource", IMAGE, tags),
    ]


def test_start_that_may_not_tag_builds_nothing(
    client: Any, account: Account, refusal: Refusal, minimal: dict[str, Any]
) -> None:
    client.create_image_pipeline(**minimal)
    account.denied = {"imagebuilder:TagResource"}
    request = {"imagePipelineArn": PIPELINE, "tags": {"team": "web"}}
    assert refusal(client.start_image_pipeline_execution, **request) == ("AccessDeniedException", 403)
    assert client.list_image_pipeline_images(imagePipelineArn=PIPELINE)["imageSummaryList"] == []


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("GetImageRecipe", {"imageRecipeArn": f"{OWN}image-recipe/web/1.x.x"}, "image-recipe/web/1.0.0"),
        (
            "GetContainerRecipe",
            {"containerRecipeArn": f"{OWN}container-recipe/app/2.0.0"},
            "container-recipe/app/2.0.0",
        ),
        ("GetComponent", {"componentBuildVersionArn": f"{OWN}component/a/1.0.0"}, "component/a/1.0.0/1"),
        (
            "GetInfrastructureConfiguration",
            {"infrastructureConfigurationArn": f"{OWN}infrastructure-configuration/small"},
            "infrastructure-configuration/small",
        ),
        (
            "GetDistributionConfiguration",
            {"distributionConfigurationArn": f"{OWN}distribution-configuration/eu"},
            "distribution-configuration/eu",
        ),
        ("ListImageBuildVersions", {"imageVersionArn": f"{OWN}image/web/1.0.0"}, "image/web/1.0.0/*"),
        ("ListImages", {}, None),
        ("ListComponents", {}, None),
        ("ListImageRecipes", {}, None),
        ("ListContainerRecipes", {}, None),
        ("ListInfrastructureConfigurations", {}, None),
        ("ListDistributionConfigurations", {}, None),
    ],
)
def test_reads_ask_for_the_resource_that_the_reference_names(
    client: Any, account: Account, operation: str, request_: dict[str, Any], resource: str | None
) -> None:
    if resource is not None and "image/" not in resource:
        client.tag_resource(resourceArn=OWN + resource, tags={"team": "web"})
        account.taken()
    getattr(client, xform_name(operation))(**request_)
    (data,) = get_action_data("imagebuilder", operation)["imagebuilder"]
    tags = TAGGED if "aws:ResourceTag/${TagKey}" in data["condition_keys"] else {}
    arn = "*" if resource is None else OWN + resource
    assert account.taken() == [(f"imagebuilder:{operation}", arn, tags)]
    pattern = re.sub(r"\\\$\\{\w+\\}", "[^:/]+", re.escape(data["resource_arn_format"]))
    assert re.fullmatch(pattern, arn)
