"""The report of a failed deployment, from what the CDK CLI prints and the cloud recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from imagebuilder_local.assembly import Assembly
from imagebuilder_local.failure import MOST_LINES, Deployment, block
from imagebuilder_local.output import Progress, cause_of

PIPELINE = "Custom::ImagePipeline"
STACK = "AWS::CloudFormation::Stack"
NOT_OURS = (
    "NotOurs: a pipeline of this name exists and was not made by this resource; choose another Name, or set "
    "AdoptExisting to true to adopt it (CreateImagePipeline, request id 1-2-3): arn:aws:imagebuilder:::image-pipeline/a"
)


def event(status: str, logical_id: str, resource_type: str = PIPELINE, reason: str = "") -> dict[str, Any]:
    return {"logicalId": logical_id, "resourceType": resource_type, "status": status, "reason": reason}


def operation(kind: str, status: str, *events: dict[str, Any], stack: str = "Images") -> dict[str, Any]:
    return {"id": kind, "stack": stack, "stackId": stack, "kind": kind, "status": status, "events": list(events)}


def failed_update(reason: str = NOT_OURS) -> list[dict[str, Any]]:
    """Return an update and its rollback, newest first, as the cloud lists them."""
    return [
        operation(
            "rollback",
            "UPDATE_ROLLBACK_COMPLETE",
            event("UPDATE_COMPLETE", "Pipeline"),
            event("DELETE_COMPLETE", "Recipe"),
            event("UPDATE_ROLLBACK_COMPLETE", "Images", STACK),
        ),
        operation("update", "UPDATE_FAILED", event("UPDATE_FAILED", "Pipeline", reason=reason)),
    ]


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    """An assembly with a pipeline of the construct and an L1."""
    metadata = {
        "/Images": [
            {"type": "imagebuilder-pipeline:props", "data": {"Name": "image_pipeline_name"}},
            {"type": "imagebuilder-pipeline:sources", "data": {"/Images/Golden": "app.py:12"}},
        ],
        "/Images/Golden/Resource": [{"type": "aws:cdk:logicalId", "data": "Pipeline"}],
        "/Images/Recipe": [
            {"type": "aws:cdk:logicalId", "data": "Recipe"},
            {"type": "aws:cdk:creationStack", "data": ["new Stack (node:x)", "    at Images (/home/me/app.ts:7:5)"]},
        ],
    }
    artifact = {"type": "aws:cloudformation:stack", "metadata": metadata}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"Images": artifact}}))
    return Assembly(tmp_path)


def test_block_has_path_reason_in_props_line_rollback_and_page(assembly: Assembly) -> None:
    deployment = Deployment("", failed_update(), assembly, page="http://127.0.0.1:1/")
    assert block(deployment).splitlines() == [
        "Images/Golden: a pipeline of this name exists and was not made by this resource; choose another image_pipeline_name,",
        "  or set AdoptExisting to true to adopt it: arn:aws:imagebuilder:::image-pipeline/a",
        "  failed: UPDATE_FAILED of Pipeline (Custom::ImagePipeline, NotOurs)",
        "  made in: app.py:12",
        "  rolled back: Images is as before: 1 resource restored, 1 resource deleted",
        "  page: http://127.0.0.1:1/",
    ]


def test_reason_names_template_properties_without_an_assembly() -> None:
    assert "choose another Name, or set AdoptExisting" in block(Deployment("", failed_update())).replace("\n ", "")


def test_line_of_an_app_in_typescript_is_that_of_its_creation_stack(assembly: Assembly) -> None:
    failed = operation("create", "CREATE_FAILED", event("CREATE_FAILED", "Recipe", "AWS::X::Y", "no"))
    assert "  made in: at Images (/home/me/app.ts:7:5)" in block(Deployment("", [failed], assembly)).splitlines()


def test_resource_of_a_nested_stack_precedes_its_parents(assembly: Assembly) -> None:
    nested = operation(
        "create", "CREATE_FAILED", event("CREATE_FAILED", "Recipe", "A::B::C", "why"), stack="Images-Nested"
    )
    parent = operation("create", "CREATE_FAILED", event("CREATE_FAILED", "Nested", STACK, "nested failed"))
    rollback = operation("rollback", "ROLLBACK_COMPLETE", event("DELETE_COMPLETE", "Nested", STACK))
    lines = block(Deployment("", [rollback, nested, parent], assembly)).splitlines()
    assert lines[0] == "Images/Recipe: why"
    assert lines[-1] == "  rolled back: Images has no resources: 1 resource deleted"


def test_failed_delete_of_an_update_that_succeeds_is_not_the_cause(assembly: Assembly) -> None:
    first = operation("update", "UPDATE_COMPLETE", event("DELETE_FAILED", "Old", reason="in use"), stack="First")
    assert block(Deployment("", [*failed_update("X: a; b"), first], assembly)).startswith("Images/Golden: a; b\n")


def test_failure_of_the_stack_alone_is_reported() -> None:
    failed = operation("update", "UPDATE_FAILED", event("UPDATE_FAILED", "Images", STACK, "output has no value"))
    assert block(Deployment("", [failed])).startswith("Images: output has no value\n")


def test_create_that_is_rolled_back_leaves_no_resources() -> None:
    operations = [
        operation("rollback", "ROLLBACK_COMPLETE", event("DELETE_COMPLETE", "A"), event("DELETE_COMPLETE", "B")),
        operation("create", "CREATE_FAILED", event("CREATE_FAILED", "C", reason="no")),
    ]
    assert (
        "  rolled back: Images has no resources: 2 resources deleted" in block(Deployment("", operations)).splitlines()
    )


def test_rollback_that_fails_says_so() -> None:
    reason = "The following resource(s) failed to delete: [A]."
    rollback = operation("rollback", "ROLLBACK_FAILED", event("ROLLBACK_FAILED", "Images", STACK, reason))
    failed = operation("create", "CREATE_FAILED", event("CREATE_FAILED", "C", reason="no"))
    assert (
        f"  not rolled back: Images is ROLLBACK_FAILED: {reason}"
        in block(Deployment("", [rollback, failed])).splitlines()
    )


def test_stacks_that_were_deployed_before_are_named() -> None:
    output = " ✅  Network\n ✅  Base (no changes)\n❌  Images failed"
    assert "  deployed before: Network, Base" in block(Deployment(output, failed_update())).splitlines()


def test_first_line_without_a_width_has_the_whole_cause() -> None:
    lines = block(Deployment("", failed_update()), width=None).splitlines()
    assert lines[0].startswith("Pipeline: a pipeline of this name exists")
    assert lines[0].endswith(":image-pipeline/a")


def test_long_reason_is_cut_and_the_rest_stays() -> None:
    lines = block(Deployment("", failed_update("word " * 800), page="http://127.0.0.1:1/")).splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= 120
    assert lines[-1] == "  page: http://127.0.0.1:1/"


TRACE = """\
    app.py is working
