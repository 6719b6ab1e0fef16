"""Converts props to an API request, and the paths of its problems to prop names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Final

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.props.image_pipeline_props import ImagePipelineOnDelete, ImagePipelineProps
from cdk_imagebuilder_pipeline.props.recipe import Recipe, resolve_recipe
from cdk_imagebuilder_pipeline.props.scanning import ScanResultCondition
from cdk_imagebuilder_pipeline.props.schedule import ImagePipelineSchedule, fault_of_timezone, timezone_of
from cdk_imagebuilder_pipeline.props.workflow import WorkflowConfiguration
from cdk_imagebuilder_pipeline.provider.base import ImagePipelineProviderBase
from cdk_imagebuilder_pipeline.values.described import described
from cdk_imagebuilder_pipeline.values.references import know
from cdk_imagebuilder_pipeline.values.tokens import as_text, attribute_or_itself, is_object, is_unresolved
from imagebuilder_model import MapKey, Path, Problem
from imagebuilder_model.ownership import check_pipeline

OPERATION: Final = "CreateImagePipeline"

PROP_OF_MEMBER: Final[Mapping[str, str]] = {
    "name": "image_pipeline_name",
    "description": "description",
    "imageRecipeArn": "recipe",
    "containerRecipeArn": "recipe",
    "infrastructureConfigurationArn": "infrastructure_configuration",
    "distributionConfigurationArn": "distribution_configuration",
    "imageTestsConfiguration": "",
    "imageTestsEnabled": "image_tests_enabled",
    "timeoutMinutes": "image_tests_timeout",
    "enhancedImageMetadataEnabled": "enhanced_image_metadata_enabled",
    "schedule": "schedule",
    "scheduleExpression": "expression",
    "timezone": "timezone",
    "pipelineExecutionStartCondition": "start_condition",
    "autoDisablePolicy": "",
    "failureCount": "auto_disable_failure_count",
    "status": "status",
    "tags": "tags",
    "imageTags": "image_tags",
    "imageScanningConfiguration": "",
    "imageScanningEnabled": "image_scanning_enabled",
    "ecrConfiguration": "",
    "repositoryName": "image_scanning_ecr_repository",
    "containerTags": "image_scanning_ecr_tags",
    "imageScanningTypes": "image_scanning_types",
    "scanResultCondition": "scan_result_condition",
    "maximumSeverityLabel": "maximum_severity_label",
    "fixAvailable": "fix_available",
    "workflows": "workflows",
    "workflowArn": "workflow",
    "parameters": "parameters",
    "value": "",
    "parallelGroup": "parallel_group",
    "onFailure": "on_failure",
    "executionRole": "execution_role",
    "loggingConfiguration": "",
    "imageLogGroupName": "image_log_group",
    "pipelineLogGroupName": "image_pipeline_log_group",
}
"""Prop name by API member. An empty name means that the props of the nested members are one level up."""


def convert(props: ImagePipelineProps) -> tuple[dict[str, Any], list[Problem]]:
    """Convert props to an API request. Also return every problem, with its path in prop names."""
    recipe = resolve_recipe(props.recipe, props.recipe_type)
    given_request = _request(props, recipe)
    wrong = [*([Problem(("recipe",), recipe)] if isinstance(recipe, str) else []), *_wrong_objects(props)]
    # The construct generates a valid name and execution role where they are required.
    request = {"name": "generated", "executionRole": "generated"} | given_request
    refused = check_pipeline(
        request,
        adopt_existing=props.adopt_existing is not False,
        spell=_prop,
        is_unresolved=is_unresolved,
        is_secret=_is_of_a_parameter,
    )
    said = {problem.path for problem in wrong}
    more = [problem for problem in (_at_prop(one, props) for one in refused) if problem.path not in said]
    # If a mapping is given where an object is required, report only the mapping and not its content.
    more = [problem for problem in more if not any(problem.path[: len(one.path)] == one.path for one in wrong)]
    return given_request, wrong + more


def _request(props: ImagePipelineProps, recipe: Recipe | str) -> dict[str, Any]:
    """Return the API request for the given props. Invalid values stay unchanged, so that the checker reports them."""
    return given(
        name=props.image_pipeline_name,
        description=props.description,
        **({recipe.type.member: recipe.arn} if isinstance(recipe, Recipe) else {}),
        infrastructureConfigurationArn=_arn(props.infrastructure_configuration, "infrastructure_configuration"),
        distributionConfigurationArn=_arn(props.distribution_configuration, "distribution_configuration"),
        imageTestsConfiguration=given(
            imageTestsEnabled=props.image_tests_enabled,
            timeoutMinutes=_minutes(props.image_tests_timeout),
        ),
        enhancedImageMetadataEnabled=props.enhanced_image_metadata_enabled,
        schedule=_schedule(props.schedule),
        status=props.status,
        tags=props.tags,
        imageTags=props.image_tags,
        imageScanningConfiguration=given(
            imageScanningEnabled=props.image_scanning_enabled,
            ecrConfiguration=given(
                repositoryName=_referred(props.image_scanning_ecr_repository, "repository", "name"),
                containerTags=props.image_scanning_ecr_tags,
            ),
            imageScanningTypes=props.image_scanning_types,
            scanResultCondition=_condition(props.scan_result_condition),
        ),
        workflows=_each(props.workflows, _workflow),
        executionRole=_referred(props.execution_role, "role", "arn"),
        loggingConfiguration=given(
            imageLogGroupName=_referred(props.image_log_group, "log_group", "name"),
            pipelineLogGroupName=_referred(props.image_pipeline_log_group, "log_group", "name"),
        ),
    )


def given(**members: object) -> dict[str, Any]:
    """Return the members with a value. Empty mappings and lists are treated as absent."""
    return {
        name: value.value if isinstance(value, Enum) else value
        for name, value in members.items()
        if value is not None and value != {} and not (isinstance(value, list | tuple) and not value)
    }


def _arn(value: object, kind: str) -> object:
    return _referred(value, kind, "arn")


def _referred(value: object, kind: str, form: str) -> object:
    """Return the ARN or name of a CDK resource, or the value itself if it is not a resource.

    Every L1 and L2 has a reference with the attributes of the created resource, while the `log_group_name` of an L1 is
    only the given name. Imported resources of the alpha L2 have no reference.
    """
    name = f"{kind}_{form}"
    referred = attribute_or_itself(value, f"{kind}_ref", name)
    text = as_text(attribute_or_itself(value, name) if referred is value else referred)
    know(text, value)
    return text


def _schedule(schedule: object) -> object:
    if not isinstance(schedule, ImagePipelineSchedule):
        return schedule
    return given(
        scheduleExpression=attribute_or_itself(schedule.expression, "expression_string"),
        timezone=attribute_or_itself(timezone_of(schedule), "timezone_name"),
        pipelineExecutionStartCondition=schedule.start_condition,
        autoDisablePolicy=given(failureCount=schedule.auto_disable_failure_count),
    )


def _condition(condition: object) -> object:
    if not isinstance(condition, ScanResultCondition):
        return condition
    return given(maximumSeverityLabel=condition.maximum_severity_label, fixAvailable=condition.fix_available)


def _workflow(workflow: object) -> object:
    if not isinstance(workflow, WorkflowConfiguration):
        return workflow
    parameters = workflow.parameters
    return given(
        workflowArn=_arn(workflow.workflow, "workflow"),
        parameters=[{"name": name, "value": _parameter(value)} for name, value in parameters.items()]
        if isinstance(parameters, Mapping)
        else parameters,
        parallelGroup=workflow.parallel_group,
        onFailure=workflow.on_failure,
    )


def _parameter(value: object) -> object:
    # Check the attribute and not the class: the alpha L2 has an equivalent class of the same name.
    texts = as_text(value if is_object(value) else attribute_or_itself(value, "value"))
    match texts:
        case str():
            return [texts]
        case list() | tuple():
            return list(texts)
        case _:
            return texts


def _each(values: object, render: Callable[[object], object]) -> object:
    return [render(value) for value in values] if isinstance(values, list | tuple) else values


def _minutes(timeout: object) -> object:
    if not isinstance(timeout, cdk.Duration) or _fault_of(timeout):
        return timeout
    minutes = timeout.to_minutes()
    return minutes if is_unresolved(minutes) else int(minutes)


def _fault_of(timeout: cdk.Duration) -> str | None:
    try:
        timeout.to_minutes()
    except RuntimeError:  # jsii raises JavaScript errors as RuntimeError
        return f"must be whole minutes: got {timeout.to_human_string()}"
    return None


def _wrong_objects(props: ImagePipelineProps) -> Iterator[Problem]:
    """Yield problems that the checker cannot detect, or could describe only with API types."""
    yield from _not_a(ImagePipelineSchedule, "an ImagePipelineSchedule", ("schedule",), props.schedule)
    fault = fault_of_timezone(props.schedule)
    if fault is not None:
        yield Problem(("schedule", "timezone"), fault)
    for index, workflow in enumerate(props.workflows if isinstance(props.workflows, list | tuple) else ()):
        yield from _not_a(WorkflowConfiguration, "a WorkflowConfiguration", ("workflows", index), workflow)
        yield from _wrong_parameters(index, workflow)
    timeout: object = props.image_tests_timeout
    yield from _not_a(cdk.Duration, "a Duration", ("image_tests_timeout",), timeout, is_unresolved)
    fault = _fault_of(timeout) if isinstance(timeout, cdk.Duration) else None
    if fault is not None:
        yield Problem(("image_tests_timeout",), fault)
    condition = props.scan_result_condition
    yield from _not_a(ScanResultCondition, "a ScanResultCondition", ("scan_result_condition",), condition)
    yield from _not_a(bool, "true or false", ("adopt_existing",), props.adopt_existing, is_unresolved)
    if not is_unresolved(props.on_delete) and props.on_delete not in list(ImagePipelineOnDelete):
        allowed = ", ".join(ImagePipelineOnDelete)
        yield Problem(
            ("on_delete",), f"is not an allowed value: got {described(props.on_delete)}, allowed are {allowed}"
        )
    yield from _not_a(ImagePipelineProviderBase, "an ImagePipelineProvider", ("provider",), props.provider)


def _not_a(
    wanted: type, expected: str, path: Path, value: object, is_later: Callable[[object], bool] = is_object
) -> Iterator[Problem]:
    if value is not None and not isinstance(value, wanted) and not is_later(value):
        yield Problem(path, f"must be {expected}: got {described(value)}{_how_to_make(wanted)}")


def _wrong_parameters(index: int, workflow: object) -> Iterator[Problem]:
    # An invalid value may contain secrets, so do not show it.
    given: object = workflow.parameters if isinstance(workflow, WorkflowConfiguration) else None
    if given is not None and not isinstance(given, Mapping) and not is_object(given) and not is_unresolved(given):
        got = "a string" if isinstance(given, str) else described(given)
        yield Problem(("workflows", index, "parameters"), f"must be a mapping of names and values: got {got}")


def _how_to_make(wanted: type) -> str:
    if not is_dataclass(wanted):
        return ""
    needed = ", ".join(f"{field.name}=..." for field in fields(wanted) if field.default is MISSING)
    return f", write {wanted.__name__}({needed})"


def _is_of_a_parameter(path: Path) -> bool:
    # Values of workflow parameters may be secrets, even if they are invalid.
    return path[0] == "workflows" and path[2:3] == ("parameters",)


def _prop(member: str) -> str:
    return PROP_OF_MEMBER.get(member, member)


def _at_prop(problem: Problem, props: ImagePipelineProps) -> Problem:
    """Return the problem with its path in the props: without groups of the API, and with parameters by name."""
    match problem.path:
        case ("workflows", int(workflow), "parameters", int(parameter), *inside):
            workflows: Any = props.workflows
            name = MapKey(list(workflows[workflow].parameters)[parameter])
            index = tuple(part for part in inside if isinstance(part, int))
            is_key = inside == [_prop("name")]
            message = f"has a key that {problem.message}" if is_key else problem.message
            return Problem(("workflows", workflow, "parameters", name, *index), message)
        case path:
            return Problem(tuple(part for part in path if part != "" or isinstance(part, MapKey)), problem.message)
