"""Base of the HTTP servers of this package: a limited number of connections, and a time limit for each request."""

import io
import socket
import ssl
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore, Lock
from typing import Any, Final

LISTEN_QUEUE: Final = 128
"""Length of the accept queue while the server is busy. The system delays further connections by seconds."""

_SECONDS_TO_WRITE: Final = 75.0


class BoundedServer(ThreadingHTTPServer):
    """Serves each connection in a thread. Connections beyond `most_connections` are closed at once.

    A connection is closed if a request is not complete within `seconds_for_a_request`, even if data still arrives.
    With an `ssl_context` it serves HTTPS.
    """

    daemon_threads = True
    request_queue_size = LISTEN_QUEUE
    most_connections = 512
    seconds_for_a_request = 75.0

    def __init__(
        self, address: tuple[str, int], handler: "type[BoundedHandler]", ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._ssl_context = ssl_context
        self._free = BoundedSemaphore(self.most_connections)
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind the port."""
        # HTTPServer's implementation looks up this machine's name in DNS, which can take seconds.
        TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        connection, address = super().get_request()
        if self._ssl_context:
            # The TLS handshake runs in the connection's thread; here a silent client would block all others.
            connection = self._ssl_context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a new thread, or close it if there are too many."""
        if not self._free.acquire(blocking=False):
            super().shutdown_request(request)
            return
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close an accepted connection."""
        with self._lock:
            self._connections.discard(request)
        self._free.release()
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close all connections. Their threads then end."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # the client may have disconnected first
                    connection.shutdown(socket.SHUT_RDWR)


class BoundedHandler(BaseHTTPRequestHandler):
    """Reads each request within the server's time limit."""

    server: BoundedServer  # pyright: ignore[reportIncompatibleVariableOverride] (only BoundedServer makes handlers)
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS_TO_WRITE
    wbufsize = -1  # headers and body in one packet

    def setup(self) -> None:
        """Set up reads with a deadline."""
        super().setup()
        self.rfile.close()
        self._reader = _DeadlineReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        """Handle the next request. Its time limit starts after the previous response."""
        self._reader.deadline = time.monotonic() + self.server.seconds_for_a_request
        super().handle_one_request()


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a fixed deadline, which slow clients cannot extend."""

    def __init__(self, connection: socket.socket) -> None:
        self.deadline = 0.0
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline exceeded")
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(_SECONDS_TO_WRITE)
