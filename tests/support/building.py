"""What tests about builds ask of the emulator."""

from typing import Any

from imagebuilder_local.emulator import ImageBuilder
from support.waiting import MACHINE, Waiting

SECONDS_PER_STATE = 90.0

FAILING_REGION = "ap-south-1"
"""A Region to which every distribution fails."""


def images(service: ImageBuilder, pipeline: str) -> list[dict[str, Any]]:
    """Return the summaries of the pipeline's images, oldest first."""
    return list(reversed(service.executions().get(pipeline, [])))


def states(service: ImageBuilder, pipeline: str) -> list[str]:
    return [image["state"]["status"] for image in images(service, pipeline)]


def stopped(build: Waiting, service: ImageBuilder, pipeline: str) -> list[str]:
    """Return the states after the time that cancelling takes."""
    build.clock.sleep(SECONDS_PER_STATE)
    return states(service, pipeline)


def properties(pipeline: str, trigger: str = "1", **changes: Any) -> dict[str, Any]:
    return {"PipelineArn": pipeline, "Trigger": trigger, "WatcherArn": MACHINE} | changes


def started(service: ImageBuilder) -> int:
    return sum(call.operation == "StartImagePipelineExecution" and not call.error for call in service.calls())


FAILING = """
name: harden
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Harden
        action: ExecuteBash
        inputs:
          commands:
            - echo hello
            - exit 3
"""
