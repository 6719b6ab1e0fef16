"""What a shared provider lets stacks do, and what it keeps them from. IAM is enforced in the local cloud."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from support.author import Author
from support.profile import PROFILE, make_instance_profile

pytestmark = pytest.mark.timeout(240)

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"
ROLE = "arn:aws:iam::000000000000:role"
OWNER = "imagebuilder-pipeline:stack-id"
RECIPE, INFRASTRUCTURE = f"{OWN}image-recipe/base/1.0.0", f"{OWN}infrastructure-configuration/base"

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def base(author: Author) -> Author:
    """The cloud with a recipe and an infrastructure configuration, and a second provider that is one team's."""
    make_instance_profile(author.cloud)
    resources = {
        "Recipe": ("ImageRecipe", {"Name": "base", "Version": "1.0.0", "ParentImage": "p", "Components": []}),
        "Infrastructure": ("InfrastructureConfiguration", {"Name": "base", "InstanceProfileName": PROFILE}),
    }
    template = {
        name: {"Type": f"AWS::ImageBuilder::{kind}", "Properties": given} for name, (kind, given) in resources.items()
    }
    (author.folder / "base.json").write_text(json.dumps({"Resources": template}))
    author.deploy("base", "base.json")
    roles = f"ExecutionRoleArns={ROLE}/images/*,{ROLE}/other"
    given = f"ExportName=TeamToken StackNames=team-* ImageScanning=true {roles}"
    author.sh(
        "aws cloudformation deploy --capabilities CAPABILITY_IAM --stack-name team-provider "
        f"--template-file provider.yaml --parameter-overrides {given}"
    )
    return author


@pytest.fixture(scope="module")
def connect(base: Author) -> Iterator[Call]:
    """A function that makes a client of Image Builder: of a provider's role, or of the account's root."""
    state = base.cloud.state()
    assert state is not None
    root = {"aws_access_key_id": state.access_key_id, "aws_secret_access_key": state.secret_access_key}
    clients = []

    def client(service: str, **credentials: str) -> Any:
        endpoint = state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint
        make: Any = boto3.client  # typed for one service at a time
        verify = str(base.cloud.folder.certificate_authority)
        clients.append(
            make(service, region_name=state.region, endpoint_url=endpoint, verify=verify, **(credentials or root))
        )
        return clients[-1]

    def connected(provider: str | None = None) -> Any:
        if provider is None:
            return client("imagebuilder")
        arn = f"{ROLE}/{base.outputs(provider)['RoleName']}"
        keys = client("sts").assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return client("imagebuilder", **dict(zip(ROLE_KEYS, (keys[name] for name in names), strict=True)))

    yield connected
    for one in clients:
        one.close()


ROLE_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


@pytest.fixture(scope="module")
def shared(connect: Call) -> Any:
    return connect("provider")


@pytest.fixture(scope="module")
def team(connect: Call) -> Any:
    return connect("team-provider")


@pytest.fixture(scope="module")
def root(connect: Call) -> Any:
    return connect()


def stack(name: str, region: str = "us-east-1", account: str = "000000000000") -> str:
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/6f2d1c3e-0000-4000-8000-000000000000"


def make(client: Any, owner: str | None, **given: Any) -> str:
    """Create a pipeline with this owner's tag and return its ARN."""
    tags = {OWNER: owner} if owner else {"team": "web"}
    made = client.create_image_pipeline(
        name=f"p-{uuid.uuid4()}",
        imageRecipeArn=RECIPE,
        infrastructureConfigurationArn=INFRASTRUCTURE,
        tags=tags,
        **given,
    )
    return str(made["imagePipelineArn"])


