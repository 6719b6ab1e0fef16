"""The properties of `Custom::ImagePipelineBuild` and `Custom::ImagePipelineImage`, in the form of the API's shapes.

No operation of the API has them. As shapes they are read, checked and written to schemas like a request.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from imagebuilder_model.check import MapKey, Problem, check
from imagebuilder_model.model import add_shapes, load_model
from imagebuilder_model.ownership import TAGS_OF_BUILDS, is_owner_tag
from imagebuilder_model.spelling import as_request, template_name

BUILD: Final = "ImagePipelineBuild"
IMAGE: Final = "ImagePipelineImage"

RETAIN: Final = "RETAIN"
DELETE: Final = "DELETE"

LONGEST_WAIT: Final = 3300
"""Seconds that one resource waits: CloudFormation waits an hour for it, and the function may need five minutes."""

LONGEST_TIMEOUT: Final = 43_200
"""Seconds that all parts wait: half a day, as long as CloudFormation's own resource type waits for an image."""

OWN_TAGS: Final = 2 + len(TAGS_OF_BUILDS)
"""The number of tags that the resource adds to those of an image: two name its owner."""

_WAIT: Final = {
    "waitSeconds": {"shape": "WaitSeconds"},
    "timeoutSeconds": {"shape": "TimeoutSeconds"},
    "isLast": {"shape": "Boolean"},
    "watcherArn": {"shape": "StateMachineArn"},
}

SHAPES: Final[Mapping[str, Any]] = {
    BUILD: {
        "type": "structure",
        "required": ["pipelineArn", "trigger"],
        "members": {
            "pipelineArn": {"shape": "ImagePipelineArn"},
            "trigger": {"shape": "Trigger"},
            "imageTags": {"shape": "BuildTags"},
            "onDelete": {"shape": "BuildOnDelete"},
            "lifecycleRoleArn": {"shape": "RoleNameOrArn"},
            **_WAIT,
        },
    },
    IMAGE: {
        "type": "structure",
        "required": ["imageArn"],
        "members": {
            "imageArn": {"shape": "ImageVersionArnOrBuildVersionArn"},
            "trigger": {"shape": "Trigger"},
            **_WAIT,
        },
    },
    "Trigger": {"type": "string", "min": 1, "max": load_model().shapes["TagValue"].maximum},
    "BuildTags": {
        "type": "map",
        "key": {"shape": "TagKey"},
        "value": {"shape": "TagValue"},
        "max": (load_model().shapes["TagMap"].maximum or 0) - OWN_TAGS,
    },
    "BuildOnDelete": {"type": "string", "enum": [RETAIN, DELETE]},
    "WaitSeconds": {"type": "integer", "min": 0, "max": LONGEST_WAIT},
    "TimeoutSeconds": {"type": "integer", "min": 0, "max": LONGEST_TIMEOUT},
    "StateMachineArn": {"type": "string", "pattern": "^arn:[^:]+:states:[^:]+:[0-9]{12}:stateMachine:[^:]{1,80}$"},
}

add_shapes(SHAPES)


def read(name: str, properties: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the properties of a build or an image in the API's form, and every problem of them."""
    request, problems = as_request(name, properties)
    problems += check(name, request, spell=template_name)
    found = {problem.path[:1] for problem in problems}
    return request, problems + [more for more in _across(request) if more.path[:1] not in found]


def _across(request: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what no single shape says."""
    if request.get("onDelete") == DELETE and "lifecycleRoleArn" not in request:
        yield Problem(("LifecycleRoleArn",), "is missing: OnDelete DELETE needs it")
    if request.get("waitSeconds", LONGEST_WAIT) != 0 and "watcherArn" not in request:
        yield Problem(("WatcherArn",), "is missing: only WaitSeconds 0 goes without it")
    tags = request.get("imageTags", {})
    for key in tags if isinstance(tags, Mapping) else ():
        if is_owner_tag(str(key)) or str(key).lower() in TAGS_OF_BUILDS:
            yield Problem(("ImageTags", MapKey(key)), "is set by the resource itself: remove it")
