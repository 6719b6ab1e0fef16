"""What the page is told of a real deploy: CloudFormation, Lambda and the emulator over TLS."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.deployed import Deployed, deployed

MARKUP = '<script>window.pwned = 1</script><img src="x" onerror="window.pwned = 1">'
FOREIGN = """
import json
import urllib.request


def handler(event, context):
    if "Crash" in event["ResourceProperties"]:
        raise RuntimeError("cannot reach " + event["ResponseURL"])
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "made", "Reason": "answered to " + event["ResponseURL"]}
    answer |= {"NoEcho": True, "Data": {"Password": "hunter2"}}
    urllib.request.urlopen(
        urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")
    ).close()
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed(tmp_path_factory.mktemp("page")) as made:
        yield made


def operations(event: dict[str, Any]) -> list[str]:
    return [call["operation"] for call in event["calls"]]


def test_life_of_a_pipeline_is_told_event_by_event(cloud: Deployed) -> None:
    tags = {"team": "web", "cost": "1"}
    assert cloud.deploy("Life", Name="first", Description=MARKUP, Tags=tags) == "CREATE_COMPLETE"
    assert cloud.deploy("Life", Name="first", Tags={"team": "db"}, Status="DISABLED") == "UPDATE_COMPLETE"
    assert cloud.deploy("Life", Name="second") == "UPDATE_COMPLETE"
    (shown,) = [pipeline for pipeline in cloud.seen()["pipelines"] if pipeline["settings"]["name"] == "second"]
    assert shown["settings"]["status"] == "ENABLED"
    cloud.delete("Life")

    create, update, rename, replaced, delete = cloud.events("Life")
    kinds = [event["requestType"] for event in (create, update, rename, replaced, delete)]
    assert kinds == ["Create", "Update", "Update", "Delete", "Delete"]
    for event in (create, update, rename, replaced, delete):
        assert (event["state"], event["logicalId"], event["resourceType"]) == (
            "succeeded",
            "Pipeline",
            "Custom::ImagePipeline",
        )
        assert event["answer"]["status"] == "SUCCESS"
        assert len(event["requestId"]) == 36
        assert ":stack/Life/" in event["stackId"]
        assert all(call["status"] < 500 and call["isOver"] for call in event["calls"])

    assert create["properties"]["Description"] == MARKUP
    assert create["changes"] is None
    assert operations(create) == ["CreateImagePipeline"]
    (call,) = create["calls"]
    assert call["request"]["description"] == MARKUP
    assert len(call["clientToken"]) == 36
    attributes = create["answer"]["attributes"]
    assert create["answer"]["physicalId"] == attributes["Arn"] == cloud_arn("first")
    assert attributes["ClientToken"] == call["clientToken"]

    assert update["physicalId"] == update["answer"]["physicalId"] == cloud_arn("first")
    assert [(change["path"], change["kind"], change["before"], change["after"]) for change in update["changes"]] == [
        ("Description", "removed", MARKUP, None),
        ("Tags.team", "changed", "web", "db"),
        ("Tags.cost", "removed", "1", None),
        ("Status", "added", None, "DISABLED"),
    ]
    assert {"UpdateImagePipeline", "TagResource", "UntagResource"} <= set(operations(update))

    assert (rename["answer"]["physicalId"], rename["answer"]["replaces"]) == (cloud_arn("second"), True)
    assert operations(rename)[-1] == "CreateImagePipeline"
    assert replaced["physicalId"] == cloud_arn("first")
    assert "DeleteImagePipeline" in operations(replaced)
    assert delete["physicalId"] == cloud_arn("second")


def test_retries_are_told_with_their_errors_and_their_one_token(cloud: Deployed) -> None:
    cloud.order_faults("CreateImagePipeline", ["TooManyRequestsException", "reset before"])
    assert cloud.deploy("Retried", Name="retried") == "CREATE_COMPLETE"
    (event,) = cloud.events("Retried")
    attempts = [call for call in event["calls"] if call["operation"] == "CreateImagePipeline"]
    assert [(call["attempt"], call["status"], call["code"]) for call in attempts] == [
        (1, 429, "TooManyRequestsException"),
        (2, None, None),
        (3, 200, None),
    ]
    assert attempts[1]["message"] == "reset before"
    assert len({call["clientToken"] for call in attempts}) == 1
    assert all(call["pauseMilliseconds"] > 0 for call in attempts[1:])


def test_stacks_that_deploy_at_once_have_their_own_calls(cloud: Deployed) -> None:
    names = ["one", "two", "three"]
    token = cloud.service_token
    cloud.order_faults("CreateImagePipeline", [{"delay": 2}] * len(names))
    with ThreadPoolExecutor(len(names)) as pool:
        deploys = [pool.submit(cloud.deploy, name, Name=name, ServiceToken=token) for name in names]
        assert {deploy.result() for deploy in deploys} == {"CREATE_COMPLETE"}
    events = [event for name in names for event in cloud.events(name)]
    assert [[call["request"]["name"] for call in event["calls"]] for event in events] == [[name] for name in names]
    begins = sorted(event["at"] for event in events)[1]
    ends = min(event["answer"]["at"] for event in events)
    assert begins < ends, "none ran beside another"


