"""The rules for a pipeline's events: which events they match, and which of other pipelines they do not."""

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from ministack.services import eventbridge

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineBase, ImagePipelineSchedule

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
PIPELINE = f"{ARN}:image-pipeline/web"
KNOWN = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]

STATES = ["PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE", "CANCELLED", "FAILED"]  # fmt: skip
ALL = [
    "on_event",
    "on_image_build_state_change",
    "on_image_build_completed",
    "on_image_build_succeeded",
    "on_image_build_failed",
    "on_cve_detected",
    "on_wait_for_action",
    "on_image_pipeline_auto_disabled",
]


def event(detail_type: str, *resources: str, **detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": f"EC2 Image Builder {detail_type}",
        "source": "aws.imagebuilder",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": "eu-west-1",
        "resources": [f"{ARN}:{resource}" for resource in resources],
        "detail": detail,
    }


def state(status: str, image: str = "image/web/1.0.0/1") -> dict[str, Any]:
    change = {"previous-state": {"status": "TESTING"}, "state": {"status": status}}
    return event("Image State Change", image, **change)


CVE = event(
    "CVE Detected",
    "image/web/1.0.0/1",
    "image-pipeline/web",
    **{"resource-id": "i-1", "finding-severity-counts": {"all": 2, "critical": 1, "high": 1, "medium": 0}},
)
WAITING = event(
    "Workflow Step Waiting",
    "image/web/1.0.0/1",
    "workflow/build/wait/1.0.0/1",
    **{"workflow-execution-id": "wf-1", "workflow-step-execution-id": "step-1", "workflow-step-name": "Ask"},
)
DISABLED = event("Image Pipeline Automatically Disabled", "image-pipeline/web", **{"consecutive-failures": "5"})
EVENTS = {**{status: state(status) for status in STATES}, "CVE": CVE, "WAITING": WAITING, "DISABLED": DISABLED}

OTHERS = {
    "image of a recipe whose name begins alike": state("AVAILABLE", "image/web-2/1.0.0/1"),
    "image of a recipe whose name ends alike": state("FAILED", "image/my-web/1.0.0/1"),
    "scan of another pipeline": CVE | {"resources": [f"{ARN}:image/api/1.0.0/1", f"{ARN}:image-pipeline/api"]},
    "scan of a pipeline whose name begins alike": CVE
    | {"resources": [f"{ARN}:image/api/1.0.0/1", f"{ARN}:image-pipeline/web-2"]},
    "step of another recipe": WAITING | {"resources": [f"{ARN}:image/api/1.0.0/1", f"{ARN}:workflow/test/web/1.0.0/1"]},
    "another pipeline disabled": DISABLED | {"resources": [f"{ARN}:image-pipeline/web-2"]},
    "the same names in another account": CVE
    | {"resources": [resource.replace("123456789012", "999999999999") for resource in CVE["resources"]]},
    "a call by CloudTrail": event("x") | {"detail-type": "AWS API Call via CloudTrail"},
    "another source": DISABLED | {"source": "custom"},
}


def at_deployment(value: Any, references: dict[str, str]) -> Any:
    """Return a part of a template as CloudFormation resolves it."""
    match value:
        case {"Ref": str(name)}:
            return (KNOWN | references)[name]
        case {"Fn::Join": [separator, parts]}:
            return separator.join(at_deployment(part, references) for part in parts)
        case {"Fn::Split": [separator, text]}:
            return at_deployment(text, references).split(separator)
        case {"Fn::Select": [index, parts]}:
            return at_deployment(parts, references)[int(index)]
        case dict():
            return {key: at_deployment(item, references) for key, item in value.items()}
        case list():
            return [at_deployment(item, references) for item in value]
        case _:
            return value


@pytest.fixture
def pattern(stack: cdk.Stack, resources: Resources) -> Callable[..., str]:
    """Return the pattern of the stack's only rule as EventBridge gets it."""

    def of_rule(**references: str) -> str:
        (rule,) = resources(stack, "AWS::Events::Rule").values()
        pipelines = dict.fromkeys(resources(stack, "Custom::ImagePipeline"), PIPELINE)
        return json.dumps(at_deployment(rule["Properties"]["EventPattern"], pipelines | references))

    return of_rule


def matched(pattern: str, candidates: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, candidate in candidates.items() if matches(pattern, candidate)]


def matches(pattern: str, candidate: dict[str, Any]) -> bool:
    """Tell what EventBridge's TestEventPattern answers."""
    answer: Any = eventbridge
    status, _, body = answer._test_event_pattern({"Event": json.dumps(candidate), "EventPattern": pattern})
    assert status == 200, body
    return bool(json.loads(body)["Result"])


