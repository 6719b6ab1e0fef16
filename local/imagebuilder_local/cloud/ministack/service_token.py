"""CloudFormation's rules for the ServiceToken of a custom resource: it cannot change, and its Region is the stack's.

Import it after ministack's settings are in the environment. The replaced parts of ministack are not a public
interface: its version is pinned, and a test checks that each function exists with the parameters used here.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final

from ministack.core.responses import get_region
from ministack.services.cloudformation import custom_resource, provisioners, stacks

# aws-cloudformation/cloudformation-coverage-roadmap#802; message: cloudcomponents/cdk-constructs#197
_CHANGED: Final = "Modifying service token is not allowed."

_is_rollback: ContextVar[bool] = ContextVar("_is_rollback", default=False)


def enforce() -> None:
    """Make ministack's CloudFormation reject violations of these rules."""
    provisioners._custom_resource_update = _with_the_same_token(provisioners._custom_resource_update)
    stacks._revert_update = _known_as_rollback(stacks._revert_update)
    custom_resource.invoke_custom_resource = _in_the_region(custom_resource.invoke_custom_resource)


def _with_the_same_token(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def update(physical_id: str, old_props: dict[str, Any], new_props: dict[str, Any], *rest: Any, **more: Any) -> Any:
        if old_props.get("ServiceToken") == new_props.get("ServiceToken"):
            return original(physical_id, old_props, new_props, *rest, **more)
        if _is_rollback.get():
            # The reverted change was rejected, so neither provider got an event.
            return physical_id, {}
        raise ValueError(_CHANGED)

    return update


def _known_as_rollback(original: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @wraps(original)
    async def revert(*arguments: Any, **keywords: Any) -> None:
        before = _is_rollback.set(True)
        try:
            await original(*arguments, **keywords)
        finally:
            _is_rollback.reset(before)

    return revert


def _in_the_region(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def invoke(request_type: str, logical_id: str, props: dict[str, Any], *rest: Any, **more: Any) -> Any:
        match str(props.get("ServiceToken")).split(":"):
            case ["arn", _, "lambda", region, *_] if region != get_region():
                # Rule: AWS::CloudFormation::CustomResource, ServiceToken; message: Lambda's Invoke.
                raise ValueError(f"Functions from '{region}' are not reachable in this region ('{get_region()}')")
        return original(request_type, logical_id, props, *rest, **more)

    return invoke
