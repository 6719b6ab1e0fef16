"""Lambda's Invoke, for the Provider framework: its function calls another one, which its user writes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from imagebuilder_bench.processes import Worker
from imagebuilder_bench.services import HOST

USER_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:user"


@contextmanager
def lambda_service(user_function: Worker) -> Iterator[dict[str, str]]:
    """Serve Invoke by handing each event to a process; yields the framework's environment."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            payload = json.dumps(user_function.send(event).returned).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *_: object) -> None:
            """Say nothing."""

    # One connection at a time: the framework has one, and keeps it.
    server = HTTPServer((HOST, 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield {
            "AWS_ENDPOINT_URL_LAMBDA": f"http://{HOST}:{server.server_address[1]}",
            "USER_ON_EVENT_FUNCTION_ARN": USER_FUNCTION,
        }
    finally:
        server.shutdown()
        server.server_close()
