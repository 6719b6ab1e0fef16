"""The roles of builds may do what builds need and nothing more, held against a local cloud that enforces IAM.

As for pipelines: every grant is taken away in turn, and something must then fail for want of it; every condition is
taken away in turn, and something forbidden must then be allowed.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from support.build_life import first_failure
from support.build_trespasses import (
    OF_FUNCTION,
    OF_SHARED_FUNCTION,
    OF_STATE_MACHINE,
    OF_WATCHER,
    TEAM_A,
    TEAM_B,
    BuildTrespass,
    image_of,
)
from support.directly import Direct, direct
from support.evaluation import resources_of
from support.guarded import Policy
from support.guarded_builds import (
    NOT_INVOKED,
    SECONDS_PER_STATE,
    SHARED,
    STACK,
    GuardedBuilds,
    HeldRole,
    builds_app,
    refused_in,
    shared_app,
)
from support.mutations import conditions, grants
from support.profile import make_instance_profile
from support.tls import cloud_responses
from support.trespasses import create, is_prevented

from imagebuilder_local.emulator.pace import VARIABLE
from imagebuilder_model.ownership import STACK_ID_TAG

pytestmark = pytest.mark.timeout(600)

NOT_SHOWN = {
    ("imagebuilder:TagResource", ":image-pipeline/*"): "IAM may ask for it at a start with tags. The Service "
    "Authorization Reference does not say of which resource, and AWS's EC2ImageBuilderExecutionPolicy has the pipeline; "
    "not verified on AWS. The local cloud asks for the image",
}
"""Grants that nothing here misses, by the action and the end of the resource, with the reason for each."""

ROLES = {"function": OF_FUNCTION, "watcher": OF_WATCHER, "state_machine": OF_STATE_MACHINE}


class Deployment:
    """The guarded stack, and the statements that its function has without builds."""

    def __init__(self, guarded: GuardedBuilds, shared: GuardedBuilds, without_builds: Policy) -> None:
        self.guarded, self.shared = guarded, shared
        self._without_builds = without_builds

    def role(self, name: str) -> HeldRole:
        role: HeldRole = getattr(self.guarded, name)
        return role

    def of_pipelines(self, name: str) -> set[int]:
        """Return the indices of the statements that the role has without builds."""
        known = self._without_builds["Statement"] if name == "function" else []
        return {index for index, one in enumerate(self.role(name).policy["Statement"]) if one in known}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("builds")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, str(SECONDS_PER_STATE))
        environment.setenv("SFN_WAIT_SCALE", "0.01")
        with direct(folder) as account:
            yield from deployment_in(account)


def deployment_in(account: Direct) -> Iterator[Deployment]:
    make_instance_profile(account.cloud)
    outputs = account.deploy(builds_app(account.folder / "without", builds=False))[STACK]
    with cloud_responses(account.cloud) as responses:
        guarded = GuardedBuilds(account, outputs, responses)
        without = guarded.function.policy
        account.deploy(shared_app(account.folder / "shared"))
        (made,) = guarded.cloudformation.describe_stacks(StackName=SHARED)["Stacks"]
        shared = GuardedBuilds(account, outputs | {"StackId": made["StackId"]}, responses)
        shared.stack = SHARED
        guarded.build_elsewhere()
        account.deploy(builds_app(account.folder / "with", builds=True))
        for one in (guarded, shared):
            one.prepare()
        yield Deployment(guarded, shared, without)
        for one in (guarded, shared):
            one.close()


def test_life_of_builds_passes_with_the_policies_as_synthesised(deployment: Deployment) -> None:
    assert first_failure(deployment.guarded) is None


@pytest.mark.parametrize("name", ROLES)
def test_every_statement_and_every_action_is_needed(
    deployment: Deployment, name: str, subtests: pytest.Subtests
) -> None:
    role = deployment.role(name)
    for what, actions, less in grants(role.policy, deployment.of_pipelines(name)):
        with subtests.test(what):
            assert is_missed(deployment.guarded, role, actions, less) is not is_not_shown(role.policy, less, actions)


@pytest.mark.parametrize("name", ROLES)
def test_every_condition_keeps_the_role_from_something(
    deployment: Deployment, name: str, subtests: pytest.Subtests
) -> None:
    role = deployment.role(name)
    for what, more in conditions(role.policy, deployment.of_pipelines(name)):
        with subtests.test(what), role.holding(more):
            assert not all(is_prevented_here(deployment.guarded, more, trespass) for trespass in ROLES[name])


def test_superfluous_grant_and_condition_are_found(deployment: Deployment) -> None:
    """The tests above can fail."""
    guarded, role = deployment.guarded, deployment.role("watcher")
    policy = role.policy
    policy["Statement"][0]["Action"].append("imagebuilder:ListImages")
    policy["Statement"][0]["Condition"]["StringEquals"] = {"aws:RequestedRegion": "us-east-1"}
    found = {what: is_missed(guarded, role, actions, less) for what, actions, less in grants(policy, {1, 2, 3})}
    assert found == {
        "statement 0": True,
        "imagebuilder:GetImage in statement 0": True,
        "imagebuilder:ListImages in statement 0": False,
    }
    lets_in = {}
    for what, more in conditions(policy, {1, 2, 3}):
        with role.holding(more):
            lets_in[what] = not all(is_prevented_here(guarded, more, trespass) for trespass in OF_WATCHER)
    assert list(lets_in.values()) == [True, False]


@pytest.mark.parametrize(
    ("name", "trespass"),
    [(name, trespass) for name, all_of_role in ROLES.items() for trespass in all_of_role],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_role_cannot(deployment: Deployment, name: str, trespass: BuildTrespass) -> None:
    assert is_prevented_here(deployment.guarded, deployment.role(name).policy, trespass)


@pytest.mark.parametrize("trespass", [*OF_FUNCTION, *OF_WATCHER, *OF_SHARED_FUNCTION], ids=lambda one: one.__name__)
def test_role_of_a_provider_for_many_stacks_cannot(deployment: Deployment, trespass: BuildTrespass) -> None:
    shared = deployment.shared
    assert is_prevented_here(shared, shared.function.policy, trespass)


def test_provider_for_many_stacks_does_not_start_the_pipeline_of_another_team(deployment: Deployment) -> None:
    shared = deployment.shared
    pipeline = create(shared.root, shared, tags={STACK_ID_TAG: TEAM_A})["imagePipelineArn"]
    answer = shared.build("Build", TEAM_B).create(PipelineArn=pipeline, Trigger="1", WaitSeconds=0)
    images = shared.root.list_image_pipeline_images(imagePipelineArn=pipeline)["imageSummaryList"]
    own = shared.build("Build", TEAM_A).create(PipelineArn=pipeline, Trigger="1", WaitSeconds=0)
    shared.clean()
    assert (answer["Status"], answer["Reason"].partition(":")[0], images) == ("FAILED", "NotOwnPipeline", [])
    assert own["Status"] == "SUCCESS"


def test_provider_for_many_stacks_cancels_and_removes_no_image_of_another_team(deployment: Deployment) -> None:
    shared = deployment.shared
    arn = image_of(shared, TEAM_A)
    wait = {"WaitSeconds": 1, "TimeoutSeconds": 1, "WatcherArn": shared.watcher_arn}
    late = shared.build("Image", TEAM_B, "ImagePipelineImage").create(ImageArn=arn, **wait)
    deleted = shared.build("Build", TEAM_B)
    deleted.properties = {"OnDelete": "DELETE", "LifecycleRoleArn": shared.lifecycle_role_arn}
    answers = [deleted.delete(arn)["Status"]]
    assert shared.ended(arn) == "AVAILABLE"
    answers.append(deleted.delete(arn)["Status"])
    shared.clean()
    assert (late["Reason"].partition(":")[0], answers) == ("BuildNotInTime", ["SUCCESS", "SUCCESS"])
    assert shared.status(arn) == "AVAILABLE"


def test_state_machine_without_its_permission_says_so_in_the_log_of_the_cloud(deployment: Deployment) -> None:
    guarded, role = deployment.guarded, deployment.role("state_machine")
    logged = len(guarded.log())
    with role.holding({**role.policy, "Statement": []}):
        failure = first_failure(guarded)
    assert failure == "builds: there is no response"
    assert NOT_INVOKED in guarded.log()[logged:]


def is_missed(guarded: GuardedBuilds, role: HeldRole, actions: list[str], less: Policy) -> bool:
    """Tell whether, with the lesser policy, something fails for want of one of these actions."""
    before = guarded.refusals()
    with role.holding(less):
        failure = first_failure(guarded)
    if failure is None:
        return False
    refused = {*refused_in(failure.partition(": ")[2]), *(guarded.refusals() - before)}
    return bool(refused & set(actions))


def is_not_shown(policy: Policy, less: Policy, actions: list[str]) -> bool:
    """Tell whether what the lesser policy lacks is one of the exceptions."""
    missing: list[dict[str, Any]] = [one for one in policy["Statement"] if one not in less["Statement"]]
    return any(
        (actions[0], resource[resource.rindex(":") :]) in NOT_SHOWN for one in missing for resource in resources_of(one)
    )


def is_prevented_here(guarded: GuardedBuilds, policy: Policy, trespass: BuildTrespass) -> bool:
    checked: Any = trespass
    return is_prevented(guarded, policy, checked)
