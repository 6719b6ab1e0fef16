"""An account in which a stack builds images: Image Builder, the function, Step Functions, and other people."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from support.building import FAILING
from support.function import Function, Request, Violation
from support.simulation import Simulation
from support.stack import CloudFormation

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.emulator.images import Image
from imagebuilder_model.ownership import IN_USE_TAG, LOGICAL_ID_TAG, STACK_ID_TAG, WHAT_IS_BUILT_TAG
from imagebuilder_pipeline_handler.runtime.event import CLOCK_SKEW, issued_at
from soak.build_plans import Outside
from soak.build_stack import LOGICAL_IDS, BuildStack
from soak.step_functions import LONGEST, StepFunctions

SECONDS_PER_STATE: Final = 20.0
"""How long a build is in each state at first."""


class Account:
    """One pipeline, its images, and what happens to them."""

    def __init__(self, seed: int, figures: Counter[str]) -> None:
        self.simulation = Simulation(seed)
        self.service = ImageBuilder(clock=lambda: self.simulation.now, seconds_per_state=SECONDS_PER_STATE)
        self.function = Function(self.simulation, self.service, figures)
        self.function.has_iam = bool(seed % 3)
        self.step_functions = StepFunctions(self.simulation, self.function.bucket, figures)
        self.cloudformation = CloudFormation(self.simulation, self.function, figures, int(LONGEST))
        self.theirs: dict[str, dict[str, str]] = {}
        """The tags of images of others, by ARN."""
        self.disturbed: set[str] = set()
        """ARNs of images that somebody else removed or cancelled."""
        self.is_broken = False
        """Whether the recipe makes every build fail."""
        self._figures = figures
        self._past: deque[Request] = deque(maxlen=60)
        self.missing_image = self.service.arn("image/missing/x.x.x")
        self.pipeline = self._make_pipeline()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the function and Step Functions into the simulation."""
        with self.function.installed(), self.step_functions.installed():
            yield

    @property
    def seconds_per_state(self) -> float:
        """How long a build that begins now is in each of its states."""
        return self.service._state.seconds_per_state

    @seconds_per_state.setter
    def seconds_per_state(self, seconds: float) -> None:
        self.service._state.seconds_per_state = seconds

    def image(self, arn: str) -> Image | None:
        return self.service._state.images.get(arn)

    def images_of(self, stack_id: str) -> list[Image]:
        """Return the images of a stack's builds, oldest first."""
        images = self.service._state.images.values()
        return [
            image
            for image in images
            if image.tags.get(STACK_ID_TAG) == stack_id and image.tags.get(LOGICAL_ID_TAG) in LOGICAL_IDS
        ]

    def status(self, image: Image) -> str:
        return image.status(self.simulation.now)

    def is_running(self, image: Image) -> bool:
        return image.is_running(self.simulation.now)

    def disturb(self, stack_id: str, what: Outside) -> None:
        """Let somebody else cancel a build of the stack, or a lifecycle policy remove an image."""
        images = [image for image in self.images_of(stack_id) if image.arn not in self.theirs]
        if not images:
            return
        image = images[what.pick % len(images)]
        if self.is_running(image):
            if what.cancels:
                self.cancel(image)
                self._figures["fault: cancelled by hand"] += 1
        elif what.removes:
            self.service.call("DeleteImage", {"imageBuildVersionArn": image.arn})
            self.disturbed.add(image.arn)
            self._figures["fault: image removed"] += 1

    def cancel(self, image: Image) -> None:
        """Cancel a build by hand."""
        self.disturbed.add(image.arn)
        self.service.call("CancelImageCreation", {"imageBuildVersionArn": image.arn, "clientToken": self._token()})

    def build_by_hand(self, tags: dict[str, str]) -> None:
        """Run the pipeline as somebody else."""
        request = {"imagePipelineArn": self.pipeline, "clientToken": self._token(), "tags": tags}
        made = self.service.call("StartImagePipelineExecution", request)
        self.theirs[made["imageBuildVersionArn"]] = tags
        self._figures["fault: foreign build"] += 1

    def give_away(self, stack_id: str) -> None:
        """Take the images that a deleted stack has left for somebody else's from now on."""
        for image in self.images_of(stack_id):
            if self.status(image) == "AVAILABLE" and not image.moves:
                self.theirs[image.arn] = dict(image.tags)

    def use_recipe(self, *, is_broken: bool) -> None:
        """Let builds that begin from now on fail, or no longer fail."""
        self.is_broken = is_broken
        request = self._settings(is_broken=is_broken) | {"imagePipelineArn": self.pipeline}
        self.service.call("UpdateImagePipeline", request)

    def tidy_unused(self, stack: BuildStack) -> None:
        """Cancel by hand the builds that the stack no longer needs, and take the in-use tag from their images."""
        used = {member.physical_id for member in stack.members.values()}
        for image in self.images_of(stack.id):
            if image.arn in used:
                continue
            if self.is_running(image):
                self.cancel(image)
            self.service.call("UntagResource", {"resourceArn": image.arn, "tagKeys": [IN_USE_TAG]})
        self._figures["put in order by hand"] += 1

    def deliver_late(self, stack_id: str, pick: int) -> None:
        """Let Lambda deliver an event once more that is over, when the next one has begun."""
        known = [request for request in self._past if request.event["StackId"] == stack_id and self._is_old(request)]
        if known:
            request = known[pick % len(known)]
            self.function.deliver_again(request, self.simulation.random.choice([1.0, 30.0, 100.0]))
            self._figures["fault: delivered after later events"] += 1

    def _is_old(self, request: Request) -> bool:
        """Return whether an event was over long before the next one of its resource, and started a build."""
        logical_id, sent = request.event["LogicalResourceId"], issued_at(request.event)
        later = [one for one in self._past if one.event["LogicalResourceId"] == logical_id]
        times = [
            time for one in later if (time := issued_at(one.event)) is not None and sent is not None and time > sent
        ]
        following = min(times, default=datetime.fromtimestamp(self.simulation.now, UTC))
        has_succeeded = request.honoured is not None and request.honoured["Status"] == "SUCCESS"
        is_apart = sent is not None and following - sent > CLOCK_SKEW + timedelta(seconds=5)
        return has_succeeded and is_apart and "StartImagePipelineExecution" in request.tokens

    def check(self) -> None:
        """Violation when a promise was broken to CloudFormation, or an image of others was touched."""
        for violation in self.function.bucket.violations:
            raise Violation(violation)
        self._past.extend(self.cloudformation.requests)
        self.cloudformation.requests.clear()
        for arn, tags in self.theirs.items():
            image = self.image(arn)
            if image is None or self._are_changed(image.tags, tags) or image.cancelled_at or image.moves:
                raise Violation(f"foreign: an image that is not ours was touched: {arn}")

    def _are_changed(self, tags: Mapping[str, str], before: Mapping[str, str]) -> bool:
        """Return whether tags have changed. An event that is delivered when its stack is gone may mark the image."""
        is_late = before.get(STACK_ID_TAG) in self.function.delivered_late
        ignored = {IN_USE_TAG} if is_late else set[str]()
        return any(tags.get(key) != before.get(key) for key in {*tags, *before} - ignored)

    def _make_pipeline(self) -> str:
        component = self.service.arn("component/harden/1.0.2/1")
        self.service.register(component, data=FAILING, platform="Linux")
        for is_broken in (False, True):
            parts = [{"componentArn": component}] if is_broken else []
            self.service.register(self._settings(is_broken=is_broken)["imageRecipeArn"], components=parts)
        settings = self._settings(is_broken=False)
        self.service.register(settings["infrastructureConfigurationArn"])
        made = self.service.call("CreateImagePipeline", settings | {"name": "golden"})
        return str(made["imagePipelineArn"])

    def _settings(self, *, is_broken: bool) -> dict[str, str]:
        return {
            "imageRecipeArn": self.service.arn(f"image-recipe/golden/1.0.{3 if is_broken else 2}"),
            "infrastructureConfigurationArn": self.service.arn("infrastructure-configuration/golden"),
            "clientToken": self._token(),
        }

    def _token(self) -> str:
        return f"by hand {self.simulation.random.random()}"


FOREIGN_TAGS: Final = ("none", "another stack", "another resource")


def foreign_tags(kind: str, stack_id: str) -> dict[str, str]:
    """Return tags of somebody else's image that look like those of the stack's."""
    match kind:
        case "another stack":
            return {STACK_ID_TAG: f"{stack_id}0", LOGICAL_ID_TAG: LOGICAL_IDS[0], WHAT_IS_BUILT_TAG: "1"}
        case "another resource":
            return {STACK_ID_TAG: stack_id, LOGICAL_ID_TAG: "Third", WHAT_IS_BUILT_TAG: "1"}
        case _:
            return {"theirs": "x"}
