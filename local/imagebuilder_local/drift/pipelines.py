"""Compares each pipeline of a stack, and of its nested stacks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from imagebuilder_local.drift.comparison import Member, compared
from imagebuilder_local.drift.references import PIPELINE
from imagebuilder_local.drift.resolution import Resolver
from imagebuilder_local.drift.stack import NESTED, Stack, read
from imagebuilder_model import is_pipeline_arn

GONE: Final = "gone"
DRIFT: Final = "drift"
IN_SYNC: Final = "in sync"


@dataclass(frozen=True)
class Pipeline:
    """The comparison of one pipeline: its place in the app, its ARN, and its members that differ or are unknown.

    `path` is the construct's path, or the stack's name and the logical id for a template without one.
    """

    path: str
    stack_id: str
    logical_id: str
    arn: str
    is_gone: bool
    members: tuple[Member, ...] = ()

    @property
    def state(self) -> str:
        """`gone`, `drift` or `in sync`. Members that were not compared are no drift."""
        if self.is_gone:
            return GONE
        return DRIFT if any(member.is_drift for member in self.members) else IN_SYNC


def pipelines_of(stack: Stack, imagebuilder: Any) -> Iterator[Pipeline]:
    """Yield the comparison of each pipeline of a stack, then of those of its nested stacks."""
    resolver = Resolver(stack)
    for logical_id, resource in stack.resources.items():
        # A resource whose creation failed has a physical id that is no ARN, and no pipeline. One whose deletion failed
        # is a resource of the stack still, and not in the template.
        is_deployed = is_pipeline_arn(resource.physical_id) and logical_id in stack.template["Resources"]
        if resource.type == PIPELINE and is_deployed:
            yield _compared(stack, resolver, logical_id, resource.physical_id, imagebuilder)
    for resource in stack.resources.values():
        if resource.type == NESTED and resource.physical_id:
            yield from pipelines_of(read(stack.client, resource.physical_id), imagebuilder)


def _compared(stack: Stack, resolver: Resolver, logical_id: str, arn: str, imagebuilder: Any) -> Pipeline:
    live = _live(imagebuilder, arn)
    members: tuple[Member, ...] = ()
    if live is not None:
        properties = resolver.properties(logical_id)
        members = tuple(compared(properties, live, stack_id=stack.id, logical_id=logical_id))
    return Pipeline(_path(stack, logical_id), stack.id, logical_id, arn, is_gone=live is None, members=members)


def _live(imagebuilder: Any, arn: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = imagebuilder.get_image_pipeline(imagePipelineArn=arn)["imagePipeline"]
    except ClientError as error:
        # The model lists no such error for this operation, but the service sends it.
        if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
            return None
        raise
    return found


def _path(stack: Stack, logical_id: str) -> str:
    metadata = stack.template["Resources"][logical_id].get("Metadata") or {}
    # As messages at synth name the construct: without the id of the resource in it.
    return str(metadata.get("aws:cdk:path", f"{stack.name}/{logical_id}")).removesuffix("/Resource")
