"""A reason tells the number of attempts only if one request was sent again."""

from support.cloudformation import Resource

from imagebuilder_local.emulator import ImageBuilder

MISSING = {"ImageRecipeArn": "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/missing/1.0.0"}
UPDATE = "UpdateImagePipeline"


def test_update_that_is_tried_once_tells_no_attempts(resource: Resource, minimal: dict[str, str]) -> None:
    resource.create(**minimal)
    answer = resource.update(**(minimal | MISSING))
    assert answer["Reason"].startswith("ResourceNotFoundException: ")
    assert "attempts" not in answer["Reason"]


def test_update_that_is_tried_again_tells_the_attempts(
    resource: Resource, service: ImageBuilder, minimal: dict[str, str]
) -> None:
    resource.create(**minimal)
    service.inject(UPDATE, ["ServiceUnavailableException"])
    answer = resource.update(**(minimal | MISSING))
    assert ", 2 attempts in " in answer["Reason"]
