"""What templates ask for, at random, and what Image Builder has when it has that."""

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_model import Shape, check, load_model

Wanted = dict[str, Any]
"""A CreateImagePipeline request; a name in upper case is CloudFormation's or the handler's, not the API's."""

OWN: Final = "arn:aws:imagebuilder:us-east-1:000000000000:"
REGISTERED: Final = (
    "image-recipe/golden/1.0.0",
    "image-recipe/other/2.1.0",
    "container-recipe/golden/1.0.0",
    "container-recipe/other/1.0.0",
    "infrastructure-configuration/golden",
    "infrastructure-configuration/other",
    "distribution-configuration/golden",
)
RECIPES: Final = ("imageRecipeArn", "containerRecipeArn")
_KINDS: Final = {"imageRecipeArn": "image-recipe", "containerRecipeArn": "container-recipe"}
_WORKFLOW: Final = "arn:aws:imagebuilder:us-east-1:aws:workflow/test/test-image/x.x.x"


def _tags() -> SearchStrategy[dict[str, str]]:
    keys = st.sampled_from(["team", "Team", "cost center", "ä"])
    return st.dictionaries(keys, st.sampled_from(["", "true", "1", "web"]), max_size=3)


VALUES: Final[dict[str, SearchStrategy[Any]]] = {
    "description": st.sampled_from(["weekly", "42", "ümlaut"]),
    "infrastructureConfigurationArn": st.sampled_from([OWN + REGISTERED[4], OWN + REGISTERED[5]]),
    "distributionConfigurationArn": st.just(OWN + REGISTERED[6]),
    "enhancedImageMetadataEnabled": st.booleans(),
    "executionRole": st.sampled_from(["builder", "arn:aws:iam::000000000000:role/builder"]),
    "imageTestsConfiguration": st.sampled_from(
        [{"imageTestsEnabled": False}, {"timeoutMinutes": 60}, {"imageTestsEnabled": True, "timeoutMinutes": 721}]
    ),
    "imageScanningConfiguration": st.sampled_from(
        [{"imageScanningEnabled": True}, {"imageScanningEnabled": False, "ecrConfiguration": {"repositoryName": "r"}}]
    ),
    "imageTags": _tags(),
    "loggingConfiguration": st.sampled_from(
        [{"imageLogGroupName": "/aws/imagebuilder/x"}, {"pipelineLogGroupName": "/mine"}]
    ),
    "schedule": st.sampled_from(
        [
            {"scheduleExpression": "rate(1 day)"},
            {
                "scheduleExpression": "cron(0 0 ? * SUN *)",
                "timezone": "Etc/UTC",
                "autoDisablePolicy": {"failureCount": 1},
            },
            {"scheduleExpression": "rate(2 days)", "pipelineExecutionStartCondition": "EXPRESSION_MATCH_ONLY"},
        ]
    ),
    "status": st.sampled_from(["ENABLED", "DISABLED"]),
    "tags": _tags(),
    "workflows": st.sampled_from(
        [
            [{"workflowArn": _WORKFLOW}],
            [{"workflowArn": _WORKFLOW, "onFailure": "ABORT", "parameters": [{"name": "p", "value": ["true"]}]}],
        ]
    ),
}
"""Values for every member but name and recipe. Not every combination is allowed: then an operation must fail."""


def members() -> SearchStrategy[dict[str, Any]]:
    """Any members but name and recipe, mostly together as the service allows them."""
    names = [name for name in VALUES if name != "infrastructureConfigurationArn"]
    anyhow = st.fixed_dictionaries(
        {"infrastructureConfigurationArn": VALUES["infrastructureConfigurationArn"]},
        optional={name: VALUES[name] for name in names},
    )
    return st.builds(lambda given, repair: _repaired(given) if repair else given, anyhow, st.sampled_from([1, 1, 1, 0]))


def _repaired(given: dict[str, Any]) -> dict[str, Any]:
    """Add the role that workflows and log groups need, and leave out scanning, which needs tests."""
    without_tests = given.get("imageTestsConfiguration", {}).get("imageTestsEnabled") is False
    kept = {name: value for name, value in given.items() if name != "imageScanningConfiguration" or not without_tests}
    return ({"executionRole": "builder"} if kept.keys() & {"workflows", "loggingConfiguration"} else {}) | kept


def recipes() -> SearchStrategy[dict[str, str]]:
    """A recipe of either type; now and then one that does not exist."""
    return st.sampled_from(
        [
            {member: f"{OWN}{_KINDS[member]}/{name}"}
            for member, name in (
                ("imageRecipeArn", "golden/1.0.0"),
                ("imageRecipeArn", "other/2.1.0"),
                ("imageRecipeArn", "golden/x.x.x"),
                ("containerRecipeArn", "golden/1.0.0"),
                ("containerRecipeArn", "other/1.0.0"),
            )
        ]
    )


def with_recipe(wanted: Wanted, recipe: Mapping[str, str]) -> Wanted:
    return {name: value for name, value in wanted.items() if name not in RECIPES} | dict(recipe)


def properties_of(wanted: Wanted) -> dict[str, Any]:
    """Spell a request as a template does."""
    properties: dict[str, Any] = _spelled(load_model().input_of("CreateImagePipeline"), wanted)
    return properties


def _spelled(shape: Shape, value: Any) -> Any:
    shapes = load_model().shapes
    match shape.type:
        case "structure":
            return {
                name[:1].upper() + name[1:]: _spelled(shapes[shape.members[name].shape], item)
                if name in shape.members
                else item
                for name, item in value.items()
            }
        case "list" if shape.element is not None:
            return [_spelled(shapes[shape.element], item) for item in value]
        case _:
            return value


def request_of(wanted: Wanted) -> dict[str, Any]:
    """Return what of it is the API's."""
    given = {name: value for name, value in wanted.items() if not name[:1].isupper()}
    # Empty maps count as not given.
    return {name: value for name, value in given.items() if value != {}}


def is_allowed(wanted: Wanted) -> bool:
    """Tell whether the service takes it."""
    request = request_of(wanted)
    is_there = all(request[name].split(":")[-1] not in _MISSING for name in RECIPES if name in request)
    return is_there and not check("CreateImagePipeline", request | {"clientToken": "t"})


MISSING_RECIPE: Final = {"imageRecipeArn": f"{OWN}image-recipe/missing/1.0.0"}
_MISSING: Final = ("image-recipe/missing/1.0.0",)

_CHANGES_BY_ITSELF: Final = frozenset(
    {
        "arn",
        "consecutiveFailures",
        "dateCreated",
        "dateUpdated",
        "dateLastRun",
        "dateNextRun",
        "lastRunStatus",
        "name",
        "status",
        "tags",
    }
)
"""What is compared by other means, or is not the template's."""


def new_service(**options: Any) -> ImageBuilder:
    service = ImageBuilder(**options)
    for resource in REGISTERED:
        service.register(OWN + resource)
    return service


def configuration(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a template decides of a live pipeline, less its status and tags."""
    return {name: value for name, value in pipeline.items() if name not in _CHANGES_BY_ITSELF}


def expected_configuration(wanted: Wanted) -> dict[str, Any]:
    """Return what the service has after being asked for exactly this, once, by hand."""
    service = new_service()
    service.call("CreateImagePipeline", request_of(wanted) | {"clientToken": "t"})
    (pipeline,) = service.pipelines()
    return configuration(pipeline)
