"""Clients of CloudFormation and Image Builder: of the local cloud, or of AWS with the ordinary settings."""

from typing import Any

import botocore.session
from botocore.loaders import Loader

from imagebuilder_local.app.clients import client_of, neutral_session
from imagebuilder_local.cloud import LocalCloud
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
    session = _with_our_model(neutral_session())
    cloudformation, imagebuilder = (
        client_of(state, cloud.folder, service, session=session) for service in ("cloudformation", "imagebuilder")
    )
    return cloudformation, imagebuilder


def aws_clients() -> tuple[Any, Any]:
    """Return clients with the credentials and the Region that the AWS CLI would use. DriftError without them."""
    session = _with_our_model(botocore.session.Session())
    if session.get_credentials() is None:
        raise DriftError(
            "no AWS credentials: got none from the environment, the shared files or a role: "
            "set AWS_PROFILE, or log in as for the AWS CLI"
        )
    if not session.get_config_variable("region"):
        raise DriftError("no AWS Region: got none from AWS_REGION, AWS_DEFAULT_REGION or the profile: set AWS_REGION")
    return session.create_client("cloudformation"), session.create_client("imagebuilder")


def _with_our_model(session: botocore.session.Session) -> Any:
    session.register_component("data_loader", _Data())
    return session
