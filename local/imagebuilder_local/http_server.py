"""What the servers of this package have in common: many clients at once, and no client that keeps a thread for ever."""

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
"""Connections that wait to be taken while the server is busy. The system makes more of them wait for seconds."""

_SECONDS_TO_WRITE: Final = 75.0


class BoundedServer(ThreadingHTTPServer):
    """A thread a connection, as many threads as `most_connections`; a connection beyond them is closed at once.

    A connection ends when a whole request has not come within `seconds_for_a_request`, however slowly it comes. With
    an `ssl_context` it speaks HTTPS.
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
        """Take the port."""
        # HTTPServer's own would ask the DNS for this machine's name, which can take seconds.
        TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection."""
        connection, address = super().get_request()
        if self._ssl_context:
            # The handshake waits for the connection's own thread: here a silent client would keep all others out.
            connection = self._ssl_context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, or close it when there are too many."""
        if not self._free.acquire(blocking=False):
            super().shutdown_request(request)
            return
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection that was taken."""
        with self._lock:
            self._connections.discard(request)
        self._free.release()
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End every connection. Their threads come to their end by themselves."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # the client may have gone first
                    connection.shutdown(socket.SHUT_RDWR)


class BoundedHandler(BaseHTTPRequestHandler):
    """Reads each request within the server's time for it."""

    server: BoundedServer  # pyright: ignore[reportIncompatibleVariableOverride] (only BoundedServer makes handlers)
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS_TO_WRITE
    wbufsize = -1  # headers and body in one packet

    def setup(self) -> None:
        """Read through the deadline."""
        super().setup()
        self.rfile.close()
        self._reader = _DeadlineReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        """Give the next request its time, which begins when the one before is answered."""
        self._reader.deadline = time.monotonic() + self.server.seconds_for_a_request
        super().handle_one_request()


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a deadline, which a client that sends a byte now and then cannot put off."""

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
