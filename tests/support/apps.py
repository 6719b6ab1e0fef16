"""Apps whose templates tests read."""

from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk


def new_app(**options: Any) -> cdk.App:
    """Return an app with the output folder of all others, for which the CDK stages the function's code only once.

    It is nothing for a test that reads files of the folder, or that synthesises two apps before it reads a template.
    """
    return cdk.App(outdir=_folder().name, **options)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="cdk.out.", ignore_cleanup_errors=True)
