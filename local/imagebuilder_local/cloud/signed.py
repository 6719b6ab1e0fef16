"""Requests to the local cloud that no SDK has an operation for, signed with its access key."""

import ssl
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from imagebuilder_local.cloud.state import Folder, State


def ask(state: State, folder: Folder, path: str, body: bytes | None = None) -> bytes:
    """Return what Image Builder's emulator answers to a GET, or to a POST of the body. HTTPError when it refuses."""
    url, method = f"{state.imagebuilder_endpoint}{path}", "GET" if body is None else "POST"
    unsigned = AWSRequest(method, url, data=body, headers={"Content-Type": "application/json"})
    key = Credentials(state.access_key_id, state.secret_access_key)
    SigV4Auth(key, "imagebuilder", state.region).add_auth(unsigned)
    request = urllib.request.Request(url, body, dict(unsigned.headers.items()), method=method)  # noqa: S310 (our own)
    trusted = ssl.create_default_context(cafile=str(folder.certificate_authority))
    with urllib.request.urlopen(request, context=trusted) as response:  # noqa: S310 (our own server's)
        answer: bytes = response.read()
    return answer
