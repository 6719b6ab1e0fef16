"""The rules across members that the service enforces and its model cannot say.

Each names the source that shows it. Documentation alone counts when nothing published contradicts it: refusing a
template that deploys is worse than passing one that the service refuses with its own message. What is in doubt is a
warning of the construct, and the function lets it pass.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from imagebuilder_model.schedule import findings

Broken = Iterator[tuple[tuple[str | int, ...], str]]

_RECIPES: Final = ("imageRecipeArn", "containerRecipeArn")
_SERVICE_LOG_GROUPS: Final = "/aws/imagebuilder/"
_ON_DEMAND: Final = "ON_DEMAND_AMI_CVE"
_MANAGED_WORKFLOW: Final = re.compile(r"(arn:[^:]+:imagebuilder:[^:]+:aws:workflow/[^/]+/[^/]+/)([0-9x]+\.[0-9x./]+)")
_LATEST: Final = "x.x.x"


def broken_rules(
    operation: str,
    request: Mapping[str, Any],
    spell: Callable[[str], str],
    is_unresolved: Callable[[object], bool],
) -> Broken:
    """Yield path and message of every broken rule. Paths are in the model's spelling, messages as `spell` says."""
    if operation in {"CreateImagePipeline", "UpdateImagePipeline"}:
        reading = _Request(request, spell, is_unresolved)
        for rule in _RULES:
            yield from rule(reading)


@dataclass(frozen=True)
class _Request:
    """A request that may be wrong in every way: what the checker says of it is not said again here."""

    members: Mapping[str, Any]
    spell: Callable[[str], str]
    is_unresolved: Callable[[object], bool]

    def known(self, *path: str | int) -> Any:
        """Return the value at a path, None when it is not given, unresolved, or within something that is wrong."""
        value: Any = self.members
        for part in path:
            match value:
                case Mapping():
                    value = value.get(part)
                case list() | tuple() if isinstance(part, int):
                    value = value[part]
                case _:
                    return None
            if self.is_unresolved(value):
                return None
        return value

    def workflows(self) -> Iterator[tuple[int, str]]:
        """Yield index and ARN of each workflow whose ARN is known."""
        workflows = self.known("workflows")
        for index in range(len(workflows) if isinstance(workflows, list | tuple) else 0):
            arn = self.known("workflows", index, "workflowArn")
            if isinstance(arn, str):
                yield index, arn

    def name(self, *path: str) -> str:
        return ".".join(filter(None, map(self.spell, path)))


def _exactly_one_recipe(request: _Request) -> Broken:
    # API reference of CreateImagePipeline: "You must specify exactly one recipe".
    given = [name for name in _RECIPES if name in request.members]
    image, container = (request.spell(name) for name in _RECIPES)
    if not given:
        yield (_RECIPES[0],), f"is missing: give {image} or {container}"
    # An unresolved recipe may turn out to be AWS::NoValue, and then there is only one.
    elif len(given) > 1 and not any(request.is_unresolved(request.members[name]) for name in given):
        yield (_RECIPES[1],), f"is given beside {image}: a pipeline has one recipe, remove one of the two"


def _schedule(request: _Request) -> Broken:
    # See `imagebuilder_model.schedule` for the sources.
    expression = request.known("schedule", "scheduleExpression")
    if isinstance(expression, str) and expression:
        for finding in findings(expression):
            if finding.kind == "refused":
                yield ("schedule", "scheduleExpression"), finding.message


def _role_for_workflows(request: _Request) -> Broken:
    # API reference of CreateImagePipeline: "You must also specify executionRole when you provide workflows".
    if any(request.workflows()) and "executionRole" not in request.members:
        yield ("workflows",), f"need a role to run with: give {request.name('executionRole')}, or remove them"


def _role_for_log_groups(request: _Request) -> Broken:
    # API reference of CreateImagePipeline: outside the prefix "you must also provide an executionRole".
    if "executionRole" in request.members:
        return
    for member in ("imageLogGroupName", "pipelineLogGroupName"):
        path = ("loggingConfiguration", member)
        group = request.known(*path)
        if isinstance(group, str) and group and not group.startswith(_SERVICE_LOG_GROUPS):
            allowed = f"allowed without one are names that begin with {_SERVICE_LOG_GROUPS}"
            way_out = f"give {request.name('executionRole')} or such a name"
            yield path, f"needs a role that may write to it: got {group!r}, {allowed}, {way_out}"


def _tests_for_scanning(request: _Request) -> Broken:
    # API reference of ImageScanningConfiguration: "You must also enable image tests".
    tests = ("imageTestsConfiguration", "imageTestsEnabled")
    scanning = ("imageScanningConfiguration", "imageScanningEnabled")
    if request.known(*scanning) is True and request.known(*tests) is False:
        name = request.name(*tests)
        yield scanning, f"needs tests: got true while {name} is false, enable tests or leave scanning out"


def _on_demand_scan_of_images(request: _Request) -> Broken:
    # API reference of ImageScanningConfiguration: with this type "you must build from an image recipe".
    # Beside an unresolved container recipe there may be an image recipe.
    if _on_demand(request) and isinstance(request.known("containerRecipeArn"), str):
        got = f"got {_ON_DEMAND} with {request.spell('containerRecipeArn')}"
        path = ("imageScanningConfiguration", "imageScanningTypes")
        yield path, f"is for image recipes: {got}, leave it out: containers are scanned in their repository"


def _condition_of_on_demand_scan(request: _Request) -> Broken:
    # API reference of ImageScanningConfiguration: the condition can be set "only when" the type is this one.
    condition = ("imageScanningConfiguration", "scanResultCondition")
    if request.known(*condition) is not None and _on_demand(request) is False:
        types = request.name("imageScanningConfiguration", "imageScanningTypes")
        yield condition, f"needs a scan of the AMI itself: give {types} {_ON_DEMAND}, or remove it"


def _on_demand(request: _Request) -> bool | None:
    """Return whether the AMI itself is scanned, None when that is unresolved or wrong."""
    scanning = request.known("imageScanningConfiguration")
    if not isinstance(scanning, Mapping):
        return None
    if "imageScanningTypes" not in scanning:
        return False
    types = request.known("imageScanningConfiguration", "imageScanningTypes")
    if not isinstance(types, list | tuple) or any(map(request.is_unresolved, types)):
        return None
    return _ON_DEMAND in types


def _latest_of_managed_workflows(request: _Request) -> Broken:
    # The error is public: "AWS managed workflows must have latest version 'x.x.x'" (aws/aws-cdk#29910).
    for index, arn in request.workflows():
        managed = _MANAGED_WORKFLOW.fullmatch(arn)
        if managed is not None and managed[2] != _LATEST:
            got = f"got {managed[2]!r}, write {managed[1]}{_LATEST}"
            path = ("workflows", index, "workflowArn")
            yield path, f"must be of version {_LATEST}, as every workflow that AWS manages: {got}"


_RULES: Final = (
    _exactly_one_recipe,
    _schedule,
    _role_for_workflows,
    _role_for_log_groups,
    _tests_for_scanning,
    _on_demand_scan_of_images,
    _condition_of_on_demand_scan,
    _latest_of_managed_workflows,
)
