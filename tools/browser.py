"""A headless Chromium, driven by its own DevTools protocol over a pipe: no driver, no library, no port."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

NAMES = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")

_NARROW = 600
"""A screen of fewer pixels is that of a phone."""

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-lcd-text",  # coloured edges of letters make pictures larger
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)

# The protocol's pipes are file descriptors 3 and 4.
_PUT_PIPES = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)


def program() -> str | None:
    """Return the path of a Chromium, None when there is none on the PATH."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class BrowserError(Exception):
    """There is no browser, or it does not do what it is told."""


class Browser:
    """One tab. Errors of the page's scripts, and what its policy has kept from it, are collected in `complaints`."""

    def __init__(self, commands: IO[bytes], events: IO[bytes]) -> None:
        self._commands, self._events = commands, events
        self._number = 0
        self.complaints: list[str] = []
        self._waiting: deque[dict[str, Any]] = deque()
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        self._commands.write(json.dumps(command).encode() + b"\0")
        self._commands.flush()
        while True:
            message = self._read()
            if message.get("id") == self._number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']}")
                return dict(message["result"])

    def open(self, url: str) -> None:
        self.send("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise BrowserError(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 20.0) -> Any:
        """Wait until an expression is true in the page, and return its value."""
        deadline = time.monotonic() + seconds
        while not (value := self.evaluate(expression)):
            if time.monotonic() > deadline:
                page = self.evaluate("document.body.innerText")
                raise BrowserError(f"after {seconds} s, {expression} is {value!r}; the page: {page}")
            time.sleep(0.05)
        return value

    def press(self, key: str, code: int) -> None:
        """Press a key and let it go."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            given = text if kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **given)

    def emulate(self, width: int, scheme: str = "light", *, height: int = 900, scale: float = 1) -> None:
        """Show the page as on a screen of this width, to a person who wants it light or dark."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < _NARROW,
        )
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self) -> bytes:
        """Return what the page shows as a PNG."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def _read(self) -> dict[str, Any]:
        raw = bytearray()
        while (byte := self._events.read(1)) != b"\0":
            if not byte:
                raise BrowserError("the browser has ended")
            raw += byte
        message: dict[str, Any] = json.loads(raw)
        match message:
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.complaints.append(json.dumps(details))
            case {"method": "Log.entryAdded", "params": {"entry": {"level": "error", "text": text}}}:
                self.complaints.append(text)
            case _:
                pass
        return message


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start the Chromium that is installed, with a profile of its own, and end it."""
    path = program()
    if path is None:
        raise BrowserError(f"none of {', '.join(NAMES)} is on the PATH: apt-get install chromium")
    (read_commands, write_commands), (read_events, write_events) = os.pipe(), os.pipe()
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", _PUT_PIPES, str(read_commands), str(write_events)),
                *(path, *_OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"),
            ],
            pass_fds=(read_commands, write_events),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
        )
    os.close(read_commands)
    os.close(write_events)
    with os.fdopen(write_commands, "wb") as commands, os.fdopen(read_events, "rb") as events:
        try:
            yield Browser(commands, events)
        finally:
            # Without anybody at the other end of the pipe it would end as well, but not at once.
            process.terminate()
            process.wait(20)
