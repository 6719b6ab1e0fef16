"""What the roles of builds can do, as IAM evaluates their policies: enough for a build, and nothing of another stack.

The emulator of Image Builder is not asked here: each question is the one that AWS's reference describes for the call.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from support.apps import new_app
from support.evaluation import PSEUDO_PARAMETERS, Deployment

from cdk_imagebuilder_pipeline import ImagePipeline
from imagebuilder_model.ownership import IN_USE_TAG, STACK_ID_TAG, WHAT_IS_BUILT_TAG

HERE = "arn:aws:imagebuilder:eu-west-1:123456789012"
OWN, OTHER = PSEUDO_PARAMETERS["AWS::StackId"], "arn:aws:cloudformation:eu-west-1:123456789012:stack/Other/1"
IMAGE, PIPELINE = f"{HERE}:image/web/1.0.0/1", f"{HERE}:image-pipeline/web"
NEWEST, LOOKED_UP = f"{HERE}:image/newest/x.x.x", f"{HERE}:image/newest/1.0.0/1"
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:own"
WATCHER = "arn:aws:lambda:eu-west-1:123456789012:function:watcher"
LIFECYCLE = "arn:aws:iam::123456789012:role/lifecycle"

Policy = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What IAM is asked for one call."""

    action: str
    resource: str
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags that the resource has."""
    request_tags: Mapping[str, str] = field(default_factory=dict)
    service: Mapping[str, str] = field(default_factory=dict)
    tag_keys: Sequence[str] = ()
    """Keys of tags that the request removes."""

    def is_allowed_by(self, policy: Policy) -> bool:
        tags = {f"aws:resourcetag/{key}": value for key, value in self.tags.items()}
        context = EvalContext(
            principal_arn="arn:aws:iam::123456789012:role/function",
            principal_type="AssumedRole",
            principal_account="123456789012",
            action=self.action,
            resource_arn=self.resource,
            region="eu-west-1",
            request_tags=dict(self.request_tags),
            tag_keys=[*self.request_tags, *self.tag_keys],
            service_context={**tags, **self.service},
        )
        return bool(evaluate(context, [parse_policy_document(policy)]).decision == "Allow")


def policies_of(*, builds: bool) -> dict[str, Policy]:
    """Return the policy of each role by a part of its name, as CloudFormation gives them to IAM."""
    stack = cdk.Stack(new_app(), "Stack")
    made = ImagePipeline(
        stack,
        "Web",
        recipe=f"{HERE}:image-recipe/web/1.0.0",
        infrastructure_configuration=f"{HERE}:infrastructure-configuration/web",
    )
    if builds:
        made.build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
        ImagePipeline.latest_image(stack, "Newest", image_arn=NEWEST)
    resources = Template.from_stack(stack).to_json()["Resources"]
    known = {name: MACHINE for name, one in resources.items() if one["Type"] == "AWS::StepFunctions::StateMachine"}
    known |= {f"{name}.Arn": WATCHER for name in resources if "Watcher" in name}
    known |= {f"{name}.Arn": LIFECYCLE for name in resources if "LifecycleRole" in name}
    documents = {
        name: Deployment(known).value(one["Properties"]["PolicyDocument"])
        for name, one in resources.items()
        if one["Type"] == "AWS::IAM::Policy"
    }
    return {role: document for role in ROLES for name, document in documents.items() if role in name}


@pytest.fixture(scope="module")
def policies() -> dict[str, Policy]:
    return policies_of(builds=True)


@pytest.fixture(scope="module")
def of_builds(policies: dict[str, Policy]) -> dict[str, list[int]]:
    """Return the indices of the statements that are there for builds, but for those of logs."""
    without = policies_of(builds=False)
    known = {role: without.get(role, {"Statement": []})["Statement"] for role in ROLES}
    return {
        role: [
            index
            for index, one in enumerate(policy["Statement"])
            if one not in known[role] and "logs:PutLogEvents" not in one["Action"]
        ]
        for role, policy in policies.items()
    }


IN_USE = {IN_USE_TAG: "true"}
OURS, THEIRS = {STACK_ID_TAG: OWN}, {STACK_ID_TAG: OTHER}
TO_IMAGE_BUILDER = {"iam:passedtoservice": "imagebuilder.amazonaws.com"}

OF_THE_FUNCTION = [
    Question("imagebuilder:StartImagePipelineExecution", PIPELINE, OURS, OURS),
    Question("imagebuilder:ListImagePipelineImages", PIPELINE, OURS),
    Question("imagebuilder:TagResource", IMAGE, {}, OURS),
    Question("imagebuilder:TagResource", IMAGE, OURS, IN_USE),
    Question("imagebuilder:TagResource", PIPELINE, OURS, OURS),
    Question("imagebuilder:GetImage", IMAGE, OURS),
    Question("imagebuilder:GetImage", IMAGE),
    Question("imagebuilder:CancelImageCreation", IMAGE, OURS),
    Question("states:StartExecution", MACHINE),
    Question("imagebuilder:UntagResource", IMAGE, OURS, tag_keys=[WHAT_IS_BUILT_TAG, IN_USE_TAG]),
    Question("imagebuilder:UntagResource", IMAGE, OURS, tag_keys=[IN_USE_TAG]),
    Question("imagebuilder:DeleteImage", IMAGE, OURS),
    Question("imagebuilder:StartResourceStateUpdate", IMAGE, OURS),
    Question("imagebuilder:GetLifecycleExecution", f"{HERE}:lifecycle-execution/lce-1"),
    Question("iam:PassRole", LIFECYCLE, service=TO_IMAGE_BUILDER),
    Question("imagebuilder:GetImage", NEWEST),
    Question("imagebuilder:GetImage", LOOKED_UP, THEIRS),
]
OF_THE_WATCHER = [
    Question("imagebuilder:GetImage", IMAGE, OURS),
    Question("imagebuilder:GetImage", IMAGE),
    Question("imagebuilder:CancelImageCreation", IMAGE, OURS),
    Question("imagebuilder:UntagResource", IMAGE, OURS, tag_keys=[WHAT_IS_BUILT_TAG, IN_USE_TAG]),
    Question("imagebuilder:UntagResource", IMAGE, OURS, tag_keys=[IN_USE_TAG]),
]
OF_THE_STATE_MACHINE = [Question("lambda:InvokeFunction", WATCHER)]

FORBIDDEN_TO_THE_FUNCTION = [
    Question("imagebuilder:StartImagePipelineExecution", PIPELINE, THEIRS, OURS),
    Question("imagebuilder:StartImagePipelineExecution", PIPELINE, {}, OURS),
    Question("imagebuilder:ListImagePipelineImages", PIPELINE, THEIRS),
    Question("imagebuilder:TagResource", IMAGE, THEIRS, OURS),
    Question("imagebuilder:TagResource", IMAGE, THEIRS, IN_USE),
    Question("imagebuilder:TagResource", IMAGE, {}, IN_USE),
    Question("imagebuilder:TagResource", IMAGE, OURS, OURS),
    Question("imagebuilder:TagResource", IMAGE, OURS, IN_USE | {STACK_ID_TAG: OTHER}),
    Question("imagebuilder:TagResource", IMAGE, OURS, THEIRS),
    Question("imagebuilder:TagResource", IMAGE, {}, THEIRS),
    Question("imagebuilder:TagResource", IMAGE, OURS, {"team": "web"}),
    Question("imagebuilder:TagResource", PIPELINE, THEIRS, OURS),
    Question("imagebuilder:TagResource", PIPELINE, OURS, THEIRS),
    Question("imagebuilder:GetImage", IMAGE, THEIRS),
    Question("imagebuilder:GetImage", f"{HERE}:image/newest-of-others/1.0.0/1", THEIRS),
    Question("imagebuilder:CancelImageCreation", LOOKED_UP, THEIRS),
    Question("imagebuilder:DeleteImage", LOOKED_UP, THEIRS),
    Question("imagebuilder:CancelImageCreation", IMAGE, THEIRS),
    Question("imagebuilder:CancelImageCreation", IMAGE),
    Question("imagebuilder:StartResourceStateUpdate", IMAGE, THEIRS),
    Question("imagebuilder:StartResourceStateUpdate", IMAGE),
    Question("imagebuilder:DeleteImage", IMAGE, THEIRS),
    Question("imagebuilder:DeleteImage", IMAGE),
    Question("imagebuilder:UntagResource", IMAGE, THEIRS, tag_keys=[WHAT_IS_BUILT_TAG]),
    Question("imagebuilder:UntagResource", IMAGE, OURS, tag_keys=[STACK_ID_TAG]),
    Question("states:StartExecution", MACHINE.replace("own", "other")),
    Question("states:StopExecution", MACHINE),
    Question("iam:PassRole", LIFECYCLE, service={"iam:passedtoservice": "lambda.amazonaws.com"}),
    Question("iam:PassRole", LIFECYCLE.replace("lifecycle", "other"), service=TO_IMAGE_BUILDER),
    Question("lambda:InvokeFunction", WATCHER),
]
FORBIDDEN_TO_THE_WATCHER = [
    Question("imagebuilder:GetImage", IMAGE, THEIRS),
    Question("imagebuilder:CancelImageCreation", IMAGE, THEIRS),
    Question("imagebuilder:CancelImageCreation", IMAGE),
    Question("imagebuilder:UntagResource", IMAGE, THEIRS, tag_keys=[WHAT_IS_BUILT_TAG]),
    Question("imagebuilder:UntagResource", IMAGE, OURS, tag_keys=[STACK_ID_TAG]),
    Question("imagebuilder:StartImagePipelineExecution", PIPELINE, OURS, OURS),
    Question("imagebuilder:TagResource", IMAGE, {}, OURS),
    Question("imagebuilder:TagResource", IMAGE, OURS, IN_USE),
    Question("imagebuilder:StartResourceStateUpdate", IMAGE, OURS),
    Question("states:StartExecution", MACHINE),
]
FORBIDDEN_TO_THE_STATE_MACHINE = [
    Question("lambda:InvokeFunction", WATCHER.replace("watcher", "other")),
    Question("lambda:InvokeFunction", f"{WATCHER}:1"),
    Question("imagebuilder:GetImage", IMAGE, OURS),
]

ROLES = {
    "ProviderPolicy": (OF_THE_FUNCTION, FORBIDDEN_TO_THE_FUNCTION),
    "WaitingPolicy": (OF_THE_WATCHER, FORBIDDEN_TO_THE_WATCHER),
    "StateMachinePolicy": (OF_THE_STATE_MACHINE, FORBIDDEN_TO_THE_STATE_MACHINE),
}


def each(which: int) -> list[Any]:
    return [
        pytest.param(role, question, id=f"{role}-{number}-{question.action}")
        for role, questions in ROLES.items()
        for number, question in enumerate(questions[which])
    ]


@pytest.mark.parametrize(("role", "question"), each(0))
def test_role_may(policies: dict[str, Policy], role: str, question: Question) -> None:
    assert question.is_allowed_by(policies[role])


@pytest.mark.parametrize(("role", "question"), each(1))
def test_role_may_not(policies: dict[str, Policy], role: str, question: Question) -> None:
    assert not question.is_allowed_by(policies[role])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def lesser(policy: Policy, index: int, name: str) -> Iterator[Policy]:
    """Yield the policy without each action, or each resource, of a statement."""
    for one in as_list(policy["Statement"][index][name]):
        less = deepcopy(policy)
        kept = [other for other in as_list(policy["Statement"][index][name]) if other != one]
        if kept:
            less["Statement"][index][name] = kept
        else:
            del less["Statement"][index]
        yield less


def looser(policy: Policy, index: int) -> Iterator[Policy]:
    """Yield the policy without each condition of a statement."""
    for operator, keys in policy["Statement"][index].get("Condition", {}).items():
        for key in keys:
            more = deepcopy(policy)
            del more["Statement"][index]["Condition"][operator][key]
            yield more


@pytest.mark.parametrize("role", ROLES)
def test_each_action_and_resource_is_needed(
    policies: dict[str, Policy], of_builds: dict[str, list[int]], role: str
) -> None:
    assert of_builds[role]
    for index in of_builds[role]:
        for less in (*lesser(policies[role], index, "Action"), *lesser(policies[role], index, "Resource")):
            assert not all(one.is_allowed_by(less) for one in ROLES[role][0]), policies[role]["Statement"][index]


@pytest.mark.parametrize("role", ROLES)
def test_each_condition_keeps_something_away(
    policies: dict[str, Policy], of_builds: dict[str, list[int]], role: str
) -> None:
    for index in of_builds[role]:
        for more in looser(policies[role], index):
            assert any(one.is_allowed_by(more) for one in ROLES[role][1]), policies[role]["Statement"][index]
