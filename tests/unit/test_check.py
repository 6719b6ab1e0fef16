"""The checker of requests, on the real model."""

import pytest

from imagebuilder_model import check

RECIPE = "arn:aws:imagebuilder:eu-west-1:123456789012:image-recipe/web/1.0.0"
INFRASTRUCTURE = "arn:aws:imagebuilder:eu-west-1:123456789012:infrastructure-configuration/web"
MINIMAL = {"name": "web", "imageRecipeArn": RECIPE, "infrastructureConfigurationArn": INFRASTRUCTURE}

NAME = "3 to 128 letters, digits, - and _, with spaces between them"


def problems(**members: object) -> list[str]:
    return [str(problem) for problem in check("CreateImagePipeline", MINIMAL | members)]


def test_minimal_request_has_no_problem() -> None:
    assert problems() == []


def test_missing_required_members_are_each_named() -> None:
    assert [str(problem) for problem in check("CreateImagePipeline", {})] == [
        "name is missing",
        "infrastructureConfigurationArn is missing",
        "imageRecipeArn is missing: give imageRecipeArn or containerRecipeArn",
    ]


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("name", "a", f"name does not match the pattern: got 'a', allowed is {NAME}"),
        ("name", "web\n", rf"name does not match the pattern: got '\n' in 'web\n', allowed is {NAME}"),
        ("description", "", "description is too small: got 0 characters, allowed 1 to 1024"),
        ("description", "x" * 1025, "description is too large: got 1025 characters, allowed 1 to 1024"),
        ("status", "enabled", "status is not an allowed value: got 'enabled', allowed are DISABLED, ENABLED"),
        ("enhancedImageMetadataEnabled", "ture", "enhancedImageMetadataEnabled must be true or false: got 'ture'"),
        ("enhancedImageMetadataEnabled", 1, "enhancedImageMetadataEnabled must be true or false: got 1"),
        ("schedule", "rate(1 day)", "schedule must be an object: got 'rate(1 day)'"),
        ("schedule", {"autoDisablePolicy": {}}, "schedule.autoDisablePolicy.failureCount is missing"),
        (
            "schedule",
            {"autoDisablePolicy": {"failureCount": 11}},
            "schedule.autoDisablePolicy.failureCount is too large: got 11, allowed 1 to 10",
        ),
        (
            "imageTestsConfiguration",
            {"timeoutMinutes": True},
            "imageTestsConfiguration.timeoutMinutes must be a whole number: got true",
        ),
        ("workflows", "x", "workflows must be a list: got 'x'"),
        ("workflows", [{}], "workflows[0].workflowArn is missing"),
        ("tags", {}, "tags is too small: got 0 entries, allowed 1 to 50"),
        ("tags", {f"k{i}": "" for i in range(51)}, "tags is too large: got 51 entries, allowed 1 to 50"),
        ("tags", {"a": "v" * 257}, "tags['a'] is too large: got 257 characters, allowed at most 256"),
        (
            "tags",
            {"aws:x": "v"},
            "tags['aws:x'] has a key that does not match the pattern: got 'aws:x', allowed is letters, digits, spaces and "
            "_.:/=+-@, not beginning with aws:",
        ),
        ("description", None, "description must be a string: got nothing"),
    ],
)  # fmt: skip
def test_wrong_value_is_reported_with_path_got_and_allowed(member: str, value: object, message: str) -> None:
    assert problems(**{member: value}) == [message]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "a-b"),
        ("description", "x" * 1024),
        ("schedule", {"timezone": "GB-Eire", "autoDisablePolicy": {"failureCount": 10}}),
        ("tags", {f"k{i}": "" for i in range(50)}),
        ("imageTestsConfiguration", {"timeoutMinutes": 1440}),
        ("workflows", []),
    ],
)
def test_value_at_its_limit_has_no_problem(member: str, value: object) -> None:
    assert problems(**{member: value}) == []


def test_unknown_member_names_the_nearest_known_one_and_all_allowed() -> None:
    assert problems(schedule={"timeZone": "UTC"}) == [
        "schedule.timeZone is not known: did you mean timezone? "
        "allowed are scheduleExpression, timezone, pipelineExecutionStartCondition, autoDisablePolicy"
    ]


def test_unknown_member_that_is_like_none_names_all_allowed() -> None:
    (problem,) = problems(schedule={"qqq": "UTC"})
    assert problem.startswith("schedule.qqq is not known: allowed are scheduleExpression, ")


def test_both_recipes_are_refused() -> None:
    assert problems(containerRecipeArn=RECIPE.replace("image-recipe", "container-recipe")) == [
        "containerRecipeArn is given together with imageRecipeArn: a pipeline has exactly one recipe, remove one of them"
    ]


def test_every_problem_is_reported_at_once() -> None:
    assert len(problems(name="a", description="", status="ON", tags={}, extra=1)) == 5


def test_long_value_is_shown_shortened() -> None:
    (problem,) = problems(infrastructureConfigurationArn="z" * 500)
    assert f"got '{'z' * 30}'…'{'z' * 30}' (500 characters), allowed is the ARN of an infrastructure" in problem


def test_names_are_spelt_as_the_reader_knows_them_but_map_keys_are_kept() -> None:
    found = check(
        "CreateImagePipeline",
        MINIMAL | {"tags": {"aKey": "v" * 300}, "schedule": {"timezone": "x"}},
        spell=str.upper,
    )
    assert [problem.path for problem in found] == [("TAGS", "aKey"), ("SCHEDULE", "TIMEZONE")]


def test_unresolved_values_are_passed_over_at_every_depth() -> None:
    token = object()
    request = {
        "name": token,
        "imageRecipeArn": token,
        "containerRecipeArn": token,
        "infrastructureConfigurationArn": token,
        "schedule": {"autoDisablePolicy": {"failureCount": token}},
        "workflows": [token, {"workflowArn": token}],
        "tags": {"a": token},
    }
    assert check("CreateImagePipeline", request, is_unresolved=lambda value: value is token) == []


def test_missing_idempotency_token_is_left_to_the_sdk_and_a_given_one_is_checked() -> None:
    assert problems(clientToken="t" * 65) == ["clientToken is too large: got 65 characters, allowed 1 to 64"]


def test_unknown_operation_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="CreateImagePipelin"):
        check("CreateImagePipelin", {})


def test_hidden_members_are_not_offered_to_the_reader() -> None:
    (problem,) = check("CreateImagePipeline", MINIMAL | {"dryRum": True}, hidden=("clientToken", "dryRun"))
    assert "dryRun" not in str(problem)
    assert "clientToken" not in str(problem)


@pytest.mark.parametrize("at", [1_700_000_000, 1_700_000_000.5])
def test_timestamp_is_a_number(at: object) -> None:
    request = {"resourceArn": "arn:aws:imagebuilder:us-east-1:000000000000:image/web/1.0.0/1", "state": {}}
    assert list(check("StartResourceStateUpdate", request | {"updateAt": at})) == []


@pytest.mark.parametrize("at", [True, "2030-01-01"])
def test_other_timestamp_is_refused(at: object) -> None:
    request = {"resourceArn": "arn:aws:imagebuilder:us-east-1:000000000000:image/web/1.0.0/1", "state": {}}
    (problem,) = check("StartResourceStateUpdate", request | {"updateAt": at})
    assert str(problem).startswith("updateAt must be a number of seconds since 1970: got ")