@pytest.mark.parametrize(
    ("method", "names"),
    [
        ("on_event", [*STATES, "CVE", "WAITING", "DISABLED"]),
        ("on_image_build_state_change", STATES),
        ("on_image_build_completed", ["AVAILABLE", "CANCELLED", "FAILED"]),
        ("on_image_build_succeeded", ["AVAILABLE"]),
        ("on_image_build_failed", ["FAILED"]),
        ("on_cve_detected", ["CVE"]),
        ("on_wait_for_action", ["WAITING"]),
        ("on_image_pipeline_auto_disabled", ["DISABLED"]),
    ],
)
def test_rule_matches_exactly_these_events_of_the_pipeline_and_none_of_others(
    pipeline: Make, pattern: Callable[..., str], method: str, names: list[str]
) -> None:
    getattr(pipeline(), method)("Rule")
    assert matched(pattern(), EVENTS) == names
    assert matched(pattern(), OTHERS) == []


@pytest.mark.parametrize("method", ALL)
def test_rule_of_a_recipe_that_is_a_token_matches_what_one_of_a_literal_does(
    pipeline: Make, pattern: Callable[..., str], method: str, stack: cdk.Stack
) -> None:
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name="Web", version="1.0.0", parent_image="ami-1")
    getattr(pipeline(recipe=recipe), method)("Rule")
    assert matched(pattern(Recipe=f"{ARN}:image-recipe/web/1.0.0"), EVENTS)
    assert matched(pattern(Recipe=f"{ARN}:image-recipe/web/1.0.0"), OTHERS) == []
    assert not {*matched(pattern(Recipe=f"{ARN}:image-recipe/api/1.0.0"), EVENTS)} & {*STATES, "WAITING"}


def test_event_pattern_narrows_the_rule(pipeline: Make, pattern: Callable[..., str]) -> None:
    critical = {"finding-severity-counts": {"critical": events.Match.greater_than(0)}}
    pipeline().on_cve_detected("Rule", event_pattern=events.EventPattern(detail=critical))
    none = CVE | {"detail": {"finding-severity-counts": {"all": 1, "critical": 0, "high": 1, "medium": 0}}}
    assert matched(pattern(), {"critical": CVE, "high": none}) == ["critical"]


def test_on_event_is_narrowed_to_detail_types(pipeline: Make, pattern: Callable[..., str]) -> None:
    only = events.EventPattern(detail_type=["EC2 Image Builder CVE Detected"])
    pipeline().on_event("Rule", event_pattern=only)
    assert matched(pattern(), EVENTS) == ["CVE"]


@pytest.mark.parametrize(
    ("method", "more", "said"),
    [
        ("on_event", {"source": ["custom"]}, "source"),
        ("on_event", {"resources": ["arn"]}, "resources"),
        ("on_cve_detected", {"detail_type": ["x"]}, "detail_type"),
        ("on_image_build_failed", {"detail": {"state": {"status": ["AVAILABLE"]}}}, r"detail\['state'\]"),
    ],
)
def test_event_pattern_that_would_widen_the_rule_is_refused(
    pipeline: Make, method: str, more: dict[str, Any], said: str
) -> None:
    made = pipeline()
    with pytest.raises(
        ValueError, match=rf"^ImagePipeline 'Stack/Web': event_pattern: {said} is set by the method: remove it$"
    ):
        getattr(made, method)("Rule", event_pattern=events.EventPattern(**more))


