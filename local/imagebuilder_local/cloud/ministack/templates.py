"""Reports the template of each stack that ministack deploys, before it deploys it.

Import it after ministack's settings are in the environment. The wrapped functions of ministack are not a public
interface: its version is pinned, and a test checks that they exist with the parameters used here.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from ministack.services.cloudformation import changesets, handlers

Report = Callable[[str, Mapping[str, Any]], None]


def report(seen: Report) -> None:
    """Call `seen` with the ARN and the template of each stack that is created or updated."""
    changesets._deploy_stack_async = _reporting(seen, changesets._deploy_stack_async)
    handlers._deploy_stack_async = _reporting(seen, handlers._deploy_stack_async)


def _reporting(seen: Report, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def deploy(stack_name: str, stack_id: str, template: dict[str, Any], *arguments: Any, **keywords: Any) -> Any:
        seen(stack_id, template)
        return original(stack_name, stack_id, template, *arguments, **keywords)

    return deploy
