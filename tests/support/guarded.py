"""A stack whose function needs every grant that there is, deployed to a local cloud that enforces IAM."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3

from support.cdk import Cdk
from support.cloudformation import Resource, ResponseServer

Policy = dict[str, Any]

STACK = "Guarded"
_SERVICE_LINKED_ROLE = "AWSServiceRoleForImagebuilder"  # as ministack spells it


@dataclass
class Guarded:
    """The deployed stack: its function, the function's role, and what a pipeline of it refers to."""

    cli: Cdk
    outputs: dict[str, str]
    responses: ResponseServer
    stack: str = STACK
    _clients: list[Any] = field(default_factory=list)

    def client(self, service: str, **credentials: str) -> Any:
        """Return a client of the local cloud: of the account's root, or of whose credentials are given."""
        state = self.cli.cloud.state()
        assert state is not None
        root = {"aws_access_key_id": state.access_key_id, "aws_secret_access_key": state.secret_access_key}
        connect: Any = boto3.client  # typed for one service at a time
        made = connect(
            service,
            region_name=state.region,
            endpoint_url=state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint,
            verify=str(self.cli.cloud.folder.certificate_authority),
            **(credentials or root),
        )
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Close the clients: a cloud waits long for connections that are open when it is stopped."""
        for client in self._clients:
            client.close()

    @cached_property
    def root(self) -> Any:
        """A client of Image Builder that may do everything."""
        return self.client("imagebuilder")

    @cached_property
    def as_function(self) -> Any:
        """A client of Image Builder with the credentials of the function's role."""
        return self.assumed("imagebuilder", self.role_arn)

    def assumed(self, service: str, role_arn: str) -> Any:
        """Return a client with the credentials of a role."""
        keys = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="trespasser")["Credentials"]
        return self.client(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    @cached_property
    def cloudformation(self) -> Any:
        return self.client("cloudformation")

    @cached_property
    def role_arn(self) -> str:
        """The ARN of the function's role."""
        return str(self._lambda.get_function_configuration(FunctionName=self._function)["Role"])

    @cached_property
    def policy(self) -> Policy:
        """The one policy of the role, as it was synthesised and deployed."""
        assert self._iam.list_attached_role_policies(RoleName=self._role)["AttachedPolicies"] == []
        return dict(self._iam.get_role_policy(RoleName=self._role, PolicyName=self._policy_name)["PolicyDocument"])

    @contextmanager
    def holding(self, policy: Policy) -> Iterator[None]:
        """Give the role another policy for a while, in an account that has not used Image Builder before."""
        genuine = self.policy
        with suppress(self._iam.exceptions.NoSuchEntityException):
            self._iam.delete_service_linked_role(RoleName=_SERVICE_LINKED_ROLE)
        self._put(policy)
        try:
            yield
        finally:
            self._put(genuine)
            self.clean()

    def clean(self) -> None:
        """Delete the pipelines that tests made: their names begin with `probe`."""
        for pipeline in self.cli.image_builder()["pipelines"]:
            if pipeline["name"].startswith("probe"):
                self.root.delete_image_pipeline(imagePipelineArn=pipeline["arn"])

    def resource(self, logical_id: str = "Probe", stack_id: str | None = None) -> Resource:
        """Return a custom resource of the stack, or of another, whose events go to the function in the cloud."""

        def invoke(event: dict[str, Any], _context: object) -> None:
            answer = self._lambda.invoke(FunctionName=self._function, Payload=json.dumps(event))
            assert "FunctionError" not in answer, answer["Payload"].read()

        return Resource(invoke, self.responses, logical_id=logical_id, stack_id=stack_id or self.outputs["StackId"])

    def fail_for_good(self) -> str | None:
        """Give the function an event that it cannot answer, as CloudFormation gives events; return what Lambda lost.

        None when the event got into the dead-letter queue, or when there is no such queue.
        """
        if self._queue is None:
            return None
        logged = len(self.log())
        self._lambda.invoke(FunctionName=self._function, InvocationType="Event", Payload=b"{}")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._sqs.receive_message(QueueUrl=self._queue).get("Messages"):
                self._sqs.purge_queue(QueueUrl=self._queue)
                return None
            if lost := self.lost_since(logged):
                return lost
            time.sleep(0.1)
        raise AssertionError("the event is neither in the queue nor lost")

    def log(self) -> str:
        """Return what the cloud logged so far."""
        return self.cli.cloud.folder.log.read_text()

    def lost_since(self, logged: int) -> str | None:
        """Return why something of a function was lost since the cloud's log was so long, None when nothing was."""
        return next((line for line in self.log()[logged:].splitlines() if " was lost: " in line), None)

    def function_log(self) -> list[str]:
        """Return the function's own log."""
        configuration = self._lambda.get_function_configuration(FunctionName=self._function)
        group = configuration["LoggingConfig"]["LogGroup"]
        return [event["message"] for event in self.client("logs").filter_log_events(logGroupName=group)["events"]]

    def prepare(self) -> None:
        """Give the function little time, for with more it would wait for a missing grant to come; and its queue.

        ministack's CloudFormation leaves a function's DeadLetterConfig out.
        """
        queue: dict[str, Any] = {}
        if self._queue is not None:
            attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
            queue = {"DeadLetterConfig": {"TargetArn": attributes["QueueArn"]}}
        self._lambda.update_function_configuration(FunctionName=self._function, Timeout=8, **queue)

    def _put(self, policy: Policy) -> None:
        text = json.dumps(policy)
        self._iam.put_role_policy(RoleName=self._role, PolicyName=self._policy_name, PolicyDocument=text)

    @cached_property
    def _policy_name(self) -> str:
        (name,) = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]
        return str(name)

    @cached_property
    def _lambda(self) -> Any:
        return self.client("lambda")

    @cached_property
    def _sqs(self) -> Any:
        return self.client("sqs")

    @cached_property
    def _iam(self) -> Any:
        return self.client("iam")

    @cached_property
    def _function(self) -> str:
        functions = self._resources_of("AWS::Lambda::Function")
        (name,) = [name for logical_id, name in functions.items() if "Watcher" not in logical_id]
        return name

    @cached_property
    def _queue(self) -> str | None:
        """The URL of the dead-letter queue."""
        return next(iter(self._resources_of("AWS::SQS::Queue").values()), None)

    def _resources_of(self, resource_type: str) -> dict[str, str]:
        """Return the physical id of each resource of a type by its logical id."""
        resources = self.cloudformation.describe_stack_resources(StackName=self.stack)["StackResources"]
        found = [one for one in resources if one["ResourceType"] == resource_type]
        return {one["LogicalResourceId"]: str(one["PhysicalResourceId"]) for one in found}

    @property
    def _role(self) -> str:
        return self.role_arn.rsplit("/", 1)[1]
