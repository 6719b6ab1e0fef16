"""The service. `ImageBuilder.call` handles every request."""

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from threading import Lock
from typing import Any

from imagebuilder_local.emulator.direct_builds import build_at_once, run_at_once
from imagebuilder_local.emulator.ends import settle
from imagebuilder_local.emulator.errors import ServiceError, invalid_request, invalid_value
from imagebuilder_local.emulator.executions import executions, run_on_schedule
from imagebuilder_local.emulator.failures import failing_regions as regions_that_fail
from imagebuilder_local.emulator.faults import Faults
from imagebuilder_local.emulator.iam import Iam, authorize
from imagebuilder_local.emulator.inspector import activated
from imagebuilder_local.emulator.kept import Call, CallLog
from imagebuilder_local.emulator.operations import OPERATIONS
from imagebuilder_local.emulator.pace import seconds_per_state as default_pace
from imagebuilder_local.emulator.pipelines import shown
from imagebuilder_local.emulator.progress import Builds, newest_builds, newest_images
from imagebuilder_local.emulator.rate import TokenBucket
from imagebuilder_local.emulator.settings import references
from imagebuilder_local.emulator.state import ServiceEvent, State
from imagebuilder_local.emulator.tokens import Tokens, token_member
from imagebuilder_model import check, load_model


