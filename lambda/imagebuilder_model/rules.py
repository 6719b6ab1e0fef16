"""Rules across members that the service enforces and its model cannot express.

Each rule names its source. Documentation is sufficient if nothing published contradicts it: rejecting a template that
deploys is worse than accepting one that the service rejects with its own message. Doubtful cases are warnings of the
construct; the function accepts them.
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
    """Yield the path and message of every broken rule. Paths use the model's spelling; messages use `spell`."""
    if operation in {"CreateImagePipeline", "UpdateImagePipeline"}:
        reading = _Request(request, spell, is_unresolved)
        for rule in _RULES:
            yield from rule(reading)


@dataclass(frozen=True)
class _Request:
    """A possibly invalid request; problems that the checker reports are skipped."""

    members: Mapping[str, Any]
    spell: Callable[[str], str]
    is_unresolved: Callable[[object], bool]

    def known(self, *path: str | int) -> Any:
        """Return the value at a path; None if it is absent, unresolved, or inside an invalid value."""
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
        """Yield the index and ARN of each workflow with a known ARN."""
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
    # An unresolved recipe may resolve to AWS::NoValue, which leaves only one.
    elif len(given) > 1 and not any(request.is_unresolved(request.members[name]) for name in given):
        yield (_RECIPES[1],), f"is given together with {image}: a pipeline has exactly one recipe, remove one of them"


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
        yield ("workflows",), f"require an execution role: give {request.name('executionRole')}, or remove them"


def _role_for_log_groups(request: _Request) -> Broken:
    # API reference of CreateImagePipeline: outside the prefix "you must also provide an executionRole".
    if "executionRole" in request.members:
        return
    for member in ("imageLogGroupName", "pipelineLogGroupName"):
        path = ("loggingConfiguration", member)
        group = request.known(*path)
        if isinstance(group, str) and group and not group.startswith(_SERVICE_LOG_GROUPS):
            allowed = f"allowed without a role are names that begin with {_SERVICE_LOG_GROUPS}"
            way_out = f"give {request.name('executionRole')} or such a name"
            yield path, f"requires an execution role that can write to it: got {group!r}, {allowed}: {way_out}"


def _tests_for_scanning(request: _Request) -> Broken:
    # API reference of ImageScanningConfiguration: "You must also enable image tests".
    tests = ("imageTestsConfiguration", "imageTestsEnabled")
    scanning = ("imageScanningConfiguration", "imageScanningEnabled")
    if request.known(*scanning) is True and request.known(*tests) is False:
        name = request.name(*tests)
        yield scanning, f"requires image tests: got true while {name} is false, enable tests or disable scanning"


def _on_demand_scan_of_images(request: _Request) -> Broken:
    # API reference of ImageScanningConfiguration: with this type "you must build from an image recipe".
    # With an unresolved container recipe, the request may also have an image recipe.
    if _on_demand(request) and isinstance(request.known("containerRecipeArn"), str):
        got = f"got {_ON_DEMAND} with {request.spell('containerRecipeArn')}"
        path = ("imageScanningConfiguration", "imageScanningTypes")
        yield path, f"applies to image recipes only: {got}, remove it: container images are scanned in their repository"


def _condition_of_on_demand_scan(request: _Request) -> Broken:
    # API reference of ImageScanningConfiguration: the condition can be set "only when" the type is this one.
    condition = ("imageScanningConfiguration", "scanResultCondition")
    if request.known(*condition) is not None and _on_demand(request) is False:
        types = request.name("imageScanningConfiguration", "imageScanningTypes")
        yield condition, f"requires a scan of the AMI itself: set {types} to {_ON_DEMAND}, or remove it"


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
            yield path, f"must have version {_LATEST}, because AWS manages the workflow: {got}"


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
