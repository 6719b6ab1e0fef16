"""`python -m tools.serve_docs [FOLDER]`: serve the built documentation on a free port of 127.0.0.1."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

SITE: Final = Path(__file__).parents[1] / ".local" / "site"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log no requests, so that the address stays the last line."""


def server_of(folder: Path) -> ThreadingHTTPServer:
    """Return a server for the files of a folder, bound to 127.0.0.1 and a free port."""
    return ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))


def main(arguments: Sequence[str]) -> None:
    """Serve a folder, by default the one that `make docs-build` writes, until Ctrl+C."""
    folder = Path(arguments[0]) if arguments else SITE
    if not (folder / "index.html").is_file():
        sys.exit(f"{folder} has no index.html: build the pages first with 'make docs-build'")
    with suppress(KeyboardInterrupt), server_of(folder) as server:
        print(f"Documentation: http://127.0.0.1:{server.server_port}/ (stop with Ctrl+C)", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
