"""The EC2 Image Builder API model, and validation of requests against it.

This package is the only code that the construct, the Lambda function and the emulator share. Names, types, limits,
patterns and enums come from `data/`, which a script extracts from botocore's service model; none are written by hand.
"""

from imagebuilder_model.check import MapKey, Path, Problem, check, described, nearest
from imagebuilder_model.dynamic_reference import (
    DYNAMIC_REFERENCE,
    SECURE_REFERENCE,
    fault_of_reference,
    is_dynamic_reference,
)
from imagebuilder_model.model import DATA_PATH, Member, Model, Operation, Shape, dns_suffixes, load_model
from imagebuilder_model.names import PIPELINE_ARN_KIND, is_pipeline_arn, name_in_arn, normalized_name
from imagebuilder_model.ownership import LOGICAL_ID_TAG, STACK_ID_TAG

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
