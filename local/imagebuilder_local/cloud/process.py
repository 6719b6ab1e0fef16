"""The local cloud's process: `python -m imagebuilder_local.cloud.process FOLDER`. Start it with LocalCloud."""

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import trustme

from imagebuilder_local.cloud.activity import activity
from imagebuilder_local.cloud.environment import client_settings, neutral_environment
from imagebuilder_local.cloud.errors import LocalCloudError
from imagebuilder_local.cloud.files import write_private
from imagebuilder_local.cloud.identity import started
from imagebuilder_local.cloud.remembered import digest_of_certificates, fresh, remember, remembered
from imagebuilder_local.cloud.state import Folder, State, holding
from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer, Services
from imagebuilder_local.http_server import LISTEN_QUEUE
from imagebuilder_local.page import PageServer, Timeline, stack_operations, starting, view

Served = TypeVar("Served")

HOST: Final = "127.0.0.1"
REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"

_SECONDS_TO_CLOSE: Final = 1.0
_NOT_CONFIRMED: Final = "SSL shutdown timed out"
"""asyncio's error when a client does not confirm the end in time."""

# Features that would open more ports or search for containers to clean up.
_TURNED_OFF: Final = {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "LAMBDA_EXECUTOR": "local"}


class _Loop(asyncio.SelectorEventLoop):
    """Waits only briefly for a client to confirm the end of a TLS connection: an idle one never does."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:  # pyright: ignore[reportIncompatibleMethodOverride]
        limit = {"ssl_shutdown_timeout": _SECONDS_TO_CLOSE} if options.get("ssl") else {}
        return await super().create_server(*arguments, **options | limit)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        # hypercorn does not expect this error; the connection is closed all the same.
        error = context.get("exception")
        if not (isinstance(error, TimeoutError) and str(error) == _NOT_CONFIRMED):
            super().call_exception_handler(context)


def main(path: Path, port: int) -> None:
    """Serve from the folder until SIGTERM. `port` is the port of ministack; 0 selects a free one."""
    folder = Folder(path)
    try:
        # Waits for processes that hold the lock only to test it.
        with holding(folder.lock, patience=5.0):
            folder.state.unlink(missing_ok=True)  # left by a killed process
            _serve_from(folder, port)
    except LocalCloudError as error:
        raise SystemExit(str(error)) from error
    except BlockingIOError as error:
        raise SystemExit(
            f"another local cloud is running in {folder.path}: stop it, or choose another folder"
        ) from error


def _serve_from(folder: Folder, port: int) -> None:
    kept = remembered(folder)
    if kept is None or kept.certificates != digest_of_certificates(folder):
        _make_certificates(folder)
    kept = kept or fresh()
    service = ImageBuilder(partition="aws", region=REGION, account=ACCOUNT)
    services = Services(service, _make_service)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder.server_certificate)
    listener = _listen(port) if port else _on_port(kept.port, _listen)
    timeline = Timeline()
    server = _on_port(
        kept.imagebuilder_port,
        lambda port: ImageBuilderServer(service, host=HOST, port=port, ssl_context=context, watch=timeline.call),
    )

    def seen() -> dict[str, Any]:
        return view(timeline, *services.all(), activity=activity(folder))

    page_server = _on_port(
        kept.page_port,
        lambda port: PageServer(
            seen,
            port,
            operations=lambda: stack_operations(timeline),
            start_build=starting(services.all, timeline.call),
        ),
    )
    with _stopping(server), page_server as page:
        state = State(
            pid=os.getpid(),
            started=started(os.getpid()) or "",
            endpoint=f"https://{HOST}:{listener.getsockname()[1]}",
            imagebuilder_endpoint=server.url,
            region=REGION,
            account=ACCOUNT,
            page=page.url,
            access_key_id=kept.access_key_id,
            secret_access_key=kept.secret_access_key,
        )
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(_serve(folder, state, listener, server=server, services=services, timeline=timeline))
        finally:
            folder.state.unlink(missing_ok=True)


def _make_service(account: str, region: str) -> ImageBuilder:
    from imagebuilder_local.cloud.ministack.iam import MinistackIam

    return ImageBuilder(partition="aws", region=region, account=account, iam=MinistackIam(region, account))


def _make_certificates(folder: Folder) -> None:
    # The authority's own key is not kept: it signs this one certificate.
    authority = trustme.CA(organization_name="imagebuilder-local")
    certificate = authority.issue_cert(HOST, "localhost", common_name="imagebuilder-local")
    write_private(folder.certificate_authority, authority.cert_pem.bytes())
    write_private(folder.server_certificate, certificate.private_key_and_cert_chain_pem.bytes())


def _on_port(port: int, serve: Callable[[int], Served]) -> Served:
    """Serve on the port of the last start, or on any free one if it is taken."""
    if port:
        try:
            return serve(port)
        except (OSError, SystemExit):
            pass
    return serve(0)


def _listen(port: int) -> socket.socket:
    """Bind the port before the start, so that no other process can take it meanwhile."""
    listener = socket.socket()
    # Connections of the last process may still be closing on the port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        # Clients can connect from now on; they are served once ministack has started.
        listener.listen(LISTEN_QUEUE)
    except OSError as error:
        listener.close()
        raise SystemExit(
            f"port {port} of {HOST} cannot be used ({error.strerror}): "
            "stop the process that uses it, choose another port, or set none to use any free port"
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def _stopping(server: ImageBuilderServer) -> Iterator[None]:
    """Stop a server on exit. The server starts later, once it can authenticate callers."""
    try:
        yield
    finally:
        server.stop()


async def _serve(
    folder: Folder,
    state: State,
    listener: socket.socket,
    *,
    server: ImageBuilderServer,
    services: Services,
    timeline: Timeline,
) -> None:
    # The functions that ministack starts inherit this environment, so it is also the environment of Lambda.
    os.environ.clear()
    os.environ.update(neutral_environment(folder, _inherited) | client_settings(state, folder) | _TURNED_OFF)
    # A build takes seconds here, so a state machine that looks at it every 30 seconds would be most of the wait.
    os.environ.setdefault("SFN_WAIT_SCALE", "0.05")
    os.environ |= {
        # IAM is enforced, and functions have the credentials of their roles.
        "AUTH": "true",
        # ResponseURLs have MINISTACK_HOST, which is not an AWS domain: the handler responds to hosts in this variable.
        "CUSTOM_RESOURCE_RESPONSE_HOSTS": HOST,
        "GATEWAY_PORT": str(listener.getsockname()[1]),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "STATE_DIR": str(folder.temporary / "state"),
        "S3_DATA_DIR": str(folder.temporary / "s3"),
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(folder.server_certificate.resolve()),
        "MINISTACK_SSL_KEY": str(folder.server_certificate.resolve()),
    }
    # ministack reads its settings at import.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    from imagebuilder_local.cloud.gate import Gate
    from imagebuilder_local.cloud.ministack import image_events, installed

    signatures, place = installed.install(folder, state, services, timeline)
    gate = Gate(app, signatures)

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile = config.keyfile = str(folder.server_certificate)
    config.backlog = LISTEN_QUEUE
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.errorlog = logging.getLogger("hypercorn.error")

    stop, failures = asyncio.Event(), list[LocalCloudError]()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def application(scope, receive, send):  # type: ignore[no-untyped-def]
        """Announce the cloud once ministack has started up."""

        async def announce(message):  # type: ignore[no-untyped-def]
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                server.start(signatures.require, services, place)
                try:
                    remember(folder, state)
                    state.write(folder)
                except LocalCloudError as error:  # hypercorn would continue to serve without a state file
                    failures.append(error)
                    stop.set()

        await gate(scope, receive, announce if scope["type"] == "lifespan" else send)

    sending = asyncio.create_task(image_events.send_events(services.all))
    await serve(application, config, shutdown_trigger=stop.wait)
    sending.cancel()
    if failures:
        raise failures[0]


_inherited = dict(os.environ)

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
    main(Path(sys.argv[1]), int(sys.argv[2]))
