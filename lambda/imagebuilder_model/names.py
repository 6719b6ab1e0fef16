"""The names and ARNs of pipelines, as the service derives one from the other."""

import re
from typing import Final

PIPELINE_ARN_KIND: Final = "image-pipeline"
"""The resource type in a pipeline's ARN."""

_PIPELINE_ARN = re.compile(rf"arn:aws[^:]*:imagebuilder:[^:]+:[0-9]{{12}}:{PIPELINE_ARN_KIND}/([a-z0-9_-]+)", re.ASCII)


def normalized_name(name: str) -> str:
    """Return the name as the ARN carries it: lower case, spaces and underscores as hyphens.

    Two pipelines of an account and Region whose names are equal after this are one pipeline.
    """
    return re.sub(r"[ _]", "-", name.lower())


def is_pipeline_arn(string: str) -> bool:
    """Return whether a string is the ARN of a pipeline in an account, and not an invented physical id."""
    return _PIPELINE_ARN.fullmatch(string) is not None


def name_in_arn(arn: str) -> str:
    """Return the normalised name in a pipeline's ARN. ValueError when it is the ARN of something else."""
    match = _PIPELINE_ARN.fullmatch(arn)
    if match is None:
        raise ValueError(f"not an image pipeline's ARN: {arn!r}")
    return match[1]
