"""Stacks with a `Custom::ImagePipeline` in a local cloud, deployed with boto3: no CDK, and so quick."""

import io
import json
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import WaiterError

from cdk_imagebuilder_pipeline.provider.asset import copy_packages
from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.signed import ask
from support.profile import PROFILE, make_instance_profile

Properties = dict[str, Any]

_EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@dataclass
class Deployed:
    """A local cloud with the function in it."""

    cloud: LocalCloud
    folder: Path
    _clients: list[Any] = field(default_factory=list)

    def deploy(self, stack: str, *, more: Mapping[str, Any] | None = None, **properties: Any) -> str:
        """Make or change a stack with a pipeline of these properties, and return the stack's status.

        `more` has further resources of the template, by logical id.
        """
        exists = any(found["StackName"] == stack for found in self._live_stacks())
        act = self._cloudformation.update_stack if exists else self._cloudformation.create_stack
        act(StackName=stack, TemplateBody=json.dumps(self._template(stack, properties, more or {})))
        with suppress(WaiterError):  # the status tells
            kind = "update" if exists else "create"
            waiter = self._cloudformation.get_waiter(f"stack_{kind}_complete")
            waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.05, "MaxAttempts": 1200})
        return str(self._cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    def delete(self, stack: str) -> None:
        """Delete a stack."""
        self._cloudformation.delete_stack(StackName=stack)
        waiter = self._cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.05, "MaxAttempts": 1200})

    def order_faults(self, operation: str, faults: Iterable[object]) -> None:
        """Let the next requests of an operation meet these."""
        state = self.cloud.state()
        assert state is not None
        order = json.dumps({"operation": operation, "faults": list(faults)}).encode()
        ask(state, self.cloud.folder, "/_local/faults", order)

    @property
    def page(self) -> str:
        """The address of the page."""
        state = self.cloud.state()
        assert state is not None
        return state.page

    def seen(self) -> dict[str, Any]:
        """Return what the page gets."""
        with urllib.request.urlopen(f"{self.page}state.json") as response:
            return dict(json.load(response))

    def events(self, stack: str) -> list[dict[str, Any]]:
        """Return what the page gets of the events of a stack, the oldest first."""
        return [event for event in reversed(self.seen()["events"]) if event["stack"] == stack]

    def client(self, service: str) -> Any:
        """Return a client of the cloud as the account's root."""
        state = self.cloud.state()
        assert state is not None
        connect: Any = boto3.client  # typed for one service at a time
        made = connect(
            service,
            region_name=state.region,
            endpoint_url=state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint,
            aws_access_key_id=state.access_key_id,
            aws_secret_access_key=state.secret_access_key,
            verify=str(self.cloud.folder.certificate_authority),
            config=Config(proxies={}),
        )
        self._clients.append(made)
        return made

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def function(self, name: str, code: bytes, handler: str) -> str:
        """Make a function whose role may do everything, and return its ARN."""
        role = self._role(name, "lambda.amazonaws.com")
        made = self.client("lambda").create_function(
            FunctionName=name, Role=role, Runtime="python3.13", Handler=handler, Code={"ZipFile": code}, Timeout=60
        )
        return str(made["FunctionArn"])

    @cached_property
    def service_token(self) -> str:
        """The ARN of the handler's function."""
        return self.function("handler", self._asset, "imagebuilder_pipeline_handler.main.handler")

    @cached_property
    def watcher_arn(self) -> str:
        """The ARN of a state machine that looks at images, as that of the construct does."""
        function = self.function("watcher", self._asset, "imagebuilder_pipeline_handler.watcher.look")
        look = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": function, "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "Next": "IsOver",
        }
        over = {"Variable": "$.isOver", "BooleanEquals": True, "Next": "Over"}
        states = {
            "Look": look,
            "IsOver": {"Type": "Choice", "Choices": [over], "Default": "Wait"},
            "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Look"},
            "Over": {"Type": "Succeed"},
        }
        made = self.client("stepfunctions").create_state_machine(
            name="watcher",
            roleArn=self._role("machine", "states.amazonaws.com"),
            definition=json.dumps({"StartAt": "Look", "States": states}),
        )
        return str(made["stateMachineArn"])

    @cached_property
    def _asset(self) -> bytes:
        asset = self.folder / "asset"
        copy_packages(asset)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in sorted(asset.rglob("*")):
                archive.write(path, path.relative_to(asset))
        return buffer.getvalue()

    def _role(self, name: str, service: str) -> str:
        """Make a role that may do everything, and return its ARN."""
        iam = self.client("iam")
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(_EVERYTHING))
        return str(role)

    @cached_property
    def _cloudformation(self) -> Any:
        return self.client("cloudformation")

    def _live_stacks(self) -> Iterator[dict[str, Any]]:
        for stack in self._cloudformation.describe_stacks()["Stacks"]:
            if not stack["StackStatus"].startswith("DELETE"):
                yield stack

    def _template(self, stack: str, properties: Properties, more: Mapping[str, Any]) -> dict[str, Any]:
        recipe = {"Name": stack, "Version": "1.0.0", "ParentImage": "ami-1"}
        pipeline = {
            "ServiceToken": self.service_token,
            "ServiceTimeout": 60,
            "ImageRecipeArn": {"Ref": "Recipe"},
            "InfrastructureConfigurationArn": {"Ref": "Infrastructure"},
        }
        return {
            "Resources": {
                "Recipe": {"Type": "AWS::ImageBuilder::ImageRecipe", "Properties": recipe},
                "Infrastructure": {
                    "Type": "AWS::ImageBuilder::InfrastructureConfiguration",
                    "Properties": {"Name": stack, "InstanceProfileName": PROFILE},
                },
                "Pipeline": {"Type": "Custom::ImagePipeline", "Properties": pipeline | properties},
                **more,
            }
        }


@contextmanager
def deployed(folder: Path) -> Iterator[Deployed]:
    """Start a local cloud in a folder, and stop it at the end."""
    cloud = LocalCloud(folder / "cloud")
    cloud.start()
    made = Deployed(cloud, folder)
    try:
        make_instance_profile(cloud)
        yield made
    finally:
        made.close()
        cloud.stop()
