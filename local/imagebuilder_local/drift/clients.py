"""Clients of CloudFormation and Image Builder: of the local cloud, or of AWS with the ordinary settings."""

from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings
from imagebuilder_local.drift.errors import DriftError
from imagebuilder_model import DATA_PATH


class _Data(Loader):
    """Prefers our model of Image Builder: the installed one may not know members that a template has."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[str(DATA_PATH)])

    def is_builtin_path(self, path: str) -> bool:  # noqa: ARG002 (botocore's signature)
        """Treat our data as built in; custom endpoint data would override botocore's rules."""
        return True


def local_clients(cloud: LocalCloud) -> tuple[Any, Any]:
    """Return clients of a running local cloud. DriftError if it is not running."""
    state = cloud.state()
    if state is None:
        raise DriftError(
            "no local cloud is running in this folder: start it with `imagebuilder-local deploy`, "
            "or compare a stack in AWS with --aws"
        )
    settings = client_settings(state, cloud.folder)
    # Nothing of the user's own settings counts here, such as a profile that does not exist.
    session = _session(
        {
            "profile": (None, None, None, None),
            "config_file": (None, None, settings["AWS_CONFIG_FILE"], None),
            "credentials_file": (None, None, settings["AWS_SHARED_CREDENTIALS_FILE"], None),
        }
    )
    key: dict[str, Any] = {
        "region_name": state.region,
        "aws_access_key_id": state.access_key_id,
        "aws_secret_access_key": state.secret_access_key,
        "verify": settings["AWS_CA_BUNDLE"],
        "config": Config(proxies={}),
    }
    return (
        session.create_client("cloudformation", endpoint_url=state.endpoint, **key),
        session.create_client("imagebuilder", endpoint_url=state.imagebuilder_endpoint, **key),
    )


def aws_clients() -> tuple[Any, Any]:
    """Return clients with the credentials and the Region that the AWS CLI would use. DriftError without them."""
    session = _session()
    if session.get_credentials() is None:
        raise DriftError(
            "no AWS credentials: got none from the environment, the shared files or a role: "
            "set AWS_PROFILE, or log in as for the AWS CLI"
        )
    if not session.get_config_variable("region"):
        raise DriftError("no AWS Region: got none from AWS_REGION, AWS_DEFAULT_REGION or the profile: set AWS_REGION")
    return session.create_client("cloudformation"), session.create_client("imagebuilder")


def _session(variables: Mapping[str, Any] | None = None) -> Any:
    session = botocore.session.Session(session_vars=dict(variables or {}))
    session.register_component("data_loader", _Data())
    return session
