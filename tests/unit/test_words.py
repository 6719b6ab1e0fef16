"""The words for patterns: each pattern that a pipeline can meet has some, and they say what it says."""

import re
from collections.abc import Iterator

import pytest

from imagebuilder_model import check, load_model
from imagebuilder_model.builds import BUILD, IMAGE
from imagebuilder_model.words import WORDS, fault_in

OWN = "arn:aws:imagebuilder:eu-west-1:123456789012:"
RECIPE = f"{OWN}image-recipe/golden/1.0.0"
MINIMAL = {
    "name": "golden",
    "imageRecipeArn": RECIPE,
    "infrastructureConfigurationArn": f"{OWN}infrastructure-configuration/golden",
}

WRITTEN_FOR = {
    "ImagePipelineArn": r"^arn:aws[^:]*:imagebuilder:[^:]+:(?:[0-9]{12}|aws):image-pipeline/[a-z0-9-_]+$",
    "ImageVersionArnOrBuildVersionArn": r"^arn:aws[^:]*:imagebuilder:[^:]+:(?:[0-9]{12}|aws(?:-[a-z-]+)?):image/[a-z0-9-_]+/(?:(?:([0-9]+|x)\.([0-9]+|x)\.([0-9]+|x))|(?:[0-9]+\.[0-9]+\.[0-9]+/[0-9]+))$",
    "StateMachineArn": r"^arn:[^:]+:states:[^:]+:[0-9]{12}:stateMachine:[^:]{1,80}$",
    "ResourceName": "^[-_A-Za-z-0-9][-_A-Za-z0-9 ]{1,126}[-_A-Za-z-0-9]$",
    "ImageRecipeArn": r"^arn:aws[^:]*:imagebuilder:[^:]+:(?:[0-9]{12}|aws):image-recipe/[a-z0-9-_]+/(?:[0-9]+|x)\.(?:[0-9]+|x)\.(?:[0-9]+|x)$",
    "ContainerRecipeArn": r"^arn:aws[^:]*:imagebuilder:[^:]+:(?:[0-9]{12}|aws):container-recipe/[a-z0-9-_]+/(?:[0-9]+|x)\.(?:[0-9]+|x)\.(?:[0-9]+|x)$",
    "InfrastructureConfigurationArn": "^arn:aws[^:]*:imagebuilder:[^:]+:(?:[0-9]{12}|aws):infrastructure-configuration/[a-z0-9-_]+$",
    "DistributionConfigurationArn": "^arn:aws[^:]*:imagebuilder:[^:]+:(?:[0-9]{12}|aws):distribution-configuration/[a-z0-9-_]+$",
    "WorkflowVersionArnOrBuildVersionArn": r"^arn:aws(?:-[a-z]+)*:imagebuilder:[a-z]{2,}(?:-[a-z]+)+-[0-9]+:(?:[0-9]{12}|aws(?:-[a-z-]+)?):workflow/(build|test|distribution)/[a-z0-9-_]+/(?:(?:([0-9]+|x)\.([0-9]+|x)\.([0-9]+|x))|(?:[0-9]+\.[0-9]+\.[0-9]+/[0-9]+))$",
    "Timezone": r"[a-zA-Z0-9]{2,}(?:\/[a-zA-Z0-9-_+]+)*",
    "TagKey": r"^(?!aws:)[a-zA-Z0-9\s_.:/=+\-@]*$",
    "WorkflowParameterName": r"[^\x00]+",
    "WorkflowParameterValue": r"[^\x00]*",
    "ParallelGroup": "^[A-Za-z0-9][A-Za-z0-9-_+#]{0,99}$",
    "RoleNameOrArn": r"^(?:arn:aws(?:-[a-z]+)*:iam::[0-9]{12}:role/)?[a-zA-Z_0-9+=,.@\-_/]+$",
    "LogGroupName": r"^[a-zA-Z0-9\-_/\.]{1,512}$",
}
"""The patterns that the words were written for. Another pattern in a newer model needs other words."""


def shapes_of(name: str, seen: set[str]) -> Iterator[str]:
    shape = load_model().shapes[name]
    if name in seen:
        return
    seen.add(name)
    if shape.pattern is not None:
        yield name
    inner = [member.shape for member in shape.members.values() if not member.is_idempotency_token]
    for one in filter(None, [*inner, shape.element, shape.key, shape.value]):
        yield from shapes_of(one, seen)


def test_every_pattern_of_a_property_has_words_that_were_written_for_it() -> None:
    taken = (load_model().input_of("CreateImagePipeline").name, BUILD, IMAGE)
    names = {name for one in taken for name in shapes_of(one, set())}
    assert names == WORDS.keys()
    assert {name: load_model().shapes[name].pattern for name in names} == WRITTEN_FOR


