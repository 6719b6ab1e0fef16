"""The fault matrix (docs/faults.md), rows 57 to 69: what was found by attack, each with its whole kind."""

import gzip
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.cloudformation import STACK_ID, Context, Resource, signature
from support.environment import new_handler

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_model.ownership import (
    ADOPTED_TAG,
    FORMER_LOGICAL_ID_TAG,
    LOGICAL_ID_TAG,
    OWNED,
    RETAINED,
    STACK_ID_TAG,
)
from imagebuilder_pipeline_handler.runtime.event import InvalidEventError
from imagebuilder_pipeline_handler.runtime.response import UndeliveredError

Properties = dict[str, Any]
CREATE, GET, UPDATE, DELETE = (f"{verb}ImagePipeline" for verb in ("Create", "Get", "Update", "Delete"))
TAG, UNTAG = "TagResource", "UntagResource"
ARN = "arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/golden"
OTHER_STACK = STACK_ID.replace("Golden", "Other")
OWNER = {STACK_ID_TAG: STACK_ID, LOGICAL_ID_TAG: "Pipeline"}
DENIED = {"code": "AccessDeniedException", "status": 403}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def by_hand(service: ImageBuilder, minimal: Properties, **more: Any) -> dict[str, Any]:
    """Create a pipeline as somebody does in the console, and return it."""
    request = {name[:1].lower() + name[1:]: value for name, value in (minimal | more).items()}
    service.call(CREATE, request | {"clientToken": f"by hand {request['name']}"})
    return live(service, str(request["name"]))


def live(service: ImageBuilder, name: str = "golden") -> dict[str, Any]:
    return next(pipeline for pipeline in service.pipelines() if pipeline["name"] == name)


def names(service: ImageBuilder) -> list[str]:
    return [pipeline["name"] for pipeline in service.pipelines()]


def operations(service: ImageBuilder, since: int = 0) -> list[str]:
    return [call.operation for call in service.calls()[since:]]


def age(service: ImageBuilder, name: str, by: timedelta) -> None:
    """Make a pipeline look as if it had been made and updated earlier."""
    for pipeline in service._state.pipelines.values():
        if pipeline["name"] == name:
            for date in ("dateCreated", "dateUpdated"):
                pipeline[date] = (datetime.fromisoformat(pipeline[date]) - by).isoformat()


def without_dates(pipeline: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pipeline.items() if not name.startswith("date")}


# 57: a rollback's Delete undoes no more than its Create did.


