"""Real clusters for the tests, by tools/opensearch."""

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/opensearch"


class CannotStartError(Exception):
    """No cluster can be had here, and why."""


class Nodes:
    """A cluster of nodes on this machine. urls: of all its nodes."""

    def __init__(self, folder: Path, urls: list[str]) -> None:
        self.folder, self.urls = folder, urls

    @classmethod
    def start(cls, folder: Path, nodes: int) -> "Nodes":
        # The server runs as nobody where root starts it, and must reach its own folder.
        for above in (folder, *folder.parents[:-2]) if os.getuid() == 0 else ():
            above.chmod(above.stat().st_mode | 0o011)
        return cls(folder, _script("start", folder, nodes, 0))

    @classmethod
    def running(cls, folder: Path) -> "Nodes":
        return cls(folder, _script("urls", folder))

    def kill(self, node: int) -> None:
        _script("kill", self.folder, node)

    def revive(self, node: int) -> None:
        _script("revive", self.folder, node)

    def stop(self) -> None:
        _script("stop", self.folder)


def _script(*words: object) -> list[str]:
    done = subprocess.run([SCRIPT, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotStartError(done.stderr.strip()[-500:])
    return done.stdout.split()
