"""What CloudFormation tells about a deployed stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from imagebuilder_local.drift.errors import DriftError
from imagebuilder_local.drift.template import parsed

NESTED: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Resource:
    """A resource of the stack: its type and its physical id."""

    type: str
    physical_id: str


@dataclass
class Stack:
    """A deployed stack. Exports and outputs of nested stacks are read when they are needed."""

    client: Any
    id: str
    parameters: Mapping[str, str]
    """Values by name. CloudFormation masks those with NoEcho."""
    template: Mapping[str, Any]
    resources: Mapping[str, Resource]
    from_parameter_store: Mapping[str, str] = field(default_factory=dict[str, str])
    """Values of parameters of an SSM type by name; `parameters` has the names of their SSM parameters."""
    notification_arns: list[str] = field(default_factory=list[str])

    @property
    def name(self) -> str:
        """The stack's name, from its id."""
        return self.id.split("/")[1]

    @cached_property
    def exports(self) -> dict[str, str]:
        """All exports of the account and Region."""
        pages = self.client.get_paginator("list_exports").paginate()
        return {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}

    def outputs_of(self, stack_id: str) -> dict[str, str]:
        """Return the outputs of a nested stack."""
        described = _described(self.client, stack_id)
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}


def read(client: Any, name: str) -> Stack:
    """Return the stack of a name or an id. DriftError while CloudFormation works on it, or if it is gone."""
    described = _described(client, name)
    stack_id, status = described["StackId"], described["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        raise DriftError(
            f"the stack {described['StackName']} must not be in the middle of an operation: got {status}: "
            "wait until it has ended, then try again"
        )
    if status == "DELETE_COMPLETE":
        raise DriftError(f"the stack {stack_id} is deleted: name a stack that is deployed")
    parameters: list[dict[str, str]] = described.get("Parameters", [])
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack_id)
    resources = {
        one["LogicalResourceId"]: Resource(one["ResourceType"], one.get("PhysicalResourceId", ""))
        for page in pages
        for one in page["StackResourceSummaries"]
        if one["ResourceStatus"] != "DELETE_COMPLETE"
    }
    return Stack(
        client=client,
        id=stack_id,
        parameters={one["ParameterKey"]: one["ParameterValue"] for one in parameters if "ParameterValue" in one},
        # With the transforms applied.
        template=parsed(client.get_template(StackName=stack_id, TemplateStage="Processed")["TemplateBody"]),
        resources=resources,
        from_parameter_store={
            one["ParameterKey"]: one["ResolvedValue"] for one in parameters if "ResolvedValue" in one
        },
        notification_arns=list(described.get("NotificationARNs", ())),
    )


def _described(client: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    return found
