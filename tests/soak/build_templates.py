"""What a template says of builds: one resource for each, and a further part where it waits for longer."""

from typing import Any, Final

from support.stack import Template
from support.waiting import MACHINE

from imagebuilder_model.builds import LONGEST_WAIT
from soak.build_stack import LATER, LOGICAL_IDS, PART

TRIGGERS: Final = ("1", "1", "2", "3")
WAITS: Final = ((LONGEST_WAIT,), (LONGEST_WAIT,), (600,), (0,), (600, LONGEST_WAIT), (60, 60))
"""Seconds for which the parts of a build wait."""

_ROLE: Final = "arn:aws:iam::000000000000:role/Lifecycle"
_ELSEWHERE: Final = "Elsewhere"


def build(logical_id: str, pipeline: str, trigger: str, waits: tuple[int, ...], on_delete: str) -> Template:
    """Return a build and, for a second wait, its further part."""
    wait: dict[str, Any] = {"WaitSeconds": waits[0], "TimeoutSeconds": sum(waits), "WatcherArn": MACHINE}
    what = {"PipelineArn": pipeline, "Trigger": trigger, "OnDelete": on_delete, "LifecycleRoleArn": _ROLE}
    template: Template = {logical_id: what | wait | {"IsLast": len(waits) == 1}}
    if len(waits) > 1:
        template[f"{logical_id}{PART}"] = wait | {"WaitSeconds": waits[1], "ImageArn": ""}
    return template


def failing(missing_image: str, *, is_later: bool) -> Template:
    """Return a resource that fails, beside the builds or after them."""
    return {f"{_ELSEWHERE}{LATER if is_later else ''}": {"ImageArn": missing_image, "WaitSeconds": 0}}


def without_spare_parts(template: Template) -> Template:
    """Return a template without the parts whose build waits for the image itself."""
    return {
        name: given
        for name, given in template.items()
        if not name.endswith(PART) or not template[name.removesuffix(PART)]["IsLast"]
    }


def has_failing(template: Template) -> bool:
    return any(name.startswith(_ELSEWHERE) for name in template)


def changed_builds(template: Template, before: Template) -> Template:
    """Return the builds that a template creates or changes."""
    return {name: template[name] for name in LOGICAL_IDS if name in template and template[name] != before.get(name)}
