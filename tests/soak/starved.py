"""The function with next to no CPU while Image Builder hangs."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from support.cloudformation import FUNCTION_ARN, STACK_ID, as_cloudformation_sends
from support.tls import secure_responses
from support.worker import Brake, Worker

from imagebuilder_local.emulator import ImageBuilderServer
from soak.storm import wanted
from soak.templates import new_service, properties_of

KINDS = ("Create", "Update", "Delete")


@dataclass
class Starved:
    """How a function that got too little CPU answered."""

    kind: str
    answers: list[dict[str, Any]]
    margin: float
    """Seconds between the answer's arrival and the function's deadline."""


def starve(kind: str, timeout: float, share: float, fault: str = "hang") -> Starved:
    """Deliver one event to a process that has this share of a CPU, and a service that hangs for ever."""
    service = new_service()
    service.inject("*", [fault] * 200)
    with ImageBuilderServer(service) as server, secure_responses() as responses:
        with Worker(server.url) as worker, Brake(worker.pid, share):
            began = time.monotonic()
            worker.send(_event(kind, responses.url), timeout)
            while not responses.taken and time.monotonic() < began + timeout + 10:
                time.sleep(0.05)
        at = responses.requests[0]["at"] if responses.requests else float("inf")
        return Starved(kind, list(responses.taken), began + timeout - at)


def _event(kind: str, url: str) -> dict[str, Any]:
    given = {"ServiceToken": FUNCTION_ARN, "ServiceTimeout": 1080}
    properties = as_cloudformation_sends(given | properties_of(wanted(1)))
    event = {
        "RequestType": kind,
        "RequestId": str(uuid.uuid4()),
        "StackId": STACK_ID,
        "ResponseURL": url,
        "ResourceType": "Custom::ImagePipeline",
        "LogicalResourceId": "P1",
        "ResourceProperties": properties,
    }
    if kind != "Create":
        event["PhysicalResourceId"] = "arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/storm-1"
    if kind == "Update":
        event["OldResourceProperties"] = properties | {"Description": "old"}
    return event
