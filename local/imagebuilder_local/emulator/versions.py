"""ARNs of versions: resolution of `x` wildcards, and the wildcard ARNs that a version belongs to."""

import re
from collections.abc import Iterable
from typing import Final

_VERSION: Final = re.compile(r"(?:[0-9]+|x)(?:\.(?:[0-9]+|x)){2}")


def newest(reference: str, arns: Iterable[str]) -> str | None:
    """Return the newest of the ARNs that match a reference, None if none does.

    The reference ends with a version, in which `x` matches any number. It also matches each build of that version.
    """
    head, _, version = reference.rpartition("/")
    if not _VERSION.fullmatch(version):
        return None
    numbers = re.escape(version).replace("x", "[0-9]+")
    wanted = re.compile(rf"{re.escape(head)}/({numbers}(?:/[0-9]+)?)")
    found = [(_numbers(match[1]), arn) for arn in arns if (match := wanted.fullmatch(arn))]
    return max(found)[1] if found else None


def latest_version_references(arn: str) -> dict[str, str]:
    """Return the member `latestVersionReferences` of a Get response, for the ARN of a version or a build of it.

    Empty for another ARN, and for a version with wildcards.
    """
    version = re.search(r"/([0-9]+)\.([0-9]+)\.([0-9]+)(?:/[0-9]+)?$", arn)
    if version is None:
        return {}
    head, (major, minor, patch) = arn[: version.start()], version.groups()
    return {
        "latestVersionArn": f"{head}/x.x.x",
        "latestMajorVersionArn": f"{head}/{major}.x.x",
        "latestMinorVersionArn": f"{head}/{major}.{minor}.x",
        "latestPatchVersionArn": f"{head}/{major}.{minor}.{patch}",
    }


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.split(r"[./]", version)]
