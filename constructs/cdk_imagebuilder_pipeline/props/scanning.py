"""How Amazon Inspector scans what a pipeline makes."""

from dataclasses import dataclass
from enum import StrEnum

import aws_cdk as cdk


class ImageScanningType(StrEnum):
    """What Amazon Inspector scans when a pipeline makes an AMI."""

    TEST_INSTANCE_CVE = "TEST_INSTANCE_CVE"
    """The test instance. Amazon Inspector has to be activated for Amazon EC2 in the account and Region."""

    ON_DEMAND_AMI_CVE = "ON_DEMAND_AMI_CVE"
    """The AMI itself, during the tests. Amazon Inspector need not be activated. For image recipes only."""


class MaximumSeverityLabel(StrEnum):
    """The highest severity of a finding that an image may have."""

    INFORMATIONAL = "INFORMATIONAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, kw_only=True)
class ScanResultCondition:
    """Which findings of the scan fail the image in its tests, so that it is not distributed."""

    maximum_severity_label: MaximumSeverityLabel | cdk.IResolvable
    """The highest severity that passes. A critical finding that counts always fails the image."""

    fix_available: bool | cdk.IResolvable | None = None
    """Whether only findings count that have a fix. Default: the service's, true."""
