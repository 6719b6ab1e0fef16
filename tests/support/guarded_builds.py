"""Stacks whose pipeline builds on deploy, with every grant that builds have, in a local cloud that enforces IAM."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider
from imagebuilder_model.ownership import STACK_ID_TAG
from support.cloudformation import Context, Resource
from support.guarded import Guarded, Policy
from support.profile import PROFILE
from support.trespasses import OTHER_STACK

STACK: Final = "Builds"
SHARED: Final = "Shared"
"""The stack of a provider that serves the stacks `Team…` too."""

ELSEWHERE: Final = "elsewhere"
"""The name of a recipe whose images another stack builds, and this one looks up."""

NOT_INVOKED: Final = "a state machine could not invoke a function: User: "
"""What the cloud logs when the role of a state machine may not do that."""

SECONDS_PER_STATE: Final = 0.5
_ENDED: Final = frozenset({"AVAILABLE", "CANCELLED", "FAILED", "DELETED"})
_REFUSED: Final = re.compile(r" is not authorized to perform: (\S+) on resource: ")


def builds_app(outdir: Path, *, builds: bool) -> cdk.App:
    """Return an app with a pipeline that builds on deploy and an image that is looked up, or with the pipeline alone."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, STACK)
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name=STACK, version="1.0.0", parent_image="ami-1")
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name=STACK, instance_profile_name=PROFILE
    )
    pipeline = ImagePipeline(
        stack, "Pipeline", image_pipeline_name=STACK, recipe=recipe, infrastructure_configuration=infrastructure
    )
    elsewhere = imagebuilder.CfnImageRecipe(stack, "Elsewhere", name=ELSEWHERE, version="1.0.0", parent_image="ami-1")
    if builds:
        pipeline.build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
        ImagePipeline.latest_image(stack, "Newest", recipe=elsewhere)
    outputs = {
        "ElsewhereRecipeArn": elsewhere.attr_arn,
        "PipelineArn": pipeline.image_pipeline_arn,
        "ImageRecipeArn": recipe.attr_arn,
        "InfrastructureConfigurationArn": infrastructure.attr_arn,
        "StackId": stack.stack_id,
    }
    for key, value in outputs.items():
        cdk.CfnOutput(stack, f"{key}Output", value=value).override_logical_id(key)
    return app


