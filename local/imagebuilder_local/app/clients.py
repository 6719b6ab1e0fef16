"""boto3 clients of a local cloud, which use none of the user's AWS settings."""

import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from imagebuilder_local.cloud.accounts import key_of
from imagebuilder_local.cloud.state import Folder, State


def client_of(
    state: State,
    folder: Folder,
    service: str,
    account: str = "",
    region: str = "",
    *,
    session: botocore.session.Session | None = None,
) -> Any:
    """Return a client that acts as the root user of an account in a Region; default: the cloud's own.

    `session` is a `neutral_session`. Default: a new one.
    """
    key = key_of(state, account or state.account)
    made: Any = boto3.Session(
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        region_name=region or state.region,
        botocore_session=session or neutral_session(),
    )
    return made.client(
        service,
        endpoint_url=state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint,
        verify=str(folder.certificate_authority.resolve()),
        config=Config(proxies={}),
    )


def neutral_session() -> botocore.session.Session:
    """Return a session that reads no profile and no file: the user's profile may not exist, or be another account's."""
    nothing = {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}
    # The name in a file and in the environment, the value without both, and its conversion.
    return botocore.session.Session({name: (None, None, value, None) for name, value in nothing.items()})
