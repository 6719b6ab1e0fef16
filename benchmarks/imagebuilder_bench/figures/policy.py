"""Size of the role's policies."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from support.evaluation import Deployment

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, Table
from imagebuilder_bench.svg import bars
from imagebuilder_bench.synths import AWS_CUSTOM_RESOURCE, COUNTS, OURS, template

# IAM's quotas, in characters without white space.
_INLINE_QUOTA: Final = 10_240
_MANAGED_QUOTA: Final = 6_144
_MANAGED_PER_ROLE: Final = 10

_HOW: Final = f"""\
Characters of the policies of the function's role, as IAM counts them (without white space, references resolved), in
the stacks of the synth figure. The quotas are {_INLINE_QUOTA:,} for a role's inline policies together, and
{_MANAGED_PER_ROLE} managed policies of {_MANAGED_QUOTA:,} each. AwsCustomResource shares one role, to which each
resource adds its calls, restricted here to its pipeline, recipe and configuration. Ours names each recipe and
configuration while they fit in a few policies; beyond that, the function may read all of their kind, which is why 490
pipelines take fewer characters than 100. Write access depends on the owner tag at any number."""

_STACK_ID: Final = (
    "arn:aws:cloudformation:us-east-1:123456789012:stack/image-pipelines/6f2d1c3e-0000-4000-8000-000000000000"
)
_DEPLOYMENT: Final = Deployment({"AWS::StackName": "image-pipelines", "AWS::StackId": _STACK_ID})


class Policies(NamedTuple):
    """Characters of a role's inline policies together, and of each managed policy."""

    inline: int
    managed: tuple[int, ...]

    @property
    def fullness(self) -> float:
        """The part of the tightest quota that is used."""
        return max(
            self.inline / _INLINE_QUOTA,
            len(self.managed) / _MANAGED_PER_ROLE,
            *(size / _MANAGED_QUOTA for size in self.managed),
            0,
        )

    @property
    def characters(self) -> int:
        """Characters of all policies."""
        return self.inline + sum(self.managed)


def measure(_bench: Bench) -> Figure:
    """Count the policies of each template."""
    counted = {
        (kind, count): _policies(template(kind, count).resources)
        for kind in (OURS, AWS_CUSTOM_RESOURCE)
        for count in COUNTS
    }
    rows = tuple(
        (
            kind,
            str(count),
            f"{policies.characters:,}",
            f"{policies.characters / count:,.0f}",
            f"{policies.inline:,}",
            str(len(policies.managed)),
            "yes" if policies.fullness <= 1 else "**no**",
        )
        for (kind, count), policies in counted.items()
    )
    header = ("", "pipelines", "characters", "per pipeline", "inline", "managed policies", "within the quotas")
    few, many = COUNTS[-2:]
    growth = counted[OURS, many].characters / counted[OURS, few].characters / (many / few)
    why_missed = "Each pipeline adds its own ARNs."
    return Figure(
        id="policy",
        title="Policies",
        how=_HOW,
        tables=(Table(header, rows),),
        goals=(
            Goal(
                f"sublinear: from {few} to {many} pipelines slower than these", growth, 0.99, why_missed, id="sublinear"
            ),
            Goal(
                f"{many} pipelines: at most 1.0 of the tightest quota",
                counted[OURS, many].fullness,
                1.0,
                why_missed,
                "",
                id="quotas",
            ),
        ),
        picture=picture({kind: counted[kind, many].characters for kind in (OURS, AWS_CUSTOM_RESOURCE)}, many),
    )


def picture(sizes: Mapping[str, int], pipelines: int) -> str:
    """Return the plot for the characters of each kind of stack."""
    samples = {kind: Sample((float(size),)) for kind, size in sizes.items()}
    return bars(f"Characters of policies, {pipelines} pipelines", samples, "")


def characters(document: object) -> int:
    """Return the length of a policy without white space after CloudFormation has resolved its references."""
    return len(json.dumps(_DEPLOYMENT.value(document), separators=(",", ":"), ensure_ascii=False))


def _policies(resources: Mapping[str, Mapping[str, Any]]) -> Policies:
    """Count the policies of a stack in which only functions have roles."""
    inline, managed = 0, []
    for resource in resources.values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Policy":
                inline += characters(properties["PolicyDocument"])
            case "AWS::IAM::Role":
                inline += sum(characters(policy["PolicyDocument"]) for policy in properties.get("Policies", ()))
            case "AWS::IAM::ManagedPolicy":
                managed.append(characters(properties["PolicyDocument"]))
            case _:
                pass
    return Policies(inline, tuple(managed))
