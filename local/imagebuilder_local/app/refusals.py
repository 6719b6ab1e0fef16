"""Problems that keep stacks from being deployed to the local cloud, found before anything is deployed."""

import difflib
from collections.abc import Collection, Iterable, Iterator

from imagebuilder_local.app.assembly import Stack
from imagebuilder_local.app.clients import neutral_session

_PARTITION = "aws"


def refusals(stacks: Iterable[Stack], known_types: Collection[str]) -> list[str]:
    """Return one message for each problem: the stack, what the local cloud does not have, and what to do."""
    return [problem for stack in stacks for problem in _of(stack, known_types)]


def _of(stack: Stack, known_types: Collection[str]) -> Iterator[str]:
    problem = _region(stack.environment.region)
    if problem is not None:
        yield f"{stack.name}: {problem}"
    for image in stack.container_images:
        yield (
            f"{stack.name}: the container image {image} must be built, and the local cloud has no Docker: "
            "refer to an image by its URI when you deploy locally"
        )
    unknown: dict[str, list[str]] = {}
    for logical_id, name in stack.resource_types().items():
        if name not in known_types and not name.startswith("Custom::"):
            unknown.setdefault(name, []).append(logical_id)
    for name, logical_ids in sorted(unknown.items()):
        yield (
            f"{stack.name}: the local cloud does not have {name} ({', '.join(logical_ids)}): "
            "leave it out when you deploy locally, for example by a context value"
        )


def _region(region: str) -> str | None:
    session = neutral_session()
    names = set(session.get_available_regions("ec2", _PARTITION))
    if region in names:
        return None
    for partition in session.get_available_partitions():
        if region in session.get_available_regions("ec2", partition):
            return f"Region {region} belongs to the partition {partition}: allowed are Regions of {_PARTITION}"
    close = difflib.get_close_matches(region, names, 1)
    hint = f"did you mean {close[0]}?" if close else "use the name of a Region, for example us-east-1"
    return f"Region {region!r} is not known: {hint}"