class ImageBuilder:
    """EC2 Image Builder for one account and Region, in memory. Threads may share it.

    `rate_limit` is in requests per second, `pipeline_quota` in pipelines; None means no limit. With
    `strict_references`, the resources of this account that a pipeline refers to must be registered. A build enters its
    next state every `seconds_per_state`; 0 makes it available at once, None means the value of
    IMAGEBUILDER_LOCAL_SECONDS_PER_STATE, or 2. `clock` returns seconds since the epoch. `iam`
    authorizes callers; without it every request is allowed. `inspector` has the resource types (`ec2`, `ecr`) that
    Amazon Inspector is activated for; None means the value of IMAGEBUILDER_LOCAL_INSPECTOR, or both. Distribution fails
    to the `failing_regions`; None means those of IMAGEBUILDER_LOCAL_FAILING_REGIONS, or none.
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
        seconds_per_state: float | None = None,
        clock: Callable[[], float] = time.time,
        iam: Iam | None = None,
        inspector: Collection[str] | None = None,
        failing_regions: Collection[str] | None = None,
    ) -> None:
        self.iam = iam
        self.faults = Faults()
        active = activated() if inspector is None else frozenset(inspector)
        pace = default_pace() if seconds_per_state is None else seconds_per_state
        failing = regions_that_fail() if failing_regions is None else frozenset(failing_regions)
        self._state = State(partition, region, account, clock, pace, strict_references, pipeline_quota, active, failing)
        self._tokens = Tokens()
        self._rate = TokenBucket(rate_limit, clock) if rate_limit is not None else None
        self._calls = CallLog()
        self._lock = Lock()

    def arn(self, resource: str) -> str:
        """Return the ARN of a resource of this account and Region, for example `image-pipeline/web`."""
        return self._state.arn(resource)

    def call(
        self,
        operation: str,
        request: Mapping[str, Any],
        *,
        request_id: str | None = None,
        access_key: str | None = None,
    ) -> dict[str, Any]:
        """Handle a request with the member names of the API, as over HTTP: an idempotency token is required.

        `access_key` identifies the caller. ServiceError has the service's code and message. KeyError for an unknown
        operation.
        """
        answer = OPERATIONS[operation]
        given = deepcopy(dict(request))
        with self._settled():
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
        """Return a copy of each pipeline, as GetImagePipeline returns it, in order of creation."""
        with self._settled():
            return [shown(self._state, pipeline) for pipeline in self._state.pipelines.values()]

    def executions(self) -> dict[str, list[dict[str, Any]]]:
        """Return the images by pipeline ARN, newest first, as ListImagePipelineImages returns them."""
        with self._lock:
            return executions(self._state)

    def newest_builds(self, most: int) -> dict[str, Builds]:
        """Return up to `most` of the newest builds of each pipeline, by its ARN, as they stand now."""
        with self._lock:
            return newest_builds(self._state, most)

    def newest_images(self, most: int) -> Builds:
        """Return up to `most` of the newest images without a pipeline, or whose pipeline was deleted."""
        with self._lock:
            return newest_images(self._state, most)

    def now(self) -> float:
        """Return the time of the service, in seconds since the epoch."""
        return self._state.clock()

    def take_events(self) -> list[ServiceEvent]:
        """Remove and return the events for EventBridge since the last time, in order."""
        with self._settled():
            taken = list(self._state.events)
            self._state.events.clear()
        return taken

    def calls(self) -> list[Call]:
        """Return the newest requests in order, including rejected ones. Very old requests are removed."""
        with self._lock:
            return self._calls.copy()

    def inject(self, operation: str, faults: Iterable[object]) -> None:
        """Inject faults into the next HTTP requests of an operation, or of all (`*`): see `Fault`.

        In-process calls of `call` are not affected. ValueError for an invalid fault.
        """
        self.faults.add(operation, faults)

    def note(self, operation: str, request: Mapping[str, Any], error: str) -> None:
        """Record a request that a fault prevented from being processed."""
        with self._lock:
            self._calls.add(operation, request, error)

    def register(self, arn: str, **facts: object) -> None:
        """Register a recipe, configuration, component or workflow.

        `facts` are members of the API's shape for it, for example `platform`, which pipelines take from their recipe.
        """
        with self._lock:
            self._state.resources.add(arn, facts, self._state.now())

    def unregister(self, arn: str) -> None:
        """Unregister a resource.

        ResourceDependencyException if a pipeline refers to it, ResourceNotFoundException if it does not exist.
        """
        with self._lock:
            resolve = self._state.resources.resolve
            in_use = {resolve(ref) for pipeline in self._state.pipelines.values() for ref in references(pipeline)}
            if arn in in_use:
                # Message of AWS: hashicorp/terraform-provider-aws#39985.
                raise ServiceError(
                    "ResourceDependencyException",
                    f"Resource dependency error: The resource ARN '{arn}' has other resources depended on it.",
                )
            self._state.resources.remove(arn)

    def registered(self) -> dict[str, dict[str, Any]]:
        """Return a copy of the registered resources, with facts and tags, by ARN."""
        with self._lock:
            return self._state.resources.all()

    def run_on_schedule(self, arn: str, *, fails: bool = False) -> str | None:
        """Run a pipeline as its schedule would. The emulator does not run schedules by time.

        Return the ARN of the image, or None for a disabled pipeline. A failed run is counted when it ends, and disables
        the pipeline if its policy requires it.
        """
        with self._settled():
            return run_on_schedule(self._state, arn, fails=fails)

    def build_at_once(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Build an image without a pipeline and return it as GetImage does: it ends at once, as it will end.

        `request` has members of CreateImagePipeline: recipe, infrastructure and so on, and the image's `tags`.
        """
        with self._settled():
            return deepcopy(build_at_once(self._state, request))

    def run_at_once(self, arn: str, tags: Mapping[str, str]) -> dict[str, Any]:
        """Run a pipeline with tags for its image, and return the image as GetImage does: it ends at once."""
        with self._settled():
            return deepcopy(run_at_once(self._state, arn, tags))

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Hold the lock, after the changes of images up to now are settled."""
        with self._lock:
            settle(self._state)
            yield

    def _admit(self) -> None:
        """Reject a request before it is read. Other checks that do not depend on the request (faults) belong here."""
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
        # The checker allows a missing token because SDKs add it; a request to the service must have one.
        if token_name not in request:
            raise invalid_value(operation, token_name, "It is missing")
        token = request[token_name]
        response = self._tokens.recall(operation, token, request)
        if response is None:
            response = answer(self._state, request)
            self._tokens.remember(operation, token, request, response)
        return response
