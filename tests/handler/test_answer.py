"""The answer to the ResponseURL: delivered once, in bounds, without telling the URL to any log."""

import json
import logging
import socket
import time
from typing import Any

import pytest
import trustme
from crhelper import CfnResource
from support.clock import CLOCK, SkippingClock
from support.cloudformation import Context, Resource, ResponseServer
from support.environment import handler_doing, new_handler

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_pipeline_handler.runtime import http
from imagebuilder_pipeline_handler.runtime._crhelper import without_side_effects
from imagebuilder_pipeline_handler.runtime.attempt import Attempt
from imagebuilder_pipeline_handler.runtime.clock import Timeouts
from imagebuilder_pipeline_handler.runtime.progress import Later, Progress
from imagebuilder_pipeline_handler.runtime.response import MOST_BYTES, TRIES, UndeliveredError, body_of, put

Properties = dict[str, Any]


@pytest.mark.parametrize("faults", [[503, 503], [403], [301], [307], ["hang"], ["reset", "reset"], [500, "hang"]])
def test_answer_is_put_again_until_it_is_taken(
    resource: Resource, minimal: Properties, faults: list[int | str], hasty: None
) -> None:
    resource.responses.script = list(faults)
    assert resource.create(**minimal)["Status"] == "SUCCESS"
    bodies = [request["body"] for request in resource.responses.requests]
    assert len(bodies) == len(faults) + 1
    assert all(body == bodies[0] for body in bodies)


def test_put_is_signed_as_cloudformation_signed_it(resource: Resource, minimal: Properties) -> None:
    resource.create(**minimal)
    (request,) = resource.responses.requests
    assert request["path"] == f"/bucket/key%7C1?{ResponseServer.SECRET}"
    assert request["type"] == ""


@pytest.mark.parametrize("fault", [403, 503, 307, "reset", "hang"])
def test_answer_that_is_never_taken_raises_in_bounds_so_that_lambda_delivers_the_event_again(
    resource: Resource, service: ImageBuilder, minimal: Properties, fault: int | str, hasty: None
) -> None:
    resource.responses.script = [fault] * 100
    event = resource.event("Create", minimal)
    with pytest.raises(UndeliveredError, match=r"127\.0\.0\.1 did not accept it"):
        resource.handler(event, Context())
    statuses = {request["body"]["Status"] for request in resource.responses.requests}
    # On a busy machine a try may end before the server has seen it.
    assert 1 <= len(resource.responses.requests) <= TRIES
    assert statuses == {"SUCCESS"}
    resource.responses.script = []
    assert resource.send(event)["PhysicalResourceId"] == service.pipelines()[0]["arn"]


def test_tries_end_at_the_deadline(resource: Resource, minimal: Properties) -> None:
    resource.handler = new_handler(clock=SkippingClock(Timeouts(), of=CLOCK))
    resource.responses.script = ["hang"] * 100
    started = time.monotonic()
    with pytest.raises(UndeliveredError):
        resource.handler(resource.event("Create", minimal), Context(seconds=2.0))
    assert time.monotonic() - started < 2.0


def test_refused_connection_raises_in_bounds(resource: Resource, minimal: Properties) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        event = resource.event("Create", minimal) | {"ResponseURL": f"https://127.0.0.1:{unused.getsockname()[1]}/x?s"}
        with pytest.raises(UndeliveredError, match=r"127\.0\.0\.1"):
            resource.handler(event, Context())


def test_certificate_that_is_not_trusted_raises_in_bounds_and_the_log_says_so(
    resource: Resource,
    minimal: Properties,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "other.pem"))
    http.tls_context.cache_clear()
    with pytest.raises(UndeliveredError):
        resource.handler(resource.event("Create", minimal), Context())
    assert "SSLCertVerificationError" in caplog.text
    assert resource.responses.requests == []


