"""Scans of images by Amazon Inspector."""

from dataclasses import dataclass
from enum import StrEnum

import aws_cdk as cdk


class ImageScanningType(StrEnum):
    """The type of scan for an AMI."""

    TEST_INSTANCE_CVE = "TEST_INSTANCE_CVE"
    """Scan the test instance. Needs Amazon Inspector, activated for Amazon EC2 in the account and Region."""

    ON_DEMAND_AMI_CVE = "ON_DEMAND_AMI_CVE"
    """Scan the AMI during the tests. Does not need an activated Amazon Inspector. For image recipes only."""


class MaximumSeverityLabel(StrEnum):
    """Maximum severity of findings that an image can have."""

    INFORMATIONAL = "INFORMATIONAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, kw_only=True)
class ScanResultCondition:
    """The findings for which an image fails its tests, so that it is not distributed."""

    maximum_severity_label: MaximumSeverityLabel | cdk.IResolvable
    """The highest severity that passes. A critical finding always fails the image if it counts."""

    fix_available: bool | cdk.IResolvable | None = None
    """Whether only findings with a fix count. Default: the service's, true."""
