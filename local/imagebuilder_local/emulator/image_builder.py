"""The service: every request passes through `ImageBuilder.call`."""

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from threading import Lock
from typing import Any, Final

from imagebuilder_local.emulator.errors import ServiceError, invalid_request, invalid_value
from imagebuilder_local.emulator.executions import (
    executions,
    list_image_pipeline_images,
    run_on_schedule,
    start_image_pipeline_execution,
)
from imagebuilder_local.emulator.faults import Faults
from imagebuilder_local.emulator.iam import Iam, authorize
from imagebuilder_local.emulator.inspector import activated
from imagebuilder_local.emulator.kept import Call, CallLog
from imagebuilder_local.emulator.pipelines import (
    create_image_pipeline,
    delete_image_pipeline,
    get_image_pipeline,
    list_image_pipelines,
    references,
    shown,
    update_image_pipeline,
)
from imagebuilder_local.emulator.rate import TokenBucket
from imagebuilder_local.emulator.state import State
from imagebuilder_local.emulator.tags import list_tags_for_resource, tag_resource, untag_resource
from imagebuilder_local.emulator.tokens import Tokens, token_member
from imagebuilder_model import check, load_model

OPERATIONS: Final[Mapping[str, Callable[[State, Mapping[str, Any]], dict[str, Any]]]] = {
    "CreateImagePipeline": create_image_pipeline,
    "UpdateImagePipeline": update_image_pipeline,
    "DeleteImagePipeline": delete_image_pipeline,
    "GetImagePipeline": get_image_pipeline,
    "ListImagePipelines": list_image_pipelines,
    "StartImagePipelineExecution": start_image_pipeline_execution,
    "ListImagePipelineImages": list_image_pipeline_images,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}