def shared_app(outdir: Path) -> cdk.App:
    """Return an app with a provider that serves many stacks, and has all that their builds need."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, SHARED)
    ImagePipelineProvider(stack, "Provider", stack_names=["Team*"]).support_builds(waits=True, deletes=True)
    return app


@dataclass
class Build(Resource):
    """A custom resource whose response may come from the state machine. Without one in time, it is FAILED."""

    patience: float = 15.0
    """Seconds."""
    log: Callable[[], str] = str
    """What the cloud logged so far. A state machine that may not invoke its function makes no response."""

    def send(self, event: dict[str, Any], seconds: float = 300.0) -> dict[str, Any]:
        logged = len(self.log())
        self.handler(event, Context(seconds))
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            for response in list(self.responses.taken):
                if response["RequestId"] == event["RequestId"]:
                    return response
            if NOT_INVOKED in self.log()[logged:]:
                break
            time.sleep(0.05)
        return {"Status": "FAILED", "Reason": "there is no response", "PhysicalResourceId": self.physical_id or "none"}


class HeldRole:
    """A role with one inline policy, which tests replace."""

    def __init__(self, iam: Any, arn: str) -> None:
        self.arn = arn
        self._iam = iam
        self._name = arn.rsplit("/", 1)[1]
        (self._policy_name,) = iam.list_role_policies(RoleName=self._name)["PolicyNames"]

    @property
    def policy(self) -> Policy:
        """The policy, with the actions of each statement in a list."""
        document = self._iam.get_role_policy(RoleName=self._name, PolicyName=self._policy_name)["PolicyDocument"]
        statements = [
            one | {"Action": [one["Action"]] if isinstance(one["Action"], str) else one["Action"]}
            for one in document["Statement"]
        ]
        return {**document, "Statement": statements}

    @contextmanager
    def holding(self, policy: Policy) -> Iterator[None]:
        """Give the role another policy for a while."""
        genuine = self.policy
        self._put(policy)
        try:
            yield
        finally:
            self._put(genuine)

    def _put(self, policy: Policy) -> None:
        if not policy["Statement"]:  # IAM refuses a policy without statements
            self._iam.delete_role_policy(RoleName=self._name, PolicyName=self._policy_name)
            return
        text = json.dumps(policy)
        self._iam.put_role_policy(RoleName=self._name, PolicyName=self._policy_name, PolicyDocument=text)


@dataclass
class GuardedBuilds(Guarded):
    """The deployed stack, with what waits for its builds."""

    stack: str = STACK

    @cached_property
    def function(self) -> HeldRole:
        """The role of the provider's function."""
        return HeldRole(self._iam, self.role_arn)

    @cached_property
    def watcher(self) -> HeldRole:
        """The role of the function that looks at images."""
        return HeldRole(self._iam, self._role_named("WaitingRole"))

    @cached_property
    def state_machine(self) -> HeldRole:
        """The role of the state machine."""
        return HeldRole(self._iam, self._role_named("StateMachineRole"))

    @cached_property
    def lifecycle_role_arn(self) -> str:
        return self._role_named("LifecycleRole")

    @cached_property
    def watcher_arn(self) -> str:
        """The ARN of the state machine."""
        (arn,) = self._resources_of("AWS::StepFunctions::StateMachine").values()
        return arn

    @property
    def function_name(self) -> str:
        """The name of the provider's function."""
        return self._function

    @cached_property
    def as_watcher(self) -> Any:
        """A client of Image Builder with the credentials of the watcher's role."""
        return self.assumed("imagebuilder", self.watcher.arn)

    def build(self, logical_id: str, stack_id: str | None = None, resource_type: str = "ImagePipelineBuild") -> Build:
        """Return a build of the stack, or of another, whose events go to the function."""
        made = self.resource(logical_id, stack_id)
        kind = f"Custom::{resource_type}"
        return Build(made.handler, made.responses, logical_id, made.stack_id, resource_type=kind, log=self.log)

    def build_elsewhere(self) -> str:
        """Build an image of another stack, which this one looks up; return its ARN when it is available."""
        pipeline = self.root.create_image_pipeline(
            name="probe elsewhere",
            imageRecipeArn=self.outputs["ElsewhereRecipeArn"],
            infrastructureConfigurationArn=self.outputs["InfrastructureConfigurationArn"],
        )["imagePipelineArn"]
        tags = {STACK_ID_TAG: OTHER_STACK}
        started = self.root.start_image_pipeline_execution(imagePipelineArn=pipeline, tags=tags)
        arn = str(started["imageBuildVersionArn"])
        assert self.ended(arn) == "AVAILABLE"
        self.clean()
        return arn

    def status(self, image_arn: str) -> str:
        """Return the state of an image."""
        return str(self.root.get_image(imageBuildVersionArn=image_arn)["image"]["state"]["status"])

    def ended(self, image_arn: str) -> str:
        """Wait for the end of a build and return the state of its image."""
        deadline = time.monotonic() + 30
        while (status := self.status(image_arn)) not in _ENDED and time.monotonic() < deadline:
            time.sleep(SECONDS_PER_STATE / 5)
        return status

    def tags(self, image_arn: str) -> dict[str, str]:
        """Return the tags of an image."""
        return dict(self.root.list_tags_for_resource(resourceArn=image_arn)["tags"])

    def newest_image(self) -> str:
        """Return the ARN of the image that was started last in the stack's pipeline."""
        pages = self.root.get_paginator("list_image_pipeline_images").paginate(
            imagePipelineArn=self.outputs["PipelineArn"]
        )
        images = [image for page in pages for image in page["imageSummaryList"]]
        return str(max(images, key=lambda image: int(image["arn"].rsplit("/", 1)[1]))["arn"])

    def refusals(self) -> Counter[str]:
        """Return how often IAM refused each action so far, as Image Builder and the cloud's log tell."""
        calls = self.cli.image_builder()["calls"]
        told = [f"imagebuilder:{call['operation']}" for call in calls if call["error"] == "AccessDeniedException"]
        return Counter([*told, *_REFUSED.findall(self.log())])

    def _role_named(self, part: str) -> str:
        roles = self._resources_of("AWS::IAM::Role")
        (name,) = [name for logical_id, name in roles.items() if part in logical_id]
        return str(self._iam.get_role(RoleName=name)["Role"]["Arn"])


def refused_in(reason: str) -> list[str]:
    """Return the actions that IAM refused, as the reason of a failure tells."""
    if reason.startswith("NotWatched: ") and "AccessDenied" in reason:
        return ["states:StartExecution"]
    return _REFUSED.findall(reason)
