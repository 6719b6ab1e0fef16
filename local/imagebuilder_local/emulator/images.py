"""Images, the results of pipeline executions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_STATES = ("PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING", "AVAILABLE")


@dataclass(frozen=True)
class Image:
    """One build. Its state is computed from the time since its start, so nothing runs in the background."""

    arn: str
    pipeline_arn: str
    name: str
    started_at: float
    created: str
    build_type: str
    pipeline: Mapping[str, Any]
    tags: dict[str, str] = field(default_factory=dict[str, str])
    fails: bool = False

    def status(self, now: float, seconds_per_state: float) -> str:
        """Return the state at a time. Builds without tests skip TESTING; failed builds fail in BUILDING."""
        tested = self.pipeline["imageTestsConfiguration"]["imageTestsEnabled"]
        states = [state for state in _STATES if tested or state != "TESTING"]
        if self.fails:
            states = [*states[: states.index("BUILDING") + 1], "FAILED"]
        passed = (now - self.started_at) / seconds_per_state if seconds_per_state else len(states)
        return states[min(max(int(passed), 0), len(states) - 1)]

    def summary(self, now: float, seconds_per_state: float) -> dict[str, Any]:
        """Return the image as ListImagePipelineImages returns it."""
        status = self.status(now, seconds_per_state)
        _, _, _, region, account, resource = self.arn.split(":", 5)
        is_container = "containerRecipeArn" in self.pipeline
        return {
            "arn": self.arn,
            "name": self.name,
            "type": "DOCKER" if is_container else "AMI",
            "version": resource.split("/", 2)[2],
            "platform": self.pipeline["platform"],
            "state": {"status": status},
            "owner": account,
            "dateCreated": self.created,
            "outputResources": self._output(region, account) if status == "AVAILABLE" else {},
            "tags": dict(self.tags),
            "buildType": self.build_type,
            "imageSource": "CUSTOM",
        }

    def _output(self, region: str, account: str) -> dict[str, Any]:
        version = self.arn.split("/", 2)[2].replace("/", "-")
        if "containerRecipeArn" in self.pipeline:
            uri = f"{account}.dkr.ecr.{region}.amazonaws.com/{self.name}:{version}"
            return {"containers": [{"region": region, "imageUris": [uri]}]}
        ami = f"ami-{hashlib.sha256(self.arn.encode()).hexdigest()[:17]}"
        name = f"{self.name} {self.created}"
        return {"amis": [{"region": region, "image": ami, "name": name, "accountId": account}]}
