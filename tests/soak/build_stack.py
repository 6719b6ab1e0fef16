"""A stack whose resources build images or wait for them; further parts of a wait depend on their build."""

from collections.abc import Sequence
from typing import Any, Final

from support.stack import Attempt, CloudFormation, Member, Properties, Stack, Template

LOGICAL_IDS: Final = ("First", "Second")
"""Of the builds that it may have."""

LATER: Final = "Later"
"""How the logical id of a resource ends that depends on all others."""

PART: Final = "Part2"
"""How the logical id of a further part ends, after that of its build."""


class BuildStack(Stack):
    """A stack that deploys builds first, then further parts, then what depends on all."""

    patience: float | None = None
    """Seconds after which a deployment is cancelled, because something else has failed; None if nothing has."""

    def __init__(self, cloudformation: CloudFormation, name: str) -> None:
        super().__init__(cloudformation, name)
        self.skipped: set[str] = set()
        """The images of builds whose parts a rollback skipped."""

    def heal(self) -> bool:
        """Delete what is left of a deletion, or go on with a rollback; return whether that worked.

        A part whose build ended badly in the rollback never succeeds: the user skips it.
        """
        if not self.is_rolling_back:
            return self.delete()
        return self.continue_rollback() or self._continue_rollback_without_parts()

    def _continue_rollback_without_parts(self) -> bool:
        """Do what a rollback could not do, and leave the parts as they are: `--resources-to-skip`."""
        parts = [attempt for attempt in self._unrestored if attempt.logical_id.endswith(PART)]
        self.skipped |= {str(attempt.properties["ImageArn"]) for attempt in parts}
        self.skipped |= {str(attempt.before.properties["ImageArn"]) for attempt in parts if attempt.before is not None}
        self._unrestored = [attempt for attempt in self._unrestored if attempt not in parts]
        return self.continue_rollback()

    def _attempts(self, template: Template) -> list[Attempt]:
        attempts: list[Attempt] = []
        for wave in (0, 1, 2):
            chosen = {name: self._resolved(name, attempts, given) for name, given in template.items()}
            chosen = {name: given for name, given in chosen.items() if _wave(name) == wave}
            attempts += super()._attempts(chosen)
            if not all(attempt.has_succeeded for attempt in attempts):
                break
        return attempts

    def _resolved(self, logical_id: str, attempts: Sequence[Attempt], properties: Properties) -> Properties:
        """Return properties with the reference of a part to its build in place."""
        if not logical_id.endswith(PART):
            return properties
        build = logical_id.removesuffix(PART)
        ids = {name: member.physical_id for name, member in self.members.items()}
        ids |= {attempt.logical_id: attempt.physical_id for attempt in attempts}
        return properties | {"ImageArn": ids.get(build, "")}

    def _restore_all(self, attempts: Sequence[Attempt]) -> None:
        self.patience = None
        for wave in (0, 1, 2):
            super()._restore_all([attempt for attempt in attempts if _wave(attempt.logical_id) == wave])

    def _restore(self, attempt: Attempt) -> None:
        if attempt.before is not None:
            # References are resolved anew in a rollback.
            properties = self._resolved(attempt.logical_id, (), attempt.before.properties)
            attempt.before = Member(properties, attempt.before.physical_id)
        super()._restore(attempt)

    def _send(self, kind: str, logical_id: str, properties: Properties, **more: Any) -> dict[str, Any] | None:
        event = self._event(kind, logical_id, properties) | more
        return self._cloudformation.send(event, None if kind == "Delete" else self.patience)

    def _resource_type(self, properties: Properties) -> str:
        return f"Custom::ImagePipeline{'Build' if 'PipelineArn' in properties else 'Image'}"


def _wave(logical_id: str) -> int:
    return 2 if logical_id.endswith(LATER) else 1 if logical_id.endswith(PART) else 0