Traceback (most recent call last):
  File "/home/me/app.py", line 9, in <module>
    Images(app)
  File "/home/me/.venv/lib/python3.11/site-packages/jsii/_runtime.py", line 135, in __call__
    inst = super().__call__(*args)
  File "/home/me/stacks/images.py", line 31, in __init__
    x = {}["NOPE"]
  File "/usr/lib/python3.11/json/decoder.py", line 3, in decode
    raise
jsii.errors.KeyError: 'NOPE'
python app.py: Subprocess exited with error 1
"""


def test_exception_of_an_app_is_reported_with_the_users_line() -> None:
    assert cause_of(TRACE, Path("/home/me")) == "KeyError: 'NOPE'\n  in: stacks/images.py:31"


def test_syntax_error_is_reported_with_its_line() -> None:
    output = "  File \"/home/me/app.py\", line 4\n    app = (\n          ^\nSyntaxError: '(' was never closed\n"
    cause = cause_of(f"{output}python app.py: Subprocess exited with error 1\n", Path("/home/me"))
    assert cause == "SyntaxError: '(' was never closed\n  in: app.py:4"


def test_environment_without_bootstrap_is_reported_with_the_command() -> None:
    output = "Far: SSM parameter /cdk-bootstrap/x/version not found in aws://111122223333/eu-west-1. Has the …\n‣ ParameterNotFound"
    cause = cause_of(output, Path())
    assert cause.startswith(
        "Far: aws://111122223333/eu-west-1 is not bootstrapped: run `. .local/env && cdk bootstrap aws:"
    )


def test_every_other_failure_is_what_the_cli_says_last() -> None:
    output = "✨  Synthesis time: 1s\n\n❌  No stacks match the name(s) Nope\n"
    assert cause_of(output, Path()) == "No stacks match the name(s) Nope"
    assert cause_of("", Path()) == "the CDK CLI failed and printed nothing"


def test_progress_ends_where_the_failure_begins() -> None:
    progress = Progress()
    lines = [
        "A | 1/4 | 5:09 AM | UPDATE_FAILED | Custom::X | Pipeline (PipelineC6) NotOurs: a pipeline",
        "",
        "Failed resources:",
        "x",
    ]
    shown = list(progress.shown(lines))
    assert shown == ["A | 1/4 | 5:09 AM | UPDATE_FAILED | Custom::X | Pipeline (PipelineC6)", ""]
    assert progress.held == ["Failed resources:", "x"]


def test_progress_of_an_app_that_goes_on_after_an_error_is_whole() -> None:
    lines = ["Traceback (most recent call last):", "ValueError: caught", "✨  Synthesis time: 1s"]
    assert list(Progress().shown(lines)) == lines
