"""What the emulated service holds for one account in one Region."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from imagebuilder_local.emulator.errors import not_found
from imagebuilder_local.emulator.images import Image
from imagebuilder_local.emulator.ordered import ByArn
from imagebuilder_local.emulator.resources import Resources


@dataclass
class State:
    """Pipelines as GetImagePipeline spells them, the images that they made, and what they refer to."""

    partition: str
    region: str
    account: str
    clock: Callable[[], float]
    seconds_per_state: float
    strict_references: bool
    pipeline_quota: int | None
    inspector: Collection[str]
    pipelines: ByArn[dict[str, Any]] = field(default_factory=ByArn[dict[str, Any]])
    images: dict[str, Image] = field(default_factory=dict[str, Image])
    made_by: defaultdict[str, list[Image]] = field(default_factory=lambda: defaultdict(list))
    builds: Counter[str] = field(default_factory=Counter[str])
    resources: Resources = field(default_factory=Resources)

    def arn(self, resource: str) -> str:
        """Return the ARN of something of this account and Region, for example `image-pipeline/web`."""
        return f"arn:{self.partition}:imagebuilder:{self.region}:{self.account}:{resource}"

    def pipeline(self, arn: str) -> dict[str, Any]:
        """Return the pipeline, not a copy. ResourceNotFoundException when there is none.

        Get, Update and Delete do not model this error, yet the service sends it, and Terraform relies on it.
        """
        if arn not in self.pipelines:
            raise not_found(arn)
        return self.pipelines[arn]

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a pipeline, an image or something registered, not a copy; None when it does not exist."""
        if arn in self.images:
            return self.images[arn].tags
        facts = self.pipelines.get(arn) or self.resources.facts(arn)
        return None if facts is None else facts["tags"]

    def now(self) -> str:
        """Return the time as the service writes it."""
        return timestamp(self.clock())


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as the service writes a time: ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
