"""Environment variables with which clients reach the local cloud, and only the local cloud."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from imagebuilder_local.cloud.files import make_folder
from imagebuilder_local.cloud.state import Folder, State

_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})


def client_environment(state: State, folder: Folder, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return `base` (default: the environment of this process), configured for the local cloud.

    All AWS settings are removed first: a forgotten AWS_PROFILE must not send a deploy to an account. Clients use the
    home folder of the local cloud for caches and settings, except a cache of jsii that `base` names.
    """
    return neutral_environment(folder, base) | client_settings(state, folder)


def client_settings(state: State, folder: Folder) -> dict[str, str]:
    """Return only the variables that configure a client for the local cloud, for a file that a shell sources."""
    authority = str(folder.certificate_authority.resolve())
    return {
        "AWS_ENDPOINT_URL": state.endpoint,
        "AWS_ENDPOINT_URL_IMAGEBUILDER": state.imagebuilder_endpoint,
        "AWS_ACCESS_KEY_ID": state.access_key_id,
        "AWS_SECRET_ACCESS_KEY": state.secret_access_key,
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
        "NODE_EXTRA_CA_CERTS": authority,
    }


def neutral_environment(folder: Folder, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return `base` without AWS and proxy settings, and with the local cloud's home and temporary folders.

    The cache of jsii stays if `base` names one; otherwise, it is in the home folder.
    """
    home, temporary = (make_folder(path).resolve() for path in (folder.home, folder.temporary))
    kept = {
        name: value
        for name, value in (os.environ if base is None else base).items()
        if not name.startswith("AWS_") and name.lower() not in _PROXIES
    }
    # A cache that the user chose holds the CDK already; unpacking it takes seconds.
    kept.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(home / ".cache" / "jsii"))
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "TMPDIR": str(temporary),
        "CDK_HOME": str(home / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "DOCKER_HOST": f"unix://{Path(os.devnull)}",
    }


def program_path(project: Path) -> str:
    """Return a PATH that starts with the programs of this Python environment and of the project."""
    folders = [Path(sys.executable).parent, project / ".venv-aws" / "bin", project / "node_modules" / ".bin"]
    return os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
