"""The function's role may do what its stack needs and nothing more, held against a local cloud that enforces IAM.

Every grant of the synthesised policy is taken away in turn, and a lifecycle must then fail for want of it; every
condition is taken away in turn, and something forbidden must then be allowed. A new statement is tested by itself.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from support.directly import direct
from support.guarded import STACK, Guarded, Policy
from support.guarded_app import guarded_app
from support.mutations import conditions, grants
from support.profile import make_instance_profile
from support.tls import cloud_responses
from support.trespasses import (
    OTHER_ROLE,
    OTHER_STACK,
    TRESPASSES,
    Trespass,
    create,
    foreign_pipeline,
    is_prevented,
)

pytestmark = pytest.mark.timeout(600)


NOT_ASKED_FOR = {
    "iam:GetRole": "CloudFormation's handler of the native resource is allowed it; the reference does not ask for it",
}
"""Grants that nothing here misses, each with the reason why the function has it all the same."""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    with direct(folder) as account:
        make_instance_profile(account.cloud)
        outputs = account.deploy(guarded_app(folder / "cdk.out"))[STACK]
        with cloud_responses(account.cloud) as responses:
            deployed = Guarded(account, outputs, responses)
            deployed.prepare()
            yield deployed
            deployed.close()


def test_stack_lives_through_everything_with_the_policy_as_synthesised(guarded: Guarded, tmp_path: Path) -> None:
    nothing = dict.fromkeys(
        ("distribution_configuration", "execution_role", "workflows", "image_scanning_enabled", "image_log_group")
    )
    guarded.cli.deploy(guarded_app(tmp_path / "a", "Lives", image_pipeline_name="lives", **nothing))
    assert names(guarded) == ["Lives-ContainerPipeline-4813A5D3-container", "lives"]
    guarded.cli.deploy(guarded_app(tmp_path / "b", "Lives", image_pipeline_name="lives", tags={"team": "data"}))
    image = next(pipeline for pipeline in guarded.cli.pipelines("Lives") if pipeline["name"] == "lives")
    assert image["workflows"][0]["workflowArn"].endswith(":workflow/test/lives/1.0.0/1")
    assert {key: value for key, value in image["tags"].items() if ":" not in key} == {"team": "data"}
    renamed = guarded_app(tmp_path / "c", "Lives", image_pipeline_name="renamed")
    guarded.cli.deploy(renamed)
    assert names(guarded) == ["Lives-ContainerPipeline-4813A5D3-container", "renamed"]
    guarded.cli.destroy(renamed)
    assert names(guarded) == []


def test_lifecycle_passes_and_is_in_the_functions_log(guarded: Guarded) -> None:
    logged = len(guarded.function_log())
    with guarded.holding(guarded.policy):
        assert first_refusal(guarded) is None
    assert len(guarded.function_log()) > logged


def test_every_statement_and_every_action_is_needed(guarded: Guarded, subtests: pytest.Subtests) -> None:
    for what, actions, less in grants(guarded.policy):
        with subtests.test(what):
            # Not even a grant of the exceptions may be missed: then it is none.
            assert is_missed(guarded, actions, less) is not (set(actions) <= NOT_ASKED_FOR.keys())


def test_every_condition_keeps_the_function_from_something(guarded: Guarded, subtests: pytest.Subtests) -> None:
    for what, less in conditions(guarded.policy):
        with subtests.test(what):
            assert lets_in(guarded, less)


def test_superfluous_grant_and_condition_are_found(guarded: Guarded) -> None:
    """The tests above can fail: they find what is too much in a policy, and only that."""
    policy = deepcopy(guarded.policy)
    policy["Statement"][0]["Action"].append("imagebuilder:GetComponent")
    policy["Statement"][0]["Condition"]["StringEquals"]["aws:RequestedRegion"] = "us-east-1"
    policy["Statement"].append({"Effect": "Allow", "Action": ["imagebuilder:ListImages"], "Resource": "*"})
    last = f"statement {len(guarded.policy['Statement'])}"
    suspects = ("imagebuilder:GetComponent in", "imagebuilder:CreateImagePipeline in", last)
    assert [
        what
        for what, actions, less in grants(policy)
        if what.startswith(suspects) and not is_missed(guarded, actions, less)
    ] == [
        "imagebuilder:GetComponent in statement 0",
        last,
    ]
    of_first = [(what, less) for what, less in conditions(policy) if what.endswith("statement 0")]
    assert [what for what, less in of_first if not lets_in(guarded, less)] == [
        "StringEquals aws:RequestedRegion in statement 0"
    ]


@pytest.mark.parametrize("trespass", TRESPASSES, ids=lambda trespass: trespass.__name__)
def test_function_cannot(guarded: Guarded, trespass: Trespass) -> None:
    assert is_prevented(guarded, guarded.policy, trespass)


def test_event_that_names_a_foreign_pipeline_changes_and_deletes_nothing(guarded: Guarded) -> None:
    resource = guarded.resource()
    resource.physical_id = foreign_pipeline(guarded)
    before = guarded.root.get_image_pipeline(imagePipelineArn=resource.physical_id)["imagePipeline"]
    updated = resource.update(**minimal(guarded, Name="probe of others"))
    resource.delete()
    after = guarded.root.get_image_pipeline(imagePipelineArn=resource.physical_id)["imagePipeline"]
    guarded.clean()
    assert updated["Status"] == "FAILED"
    assert after == before


def test_event_of_another_stack_makes_nothing(guarded: Guarded) -> None:
    with pytest.raises(AssertionError, match="StackId is not that of the function"):
        guarded.resource(stack_id=OTHER_STACK).create(**minimal(guarded))
    assert not [name for name in names(guarded) if name.startswith("probe")]


def test_event_that_names_another_role_makes_nothing(guarded: Guarded) -> None:
    answer = guarded.resource().create(**minimal(guarded, ExecutionRole=OTHER_ROLE))
    assert f"is not authorized to perform: iam:PassRole on resource: {OTHER_ROLE}" in answer["Reason"]


def test_pipeline_that_is_gone_already_is_deleted(guarded: Guarded) -> None:
    resource = guarded.resource()
    resource.create(**minimal(guarded))
    guarded.clean()
    assert resource.delete()["Status"] == "SUCCESS"


def test_pipeline_that_nobody_owns_is_taken_over_when_asked_for(guarded: Guarded) -> None:
    create(guarded.root, guarded)
    properties = minimal(guarded, Name="probe of others", Description="ours", AdoptExisting=True)
    answer = guarded.resource().create(**properties)
    adopted = [pipeline for pipeline in guarded.cli.pipelines(STACK) if pipeline["name"] == "probe of others"]
    guarded.clean()
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    assert [pipeline["description"] for pipeline in adopted] == ["ours"]


def first_refusal(guarded: Guarded) -> str | None:
    """Live through everything that the function is for; return why the first event failed, None when none did."""
    image, container, adopted = map(guarded.resource, ("Probe", "ProbeContainer", "ProbeAdopted"))
    before = minimal(guarded, Tags={"team": "web", "cost": "1"})
    everything = minimal(
        guarded,
        DistributionConfigurationArn=guarded.outputs["DistributionConfigurationArn"],
        Workflows=[{"WorkflowArn": guarded.outputs["WorkflowArn"]}],
        ExecutionRole=guarded.outputs["ExecutionRole"],
        ImageScanningConfiguration={"ImageScanningEnabled": True},
        LoggingConfiguration={"ImageLogGroupName": "/logs/image"},
        Tags={"team": "data"},
    )
    boxed = {
        "Name": "probe container",
        "ContainerRecipeArn": guarded.outputs["ContainerRecipeArn"],
        "InfrastructureConfigurationArn": guarded.outputs["InfrastructureConfigurationArn"],
        "ImageScanningConfiguration": {
            "ImageScanningEnabled": True,
            "EcrConfiguration": {"RepositoryName": "scans"},
        },
    }

    def rename() -> dict[str, Any]:
        old = image.physical_id
        answer = image.update(**everything | {"Name": "probe renamed"})
        return image.delete(old) if answer["Status"] == "SUCCESS" else answer

    def adopt() -> dict[str, Any]:
        create(guarded.root, guarded)
        return adopted.create(**minimal(guarded, Name="probe of others", AdoptExisting=True))

    steps: list[Callable[[], dict[str, Any]]] = [
        lambda: image.create(**before),
        lambda: image.update(**everything),
        rename,
        image.delete,
        lambda: container.create(**boxed),
        container.delete,
        adopt,
        adopted.delete,
    ]
    logged = len(guarded.log())
    for step in steps:
        answer = step()
        if answer["Status"] != "SUCCESS":
            return str(answer["Reason"])
    # Nothing fails for want of a log: it is lost.
    return guarded.lost_since(logged) or guarded.fail_for_good()


def minimal(guarded: Guarded, **properties: Any) -> dict[str, Any]:
    references = ("ImageRecipeArn", "InfrastructureConfigurationArn")
    return {"Name": "probe"} | {name: guarded.outputs[name] for name in references} | properties


def is_missed(guarded: Guarded, actions: list[str], less: Policy) -> bool:
    """Tell whether, with the lesser policy, the lifecycle fails for want of one of these actions."""
    with guarded.holding(less):
        refusal = first_refusal(guarded) or ""
    return any(f" is not authorized to perform: {action} on resource: " in refusal for action in actions)


def lets_in(guarded: Guarded, less: Policy) -> bool:
    """Tell whether the policy without a condition allows something that the policy as synthesised forbids."""
    with guarded.holding(less):
        return not all(is_prevented(guarded, less, trespass) for trespass in TRESPASSES)


def names(guarded: Guarded) -> list[str]:
    """Return the names of all pipelines but those of the deployed stack, sorted."""
    own = [pipeline["arn"] for pipeline in guarded.cli.pipelines(STACK)]
    return sorted(p["name"] for p in guarded.cli.image_builder()["pipelines"] if p["arn"] not in own)