class ImageBuilder:
    """EC2 Image Builder for one account and Region, in memory. Threads may share it.

    `rate_limit` is in requests a second, `pipeline_quota` in pipelines; None means no limit. With `strict_references`
    what a pipeline refers to in this account must have been registered. A build passes into its next state every
    `seconds_per_state`; 0 makes it available at once. `clock` gives seconds since the epoch. `iam` is asked whether a
    caller may do what it asks for; without it everybody may do everything. `inspector` has the resource types (`ec2`,
    `ecr`) that Amazon Inspector is activated for; None means what IMAGEBUILDER_LOCAL_INSPECTOR says, or both.
    """

    def __init__(
        self,
        partition: str = "aws",
        region: str = "us-east-1",
        account: str = "000000000000",
        *,
        strict_references: bool = True,
        pipeline_quota: int | None = None,
        rate_limit: float | None = None,
        seconds_per_state: float = 2.0,
        clock: Callable[[], float] = time.time,
        iam: Iam | None = None,
        inspector: Collection[str] | None = None,
    ) -> None:
        self.iam = iam
        self.faults = Faults()
        active = activated() if inspector is None else frozenset(inspector)
        self._state = State(
            partition, region, account, clock, seconds_per_state, strict_references, pipeline_quota, active
        )
        self._tokens = Tokens()
        self._rate = TokenBucket(rate_limit, clock) if rate_limit is not None else None
        self._calls = CallLog()
        self._lock = Lock()

    def arn(self, resource: str) -> str:
        """Return the ARN of something of this account and Region, for example `image-pipeline/web`."""
        return self._state.arn(resource)

    def call(
        self,
        operation: str,
        request: Mapping[str, Any],
        *,
        request_id: str | None = None,
        access_key: str | None = None,
    ) -> dict[str, Any]:
        """Answer a request in the API's spelling, exactly as over HTTP: an idempotency token must be given.

        `access_key` says who asks. ServiceError with the service's code and message; KeyError when there is no such
        operation.
        """
        answer = OPERATIONS[operation]
        given = deepcopy(dict(request))
        with self._lock:
            try:
                self._admit()
                response = self._answer(operation, answer, given, access_key)
            except ServiceError as error:
                self._calls.add(operation, given, error.code)
                raise
            self._calls.add(operation, given, None)
        extra = {"requestId": request_id or str(uuid.uuid4()), "clientToken": given.get("clientToken")}
        output = load_model().shapes[load_model().operations[operation].output].members
        return response | {name: value for name, value in extra.items() if name in output}

    def pipelines(self) -> list[dict[str, Any]]:
        """Return a copy of every pipeline, as GetImagePipeline shows it, in the order of their making."""
        with self._lock:
            return [shown(self._state, pipeline) for pipeline in self._state.pipelines.values()]

    def executions(self) -> dict[str, list[dict[str, Any]]]:
        """Return what every pipeline made, the newest first, by its ARN, as ListImagePipelineImages shows it."""
        with self._lock:
            return executions(self._state)

    def calls(self) -> list[Call]:
        """Return the requests so far, refused ones too, in order. Of very many only the newest are kept."""
        with self._lock:
            return self._calls.copy()

    def inject(self, operation: str, faults: Iterable[object]) -> None:
        """Let the next requests over HTTP of an operation, or of every one (`*`), meet faults: see `Fault`.

        What `call` does in process is not touched. ValueError for what is no fault.
        """
        self.faults.add(operation, faults)

    def note(self, operation: str, request: Mapping[str, Any], error: str) -> None:
        """Remember a request that a fault kept from being acted on."""
        with self._lock:
            self._calls.add(operation, request, error)

    def register(self, arn: str, **facts: object) -> None:
        """Make a recipe, configuration, component or workflow exist. A recipe's `platform` becomes its pipelines'."""
        with self._lock:
            self._state.resources.add(arn, facts)

    def unregister(self, arn: str) -> None:
        """Make it not exist any more.

        ResourceDependencyException while a pipeline means it, ResourceNotFoundException when it does not exist.
        """
        with self._lock:
            resolve = self._state.resources.resolve
            in_use = {resolve(ref) for pipeline in self._state.pipelines.values() for ref in references(pipeline)}
            if arn in in_use:
                # The service's own words: hashicorp/terraform-provider-aws#39985.
                raise ServiceError(
                    "ResourceDependencyException",
                    f"Resource dependency error: The resource ARN '{arn}' has other resources depended on it.",
                )
            self._state.resources.remove(arn)

    def registered(self) -> dict[str, dict[str, Any]]:
        """Return a copy of what is registered, with its facts and tags, by ARN."""
        with self._lock:
            return self._state.resources.all()

    def run_on_schedule(self, arn: str, *, fails: bool = False) -> str | None:
        """Do what a pipeline's schedule does when its time has come, since no clock does it here.

        Returns the image's ARN, or None for a disabled pipeline. A run that fails counts, and disables the pipeline
        when its policy says so.
        """
        with self._lock:
            return run_on_schedule(self._state, arn, fails=fails)

    def _admit(self) -> None:
        """Turn a request away before it is looked at. Whatever else refuses requests blindly (faults) belongs here."""
        if self._rate is not None and not self._rate.take():
            raise ServiceError("CallRateLimitExceededException", "The permitted request rate is exceeded.")

    def _answer(
        self,
        operation: str,
        answer: Callable[[State, Mapping[str, Any]], dict[str, Any]],
        request: Mapping[str, Any],
        access_key: str | None,
    ) -> dict[str, Any]:
        problems = check(operation, request)
        if problems:
            raise invalid_request(operation, problems)
        if self.iam is not None:
            authorize(self.iam, access_key, self._state, operation, request)
        token_name = token_member(operation)
        if token_name is None:
            return answer(self._state, request)
        # The checker lets it pass, because SDKs fill it in; what reaches a service has it.
        if token_name not in request:
            raise invalid_value(operation, token_name, "It is missing")
        token = request[token_name]
        response = self._tokens.recall(operation, token, request)
        if response is None:
            response = answer(self._state, request)
            self._tokens.remember(operation, token, request, response)
        return response
