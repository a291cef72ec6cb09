"""Real clusters for the tests, by tools/opensearch."""

import shutil
import subprocess
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/opensearch"


class CannotStartError(Exception):
    """No cluster can be had here, and why."""


class Nodes:
    """A cluster of nodes on this machine. urls: of all its nodes."""

    def __init__(self, folder: Path, urls: list[str]) -> None:
        self.folder, self.urls = folder, urls

    @classmethod
    def start(cls, nodes: int) -> "Nodes":
        # Not below pytest's own folder, which only root may enter: root's servers run as nobody.
        folder = Path(tempfile.mkdtemp(prefix="l0pyserini-opensearch-", dir="/var/tmp"))
        folder.chmod(0o755)
        try:
            return cls(folder, _script("start", folder, nodes, 0))
        except CannotStartError:
            cls(folder, []).stop()
            raise

    @classmethod
    def running(cls, folder: Path) -> "Nodes":
        return cls(folder, _script("urls", folder))

    def kill(self, node: int) -> None:
        _script("kill", self.folder, node)

    def revive(self, node: int) -> None:
        _script("revive", self.folder, node)

    def stop(self) -> None:
        _script("stop", self.folder)
        shutil.rmtree(self.folder)


def _script(*words: object) -> list[str]:
    done = subprocess.run([SCRIPT, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotStartError(done.stderr.strip()[-500:])
    return done.stdout.split()
