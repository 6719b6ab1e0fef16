"""Why the work on a pipeline fails, besides the errors of the service."""

from typing import Final

from imagebuilder_pipeline_handler.runtime.failure import Reason

NOT_OURS: Final = Reason(
    "NotOurs",
    "a pipeline of this name exists and was not made by this resource",
    "choose another Name, or set AdoptExisting to true to adopt it",
)
OTHER_STACKS: Final = Reason(
    "OtherStacks",
    "a pipeline of this name exists and belongs to another stack",
    "choose another Name, or delete its tag imagebuilder-pipeline:stack-id and set AdoptExisting",
)
OWNER_TAGS_MISSING: Final = Reason(
    "OwnerTagsMissing",
    "the pipeline lacks the two tags that name its owner",
    "restore them as given here, or set AdoptExisting to true",
)
SUPERSEDED: Final = Reason(
    "Superseded",
    "a later change of the pipeline came before this delivery of an earlier one",
    "nothing: CloudFormation no longer waits for it",
)
OTHER_RECIPE_TYPE: Final = Reason(
    "OtherRecipeType",
    "a pipeline cannot change the type of its recipe",
    "change Name together with the recipe, so that a new pipeline replaces this one",
)
STILL_BUILDING: Final = Reason(
    "StillBuilding",
    "the pipeline builds an image, and OnDelete refuses to delete it meanwhile",
    "wait for the build or cancel it, then delete again",
)

REASONS: Final = (NOT_OURS, OTHER_STACKS, OWNER_TAGS_MISSING, SUPERSEDED, OTHER_RECIPE_TYPE, STILL_BUILDING)