def test_options_of_a_rule_are_those_of_the_rule(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    queue: Any = targets.SqsQueue(sqs.Queue(stack, "Queue"))
    pipeline().on_event("Rule", target=queue, description="All of it", rule_name="all", cross_stack_scope=stack)
    (rule,) = resources(stack, "AWS::Events::Rule").values()
    assert (rule["Properties"]["Description"], rule["Properties"]["Name"]) == ("All of it", "all")
    assert len(rule["Properties"]["Targets"]) == 1
    assert stack.node.find_child("Rule")


def imported(stack: cdk.Stack, **options: Any) -> ImagePipelineBase:
    return ImagePipeline.from_image_pipeline_arn(stack, "Imported", PIPELINE, **options)


@pytest.mark.parametrize("method", ALL)
def test_imported_pipeline_has_the_rules_of_a_made_one(
    stack: cdk.Stack, pattern: Callable[..., str], method: str
) -> None:
    getattr(imported(stack, recipe=f"{ARN}:image-recipe/web/1.0.0"), method)("Rule")
    assert matched(pattern(), EVENTS)
    assert matched(pattern(), OTHERS) == []


@pytest.mark.parametrize("method", ["on_event", "on_cve_detected", "on_image_pipeline_auto_disabled"])
def test_imported_pipeline_without_a_recipe_has_the_rules_that_name_it(
    stack: cdk.Stack, pattern: Callable[..., str], method: str
) -> None:
    getattr(imported(stack), method)("Rule")
    assert {*matched(pattern(), EVENTS)} <= {"CVE", "DISABLED"}
    assert matched(pattern(), EVENTS)
    assert matched(pattern(), OTHERS) == []


@pytest.mark.parametrize("method", ["on_image_build_state_change", "on_image_build_failed", "on_wait_for_action"])
def test_imported_pipeline_without_a_recipe_refuses_rules_for_images_with_the_way_out(
    stack: cdk.Stack, method: str
) -> None:
    pipeline = imported(stack)
    with pytest.raises(ValueError, match=r"'Stack/Imported': its recipe is unknown, .*: pass recipe to from_image_p"):
        getattr(pipeline, method)("Rule")


def test_notification_goes_to_a_topic_made_for_it(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    topic = pipeline().notify_auto_disabled()
    (logical_id,) = resources(stack, "AWS::SNS::Topic")
    (rule,) = resources(stack, "AWS::Events::Rule").values()
    (policy,) = resources(stack, "AWS::SNS::TopicPolicy").values()
    assert stack.resolve(topic.topic_arn) == {"Ref": logical_id}
    assert rule["Properties"]["Targets"][0]["Arn"] == {"Ref": logical_id}
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Effect"] for statement in statements] == ["Deny", "Allow"]
    assert statements[1]["Principal"] == {"Service": "events.amazonaws.com"}


def test_notification_goes_to_a_given_topic(
    stack: cdk.Stack, pipeline: Make, resources: Resources, pattern: Callable[..., str]
) -> None:
    mine: Any = sns.Topic(stack, "Mine")
    assert pipeline().notify_auto_disabled(mine) is mine
    assert len(resources(stack, "AWS::SNS::Topic")) == 1
    assert matched(pattern(), EVENTS) == ["DISABLED"]


def test_key_of_the_topic_lets_eventbridge_use_it(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    key: Any = kms.Key(stack, "Key")
    pipeline().notify_auto_disabled(encryption_key=key)
    (topic,) = resources(stack, "AWS::SNS::Topic").values()
    (made,) = resources(stack, "AWS::KMS::Key").values()
    assert "KmsMasterKeyId" in topic["Properties"]
    services = [s["Principal"].get("Service") for s in made["Properties"]["KeyPolicy"]["Statement"]]
    assert "events.amazonaws.com" in services


SCHEDULED = {"schedule": ImagePipelineSchedule(expression="rate(1 day)")}
SCANNED = {"image_scanning_enabled": True}
LATER = {"image_scanning_enabled": cdk.Token.as_any("{{resolve:ssm:/scan}}")}


def warnings_of(made: ImagePipeline) -> list[str]:
    return [str(one.data) for one in made.node.metadata if one.type == "aws:cdk:warning"]


@pytest.mark.parametrize(
    ("props", "use", "expected"),
    [
        (
            {},
            lambda made: made.notify_auto_disabled(),
            ["AutoDisabled is a rule that no event matches: the pipeline has no"],
        ),
        (SCHEDULED, lambda made: made.notify_auto_disabled(), []),
        (
            {},
            lambda made: made.on_cve_detected("Found"),
            ["Found is a rule that no event matches: the pipeline does not"],
        ),
        (
            {"image_scanning_enabled": False},
            lambda made: made.on_cve_detected("Found"),
            ["Found is a rule that no event"],
        ),
        (SCANNED, lambda made: made.on_cve_detected("Found"), []),
        (LATER, lambda made: made.on_cve_detected("Found"), []),
        ({}, lambda made: made.on_image_build_failed("Failed"), []),
    ],
)
def test_rule_that_no_event_can_match_is_a_warning(
    pipeline: Callable[..., ImagePipeline], props: Any, use: Callable[[ImagePipeline], object], expected: list[str]
) -> None:
    made = pipeline(**props)
    use(made)
    found = warnings_of(made)
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True))


def test_imported_pipeline_warns_of_no_rule(stack: cdk.Stack) -> None:
    imported: Any = ImagePipeline.from_image_pipeline_name(stack, "Other", "other")
    imported.notify_auto_disabled()
    imported.on_cve_detected("Found")
    assert warnings_of(imported) == []
