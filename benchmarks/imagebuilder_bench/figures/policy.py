"""How the role's policies grow with the pipelines."""

from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Table
from imagebuilder_bench.policies import INLINE_QUOTA, MANAGED_A_ROLE, MANAGED_QUOTA, policies
from imagebuilder_bench.svg import lines
from imagebuilder_bench.synths import AWS_CUSTOM_RESOURCE, COUNTS, OURS, template

_KINDS: Final = (OURS, AWS_CUSTOM_RESOURCE)

_HOW: Final = f"""\
Characters of the function's role's policies, as IAM counts them (without white space, references filled in), in the
stacks of the synth figure: each pipeline has a recipe and a configuration of its own. The quotas are {INLINE_QUOTA:,}
for a role's own policies together and {MANAGED_A_ROLE} managed ones of {MANAGED_QUOTA:,}. AwsCustomResource has one
role for all, to which each resource adds what it calls; here exactly its pipeline, recipe and configuration. Ours names
each recipe and configuration as long as they fill few policies; beyond, the function may read all of their kind, which
is why so many pipelines take fewer characters. What it may write to is held by the owner tag at any number."""


def measure(_bench: Bench) -> Figure:
    """Count them in every template."""
    counted = {(kind, count): policies(template(kind, count).resources) for kind in _KINDS for count in COUNTS}
    rows = tuple(
        (
            kind,
            str(count),
            f"{held.characters:,}",
            f"{held.characters / count:,.0f}",
            f"{held.inline:,}",
            str(len(held.managed)),
            "yes" if held.fits else "**no**",
        )
        for (kind, count), held in counted.items()
    )
    header = ("", "pipelines", "characters", "per pipeline", "inline", "managed policies", "within the quotas")
    few, many = counted[OURS, COUNTS[-2]], counted[OURS, COUNTS[-1]]
    growth = (many.characters / few.characters) / (COUNTS[-1] / COUNTS[-2])
    shown = {kind: [(count, float(counted[kind, count].characters)) for count in COUNTS] for kind in _KINDS}
    return Figure(
        id="policy",
        title="Policies",
        how=_HOW,
        tables=(Table(header, rows),),
        goals=(
            Goal(
                f"sublinear: from {COUNTS[-2]} to {COUNTS[-1]} pipelines slower than these",
                growth,
                0.99,
                "Each pipeline adds its own ARNs.",
            ),
            Goal(
                f"fits the quotas at {COUNTS[-1]} pipelines",
                max([many.inline / INLINE_QUOTA, *(size / MANAGED_QUOTA for size in many.managed)]),
                1.0 if many.fits else 0.0,
                "Each pipeline adds its own ARNs.",
                "of the tightest quota",
            ),
        ),
        pictures={"policy.svg": lines("Characters of policy", shown, "pipelines", "characters")},
        values={f"{kind} at {count}": float(held.characters) for (kind, count), held in counted.items()},
    )
