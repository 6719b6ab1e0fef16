"""Where the repository is, and the CDK CLI that users' tests have as well."""

from pathlib import Path

from imagebuilder_local.cdk import Cdk, CdkError

__all__ = ["ROOT", "Cdk", "CdkError"]

ROOT = Path(__file__).parents[2]