def test_row_57_delete_of_an_adopted_pipeline_leaves_it_with_the_tags_that_it_had(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    by_hand(service, minimal, tags={"team": "theirs"})
    assert resource.create(**minimal, AdoptExisting=True)["PhysicalResourceId"] == ARN
    assert live(service)["tags"] == OWNER | {"team": "theirs", ADOPTED_TAG: RETAINED}
    seen = len(service.calls())
    assert resource.delete()["Status"] == "SUCCESS"
    assert live(service)["tags"] == {"team": "theirs"}
    assert operations(service, seen) == [GET, UNTAG]


def test_row_57_lost_answer_of_giving_back_is_no_failure(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    by_hand(service, minimal)
    resource.create(**minimal, AdoptExisting=True)
    service.inject(UNTAG, ["reply lost", DENIED, *[DENIED] * 40])
    assert resource.delete()["Status"] == "SUCCESS"
    assert live(service)["tags"] == {}


def test_row_57_update_without_adopt_existing_makes_it_owned_and_its_rollback_does_not(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    by_hand(service, minimal)
    resource.create(**minimal, AdoptExisting=True)
    resource.update(**minimal, AdoptExisting=True, Description="still adopted")
    assert live(service)["tags"][ADOPTED_TAG] == RETAINED
    resource.update(**minimal, Description="owned")
    assert live(service)["tags"][ADOPTED_TAG] == OWNED
    resource.update(**minimal, AdoptExisting=True, Description="still adopted")
    assert live(service)["tags"][ADOPTED_TAG] == RETAINED
    resource.update(**minimal, Description="owned")
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_row_57_rename_onto_an_existing_pipeline_is_rolled_back_without_losing_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    theirs = by_hand(service, minimal, Name="silver", tags={"team": "theirs"})
    renamed = minimal | {"Name": "silver", "AdoptExisting": True}
    assert resource.update(**renamed)["PhysicalResourceId"] == theirs["arn"]
    # CloudFormation restores by an Update with the properties swapped, then deletes what the update made.
    assert resource.update(**minimal)["PhysicalResourceId"] == ARN
    assert resource.delete(theirs["arn"])["Status"] == "SUCCESS"
    assert live(service, "silver")["tags"] == {"team": "theirs"}
    assert names(service) == ["golden", "silver"]


def test_row_57_rename_that_fails_after_it_adopted_is_tidied_up_without_losing_the_pipeline(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    by_hand(service, minimal, Name="silver", tags={"team": "theirs"})
    renamed = minimal | {"Name": "silver", "AdoptExisting": True}
    service.inject(UPDATE, ["InvalidRequestException"])
    service.inject(UNTAG, ["InvalidRequestException"])
    assert resource.update(**renamed)["Status"] == "FAILED"
    assert live(service, "silver")["tags"][STACK_ID_TAG] == STACK_ID
    event = resource.event("Update", minimal)
    event["OldResourceProperties"] = resource.event("Update", renamed)["ResourceProperties"]
    assert resource.send(event)["Status"] == "SUCCESS"
    assert live(service, "silver")["tags"] == {"team": "theirs"}


def test_row_57_pipeline_of_a_sibling_is_given_back_to_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    former = Resource(resource.handler, resource.responses, logical_id="Former")
    former.create(**minimal)
    resource.create(**minimal, AdoptExisting=True)
    assert live(service)["tags"] == OWNER | {FORMER_LOGICAL_ID_TAG: "Former"}
    assert resource.delete()["Status"] == "SUCCESS"
    assert live(service)["tags"] == {STACK_ID_TAG: STACK_ID, LOGICAL_ID_TAG: "Former"}
    assert former.update(**minimal, Description="still mine")["Status"] == "SUCCESS"


def test_row_57_adoption_from_a_sibling_that_is_delivered_twice_marks_it_once(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    Resource(resource.handler, resource.responses, logical_id="Former").create(**minimal)
    age(service, "golden", timedelta(days=7))
    event = resource.event("Create", minimal | {"AdoptExisting": "true"}, datetime.now(UTC))
    assert [resource.send(event)["Status"] for _ in range(2)] == ["SUCCESS", "SUCCESS"]
    assert live(service)["tags"] == OWNER | {FORMER_LOGICAL_ID_TAG: "Former"}


def test_row_57_delete_of_the_former_owner_leaves_the_pipeline_to_the_new_one_for_good(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    former = Resource(resource.handler, resource.responses, logical_id="Former")
    former.create(**minimal)
    resource.create(**minimal, AdoptExisting=True)
    assert former.delete()["Status"] == "SUCCESS"
    assert live(service)["tags"] == OWNER
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_row_57_own_pipeline_that_was_retained_survives_the_rollback_of_the_create_that_found_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    age(service, "golden", timedelta(days=7))
    resource.physical_id = resource.send(resource.event("Create", minimal, datetime.now(UTC)))["PhysicalResourceId"]
    assert live(service)["tags"] == OWNER | {ADOPTED_TAG: RETAINED}
    assert resource.delete()["Status"] == "SUCCESS"
    assert live(service)["tags"] == {}


def test_row_57_rollback_of_a_rename_goes_back_to_the_old_pipeline_and_owns_it_as_before(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    age(service, "golden", timedelta(days=7))
    resource.update(**minimal | {"Name": "silver"})
    # CloudFormation deletes the old pipeline only when the stack update has succeeded.
    assert resource.send(resource.event("Update", minimal, datetime.now(UTC)))["PhysicalResourceId"] == ARN
    assert live(service)["tags"] == OWNER


def test_row_57_rename_back_to_a_pipeline_that_was_retained_is_rolled_back_without_losing_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    age(service, "golden", timedelta(days=9))
    resource.update(**minimal | {"Name": "silver"})
    age(service, "silver", timedelta(days=7))
    assert resource.send(resource.event("Update", minimal, datetime.now(UTC)))["PhysicalResourceId"] == ARN
    assert resource.delete(ARN)["Status"] == "SUCCESS"
    assert live(service)["tags"] == {}


def test_row_57_own_pipeline_that_this_very_event_made_is_deleted_with_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    answer = resource.send(resource.event("Create", minimal | {"Description": "x"}, datetime.now(UTC)))
    assert ADOPTED_TAG not in live(service)["tags"]
    assert resource.delete(answer["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_row_57_delete_of_a_create_that_nobody_answered_leaves_an_old_pipeline_of_ours(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    age(service, "golden", timedelta(days=7))
    event = resource.event("Delete", minimal, datetime.now(UTC)) | {"PhysicalResourceId": "Golden-Pipeline-1ABCDEFG"}
    assert resource.send(event)["Status"] == "SUCCESS"
    assert names(service) == ["golden"]


def test_row_57_rollback_of_a_rename_leaves_a_pipeline_that_an_earlier_rename_retained(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    age(service, "golden", timedelta(days=7))
    silver = minimal | {"Name": "silver"}
    resource.update(**silver)
    # The replaced one is retained. A rename back fails before it did anything, and is rolled back.
    event = resource.event("Update", silver)
    event["OldResourceProperties"] = resource.event("Update", minimal)["ResourceProperties"]
    assert resource.send(event)["Status"] == "SUCCESS"
    assert names(service) == ["golden", "silver"]


# 58: tidying up never fails the restoring.


@pytest.mark.parametrize(
    "faults",
    [[DENIED] * 60, ["InvalidRequestException"], [{"status": 400, "body": "<html>"}] * 60, ["ForbiddenException"] * 60],
    ids=["denied", "refused", "garbled", "forbidden"],
)
def test_row_58_rollback_succeeds_although_the_leftover_cannot_be_deleted(
    resource: Resource, service: ImageBuilder, minimal: Properties, faults: list[Any]
) -> None:
    resource.create(**minimal)
    stranger = Resource(resource.handler, resource.responses, logical_id="Theirs", stack_id=OTHER_STACK)
    stranger.create(**minimal | {"Name": "silver"})
    renamed = minimal | {"Name": "silver"}
    assert resource.update(**renamed)["Reason"].startswith("OtherStacks: ")
    event = resource.event("Update", minimal)
    event["OldResourceProperties"] = resource.event("Update", renamed)["ResourceProperties"]
    # The first look is at the pipeline itself.
    service.inject(GET, [{"delay": 0.0}, *faults])
    answer = resource.send(event)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", ARN)
    assert live(service, "silver")["tags"][STACK_ID_TAG] == OTHER_STACK


@pytest.mark.parametrize("name", ["a", "x" * 200, "Ünïcode", "a/b", "golden*", ""])
def test_row_58_name_that_the_checker_refuses_is_no_leftover(
    resource: Resource, service: ImageBuilder, minimal: Properties, name: str
) -> None:
    resource.create(**minimal)
    seen = len(service.calls())
    event = resource.event("Update", minimal)
    event["OldResourceProperties"] |= {"Name": name}
    assert resource.send(event)["Status"] == "SUCCESS"
    assert operations(service, seen) == [GET]


def test_row_58_leftover_whose_deletion_hangs_does_not_fail_the_rollback(
    resource: Resource, service: ImageBuilder, minimal: Properties, caplog: pytest.LogCaptureFixture
) -> None:
    resource.create(**minimal)
    event = resource.event("Update", minimal)
    event["OldResourceProperties"] |= {"Name": "silver"}
    service.inject(GET, [{"delay": 0.0}, *["hang"] * 60])
    caplog.set_level("INFO")
    answer = resource.send(event, seconds=10)
    assert (answer["Status"], answer["PhysicalResourceId"], answer["Data"]["Arn"]) == ("SUCCESS", ARN, ARN)
    assert '"note": "' in caplog.text


# 59: delivered means that a 2xx was seen.


def no_threads(monkeypatch: pytest.MonkeyPatch, after: int, error: type[BaseException]) -> None:
    """Let threads start only so often."""
    started = [0]

    class Thread(threading.Thread):
        def start(self) -> None:
            started[0] += 1
            if started[0] > after:
                raise error("can't start new thread")
            super().start()

    monkeypatch.setattr("imagebuilder_pipeline_handler.runtime.clock.threading.Thread", Thread)


@pytest.mark.parametrize("error", [RuntimeError, MemoryError])
@pytest.mark.parametrize("after", [0, 1])
def test_row_59_answer_that_no_thread_can_give_is_delivered_again(
    resource: Resource, service: ImageBuilder, minimal: Properties, error: type[BaseException], after: int
) -> None:
    event = resource.event("Create", minimal)
    with pytest.MonkeyPatch.context() as patch:
        no_threads(patch, after, error)
        with pytest.raises(UndeliveredError):
            resource.handler(event, Context())
    assert resource.responses.requests == []
    assert resource.send(event)["PhysicalResourceId"] == ARN
    assert len(service.pipelines()) == 1


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(0), RuntimeError()])
def test_row_59_thread_that_dies_while_it_answers_has_delivered_nothing(
    resource: Resource, minimal: Properties, error: BaseException
) -> None:
    def die(*_: object) -> int:
        raise error

    resource.handler = new_handler(put=die)
    with pytest.raises(UndeliveredError):
        resource.handler(resource.event("Create", minimal), Context())


def test_row_59_what_crhelper_swallows_while_it_answers_is_raised(
    resource: Resource, minimal: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("imagebuilder_pipeline_handler.runtime.attempt.deliver", fail)
    with pytest.raises(UndeliveredError):
        resource.handler(resource.event("Create", minimal), Context())


# 60: deliveries that are late, or come across events.


@pytest.mark.parametrize(
    ("sent", "expires", "is_taken"),
    [
        (timedelta(seconds=5), 7200, True),
        (timedelta(seconds=5), 1, False),
        (timedelta(hours=2, seconds=5), 7200, False),
        (timedelta(seconds=1075), 7200, True),
        # The ServiceTimeout of these events is 1080 s.
        (timedelta(seconds=1200), 7200, False),
        (timedelta(hours=-5), 7200, True),
    ],
)
def test_row_60_event_that_is_waited_for_no_longer_is_refused_before_any_call(
    resource: Resource, minimal: Properties, sent: timedelta, expires: int, is_taken: bool
) -> None:
    event = resource.event("Create", minimal)
    event["ResponseURL"] += signature(datetime.now(UTC) - sent, expires)
    if is_taken:
        assert resource.send(event)["Status"] == "SUCCESS"
        return
    with pytest.raises(InvalidEventError, match="the event is too late"):
        resource.handler(event, Context())
    assert resource.responses.requests == []


@pytest.mark.parametrize(
    "more", ["&X-Amz-Date=yesterday", "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=soon", "&Expires=x"]
)
def test_row_60_signature_that_cannot_be_read_refuses_nothing(
    resource: Resource, minimal: Properties, more: str
) -> None:
    event = resource.event("Create", minimal)
    event["ResponseURL"] += more
    assert resource.send(event)["Status"] == "SUCCESS"


def test_row_60_signature_of_version_two_expires_too(resource: Resource, minimal: Properties) -> None:
    event = resource.event("Create", minimal)
    event["ResponseURL"] += "&Expires=1700000000"
    with pytest.raises(InvalidEventError, match="has expired"):
        resource.handler(event, Context())


def test_row_60_older_delete_that_is_delivered_again_leaves_the_pipeline_made_since(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    old = resource.event("Delete", minimal, datetime.now(UTC) - timedelta(minutes=5)) | {"PhysicalResourceId": ARN}
    assert resource.send(old)["Status"] == "SUCCESS"
    assert names(service) == ["golden"]


def test_row_60_older_update_that_is_delivered_again_changes_nothing(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Description="before", Tags={"v": "before"})
    age(service, "golden", timedelta(hours=1))
    after = minimal | {"Description": "after", "Tags": {"v": "after"}}
    old = resource.event("Update", after, datetime.now(UTC) - timedelta(seconds=30))
    assert resource.send(old)["Status"] == "SUCCESS"
    assert live(service)["description"] == "after"
    resource.properties = after
    resource.update(**minimal, Description="before", Tags={"v": "before"})
    before = live(service)
    again = resource.send(old)
    assert (again["Status"], again["Reason"][:12]) == ("FAILED", "Superseded: ")
    assert live(service) == before


def test_row_60_update_that_is_delivered_again_after_it_was_killed_half_way_is_completed(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    age(service, "golden", timedelta(hours=1))
    after = minimal | {"Description": "after", "Tags": {"v": "after"}}
    event = resource.event("Update", after, datetime.now(UTC) - timedelta(seconds=30))
    service.inject(TAG, ["InvalidRequestException"])
    assert resource.send(event)["Status"] == "FAILED"
    assert resource.send(event)["Status"] == "SUCCESS"
    assert (live(service)["description"], live(service)["tags"]["v"]) == ("after", "after")


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_row_60_event_that_a_later_one_overtook_in_this_process_is_left_without_a_call_or_an_answer(
    resource: Resource, service: ImageBuilder, minimal: Properties, kind: str
) -> None:
    resource.create(**minimal)
    now = datetime.now(UTC)
    older = resource.event(kind, minimal | {"Description": "older"}, now - timedelta(seconds=90))
    resource.send(resource.event("Update", minimal | {"Description": "newer"}, now))
    seen, before = len(service.calls()), live(service)
    answered = len(resource.responses.requests)
    resource.handler(older | {"PhysicalResourceId": ARN}, Context())
    assert (operations(service, seen), live(service)) == ([], before)
    assert len(resource.responses.requests) == answered
    resource.send(resource.event("Update", minimal | {"Description": "newest"}, now))
    assert live(service)["description"] == "newest"


def test_memory_of_the_last_events_is_bounded(
    resource: Resource, minimal: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagebuilder_pipeline_handler.runtime.custom_resource._MOST_RESOURCES", 3)
    handler = new_handler()
    resource.handler = handler
    for number in range(5):
        other = Resource(resource.handler, resource.responses, logical_id=f"P{number}")
        other.send(other.event("Create", minimal | {"Name": f"p-{number}-x"}, datetime.now(UTC)))
    assert [logical_id for _, logical_id in handler._latest] == ["P2", "P3", "P4"]


# 61: uncertainty is not answered as certainty.

FOREIGN = [
    {"status": 301, "body": "<html>moved</html>"},
    {"status": 408, "body": ""},
    {"status": 400, "body": "<html>Bad Request</html>"},
    {"status": 404, "body": "not here"},
    {"status": 502, "body": "<html>"},
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda fault: str(fault["status"]))
def test_row_61_proxy_s_error_after_the_effect_finds_the_pipeline(
    resource: Resource, service: ImageBuilder, minimal: Properties, foreign: dict[str, Any]
) -> None:
    event = resource.event("Create", minimal)
    resource.send(event)
    service.inject(CREATE, [foreign] * 200)
    event["RequestId"] = "another"
    answer = resource.send(event, seconds=14)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", ARN)


@pytest.mark.parametrize("fault", ["ServiceException", "CallRateLimitExceededException", "hang", "reset before"])
def test_row_61_create_whose_look_up_fails_answers_the_predicted_arn_which_the_delete_removes(
    resource: Resource, service: ImageBuilder, minimal: Properties, fault: str
) -> None:
    service.inject(CREATE, ["reply lost", "ResourceAlreadyExistsException"])
    service.inject(GET, [fault] * 200)
    answer = resource.send(resource.event("Create", minimal), seconds=12)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", ARN)
    service.faults.clear()
    resource.properties = minimal
    assert resource.delete(ARN)["Status"] == "SUCCESS"
    assert service.pipelines() == []


def test_row_61_create_whose_look_up_is_denied_answers_a_marker_and_whose_it_is(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    service.inject(CREATE, ["ServiceException", "InvalidRequestException"])
    service.inject(GET, [DENIED] * 60)
    answer = resource.create(**minimal)
    assert answer["Reason"].startswith("OtherStacks: ")
    assert answer["PhysicalResourceId"].startswith("not-created/")


# 62: denied means not ours, with and without IAM.


@pytest.mark.parametrize("with_iam", [True, False])
def test_row_62_pipeline_that_another_stack_has_by_now_is_left_by_a_delete_and_named_by_an_update(
    resource: Resource, service: ImageBuilder, minimal: Properties, with_iam: bool, caplog: pytest.LogCaptureFixture
) -> None:
    resource.create(**minimal)
    service.call(TAG, {"resourceArn": ARN, "tags": {STACK_ID_TAG: OTHER_STACK}})
    before = service.pipelines()
    caplog.set_level("INFO")
    if with_iam:
        service.inject(GET, [DENIED] * 60)
    updated = resource.update(**minimal, Description="mine")
    service.faults.clear()
    assert updated["Reason"].startswith("OtherStacks: ")
    if with_iam:
        service.inject(GET, [DENIED] * 60)
    assert resource.delete()["Status"] == "SUCCESS"
    assert '"note": "' in caplog.text
    assert service.pipelines() == before


# 63: the order of two calls at a limit.


def test_row_63_key_that_is_renamed_at_the_limit_is_removed_before_the_other_is_added(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    tags = {f"key{number}": "x" for number in range(48)}
    resource.create(**minimal, Tags=tags)
    seen = len(service.calls())
    renamed = {("renamed" if key == "key0" else key): value for key, value in tags.items()}
    assert resource.update(**minimal, Tags=renamed)["Status"] == "SUCCESS"
    assert operations(service, seen) == [GET, UNTAG, TAG]
    assert live(service)["tags"] == OWNER | renamed


def test_row_63_key_that_is_renamed_below_the_limit_is_added_first(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Tags={"old": "x"})
    seen = len(service.calls())
    resource.update(**minimal, Tags={"new": "x"})
    assert operations(service, seen) == [GET, TAG, UNTAG]


# 64: an adoption that fails leaves everything as it was.


@pytest.mark.parametrize("fails", [UPDATE, TAG])
@pytest.mark.parametrize("fault", ["InvalidRequestException", "reply lost"])
def test_row_64_adoption_that_fails_half_way_restores_members_and_tags(
    resource: Resource, service: ImageBuilder, minimal: Properties, fails: str, fault: str
) -> None:
    by_hand(
        service,
        minimal,
        Description="theirs",
        Schedule={"scheduleExpression": "cron(0 0 ? * * *)"},
        tags={"team": "theirs", "stays": "1"},
    )
    before = without_dates(live(service))
    # The owner's tags are set, the pipeline may be updated, and the template's tags are not.
    service.inject(fails, [*([{"delay": 0.0}] if fails == TAG else []), fault, "InvalidRequestException"])
    wanted = minimal | {"Description": "ours", "Tags": {"team": "ours", "new": "x"}, "AdoptExisting": True}
    answer = resource.send(resource.event("Create", wanted))
    assert answer["Status"] == "FAILED"
    assert without_dates(live(service)) == before
    resource.properties = wanted
    assert resource.delete(answer["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert without_dates(live(service)) == before


def test_row_64_adoption_that_cannot_be_undone_is_given_back_by_the_delete(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    by_hand(service, minimal, tags={"team": "theirs"})
    service.inject(UPDATE, ["InvalidRequestException"])
    service.inject(UNTAG, ["InvalidRequestException"])
    answer = resource.create(**minimal, AdoptExisting=True)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", ARN)
    assert resource.delete()["Status"] == "SUCCESS"
    assert live(service)["tags"] == {"team": "theirs"}


def test_row_64_adoption_that_ends_after_failed_was_answered_is_undone(
    resource: Resource, service: ImageBuilder, minimal: Properties, patient: None
) -> None:
    by_hand(service, minimal, Description="theirs", tags={"team": "theirs"})
    before = without_dates(live(service))
    service.inject(UPDATE, [{"delay": 2.5}])
    event = resource.event("Create", minimal | {"Description": "ours", "AdoptExisting": "true"})
    answer = resource.send(event, seconds=6)
    assert answer["Reason"].startswith("OutOfTime: ")
    assert without_dates(live(service)) == before


# 65: the function looks at the other owner's tag itself.


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_row_65_pipeline_of_another_stack_is_not_adopted_whatever_iam_allows(
    resource: Resource, service: ImageBuilder, minimal: Properties, kind: str
) -> None:
    if kind == "Update":
        resource.create(**minimal | {"Name": "silver"})
    by_hand(service, minimal, tags={STACK_ID_TAG: OTHER_STACK, LOGICAL_ID_TAG: "Theirs"})
    before = live(service)
    change = resource.create if kind == "Create" else resource.update
    answer = change(**minimal, AdoptExisting=True)
    assert answer["Reason"].startswith("OtherStacks: ")
    assert live(service) == before


# 66: the rollback of an Update that never came to be.


@pytest.mark.parametrize(
    "refused", [{"Schedule": {"ScheduleExpression": "never"}}, {"ImageRecipeArn": "image-recipe/missing/1.0.0"}]
)
def test_row_66_rollback_of_an_update_that_was_refused_leaves_what_the_service_disabled(
    resource: Resource, service: ImageBuilder, minimal: Properties, refused: Properties
) -> None:
    if "ImageRecipeArn" in refused:
        refused = {"ImageRecipeArn": service.arn(refused["ImageRecipeArn"])}
    resource.create(**minimal)
    service._state.pipelines[ARN]["status"] = "DISABLED"
    change = minimal | {"Status": "DISABLED"} | refused
    assert resource.update(**change)["Status"] == "FAILED"
    event = resource.event("Update", minimal)
    event["OldResourceProperties"] = resource.event("Update", change)["ResourceProperties"]
    assert resource.send(event)["Status"] == "SUCCESS"
    assert live(service)["status"] == "DISABLED"


def test_row_66_rollback_of_an_update_that_did_disable_it_enables_it(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Description="one")
    resource.update(**minimal, Description="two", Status="DISABLED")
    assert live(service)["status"] == "DISABLED"
    resource.update(**minimal, Description="one")
    assert live(service)["status"] == "ENABLED"


# 67: a token over a live state that changed.


def test_row_67_update_that_is_delivered_again_after_the_status_changed_succeeds(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal)
    event = resource.event("Update", minimal | {"Description": "after", "Tags": {"a": "b"}})
    service.inject(TAG, ["InvalidRequestException"])
    resource.send(event)
    service._state.pipelines[ARN]["status"] = "DISABLED"
    assert resource.send(event)["Status"] == "SUCCESS"
    assert (live(service)["status"], live(service)["tags"]["a"]) == ("DISABLED", "b")


# 68: tags removed by hand.


def test_row_68_owner_tags_removed_by_hand_are_named_and_the_rollback_does_not_fail(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    resource.create(**minimal, Description="one", Tags={"a": "b"})
    service.call(UNTAG, {"resourceArn": ARN, "tagKeys": [STACK_ID_TAG, LOGICAL_ID_TAG]})
    before = live(service)
    change = minimal | {"Description": "two", "Tags": {"c": "d"}}
    answer = resource.update(**change)
    assert answer["Reason"].startswith("OwnerTagsMissing: ")
    for tag in (f"{STACK_ID_TAG}={STACK_ID}", f"{LOGICAL_ID_TAG}=Pipeline"):
        assert tag in answer["Reason"]
    event = resource.event("Update", resource.properties)
    event["OldResourceProperties"] = resource.event("Update", change)["ResourceProperties"]
    assert resource.send(event)["Status"] == "SUCCESS"
    assert live(service) == before
    service.call(TAG, {"resourceArn": ARN, "tags": OWNER})
    assert resource.update(**change)["Status"] == "SUCCESS"


@pytest.mark.parametrize("change", [{}, {"Description": None}])
def test_row_68_update_is_never_said_to_be_done_that_was_not(
    resource: Resource, service: ImageBuilder, minimal: Properties, change: Properties
) -> None:
    resource.create(**minimal, Description="one")
    service.call(UNTAG, {"resourceArn": ARN, "tagKeys": [STACK_ID_TAG, LOGICAL_ID_TAG]})
    wanted = minimal | (change or {"Status": "DISABLED", "Description": "one"})
    assert resource.update(**{k: v for k, v in wanted.items() if v is not None})["Status"] == "FAILED"


# 69: bodies that break the parser.

BROKEN = {
    "list": "[1, 2]",
    "null": "null",
    "text": '"text"',
    "half": "{",
    "number": "7",
    "gzip": gzip.compress(b"{}", mtime=0).decode("latin-1"),
    "broken gzip": "\x1f\x8b\x08 not gzip",
}


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_row_69_body_that_breaks_the_parser_is_tried_again(
    resource: Resource, service: ImageBuilder, minimal: Properties, status: int, body: str
) -> None:
    service.inject("*", [{"status": status, "body": body}] * 2)
    assert resource.create(**minimal)["PhysicalResourceId"] == ARN
    service.inject(GET, [{"status": status, "body": body}] * 2)
    service.inject(UPDATE, [{"status": status, "body": body}] * 2)
    assert resource.update(**minimal, Description="x")["Status"] == "SUCCESS"
    service.inject(DELETE, [{"status": status, "body": body}] * 2)
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []


# Who may invoke it.


def test_event_of_another_stack_than_the_function_s_is_refused_before_any_call(
    resource: Resource, service: ImageBuilder, minimal: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource.create(**minimal)
    seen = len(service.calls())
    monkeypatch.setenv("CUSTOM_RESOURCE_STACK_ID", STACK_ID)
    thief = Resource(resource.handler, resource.responses, stack_id=OTHER_STACK, physical_id=ARN)
    for kind in ("Create", "Update", "Delete"):
        event = thief.event(kind, minimal | {"AdoptExisting": True}) | {"PhysicalResourceId": ARN}
        with pytest.raises(InvalidEventError, match="StackId is not that of the function's stack"):
            resource.handler(event, Context())
    assert operations(service, seen) == []
    assert resource.delete()["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/key", True),
        ("https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn/key", True),
        ("https://bucket.s3.dualstack.eu-west-1.api.aws/key", True),
        ("https://bucket.s3.us-iso-east-1.c2s.ic.gov/key", True),
        ("https://Bucket.S3.AMAZONAWS.COM:443/key", True),
        ("https://amazonaws.com/key", False),
        ("https://evilamazonaws.com/key", False),
        ("https://s3.amazonaws.com.evil.example/key", False),
        ("https://169.254.169.254/key", False),
        ("https://[::1]/key", False),
        ("https://internal.example/key", False),
        ("http://bucket.s3.amazonaws.com/key", False),
        ("https://user@bucket.s3.amazonaws.com/key", False),
    ],
)
def test_function_answers_hosts_of_aws_and_those_that_are_named(
    resource: Resource, minimal: Properties, monkeypatch: pytest.MonkeyPatch, url: str, is_taken: bool
) -> None:
    given: list[str] = []

    def put(url: str, *_: object) -> int:
        given.append(url)
        return 200

    monkeypatch.delenv("CUSTOM_RESOURCE_RESPONSE_HOSTS")
    resource.handler = new_handler(put=put)
    event = resource.event("Create", minimal) | {"ResponseURL": url}
    if is_taken:
        resource.handler(event, Context())
        assert given == [url]
    else:
        with pytest.raises(InvalidEventError, match="ResponseURL"):
            resource.handler(event, Context())
        assert given == []


@pytest.mark.parametrize("named", ["[::1]", "::1", "other.example, ::1"])
def test_host_of_ipv6_can_be_named(
    resource: Resource, minimal: Properties, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    given: list[str] = []
    monkeypatch.setenv("CUSTOM_RESOURCE_RESPONSE_HOSTS", named)

    def put(url: str, *_: object) -> int:
        given.append(url)
        return 200

    resource.handler = new_handler(put=put)
    event = resource.event("Create", minimal)
    resource.handler(event | {"ResponseURL": "https://[::1]:8443/key"}, Context())
    assert given == ["https://[::1]:8443/key"]


@pytest.mark.parametrize("key", [STACK_ID_TAG.upper(), LOGICAL_ID_TAG.title(), ADOPTED_TAG, FORMER_LOGICAL_ID_TAG])
def test_tag_key_that_iam_cannot_tell_from_the_owner_s_is_refused(
    resource: Resource, service: ImageBuilder, minimal: Properties, key: str
) -> None:
    answer = resource.create(**minimal, Tags={key: "x"})
    assert f"Tags[{key!r}] is set by the resource itself: remove it" in answer["Reason"]
    assert service.calls() == []


def test_value_of_a_workflow_parameter_is_in_no_reason(
    resource: Resource, service: ImageBuilder, minimal: Properties
) -> None:
    def workflows(value: object) -> list[dict[str, Any]]:
        parameters = [{"Name": "token", "Value": value}]
        arn = "arn:aws:imagebuilder:us-east-1:000000000000:workflow/test/x/1.0.0/1"
        return [{"WorkflowArn": arn, "Parameters": parameters}]

    role = {"ExecutionRole": "arn:aws:iam::000000000000:role/r"}
    for value in ("hunter2", ["hunter2\n"], ["hunter2" * 300], {"hunter2": 1}):
        answer = resource.create(**minimal, **role, Workflows=workflows(value))
        assert answer["Status"] == "FAILED"
        assert "hunter2" not in answer["Reason"] or isinstance(value, dict)
    message = "The value supplied for parameter 'token' is not valid: hunter2."
    service.inject(CREATE, [{"code": "InvalidParameterValueException", "message": message}])
    service.register(service.arn("workflow/test/x/1.0.0/1"))
    answer = resource.create(**minimal, **role, Workflows=workflows(["hunter2"]))
    assert "is not valid: …" in answer["Reason"]
    assert "hunter2" not in answer["Reason"]


@pytest.fixture
def plain(resource: Resource, service: ImageBuilder, minimal: Properties) -> Callable[[], list[str]]:
    """The calls of a whole plain life, as AWS sends its events."""

    def calls() -> list[str]:
        sent = datetime.now(UTC)
        resource.physical_id = resource.send(resource.event("Create", minimal, sent))["PhysicalResourceId"]
        age(service, "golden", timedelta(seconds=30))
        resource.properties = minimal
        resource.send(resource.event("Update", minimal | {"Description": "x"}, sent))
        resource.send(resource.event("Delete", minimal, sent) | {"PhysicalResourceId": ARN})
        return operations(service)

    return calls


def test_plain_path_makes_no_call_more_than_it_needs(plain: Callable[[], list[str]]) -> None:
    assert plain() == [CREATE, GET, UPDATE, GET, DELETE]
