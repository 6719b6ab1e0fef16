"""The trigger of a build, computed at synth, and what else is read from the resources that a pipeline refers to."""

from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import jsii
from constructs import Construct, IConstruct

from cdk_imagebuilder_pipeline.values.fingerprint import Fingerprint
from cdk_imagebuilder_pipeline.values.what_is_built import COMPONENT, DISTRIBUTION, Fingerprints


def trigger_of(what_is_built: Mapping[str, Any], stack: cdk.Stack) -> str:
    """Return a string that changes when what is built does: its fingerprint when the app is synthesised."""
    producer: Any = _Trigger(what_is_built, stack)  # pyright does not see an IStringProducer in it
    return cdk.Lazy.uncached_string(producer)


def platforms_of(recipe_arn: object, scope: Construct) -> set[str]:
    """Return the platforms of the components of the app in a recipe."""
    return {
        str(value)
        for one in _reached(recipe_arn, scope, COMPONENT)
        for name, value in one.properties.items()
        if name.lower() == "platform"
    }


def updates_launch_templates(distribution_arn: object, scope: Construct) -> bool:
    """Return whether a distribution of the app makes its AMIs the ones of launch templates."""
    return any(
        _has(one.properties, "launchtemplateconfigurations") for one in _reached(distribution_arn, scope, DISTRIBUTION)
    )


def _reached(arn: object, scope: Construct, resource_type: str) -> list[Fingerprint]:
    # Not from what is kept for the triggers: the app may change until it is synthesised.
    return [one for one in Fingerprints().of(arn, cdk.Stack.of(scope)).reached() if one.resource_type == resource_type]


def _has(value: object, name: str) -> bool:
    match value:
        case Mapping():
            return any((str(key).lower() == name and bool(one)) or _has(one, name) for key, one in value.items())
        case list():
            return any(_has(one, name) for one in value)
        case _:
            return False


@jsii.implements(cdk.IStringProducer)
class _Trigger:
    """Computes a trigger when every resource is as it will be deployed."""

    def __init__(self, what_is_built: Mapping[str, Any], stack: cdk.Stack) -> None:
        self._what_is_built = what_is_built
        self._stack = stack

    def produce(self, context: Any) -> str:
        """Return the trigger."""
        shared = _shared_by(self._stack)
        shared.enter(self, context)
        return shared.fingerprints.of(self._what_is_built, self._stack).trigger(self._stack)


class _Shared:
    """Fingerprints that the pipelines of an app share in one synthesis.

    A synthesis first collects the references between stacks, which the CDK calls preparing, and then renders. Each of
    these passes asks for every trigger once.
    """

    def __init__(self) -> None:
        self.fingerprints = Fingerprints()
        self._was_preparing = True
        self._entered: set[_Trigger] = set()

    def enter(self, trigger: _Trigger, context: Any) -> None:
        """Forget what was rendered before, when a synthesis begins."""
        if not self._entered or trigger in self._entered:
            self._entered.clear()
            is_preparing: bool = context.preparing
            if is_preparing and not self._was_preparing:
                self.fingerprints.forget()
            self._was_preparing = is_preparing
        self._entered.add(trigger)


_SHARED: Final[WeakKeyDictionary[IConstruct, _Shared]] = WeakKeyDictionary()
"""By app, and by stack too, so that the app of a stack is looked up once."""


def _shared_by(stack: cdk.Stack) -> _Shared:
    if stack not in _SHARED:
        _SHARED[stack] = _SHARED.setdefault(stack.node.root, _Shared())
    return _SHARED[stack]
