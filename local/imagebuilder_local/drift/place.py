"""A place in a pipeline: its path as templates spell it, its shape, and the service's default there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imagebuilder_model import Shape, load_model
from imagebuilder_model.defaults import PIPELINE_DEFAULTS, SCHEDULE_DEFAULTS
from imagebuilder_model.spelling import template_name

_DEFAULTS: Final = {**PIPELINE_DEFAULTS, "schedule": SCHEDULE_DEFAULTS}


@dataclass(frozen=True)
class Place:
    """`default` is None where the service has none."""

    path: str
    shape: Shape
    default: Any = None

    def member(self, name: str) -> "Place":
        """Return the place of a member of a structure, or of a key of a map."""
        shapes = load_model().shapes
        default = self.default.get(name) if isinstance(self.default, Mapping) else None
        if self.shape.type == "map":
            return Place(f"{self.path}.{name}", shapes[self.shape.value or ""])
        inner = template_name(name)
        return Place(f"{self.path}.{inner}" if self.path else inner, shapes[self.shape.members[name].shape], default)

    def item(self, index: int) -> "Place":
        """Return the place of an item of a list."""
        return Place(f"{self.path}[{index}]", load_model().shapes[self.shape.element or ""])


def root() -> Place:
    """Return the place of the whole pipeline."""
    return Place("", load_model().input_of("UpdateImagePipeline"), _DEFAULTS)
