"""An event goes to the module of its ResourceType, and its work may end later than the function."""

import json
import logging
import sys
from types import ModuleType
from typing import Any

import pytest
from support.cloudformation import Context, Resource
from support.environment import handler_doing

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler import main
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.progress import Later, Outcome, Success

Properties = dict[str, Any]


@pytest.mark.parametrize(
    "name", ["Custom::ImagePipeline", "Custom::Golden", "AWS::CloudFormation::CustomResource", None, 7]
)
def test_type_that_is_none_of_ours_is_a_pipeline(
    resource: Resource, service: ImageBuilder, minimal: Properties, name: object
) -> None:
    event = resource.event("Create", minimal) | {"ResourceType": name}
    assert resource.send(event)["PhysicalResourceId"] == service.pipelines()[0]["arn"]


def test_another_resource_type_is_a_module_and_a_line(
    resource: Resource, service: ImageBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(task: Task) -> Outcome:
        assert task.client.meta.service_model.service_name == "imagebuilder"
        return Success("the-build", {"ImageId": task.event["ResourceProperties"]["Id"]})

    module = ModuleType("build")
    vars(module).update(create=create, secrets_of=lambda _: ())
    monkeypatch.setitem(sys.modules, "imagebuilder_pipeline_handler.build", module)
    monkeypatch.setattr(main, "RESOURCE_TYPES", {**main.RESOURCE_TYPES, "Custom::Build": "build"})
    event = resource.event("Create", {"Id": "ami-1"}) | {"ResourceType": "Custom::Build"}
    answer = resource.send(event)
    assert (answer["PhysicalResourceId"], answer["Data"], service.calls()) == ("the-build", {"ImageId": "ami-1"}, [])


def test_work_that_ends_later_sends_no_response_and_is_not_delivered_again(
    resource: Resource, minimal: Properties, caplog: pytest.LogCaptureFixture
) -> None:
    resource.handler = handler_doing(lambda *_: Later())
    with caplog.at_level(logging.INFO):
        resource.handler(resource.event("Create", minimal), Context())
    assert resource.responses.requests == []
    line = json.loads(next(r for r in caplog.records if r.name.endswith("runtime.log")).getMessage())
    assert (line["outcome"], line["delivered"]) == ("LATER", True)


def test_work_that_fails_before_it_is_left_for_later_gets_its_response(resource: Resource, minimal: Properties) -> None:
    def fail(*_: object) -> Outcome:
        raise RuntimeError("no watcher")

    resource.handler = handler_doing(fail)
    assert resource.send(resource.event("Create", minimal))["Status"] == "FAILED"
