"""The failure of a template whose properties are wrong."""

from collections.abc import Sequence
from typing import Final

from imagebuilder_model import Problem
from imagebuilder_pipeline_handler.runtime.failure import HandlerError, Reason

INVALID_PROPERTIES: Final = Reason("InvalidProperties", "the template is wrong", "correct the properties named here")

REASONS: Final = (INVALID_PROPERTIES,)


class PropertiesError(HandlerError):
    """The template's properties are wrong. The message has every problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        noun = "problem" if len(problems) == 1 else "problems"
        detail = f"{len(problems)} {noun} in the template's properties: "
        super().__init__(INVALID_PROPERTIES, detail, [str(problem) for problem in problems])
