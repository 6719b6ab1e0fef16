"""The pipelines of deployed stacks as a table."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from imagebuilder_local.app.assembly import Environment, Stack
from imagebuilder_local.app.clients import client_of
from imagebuilder_local.cloud.state import Folder, State
from imagebuilder_model import is_pipeline_arn

_HEADER: Final = ("PIPELINE", "PLATFORM", "STATUS", "SCHEDULE", "STACK")


def pipeline_table(state: State, folder: Folder, stacks: Iterable[Stack]) -> list[str]:
    """Return the lines of a table of the pipelines of these stacks; the Region is shown if there are several."""
    found = [(stack, pipeline) for stack in stacks for pipeline in _pipelines(state, folder, stack)]
    if not found:
        return ["The deployed stacks have no pipelines."]
    places = {(stack.environment.account, stack.environment.region) for stack, _ in found}
    own = (state.account, state.region)
    with_place = places != {own}
    rows: list[tuple[str, ...]] = [(*_HEADER, "ACCOUNT AND REGION") if with_place else _HEADER]
    for stack, pipeline in found:
        place = (f"{stack.environment.account} {stack.environment.region}",) if with_place else ()
        rows.append(
            (pipeline["name"], pipeline["platform"], pipeline["status"], _schedule(pipeline), stack.name, *place)
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _pipelines(state: State, folder: Folder, stack: Stack) -> Iterator[dict[str, Any]]:
    where: Environment = stack.environment
    cloudformation = client_of(state, folder, "cloudformation", where.account, where.region)
    imagebuilder = client_of(state, folder, "imagebuilder", where.account, where.region)
    try:
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.name)
        ids = (resource.get("PhysicalResourceId", "") for page in pages for resource in page["StackResourceSummaries"])
        for arn in filter(is_pipeline_arn, ids):
            yield imagebuilder.get_image_pipeline(imagePipelineArn=arn)["imagePipeline"]
    finally:
        cloudformation.close()
        imagebuilder.close()


def _schedule(pipeline: dict[str, Any]) -> str:
    schedule = pipeline.get("schedule")
    if not schedule:
        return "manual"
    zone = schedule.get("timezone")
    return f"{schedule['scheduleExpression']} {zone}" if zone else str(schedule["scheduleExpression"])
