"""Vulnerability scans of images by Amazon Inspector."""

from dataclasses import dataclass
from enum import StrEnum

import aws_cdk as cdk


class ImageScanningType(StrEnum):
    """Type of Amazon Inspector scan for AMIs."""

    TEST_INSTANCE_CVE = "TEST_INSTANCE_CVE"
    """Scan the test instance. Amazon Inspector must be activated for Amazon EC2 in the account and Region."""

    ON_DEMAND_AMI_CVE = "ON_DEMAND_AMI_CVE"
    """Scan the AMI itself during the tests. Does not require Amazon Inspector activation. For image recipes only."""


class MaximumSeverityLabel(StrEnum):
    """Maximum severity of findings that an image can have."""

    INFORMATIONAL = "INFORMATIONAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, kw_only=True)
class ScanResultCondition:
    """Condition on scan findings. An image that does not meet it fails its tests and is not distributed."""

    maximum_severity_label: MaximumSeverityLabel | cdk.IResolvable
    """The highest severity that passes. A critical finding always fails the image if it counts."""

    fix_available: bool | cdk.IResolvable | None = None
    """Whether only findings with an available fix count. Default: the service's default, true."""
