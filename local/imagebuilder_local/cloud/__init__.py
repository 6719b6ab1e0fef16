"""The local cloud: ministack and the Image Builder emulator in one process, over TLS, on free ports."""

from imagebuilder_local.cloud.control import LocalCloud
from imagebuilder_local.cloud.environment import client_environment
from imagebuilder_local.cloud.errors import LocalCloudError

__all__ = ["LocalCloud", "LocalCloudError", "client_environment"]
