"""The local cloud: ministack and the Image Builder emulator in one process, over TLS, on free ports."""

from imagebuilder_local.cloud.control import LocalCloud, LocalCloudError
from imagebuilder_local.cloud.environment import client_environment

__all__ = ["LocalCloud", "LocalCloudError", "client_environment"]
