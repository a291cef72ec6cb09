"""A real S3 server for the tests: S3Proxy, which Maven Central has, on a folder of the disk."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ARTIFACT = "org.gaul:s3proxy:2.6.0:jar:jar-with-dependencies"
JAR = "s3proxy-2.6.0-jar-with-dependencies.jar"
USER, SECRET = "someone", "a-secret-word"
SECONDS = 90


class CannotStartError(Exception):
    """No server can be had here, and why."""


def fetch_jar(folder: Path) -> None:
    """Fetch the server's jar by Maven, once for all tests."""
    for tool in ("mvn", "java"):
        if shutil.which(tool) is None:
            raise CannotStartError(f"{tool} is not installed")
    words = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}"]
    words.append(f"-DoutputDirectory={folder}")
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise CannotStartError(f"{ARTIFACT} is not fetched in {SECONDS} s") from None
    if done.returncode != 0:
        raise CannotStartError(f"{ARTIFACT} cannot be fetched: {done.stdout.strip()[-500:]}")


class S3Server:
    """A server with one bucket, named `bucket`. url: where it listens."""

    def __init__(self, jar: Path, folder: Path) -> None:
        self._jar, self._folder = jar, folder
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        (folder / "data/bucket").mkdir(parents=True)
        facts = {
            "s3proxy.endpoint": self.url,
            "s3proxy.authorization": "aws-v2-or-v4",
            "s3proxy.identity": USER,
            "s3proxy.credential": SECRET,
            "jclouds.provider": "filesystem-nio2",
            "jclouds.identity": "-",
            "jclouds.credential": "-",
            "jclouds.filesystem.basedir": folder / "data",
        }
        lines = [f"{name}={value}\n" for name, value in facts.items()]
        (folder / "s3proxy.properties").write_text("".join(lines))
        self.start()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to reach it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": USER,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            # The server knows nothing of the checksums that newer clients of AWS add.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }

    def start(self) -> None:
        words = ["java", "-Xmx256m", "-jar", str(self._jar), "--properties", "s3proxy.properties"]
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(words, cwd=self._folder, stdout=log, stderr=log)
        end = time.monotonic() + SECONDS
        while not _listens(self._port):
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                told = (self._folder / "log").read_text()[-500:]
                raise CannotStartError(f"the server does not listen: {told}")
            time.sleep(0.1)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
