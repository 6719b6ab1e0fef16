"""boto3 clients of a local cloud."""

from typing import Any

import boto3

from imagebuilder_local.cloud.accounts import key_of
from imagebuilder_local.cloud.state import Folder, State


def client_of(state: State, folder: Folder, service: str, account: str = "", region: str = "") -> Any:
    """Return a client that acts as the root user of an account in a Region; default: the cloud's own."""
    key = key_of(state, account or state.account)
    session: Any = boto3.Session(
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        region_name=region or state.region,
    )
    endpoint = state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint
    return session.client(service, endpoint_url=endpoint, verify=str(folder.certificate_authority.resolve()))