@pytest.mark.parametrize("name", WORDS)
def test_example_matches_the_pattern(name: str) -> None:
    regex = load_model().shapes[name].regex
    assert regex is not None
    assert regex.search(WORDS[name].example)


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (f"{OWN}image-recipe/golden", "got no version at the end of "),
        (f"{OWN}image-recipe/golden/", "got '' for the version in "),
        (f"{OWN}image-recipe/Golden/1.0.0", "got 'Golden' for the name in "),
        (f"{OWN}image-recipe/golden image/1.0.0", "got 'golden image' for the name in "),
        (f"{RECIPE}\n", r"got '1.0.0\n' for the version in "),
        (f"{OWN}component/golden/1.0.0", "got 'component' for the kind in "),
        (f"{OWN}image-pipeline/golden", "got 'image-pipeline' for the kind in "),
        ("arn:aws:s3:::bucket/golden", "got 's3' for the service in "),
        ("arn:aws:imagebuilder:eu-west-1::image-recipe/golden/1.0.0", "got '' for the account in "),
        ("arn:aws:imagebuilder:eu-west-1:123:image-recipe/golden/1.0.0", "got '123' for the account in "),
        (f"{OWN}image-recipe/golden/1.0", "got '1.0' for the version in "),
        (f"{OWN}image-recipe/golden/latest", "got 'latest' for the version in "),
        (f"{RECIPE}/1", "got '/1' after the version in "),
        ("golden", "got 'golden', allowed is the ARN of an image recipe, such as arn:"),
        ("", "got '', allowed is the ARN of an image recipe, such as arn:"),
    ],
)
def test_wrong_part_of_an_arn_is_shown_with_what_is_allowed_at_once(arn: str, said: str) -> None:
    (problem,) = check("CreateImagePipeline", MINIMAL | {"imageRecipeArn": arn})
    assert str(problem).startswith(f"imageRecipeArn does not match the pattern: {said}")
    assert "allowed is " in str(problem)[:256]
    assert "image-recipe/golden/1.0.0" in str(problem)


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:iam::123:role/build", "got '123' for the account in "),
        ("arn:aws:iam:eu-west-1:111122223333:role/build", "got 'eu-west-1' for the Region in "),
        ("arn:aws:iam::111122223333:instance-profile/build", "got 'instance-profile' for the kind in "),
        ("arn:aws:iam::111122223333:role/images/my build", "got 'images/my build' for the name in "),
    ],
)
def test_wrong_part_of_the_arn_of_a_role_is_shown(arn: str, said: str) -> None:
    (problem,) = check("CreateImagePipeline", MINIMAL | {"executionRole": arn})
    assert str(problem).startswith(f"executionRole does not match the pattern: {said}")
    assert str(problem).endswith("as in arn:aws:iam::111122223333:role/build")


def test_version_of_a_workflow_is_shown_with_its_build_version() -> None:
    workflow = {"workflowArn": f"{OWN}workflow/test/smoke/x.x.x/1"}
    (problem,) = check("CreateImagePipeline", MINIMAL | {"executionRole": "build", "workflows": [workflow]})
    assert "got 'x.x.x/1' for the version in " in str(problem)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "golden/image"}, "name does not match the pattern: got '/' in 'golden/image', allowed is 3 to 128"),
        ({"name": "golden\n"}, r"name does not match the pattern: got '\n' in 'golden\n', allowed is 3 to 128"),
        ({"name": "a"}, "name does not match the pattern: got 'a', allowed is 3 to 128 letters"),
        (
            {"executionRole": "a b"},
            "executionRole does not match the pattern: got ' ' in 'a b', allowed is a role's name",
        ),
        (
            {"tags": {"aws:a": "1"}},
            "tags['aws:a'] has a key that does not match the pattern: got 'aws:a', allowed is letters",
        ),
    ],
)
def test_wrong_character_of_a_name_is_shown(changes: dict[str, object], said: str) -> None:
    (problem,) = check("CreateImagePipeline", MINIMAL | changes)
    assert str(problem).startswith(said)


def test_long_text_is_shown_with_its_beginning_and_its_end() -> None:
    (problem,) = check("CreateImagePipeline", MINIMAL | {"name": "n" * 100 + "e" * 29})
    assert f"got '{'n' * 30}'…'n{'e' * 29}' (129 characters)" in str(problem)


def test_shape_without_words_is_left_to_its_pattern() -> None:
    assert fault_in("Unknown", re.compile("x"), "y") is None
