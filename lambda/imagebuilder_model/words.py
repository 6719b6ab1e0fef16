"""Describes patterns of the service model in words and finds the part of a string that violates one.

The pattern decides: a part is invalid if an example with this part substituted no longer matches.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Words:
    """Description of a pattern, with an example."""

    allowed: str
    example: str
    parts: Mapping[str, str] = field(default_factory=dict)
    """For an ARN: the name of each part and its allowed values, in order."""
    takes_rest: bool = False
    """Whether the last part can contain slashes."""
    arn: "Words | None" = None
    """For a name that can also be an ARN: the words for the ARN."""


_NAME: Final = "lower-case letters, digits, - and _"
_VERSION: Final = "three numbers with dots, x for any, such as 1.0.0 or 1.x.x"
_ARN: Final = "arn:aws:imagebuilder:eu-west-1:111122223333:"


def _arn(of: str, resource: str, *, takes_rest: bool = False, **more: str) -> Words:
    kind = resource.partition("/")[0]
    parts = {
        "beginning": "arn",
        "partition": "aws, or one that begins with aws-",
        "service": "imagebuilder",
        "Region": "the name of a Region",
        "account": "12 digits, or aws",
        "kind": kind,
        **more,
    }
    example = f"{_ARN}{resource}"
    return Words(f"the ARN of {of}, such as {example}", example, parts, takes_rest=takes_rest)


WORDS: Final[Mapping[str, Words]] = {
    "ResourceName": Words("3 to 128 letters, digits, - and _, with spaces between them", "golden-image"),
    "ImageRecipeArn": _arn("an image recipe", "image-recipe/golden/1.0.0", name=_NAME, version=_VERSION),
    "ContainerRecipeArn": _arn("a container recipe", "container-recipe/golden/1.0.0", name=_NAME, version=_VERSION),
    "InfrastructureConfigurationArn": _arn(
        "an infrastructure configuration", "infrastructure-configuration/golden", name=_NAME
    ),
    "DistributionConfigurationArn": _arn(
        "a distribution configuration", "distribution-configuration/golden", name=_NAME
    ),
    "WorkflowVersionArnOrBuildVersionArn": _arn(
        "a workflow",
        "workflow/test/smoke/1.0.0",
        takes_rest=True,
        type="build, test or distribution",
        name=_NAME,
        version=f"{_VERSION}, or three numbers and a build version, such as 1.0.0/1",
    ),
    "ImagePipelineArn": _arn("a pipeline", "image-pipeline/golden", name=_NAME),
    "ImageVersionArnOrBuildVersionArn": _arn(
        "an image",
        "image/golden/x.x.x",
        name=_NAME,
        version=f"{_VERSION}, or three numbers and a build, such as 1.0.0/1",
        takes_rest=True,
    ),
    "StateMachineArn": Words(
        "the ARN of a state machine, such as arn:aws:states:eu-west-1:111122223333:stateMachine:Watcher",
        "arn:aws:states:eu-west-1:111122223333:stateMachine:Watcher",
    ),
    "Timezone": Words("an IANA time zone, such as Europe/London or UTC", "Europe/London"),
    "TagKey": Words("letters, digits, spaces and _.:/=+-@, not beginning with aws:", "team-name"),
    "WorkflowParameterName": Words("any character except NUL", "parameter"),
    "WorkflowParameterValue": Words("any character except NUL", "value"),
    "ParallelGroup": Words("1 to 100 letters, digits and -_+#, beginning with a letter or digit", "tests-1"),
    "RoleNameOrArn": Words(
        "a role's name of letters, digits and +=,.@-_/ or its ARN, such as arn:aws:iam::111122223333:role/build",
        "build-role",
        arn=Words(
            "the ARN of a role",
            "arn:aws:iam::111122223333:role/build",
            {
                "beginning": "arn",
                "partition": "aws, or one that begins with aws-",
                "service": "iam",
                "Region": "nothing",
                "account": "12 digits",
                "kind": "role",
                "name": "letters, digits and +=,.@-_/",
            },
            takes_rest=True,
        ),
    ),
    "LogGroupName": Words("1 to 512 letters, digits and -_/.", "/aws/imagebuilder/golden"),
}
"""Words for each shape with a pattern in a pipeline's request."""


def fault_in(shape: str, regex: re.Pattern[str], value: str) -> tuple[str, str] | None:
    """Return the `got` and `allowed` parts of a message for an invalid string; None for a shape without words."""
    words = WORDS.get(shape)
    if words is None:
        return None
    if words.arn is not None and value.startswith("arn:"):
        words = words.arn
    if words.parts:
        return _in_arn(words, regex, value) if value.startswith("arn:") else (shown(value), words.allowed)
    middle = len(words.example) // 2
    for character in dict.fromkeys(value):
        if not regex.search(f"{words.example[:middle]}{character}{words.example[middle:]}"):
            return f"{character!r} in {shown(value)}", words.allowed
    return shown(value), words.allowed


def _in_arn(words: Words, regex: re.Pattern[str], value: str) -> tuple[str, str]:
    right = re.split("([:/])", words.example)
    got = re.split("[:/]", value, maxsplit=len(words.parts) - 1 if words.takes_rest else 0)
    for index, (name, allowed) in enumerate(words.parts.items()):
        if index >= len(got):
            return f"no {name} at the end of {shown(value)}", f"{allowed}, as in {words.example}"
        if not regex.search("".join([*right[: 2 * index], got[index], *right[2 * index + 1 :]])):
            return f"{got[index]!r} for the {name} in {shown(value)}", f"{allowed}, as in {words.example}"
    if len(got) > len(words.parts):
        last = list(words.parts)[-1]
        more = "/".join(["", *got[len(words.parts) :]])
        return f"{more!r} after the {last} in {shown(value)}", f"nothing after it, as in {words.example}"
    return shown(value), words.allowed


def shown(text: str) -> str:
    """Quote a string. Shorten a long one to its beginning and end, where problems often are."""
    if len(text) <= _SHOWN_CHARACTERS:
        return repr(text)
    half = _SHOWN_CHARACTERS // 2
    return f"{text[:half]!r}…{text[-half:]!r} ({len(text)} characters)"


_SHOWN_CHARACTERS: Final = 60
