"""A real headless browser that is driven: it clicks, types and tells what its page has become."""

import itertools
import json
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import connect

from tests.publish.report.browser import chromium

PATIENCE = 60


class Page:
    """One page. console: what it logged, faults and refused addresses among it."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.console: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **parameters: Any) -> Any:
        """Send a command of the DevTools protocol; return its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def _note(self, message: Any) -> None:
        given = message.get("params", {})
        if message["method"] == "Runtime.consoleAPICalled":
            self.console.append(str(given["args"]))
        elif message["method"] == "Runtime.exceptionThrown":
            self.console.append(str(given["exceptionDetails"]))
        elif message["method"] == "Log.entryAdded":
            self.console.append(f"{given['entry']['text']} {given['entry'].get('url', '')}")

    def value(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript, awaited."""
        found = self.do(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> Any:
        """Wait for an expression to be true; return its value."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.value(expression)):
            assert time.monotonic() < deadline, (expression, self.value("document.body.innerText"))
            time.sleep(0.05)
        return found

    def open(self, address: str) -> None:
        """Open an address, and wait for its files."""
        self.do("Page.navigate", url=address)
        self.until(f"location.href.startsWith({address!r}) && document.readyState === 'complete'")

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        code = {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, ord(key[0]))
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        given = {"key": key, "windowsVirtualKeyCode": code}
        self.do("Input.dispatchKeyEvent", type="keyDown", text=text, **given)
        self.do("Input.dispatchKeyEvent", type="keyUp", **given)

    def write(self, text: str) -> None:
        """Write into what has the focus."""
        self.do("Input.insertText", text=text)

    def look(self, width: int, height: int = 900, dark: bool = False) -> None:
        """Choose the window's size and the scheme of colours."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.do("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.do("Emulation.setEmulatedMedia", features=[scheme])

    def shot(self, path: Path) -> Path:
        """Write a picture of the page."""
        path.write_bytes(b64decode(self.do("Page.captureScreenshot")["data"]))
        return path


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """Start a browser that reaches this machine alone; skip the test where there is none."""
    command = [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        try:
            with connect(_address(profile), max_size=None) as socket:
                yield Page(socket)
        finally:
            running.terminate()


def _address(profile: Path) -> str:
    """Return where the browser's first page is driven from."""
    place = profile / "DevToolsActivePort"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if place.is_file() and (lines := place.read_text().splitlines()):
            with urlopen(f"http://127.0.0.1:{lines[0]}/json") as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
        time.sleep(0.05)
    raise TimeoutError("the browser did not start")
