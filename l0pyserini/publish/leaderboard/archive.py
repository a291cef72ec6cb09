"""The archive that is handed in: a zip file with the submission and all that tells how it came.

submission.json: scores, versions, commit, commands, checksums of the archive's and the source
files. SHA256SUMS: for `sha256sum -c`. commands.sh: the commands.
"""

import datetime
import hashlib
import json
import platform
import subprocess
import zipfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from l0pyserini.base.files import atomic_write, read_lines, refuse_existing, sha256
from l0pyserini.errors import ResultsError

FORMAT = "l0pyserini-submission-1"
RECORD = "submission.json"
SUMS = "SHA256SUMS"
COMMANDS = "commands.sh"

# The same files give the same archive.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass
class Submission:
    """What goes into one archive.

    kind: beir, msmarco, trec or mteb. commands: as they were typed, the packing one last.
    sources: the runs as they were given. files: {name in the archive: bytes or a file}.
    notes: what the sender should know.
    """

    kind: str
    commands: list[str] = field(default_factory=list)
    sources: list[str | Path] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes | Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add_json(self, name: str, value: Any) -> None:
        """Add a value as indented JSON."""
        self.files[name] = json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"

    def write(self, output: str | Path, overwrite: bool = False) -> None:
        """Write the archive, whole or not at all.

        Raises:  OutputExistsError: if it is there and overwrite is False.
        """
        refuse_existing(Path(output), overwrite)
        script = "#!/usr/bin/env bash\nset -euo pipefail\n" + "".join(
            f"{command}\n" for command in self.commands
        )
        self.files[COMMANDS] = script.encode()
        sums = {name: _digest(content) for name, content in sorted(self.files.items())}
        self.add_json(RECORD, self._record(sums))
        sums[RECORD] = _digest(self.files[RECORD])
        self.files[SUMS] = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
        with (
            atomic_write(output) as handle,
            zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, content in sorted(self.files.items()):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                data = content if isinstance(content, bytes) else content.read_bytes()
                archive.writestr(entry, data)

    def _record(self, sums: dict[str, str]) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "kind": self.kind,
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "scores": self.scores,
            "files": sums,
            "sources": {str(path): sha256(path) for path in self.sources},
            "commands": self.commands,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("l0pyserini", "pyserini")},
            },
            "commit": source_commit(),
            "notes": self.notes,
        }


def _digest(content: bytes | Path) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else sha256(content)


def read_commands(path: str | Path | None, packing: str) -> list[str]:
    """Return the lines of a file of commands, and the packing command after them.

    Raises:  ResultsError: if the file is missing.
    """
    given = [line for _, line in read_lines(path, ResultsError)] if path is not None else []
    return [*(line for line in given if not line.startswith("#!")), packing]


def source_commit() -> dict[str, Any] | None:
    """Return the git commit of this package's sources; None where they are no checkout.

    changed: files that differ from the commit.
    """
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD").strip()
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no").splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"id": commit, "changed": [line[3:] for line in changed]}


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
    ).stdout
