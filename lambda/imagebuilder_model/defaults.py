"""What the service shows of a pipeline for members that its request leaves out."""

from collections.abc import Mapping
from typing import Any, Final

PIPELINE_DEFAULTS: Final[Mapping[str, Any]] = {
    "status": "ENABLED",
    "enhancedImageMetadataEnabled": True,
    "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 720},
}
"""Members by name, in the API's form. Those of a structure apply when the structure is left out too."""

SCHEDULE_DEFAULTS: Final[Mapping[str, Any]] = {
    "timezone": "UTC",
    "pipelineExecutionStartCondition": "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE",
}
"""Members of a schedule. A pipeline without a schedule has none of them."""