def denied(call: Call, *arguments: Any, **request: Any) -> str:
    """Make a call that IAM must deny and return the action that it was denied for."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **request)
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "AccessDeniedException", response
    return str(response["Error"]["Message"]).partition("to perform: ")[2].split()[0]


def writes(client: Any, arn: str) -> list[tuple[Call, dict[str, Any]]]:
    """Return every call that could change a pipeline, but for its owner."""
    update = {"imagePipelineArn": arn, "imageRecipeArn": RECIPE, "infrastructureConfigurationArn": INFRASTRUCTURE}
    return [
        (client.update_image_pipeline, update),
        (client.tag_resource, {"resourceArn": arn, "tags": {"team": "data"}}),
        (client.untag_resource, {"resourceArn": arn, "tagKeys": ["team"]}),
        (client.delete_image_pipeline, {"imagePipelineArn": arn}),
    ]


def test_pipelines_of_every_stack_of_the_account_are_made_changed_and_deleted(shared: Any) -> None:
    for name in ("one", "two"):
        for call, request in writes(shared, make(shared, stack(name))):
            call(**request)


@pytest.mark.parametrize("owner", [stack("x", region="eu-west-1"), stack("x", account="111122223333"), "x", None])
def test_pipeline_of_no_stack_of_the_account_and_region_is_neither_made_nor_touched(
    shared: Any, root: Any, owner: str | None
) -> None:
    assert denied(make, shared, owner) == "imagebuilder:CreateImagePipeline"
    for call, request in writes(shared, make(root, owner)):
        denied(call, **request)


def test_owner_is_given_to_a_pipeline_without_one_and_is_never_changed(shared: Any, root: Any) -> None:
    arn = make(root, None)
    shared.tag_resource(resourceArn=arn, tags={OWNER: stack("first")})
    assert denied(shared.tag_resource, resourceArn=arn, tags={OWNER: stack("second")}) == "imagebuilder:TagResource"


def test_provider_for_some_stack_names_serves_no_other(team: Any, root: Any) -> None:
    for call, request in writes(team, make(team, stack("team-a"))):
        call(**request)
    assert denied(make, team, stack("steam-a")) == "imagebuilder:CreateImagePipeline"
    for call, request in writes(team, make(root, stack("steam-a"))):
        denied(call, **request)


def test_only_the_roles_that_the_deployer_named_are_handed_on(shared: Any, team: Any) -> None:
    for role in ("images/builder", "other"):
        make(team, stack("team-a"), executionRole=f"{ROLE}/{role}")
    assert denied(make, team, stack("team-a"), executionRole=f"{ROLE}/admin") == "iam:PassRole"
    assert denied(make, shared, stack("one"), executionRole=f"{ROLE}/images/builder") == "iam:PassRole"


def test_scanning_is_for_providers_that_allow_it(shared: Any, team: Any) -> None:
    scanning = {"imageScanningConfiguration": {"imageScanningEnabled": True}}
    make(team, stack("team-a"), **scanning)
    assert denied(make, shared, stack("one"), **scanning) == "inspector2:BatchGetAccountStatus"


def test_pipeline_may_change_its_logical_id_within_its_stack(base: Author) -> None:
    def put(logical_id: str, **given: Any) -> dict[str, Any]:
        token = {"Fn::ImportValue": "ImagePipelineServiceToken"}
        arns = {"ImageRecipeArn": RECIPE, "InfrastructureConfigurationArn": INFRASTRUCTURE}
        properties = {"ServiceToken": token, "Name": "relabelled", **arns, **given}
        resource = {"Type": "Custom::ImagePipeline", "DeletionPolicy": "Retain", "Properties": properties}
        (base.folder / "relabelled.json").write_text(json.dumps({"Resources": {logical_id: resource}}))
        base.deploy("relabelled", "relabelled.json")
        return base.pipelines()["relabelled"]

    before = put("Before")
    after = put("After", AdoptExisting=True)
    assert after["dateCreated"] == before["dateCreated"]
    assert after["tags"]["imagebuilder-pipeline:logical-id"] == "After"


def test_provider_whose_service_token_is_imported_cannot_be_deleted(base: Author) -> None:
    resource = {
        "Type": "Custom::ImagePipeline",
        "Properties": {
            "ServiceToken": {"Fn::ImportValue": "ImagePipelineServiceToken"},
            "Name": "importer",
            "ImageRecipeArn": RECIPE,
            "InfrastructureConfigurationArn": INFRASTRUCTURE,
        },
    }
    (base.folder / "importer.json").write_text(json.dumps({"Resources": {"Pipeline": resource}}))
    base.deploy("importer", "importer.json")
    done = base.sh("aws cloudformation delete-stack --stack-name provider", fails=True)
    assert "Export ImagePipelineServiceToken" in done
