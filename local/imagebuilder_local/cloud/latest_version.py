"""The attributes `LatestVersion.…` of versioned types."""

from typing import Final

from imagebuilder_local.emulator import latest_version_references

_ATTRIBUTES: Final = {
    "LatestVersion.Arn": "latestVersionArn",
    "LatestVersion.Major": "latestMajorVersionArn",
    "LatestVersion.Minor": "latestMinorVersionArn",
    "LatestVersion.Patch": "latestPatchVersionArn",
}


def latest_version(arn: str) -> dict[str, str]:
    """Return the attributes for the ARN of a version, or of a build of it; none for another ARN."""
    references = latest_version_references(arn)
    return {attribute: references[member] for attribute, member in _ATTRIBUTES.items() if member in references}
