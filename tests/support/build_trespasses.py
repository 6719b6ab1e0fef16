"""What the roles of builds must never be able to do."""

import json
from collections.abc import Callable
from typing import Any

from imagebuilder_model.ownership import IN_USE, STACK_ID_TAG, WHAT_IS_BUILT_TAG
from support.guarded import Policy
from support.guarded_builds import GuardedBuilds
from support.trespasses import (
    OTHER_ROLE,
    OTHER_STACK,
    TRESPASSES,
    as_iam_would_answer,
    create,
    foreign_pipeline,
    own_pipeline,
    start_own,
)

BuildTrespass = Callable[[GuardedBuilds, Policy], object]
"""Is refused with an error when the role, which holds the policy, may not do it."""

TEAM_A, TEAM_B = (OTHER_STACK.replace("Other", name) for name in ("TeamA", "TeamB"))
"""Two stacks that a provider for `Team*` serves."""


def image_of(guarded: GuardedBuilds, stack_id: str | None) -> str:
    """Start a build of a stack, or of nobody, and return the image's ARN."""
    tags = {STACK_ID_TAG: stack_id, WHAT_IS_BUILT_TAG: "1"} if stack_id else {"team": "others"}
    pipeline = create(guarded.root, guarded)["imagePipelineArn"]
    started = guarded.root.start_image_pipeline_execution(imagePipelineArn=pipeline, tags=tags)
    return str(started["imageBuildVersionArn"])


def ended_image_of(guarded: GuardedBuilds, stack_id: str | None) -> str:
    """Return the ARN of an image that can be deleted."""
    arn = image_of(guarded, stack_id)
    guarded.root.cancel_image_creation(imageBuildVersionArn=arn)
    assert guarded.ended(arn) == "CANCELLED"
    return arn