def test_secrets_are_in_no_log_even_when_everything_is_logged(
    resource: Resource, minimal: Properties, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        resource.responses.script = [503, "reset"]
        resource.create(**minimal, Description="s3cret value")
        resource.update(**minimal, Description="s3cret value", Status="s3cret status")
    own = "\n".join(
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        if not record.name.startswith("imagebuilder_local")
    )
    assert '"logical_id": "Pipeline"' in own
    assert "s3cret" not in own
    assert ResponseServer.SECRET not in caplog.text
    assert "/bucket/key" not in caplog.text


@pytest.mark.parametrize(("reason", "data"), [("r" * 6000, {}), ("é😀" * 3000, {}), ("r" * 6000, {"Name": "n" * 600})])
def test_body_fits_and_keeps_the_ids_and_the_head_of_the_reason(reason: str, data: dict[str, str]) -> None:
    ids = {
        "StackId": "s" * 200,
        "RequestId": "r" * 36,
        "LogicalResourceId": "l" * 255,
        "PhysicalResourceId": "p" * 1000,
    }
    body = body_of({"Status": "FAILED", "Reason": reason, **ids, "NoEcho": False, "Data": data})
    assert len(body) <= MOST_BYTES
    decoded = json.loads(body)
    assert {key: decoded[key] for key in ids} == ids
    assert reason.startswith(decoded["Reason"].removesuffix(" … (shortened)"))
    assert len(decoded["Reason"]) > 100 or decoded["Reason"] == reason


def test_reason_tells_whole_problems_and_how_many_more_there_are(resource: Resource, minimal: Properties) -> None:
    answer = resource.create(**minimal, **{f"Unknown{i}": "x" for i in range(40)})
    assert len(answer["Reason"]) <= 1000
    told = answer["Reason"].count("is not known")
    assert told >= 2
    assert answer["Reason"].endswith(
        f"LoggingConfiguration, AdoptExisting, OnDelete, RuntimeAttributes; +{40 - told} more"
    )


@pytest.mark.parametrize("fault", [SystemExit(1), KeyboardInterrupt(), RuntimeError("boom")])
def test_whatever_ends_the_work_is_answered(resource: Resource, minimal: Properties, fault: BaseException) -> None:
    def end(*_: object) -> None:
        raise fault

    resource.handler = handler_doing(end)
    answer = resource.create(**minimal)
    assert answer["Status"] == "FAILED"
    assert type(fault).__name__ in answer["Reason"]
    assert answer["PhysicalResourceId"].startswith("not-created/")


def test_work_that_takes_too_long_is_answered_once_before_the_deadline(resource: Resource, minimal: Properties) -> None:
    resource.create(**minimal)
    resource.handler = handler_doing(lambda *_: time.sleep(1.5))
    answer = resource.send(resource.event("Update", minimal), seconds=5.0)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", resource.physical_id)
    assert "ran out of time" in answer["Reason"]
    assert len(resource.responses.requests) == 2


def test_delete_is_answered_without_crhelpers_two_minutes_of_sleep(resource: Resource, minimal: Properties) -> None:
    resource.create(**minimal)
    started = time.monotonic()
    resource.send(resource.event("Delete", minimal), seconds=300)
    assert time.monotonic() - started < 5


def test_answer_of_one_event_carries_nothing_of_the_one_before(resource: Resource, minimal: Properties) -> None:
    resource.create(**minimal)
    failed = Resource(resource.handler, resource.responses, logical_id="Other").create(Name="x")
    assert failed["PhysicalResourceId"].startswith("not-created/Other/")
    assert failed["Data"] == {}


def test_every_private_method_that_is_overridden_is_crhelpers() -> None:
    own = {"_start", "_succeed", "_fail", "_undo_late_work", "_time_to_undo", "_content", "_physical_id"}
    overridden = {name for name in vars(Attempt) if name.startswith("_") and not name.startswith("__")} - own
    assert overridden == {
        "_get_func",
        "_log_setup",
        "_poll_enabled",
        "_send",
        "_set_timeout",
        "_wrap_function",
    }
    assert overridden <= vars(CfnResource).keys()
    assert not own & vars(CfnResource).keys()


def test_attributes_of_crhelper_that_are_relied_on_are_there_and_ours_have_other_names() -> None:
    with without_side_effects():
        theirs = vars(CfnResource())
    ours = vars(Attempt(lambda *_: Later(), {}, Progress(lambda: 60.0, CLOCK), CLOCK, put)).keys() - theirs.keys()
    relied_on = {
        "_timer",
        "Status",
        "Reason",
        "PhysicalResourceId",
        "Data",
        "NoEcho",
    }
    assert relied_on <= theirs.keys()
    assert ours >= {"event", "progress", "outcome", "error", "undelivered", "_work", "_clock", "_put", "_late"}


@pytest.mark.parametrize(
    ("method", "calls"),
    [
        ("__call__", ("_log_setup", "_crhelper_init", "_poll_enabled", "_wait_for_cwlogs", "_cfn_response", "_send")),
        ("_crhelper_init", ("_set_timeout", "_wrap_function", "_get_func", "_send")),
        ("_cfn_response", ("generate_physical_id", "_send")),
    ],
)
def test_crhelper_still_calls_what_is_overridden(method: str, calls: tuple[str, ...]) -> None:
    used = getattr(CfnResource, method).__code__.co_names
    assert set(calls) <= set(used)
