"""Signed requests to the local cloud for paths without an SDK operation."""

import ssl
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from imagebuilder_local.cloud.state import Folder, State


def ask(state: State, folder: Folder, path: str, body: bytes | None = None) -> bytes:
    """Return the response of the Image Builder emulator to a GET, or a POST of the body. HTTPError for an error."""
    url, method = f"{state.imagebuilder_endpoint}{path}", "GET" if body is None else "POST"
    unsigned = AWSRequest(method, url, data=body, headers={"Content-Type": "application/json"})
    key = Credentials(state.access_key_id, state.secret_access_key)
    SigV4Auth(key, "imagebuilder", state.region).add_auth(unsigned)
    request = urllib.request.Request(url, body, dict(unsigned.headers.items()), method=method)  # noqa: S310 (our own)
    trusted = ssl.create_default_context(cafile=str(folder.certificate_authority))
    with urllib.request.urlopen(request, context=trusted) as response:  # noqa: S310 (our own server's)
        answer: bytes = response.read()
    return answer