def start_foreign(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.start_image_pipeline_execution(imagePipelineArn=foreign_pipeline(guarded))


def list_foreign(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.list_image_pipeline_images(imagePipelineArn=foreign_pipeline(guarded))


def build_for_another_stack(guarded: GuardedBuilds, _policy: Policy) -> None:
    tags = {STACK_ID_TAG: OTHER_STACK}
    guarded.as_function.start_image_pipeline_execution(imagePipelineArn=own_pipeline(guarded), tags=tags)


def take_foreign_image_over(guarded: GuardedBuilds, _policy: Policy) -> None:
    tags = {STACK_ID_TAG: guarded.outputs["StackId"]}
    guarded.as_function.tag_resource(resourceArn=image_of(guarded, OTHER_STACK), tags=tags)


def give_image_away(guarded: GuardedBuilds, _policy: Policy) -> None:
    arn = image_of(guarded, guarded.outputs["StackId"])
    guarded.as_function.tag_resource(resourceArn=arn, tags={STACK_ID_TAG: OTHER_STACK})


def tag_foreign_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.tag_resource(resourceArn=image_of(guarded, OTHER_STACK), tags={"team": "ours"})


def mark_foreign_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.tag_resource(resourceArn=image_of(guarded, OTHER_STACK), tags=dict(IN_USE))


def read_foreign_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.get_image(imageBuildVersionArn=image_of(guarded, OTHER_STACK))


def cancel_foreign_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.cancel_image_creation(imageBuildVersionArn=image_of(guarded, OTHER_STACK))


def cancel_nobodys_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.cancel_image_creation(imageBuildVersionArn=image_of(guarded, None))


def untag_foreign_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.untag_resource(resourceArn=image_of(guarded, OTHER_STACK), tagKeys=[WHAT_IS_BUILT_TAG])


def disown_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    arn = image_of(guarded, guarded.outputs["StackId"])
    guarded.as_function.untag_resource(resourceArn=arn, tagKeys=[STACK_ID_TAG])


def delete_foreign_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.delete_image(imageBuildVersionArn=ended_image_of(guarded, OTHER_STACK))


def remove_foreign_image(guarded: GuardedBuilds, _policy: Policy) -> None:
    _remove(guarded, ended_image_of(guarded, OTHER_STACK), guarded.lifecycle_role_arn)


def remove_with_another_role(guarded: GuardedBuilds, _policy: Policy) -> None:
    _remove(guarded, ended_image_of(guarded, guarded.outputs["StackId"]), OTHER_ROLE)


def start_another_state_machine(guarded: GuardedBuilds, _policy: Policy) -> None:
    states = guarded.assumed("stepfunctions", guarded.role_arn)
    states.start_execution(stateMachineArn=f"{guarded.watcher_arn}Other", input="{}")


def look_with_the_function(guarded: GuardedBuilds, policy: Policy) -> None:
    as_iam_would_answer(guarded, policy, "lambda:InvokeFunction", {})


OF_FUNCTION: tuple[BuildTrespass, ...] = (
    start_foreign,
    list_foreign,
    build_for_another_stack,
    take_foreign_image_over,
    give_image_away,
    tag_foreign_image,
    mark_foreign_image,
    read_foreign_image,
    cancel_foreign_image,
    cancel_nobodys_image,
    untag_foreign_image,
    disown_image,
    delete_foreign_image,
    remove_foreign_image,
    remove_with_another_role,
    start_another_state_machine,
    look_with_the_function,
    *(one for one in TRESPASSES if one is not start_own),
)


def give_image_to_the_other_team(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.tag_resource(resourceArn=image_of(guarded, TEAM_A), tags={STACK_ID_TAG: TEAM_B})


def disown_image_of_a_team(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_function.untag_resource(resourceArn=image_of(guarded, TEAM_A), tagKeys=[STACK_ID_TAG])


def give_pipeline_to_the_other_team(guarded: GuardedBuilds, _policy: Policy) -> None:
    arn = create(guarded.root, guarded, tags={STACK_ID_TAG: TEAM_A})["imagePipelineArn"]
    guarded.as_function.tag_resource(resourceArn=arn, tags={STACK_ID_TAG: TEAM_B})


def disown_pipeline_of_a_team(guarded: GuardedBuilds, _policy: Policy) -> None:
    arn = create(guarded.root, guarded, tags={STACK_ID_TAG: TEAM_A})["imagePipelineArn"]
    guarded.as_function.untag_resource(resourceArn=arn, tagKeys=[STACK_ID_TAG])


OF_SHARED_FUNCTION: tuple[BuildTrespass, ...] = (
    give_image_to_the_other_team,
    disown_image_of_a_team,
    give_pipeline_to_the_other_team,
    disown_pipeline_of_a_team,
)


def read_foreign_image_as_watcher(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_watcher.get_image(imageBuildVersionArn=image_of(guarded, OTHER_STACK))


def cancel_foreign_image_as_watcher(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_watcher.cancel_image_creation(imageBuildVersionArn=image_of(guarded, OTHER_STACK))


def untag_foreign_image_as_watcher(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_watcher.untag_resource(resourceArn=image_of(guarded, OTHER_STACK), tagKeys=[WHAT_IS_BUILT_TAG])


def disown_image_as_watcher(guarded: GuardedBuilds, _policy: Policy) -> None:
    arn = image_of(guarded, guarded.outputs["StackId"])
    guarded.as_watcher.untag_resource(resourceArn=arn, tagKeys=[STACK_ID_TAG])


def tag_image_as_watcher(guarded: GuardedBuilds, _policy: Policy) -> None:
    arn = image_of(guarded, guarded.outputs["StackId"])
    guarded.as_watcher.tag_resource(resourceArn=arn, tags={"team": "ours"})


def start_own_as_watcher(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_watcher.start_image_pipeline_execution(imagePipelineArn=own_pipeline(guarded))


def delete_own_image_as_watcher(guarded: GuardedBuilds, _policy: Policy) -> None:
    guarded.as_watcher.delete_image(imageBuildVersionArn=ended_image_of(guarded, guarded.outputs["StackId"]))


OF_WATCHER: tuple[BuildTrespass, ...] = (
    read_foreign_image_as_watcher,
    cancel_foreign_image_as_watcher,
    untag_foreign_image_as_watcher,
    disown_image_as_watcher,
    tag_image_as_watcher,
    start_own_as_watcher,
    delete_own_image_as_watcher,
)


def invoke_the_provider_as_state_machine(guarded: GuardedBuilds, _policy: Policy) -> None:
    functions = guarded.assumed("lambda", guarded.state_machine.arn)
    functions.invoke(FunctionName=guarded.function_name, Payload=json.dumps({}))


OF_STATE_MACHINE: tuple[BuildTrespass, ...] = (invoke_the_provider_as_state_machine,)


def _remove(guarded: GuardedBuilds, arn: str, role_arn: str) -> None:
    included: Any = {"amis": True, "snapshots": True}
    guarded.as_function.start_resource_state_update(
        resourceArn=arn, state={"status": "DELETED"}, executionRole=role_arn, includeResources=included
    )
