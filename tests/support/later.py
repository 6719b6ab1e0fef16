"""Every prop, and every way in which its value can be known only later, beside the same value in the CDK's own L1."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ssm as ssm

from cdk_imagebuilder_pipeline import (
    ImagePipelineSchedule,
    ImageScanningType,
    RecipeType,
    ScanResultCondition,
    WorkflowConfiguration,
)

Kind = Literal["text", "boolean", "number"]
Props = dict[str, Any]


@dataclass(frozen=True)
class Prop:
    """A prop, or a field of one."""

    name: str
    kind: Kind
    literal: str | bool | int
    """What the value is when it is known: text for a text, and so on."""
    path: tuple[str | int, ...]
    """Where the value is in the properties of the L1, by its names in Python."""
    ours: Callable[[Any], Props]
    """The props with a value in its place."""
    beside: Props
    """What the L1 needs besides."""
    is_in_l1: bool = True


def props(arn: str, role: str) -> list[Prop]:
    """Return every prop, with literals that refer to resources with this beginning of an ARN, and to this role."""
    recipe = f"{arn}:image-recipe/later/1.0.0"
    workflow = f"{arn}:workflow/test/later/1.0.0"
    tests, scanning = "image_tests_configuration", "image_scanning_configuration"

    def field(name: str) -> Callable[[Any], Props]:
        return lambda value: {name: value}

    def schedule(name: str) -> Callable[[Any], Props]:
        def made(value: Any) -> Props:
            given: Any = {"expression": "rate(1 day)"} | {name: value}
            return {"schedule": ImagePipelineSchedule(**given)}

        return made

    def workflows(name: str) -> Callable[[Any], Props]:
        def made(value: Any) -> Props:
            given: Any = {"workflow": workflow} | {name: {"p": value} if name == "parameters" else value}
            return {"workflows": [WorkflowConfiguration(**given)], "execution_role": role}

        return made

    def condition(name: str) -> Callable[[Any], Props]:
        def made(value: Any) -> Props:
            given: Any = {"maximum_severity_label": "LOW"} | {name: value}
            types = [ImageScanningType.ON_DEMAND_AMI_CVE]
            return {"image_scanning_types": types, "scan_result_condition": ScanResultCondition(**given)}

        return made

    def timeout(value: Any) -> Props:
        return {"image_tests_timeout": cdk.Duration.minutes(value) if isinstance(value, int | float) else value}

    rate = {"schedule": {"schedule_expression": "rate(1 day)"}}
    in_schedule, in_workflows = ("schedule",), ("workflows", 0)
    with_role = {"execution_role": role, "workflows": [{"workflow_arn": workflow}]}
    return [
        Prop("recipe", "text", recipe, ("image_recipe_arn",), lambda v: {"recipe": v, "recipe_type": RecipeType.IMAGE}, {}),
        Prop("infrastructure_configuration", "text", f"{arn}:infrastructure-configuration/later", ("infrastructure_configuration_arn",), field("infrastructure_configuration"), {}),
        Prop("distribution_configuration", "text", f"{arn}:distribution-configuration/later", ("distribution_configuration_arn",), field("distribution_configuration"), {}),
        Prop("image_pipeline_name", "text", "later", ("name",), field("image_pipeline_name"), {}),
        Prop("description", "text", "weekly", ("description",), field("description"), {}),
        Prop("execution_role", "text", role, ("execution_role",), field("execution_role"), {}),
        Prop("status", "text", "DISABLED", ("status",), field("status"), {}),
        Prop("schedule.expression", "text", "rate(7 days)", (*in_schedule, "schedule_expression"), schedule("expression"), {}),
        Prop("schedule.timezone", "text", "Europe/London", (*in_schedule, "timezone"), schedule("timezone"), rate),
        Prop("schedule.start_condition", "text", "EXPRESSION_MATCH_ONLY", (*in_schedule, "pipeline_execution_start_condition"), schedule("start_condition"), rate),
        Prop("schedule.auto_disable_failure_count", "number", 3, (*in_schedule, "auto_disable_policy", "failure_count"), schedule("auto_disable_failure_count"), rate),
        Prop("workflows.workflow", "text", workflow, (*in_workflows, "workflow_arn"), workflows("workflow"), {"execution_role": role}),
        Prop("workflows.parameters", "text", "one", (*in_workflows, "parameters", 0, "value", 0), workflows("parameters"), with_role),
        Prop("workflows.parallel_group", "text", "group", (*in_workflows, "parallel_group"), workflows("parallel_group"), with_role),
        Prop("workflows.on_failure", "text", "ABORT", (*in_workflows, "on_failure"), workflows("on_failure"), with_role),
        Prop("image_tests_enabled", "boolean", True, (tests, "image_tests_enabled"), field("image_tests_enabled"), {}),
        Prop("image_tests_timeout", "number", 90, (tests, "timeout_minutes"), timeout, {}),
        Prop("image_scanning_enabled", "boolean", True, (scanning, "image_scanning_enabled"), field("image_scanning_enabled"), {}),
        Prop("image_scanning_ecr_repository", "text", "later", (scanning, "ecr_configuration", "repository_name"), field("image_scanning_ecr_repository"), {}),
        Prop("image_scanning_ecr_tags", "text", "scan", (scanning, "ecr_configuration", "container_tags", 0), lambda v: {"image_scanning_ecr_tags": [v]}, {}),
        Prop("image_scanning_types", "text", "ON_DEMAND_AMI_CVE", (scanning, "image_scanning_types", 0), lambda v: {"image_scanning_types": [v]}, {}, is_in_l1=False),
        Prop("scan_result_condition.maximum_severity_label", "text", "LOW", (scanning, "scan_result_condition", "maximum_severity_label"), condition("maximum_severity_label"), {}, is_in_l1=False),
        Prop("scan_result_condition.fix_available", "boolean", False, (scanning, "scan_result_condition", "fix_available"), condition("fix_available"), {}, is_in_l1=False),
        Prop("enhanced_image_metadata_enabled", "boolean", False, ("enhanced_image_metadata_enabled",), field("enhanced_image_metadata_enabled"), {}),
        Prop("image_log_group", "text", "/aws/imagebuilder/later", ("logging_configuration", "image_log_group_name"), field("image_log_group"), {}),
        Prop("image_pipeline_log_group", "text", "/aws/imagebuilder/later", ("logging_configuration", "pipeline_log_group_name"), field("image_pipeline_log_group"), {}),
        Prop("tags", "text", "web", ("tags", "team"), lambda v: {"tags": {"team": v}}, {}),
        Prop("image_tags", "text", "web", ("image_tags", "team"), lambda v: {"image_tags": {"team": v}}, {}),
        Prop("adopt_existing", "boolean", False, ("adopt_existing",), field("adopt_existing"), {}, is_in_l1=False),
        Prop("on_delete", "text", "DISABLE", ("on_delete",), field("on_delete"), {}, is_in_l1=False),
    ]  # fmt: skip


REQUIRED = frozenset(
    {"recipe", "infrastructure_configuration", "image_pipeline_name", "schedule.expression", "workflows.workflow",
     "scan_result_condition.maximum_severity_label", "image_scanning_types"}
)  # fmt: skip
"""Props that AWS::NoValue cannot stand for, in the L1 either."""


def in_l1(prop: Prop, value: Any) -> Props:
    """Return properties of the L1 with a value in the place of a prop."""
    # Below the first level Python's CDK takes maps by the names of JavaScript only.
    return {name: _camel(inner) for name, inner in _put(prop.beside, prop.path, value).items()}


def _camel(value: Any) -> Any:
    match value:
        case dict():
            return {
                re.sub("_(.)", lambda found: found[1].upper(), name): _camel(inner) for name, inner in value.items()
            }
        case list():
            return [_camel(inner) for inner in value]
        case _:
            return value


def _put(into: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        inner = into[first] if into else None
        return [_put(inner, tuple(rest), value)]
    base: Mapping[str, Any] = into or {}
    made = dict(base) | {first: _put(base.get(first), tuple(rest), value)}
    # A parameter of a workflow has a name too.
    return made | {"name": "p"} if first == "value" else made


@jsii.implements(cdk.IStableAnyProducer)
class _AnyProducer:
    def __init__(self, value: Any) -> None:
        self._value = value

    def produce(self) -> Any:
        return self._value


class Later:
    """Makes a value that is known only later. One way in which it can be."""

    def __init__(self, stack: cdk.Stack, name: str) -> None:
        self.stack = stack
        self.name = name

    def typed(self, kind: Kind, resolvable: Any) -> Any:
        """Return a token as the L1 takes it in the place of a value of a kind."""
        match kind:
            case "text":
                return cdk.Token.as_string(resolvable)
            case "number":
                return cdk.Token.as_number(resolvable)
            case _:
                return cdk.Token.as_any(resolvable)

    def token(self, prop: Prop) -> Any:
        return self.typed(prop.kind, cdk.Lazy.any(_AnyProducer(prop.literal)))

    def parameter(self, prop: Prop) -> Any:
        default = str(prop.literal).lower() if prop.kind == "boolean" else prop.literal
        made = cdk.CfnParameter(
            self.stack, self.name, type="Number" if prop.kind == "number" else "String", default=default
        )
        return self.typed(prop.kind, made.value)

    def dynamic_reference(self, prop: Prop) -> Any:
        made = cdk.CfnDynamicReference(cdk.CfnDynamicReferenceService.SSM, f"/later/{prop.name}")
        return f"{{{{resolve:ssm:/later/{prop.name}}}}}" if prop.kind == "text" else self.typed(prop.kind, made)

    def look_up(self, prop: Prop) -> Any:
        return ssm.StringParameter.value_from_lookup(self.stack, f"/later/{prop.name}")

    def condition(self, prop: Prop) -> Any:
        return self._choice(prop, "AlwaysTrue", prop.literal, prop.literal)

    def condition_without_value(self, prop: Prop) -> Any:
        return self._choice(prop, "AlwaysFalse", prop.literal, cdk.Aws.NO_VALUE)

    def _choice(self, prop: Prop, name: str, if_true: Any, if_false: Any) -> Any:
        if self.stack.node.try_find_child(name) is None:
            expected = cdk.Aws.REGION if name == "AlwaysTrue" else "nowhere"
            cdk.CfnCondition(self.stack, name, expression=cdk.Fn.condition_equals(cdk.Aws.REGION, expected))
        return self.typed(prop.kind, cdk.Fn.condition_if(name, if_true, if_false))

    def reference(self, prop: Prop, producer: cdk.Stack) -> Any:
        """Return an attribute of a resource of another stack."""
        text = str(prop.literal).lower() if prop.kind == "boolean" else str(prop.literal)
        made = ssm.CfnParameter(producer, self.name, type="String", value=text)
        return self.typed(prop.kind, made.get_att("Value"))


WAYS: Mapping[str, Callable[[Later, Prop], Any]] = {
    "token": Later.token,
    "parameter": Later.parameter,
    "dynamic reference": Later.dynamic_reference,
    "look-up": Later.look_up,
    "condition": Later.condition,
    "condition without value": Later.condition_without_value,
}
"""The ways in one stack; references to other stacks need another one."""


def is_possible(way: str, prop: Prop) -> bool:
    """Tell whether the L1 could have a value in a way too: a look-up returns text, and not every prop can be absent."""
    if way == "look-up":
        return prop.kind == "text"
    return way != "condition without value" or prop.name not in REQUIRED


def each(arn: str, role: str, ways: Mapping[str, Any]) -> Iterator[tuple[str, Prop]]:
    """Yield every possible way of every prop."""
    return ((way, prop) for prop in props(arn, role) for way in ways if is_possible(way, prop))
