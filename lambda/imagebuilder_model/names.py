"""How the service makes a pipeline's identity out of its name."""

import re
from typing import Final

PIPELINE_ARN_KIND: Final = "image-pipeline"
"""The part of a pipeline's ARN that says what it is."""

STACK_ID_TAG: Final = "imagebuilder-pipeline:stack-id"
"""The tag that says which stack made a pipeline. IAM keeps the function away from pipelines of other stacks by it."""

LOGICAL_ID_TAG: Final = "imagebuilder-pipeline:logical-id"
"""The tag that says which resource of the stack made a pipeline."""

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