def test_update_of_a_rollback_says_that_it_takes_the_failed_one_back(cloud: Deployed) -> None:
    cloud.deploy("Rolled", Name="rolled", Description="good")
    assert cloud.deploy("Rolled", Name="rolled", Description="bad", Status="ON") == "UPDATE_ROLLBACK_COMPLETE"
    events = cloud.events("Rolled")
    assert [(event["requestType"], event["state"], event["reverts"]) for event in events] == [
        ("Create", "succeeded", False),
        ("Update", "failed", False),
        ("Update", "succeeded", True),
    ]


def test_refused_properties_are_told_without_any_call(cloud: Deployed) -> None:
    cloud.deploy("Wrong", Name="wrong", Nmae="x")
    event = cloud.events("Wrong")[0]
    assert (event["state"], event["calls"], event["answer"]["status"]) == ("failed", [], "FAILED")
    assert "Nmae is not known: did you mean Name?" in event["answer"]["reason"]


def test_executions_of_a_pipeline_and_calls_of_other_clients_are_shown(cloud: Deployed) -> None:
    cloud.deploy("Run", Name="run")
    cloud.client("imagebuilder").start_image_pipeline_execution(imagePipelineArn=cloud_arn("run"))
    state = cloud.seen()
    (shown,) = [pipeline for pipeline in state["pipelines"] if pipeline["settings"]["arn"] == cloud_arn("run")]
    (run,) = shown["executions"]
    assert (run["buildType"], run["name"]) == ("USER_INITIATED", "Run")  # as the recipe is named
    assert state["others"][0]["operation"] == "StartImagePipelineExecution"
    assert state["others"][0]["client"].startswith("Boto3/")
    assert "StartImagePipelineExecution" not in [call for event in state["events"] for call in operations(event)]


def test_nothing_secret_is_told(cloud: Deployed) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("foreign.py", FOREIGN)
    token = cloud.function("foreign", archive.getvalue(), "foreign.handler")
    assert cloud.deploy("Leaky", ServiceToken=token) == "CREATE_COMPLETE"
    assert cloud.deploy("Crashing", ServiceToken=token, ServiceTimeout=1, Crash="1") == "ROLLBACK_COMPLETE"
    cloud.deploy("Usual", Name="usual")

    (leaky,), (crashing, *_) = cloud.events("Leaky"), cloud.events("Crashing")
    assert leaky["answer"]["attributes"] == {"Password": "****"}
    assert leaky["answer"]["reason"].endswith("/_ministack/cfn-response/****")
    assert crashing["functionError"].endswith("/_ministack/cfn-response/****")
    assert (crashing["state"], crashing["answer"]) == ("failed", None)
    assert "the function foreign failed without a response: " in crashing["failure"]

    text = json.dumps(cloud.seen())
    assert '"ResponseURL"' not in text
    assert text.count("cfn-response") == text.count("cfn-response/****")
    for secret in ("hunter2", "Authorization", "Signature", *credentials(cloud, "handler")):
        assert secret not in text, secret


def test_what_is_wrapped_in_ministack_has_the_parameters_that_are_used() -> None:
    # In a process of its own: ministack reads its settings when it is imported.
    script = (
        "import inspect, json\n"
        "from ministack.services import lambda_svc\n"
        "from ministack.services.cloudformation import changesets, custom_resource, handlers\n"
        "names = ('invoke_custom_resource', 'deliver_response')\n"
        "found = {name: list(inspect.signature(getattr(custom_resource, name)).parameters) for name in names}\n"
        "names = ('_execute_function_with_config_scope', '_xray_trace_id_for_invocation')\n"
        "found |= {name: list(inspect.signature(getattr(lambda_svc, name)).parameters) for name in names}\n"
        "found |= {one.__name__: list(inspect.signature(one._deploy_stack_async).parameters)[:3]\n"
        "          for one in (changesets, handlers)}\n"
        "print(json.dumps(found))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    event = [
        "request_type",
        "logical_id",
        "props",
        "stack_name",
        "stack_id",
        "resource_type",
        "physical_id",
        "old_props",
    ]
    assert json.loads(printed) == {
        "invoke_custom_resource": event,
        "deliver_response": ["token", "response"],
        "_execute_function_with_config_scope": ["func", "event"],
        "_xray_trace_id_for_invocation": ["config", "inbound_trace_header"],
        "ministack.services.cloudformation.changesets": ["stack_name", "stack_id", "template"],
        "ministack.services.cloudformation.handlers": ["stack_name", "stack_id", "template"],
    }


def cloud_arn(name: str) -> str:
    return f"arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/{name}"


def credentials(cloud: Deployed, function: str) -> list[str]:
    """Return what ministack gives a function of its role's session."""
    configuration = cloud.client("lambda").get_function_configuration(FunctionName=function)
    digest = hashlib.sha256(f"{configuration['FunctionArn']}:{configuration['Role']}".encode()).hexdigest()
    hidden = [hashlib.sha256(f"{name}:{digest}".encode()).hexdigest() for name in ("secret", "token")]
    return [f"ASIA{digest[:16].upper()}", *hidden]
