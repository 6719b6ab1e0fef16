"""Puts the module for responses beside the code of inline functions (`ZipFile`), as CloudFormation does.

"The cfn-response module is available only when you use the ZipFile property to write your source code" (user guide of
CloudFormation, cfn-response module). It is included if the code loads it. Import this after ministack's settings are in
the environment; tests run such functions in Python and in Node.js.
"""

import io
import re
import zipfile
from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from typing import Final

from ministack.services.cloudformation import provisioners

_FOLDER: Final = "imagebuilder_local.cloud.inline"
_MODULES: Final = (
    (re.compile(r"\bimport\s+cfnresponse\b|\bfrom\s+cfnresponse\b"), "cfnresponse.py", "cfnresponse.py"),
    (re.compile(r"""['"]cfn-response['"]"""), "cfn-response.js", "node_modules/cfn-response/index.js"),
)


def enforce() -> None:
    """Make ministack's CloudFormation include the module in the package of inline functions."""
    provisioners._zip_inline = _with_module(provisioners._zip_inline)


def _with_module(original: Callable[..., bytes | None]) -> Callable[..., bytes | None]:
    @wraps(original)
    def zip_inline(source: str | None, handler: str, runtime: str = "") -> bytes | None:
        package = original(source, handler, runtime) if runtime else original(source, handler)
        if package is None or source is None:
            return package
        content = io.BytesIO(package)
        with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
            for loaded, name, path in _MODULES:
                if loaded.search(source):
                    archive.writestr(path, (files(_FOLDER) / name).read_bytes())
        return content.getvalue()

    return zip_inline
