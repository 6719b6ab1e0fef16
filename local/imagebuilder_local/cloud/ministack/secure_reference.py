"""CloudFormation's rule for secure dynamic references: a custom resource gets them unresolved.

"Dynamic references for secure values, such as ssm-secure and secretsmanager, aren't currently supported in custom
resources" (user guide of CloudFormation; aws-cloudformation/cloudformation-coverage-roadmap#341). Import it after
ministack's settings are in the environment; a test checks that the replaced function has the parameters used here.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from ministack.services.cloudformation import stacks

from imagebuilder_model import SECURE_REFERENCE

_HIDDEN: Final = "{{as-it-is:"
_OPENING: Final = "{{resolve:"


def enforce() -> None:
    """Make ministack's CloudFormation pass secure references to custom resources unresolved."""
    stacks._resolve_dynamic_references = _without_secure_ones(stacks._resolve_dynamic_references)


def _without_secure_ones(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def resolve(value: Any, *rest: Any, **more: Any) -> Any:
        if not (isinstance(value, dict) and "ServiceToken" in value):
            return original(value, *rest, **more)
        hidden = SECURE_REFERENCE.sub(lambda found: found[0].replace(_OPENING, _HIDDEN), json.dumps(value))
        resolved, known = original(json.loads(hidden), *rest, **more)
        return json.loads(json.dumps(resolved).replace(_HIDDEN, _OPENING)), known

    return resolve
