"""How the service makes a pipeline's identity out of its name."""

import re
from typing import Final

PIPELINE_ARN_KIND: Final = "image-pipeline"
"""The part of a pipeline's ARN that says what it is."""

STACK_ID_TAG: Final = "imagebuilder-pipeline:stack-id"
"""The tag that says which stack made a pipeline. IAM keeps the function away from pipelines of other stacks by it."""

LOGICAL_ID_TAG: Final = "imagebuilder-pipeline:logical-id"
"""The tag that says which resource of the stack made a pipeline."""

ADOPTED_TAG: Final = "imagebuilder-pipeline:adopted"
"""The tag of a pipeline that was there before the resource which has it now. Its value says what a Delete does."""

RETAINED: Final = "retained-on-delete"
"""Value of ADOPTED_TAG: a Delete takes the owner's tags off and leaves the pipeline. A rollback must not undo more."""

OWNED: Final = "deleted-with-stack"
"""Value of ADOPTED_TAG after an update without AdoptExisting: a Delete deletes the pipeline."""

FORMER_LOGICAL_ID_TAG: Final = "imagebuilder-pipeline:former-logical-id"
"""The tag of a pipeline that one resource of a stack adopted from another: a rollback gives it back to that one."""

OWNER_TAGS: Final = (STACK_ID_TAG, LOGICAL_ID_TAG, ADOPTED_TAG, FORMER_LOGICAL_ID_TAG)
"""Keys that a template may not give, in any case of their letters: IAM's condition keys do not tell case."""


def most_tags(maximum: int, *, adopt_existing: bool) -> int:
    """Return how many tags a template may give, of the `maximum` that a pipeline has: the owner's need room."""
    return maximum - (len(OWNER_TAGS) if adopt_existing else 2)


def is_owner_tag(key: str) -> bool:
    """Tell whether a tag's key is one of the owner's, or cannot be told from one by IAM."""
    return key.lower() in OWNER_TAGS


_PIPELINE_ARN = re.compile(rf"arn:aws[^:]*:imagebuilder:[^:]+:[0-9]{{12}}:{PIPELINE_ARN_KIND}/([a-z0-9_-]+)", re.ASCII)


def normalized_name(name: str) -> str:
    """Return the name as the ARN carries it: lower case, spaces and underscores as hyphens.

    Two pipelines of an account and Region whose names are equal after this are one pipeline.
    """
    return re.sub(r"[ _]", "-", name.lower())


def is_pipeline_arn(text: str) -> bool:
    """Tell whether the text is the ARN of a pipeline in an account, and not, for example, a physical id made up."""
    return _PIPELINE_ARN.fullmatch(text) is not None


def name_in_arn(arn: str) -> str:
    """Return the normalised name in a pipeline's ARN. ValueError when it is the ARN of something else."""
    match = _PIPELINE_ARN.fullmatch(arn)
    if match is None:
        raise ValueError(f"not an image pipeline's ARN: {arn!r}")
    return match[1]
