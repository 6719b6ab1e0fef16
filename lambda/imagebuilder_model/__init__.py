"""EC2 Image Builder's API as data, and the checker of requests against it.

The one thing that the construct, the Lambda function and the emulator share. Names, types, limits, patterns and enums
come from `data/`, which is cut out of botocore's service model by a script; nothing of the API is typed by hand.
"""

from imagebuilder_model.check import MapKey, Path, Problem, check, described, nearest
from imagebuilder_model.dynamic_reference import (
    DYNAMIC_REFERENCE,
    SECURE_REFERENCE,
    fault_of_reference,
    is_dynamic_reference,
)
from imagebuilder_model.model import DATA_PATH, Member, Model, Operation, Shape, dns_suffixes, load_model
from imagebuilder_model.names import (
    LOGICAL_ID_TAG,
    PIPELINE_ARN_KIND,
    STACK_ID_TAG,
    is_pipeline_arn,
    name_in_arn,
    normalized_name,
)

__all__ = [
    "DATA_PATH",
    "DYNAMIC_REFERENCE",
    "LOGICAL_ID_TAG",
    "PIPELINE_ARN_KIND",
    "SECURE_REFERENCE",
    "STACK_ID_TAG",
    "MapKey",
    "Member",
    "Model",
    "Operation",
    "Path",
    "Problem",
    "Shape",
    "check",
    "described",
    "dns_suffixes",
    "fault_of_reference",
    "is_dynamic_reference",
    "is_pipeline_arn",
    "load_model",
    "name_in_arn",
    "nearest",
    "normalized_name",
]
