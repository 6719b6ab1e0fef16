"""Names and ARNs of pipelines. The service derives the ARN from the name."""

import re
from typing import Final

PIPELINE_ARN_KIND: Final = "image-pipeline"
"""The resource type in a pipeline's ARN."""

_PIPELINE_ARN = re.compile(rf"arn:aws[^:]*:imagebuilder:[^:]+:[0-9]{{12}}:{PIPELINE_ARN_KIND}/([a-z0-9_-]+)", re.ASCII)


def normalized_name(name: str) -> str:
    """Return the name as it appears in the ARN: lower case, with hyphens for spaces and underscores.

    Names that are equal after normalization identify one pipeline in an account and Region.
    """
    return re.sub(r"[ _]", "-", name.lower())


def is_pipeline_arn(string: str) -> bool:
    """Return whether a string is the ARN of a pipeline rather than a generated physical id."""
    return _PIPELINE_ARN.fullmatch(string) is not None


def name_in_arn(arn: str) -> str:
    """Return the normalized name in a pipeline's ARN. Raise ValueError for any other string."""
    match = _PIPELINE_ARN.fullmatch(arn)
    if match is None:
        raise ValueError(f"not an image pipeline's ARN: {arn!r}")
    return match[1]
