"""An emulator of EC2 Image Builder's pipeline operations that any AWS SDK or CLI can talk to.

`ImageBuilder` holds the state and handles requests in process; `ImageBuilderServer` serves it over HTTP. Names, types,
limits, routes and error statuses come from `imagebuilder_model`.
"""

from imagebuilder_local.emulator.changed_settings import changed_settings
from imagebuilder_local.emulator.descriptions import SHAPES
from imagebuilder_local.emulator.errors import ServiceError, access_denied
from imagebuilder_local.emulator.iam import Iam
from imagebuilder_local.emulator.image_builder import ImageBuilder
from imagebuilder_local.emulator.kept import Call, kept
from imagebuilder_local.emulator.next_run import next_runs
from imagebuilder_local.emulator.progress import Builds, Progress
from imagebuilder_local.emulator.server import Answered, ImageBuilderServer, Place, Watch
from imagebuilder_local.emulator.services import Services
from imagebuilder_local.emulator.state import ServiceEvent
from imagebuilder_local.emulator.versions import latest_version_references

__all__ = [
    "SHAPES",
    "Answered",
    "Builds",
    "Call",
    "Iam",
    "ImageBuilder",
    "ImageBuilderServer",
    "Place",
    "Progress",
    "ServiceError",
    "ServiceEvent",
    "Services",
    "Watch",
    "access_denied",
    "changed_settings",
    "kept",
    "latest_version_references",
    "next_runs",
]
