"""Standard input as a source: `-`.

Corpora and topics are read more than once, which a pipe cannot be, so what comes in is first copied
into a temporary file. The file has no name and goes with the process, however that ends.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from l0pyserini.base.files import Span, read_raw_lines, sha256
from l0pyserini.data.corpus import Corpus, Located
from l0pyserini.data.corpus_files import JSONL, TSV, FileFormat
from l0pyserini.errors import CorpusError, DiskError, InputError

NAME = "-"
SHOWN = "standard input"


class Kept:
    """All of standard input. path: where it can be read, as often as wanted."""

    def __init__(self) -> None:
        """Copy standard input to its end.

        Raises:  DiskError: if the folder of temporary files cannot take it.
        """
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            shutil.copyfileobj(sys.stdin.buffer, self._file)
            self._file.flush()
        except OSError as fault:
            raise DiskError(
                f"{SHOWN}: could not be copied into {tempfile.gettempdir()} ({fault.strerror}). "
                "Free some space there, or let TMPDIR name another folder."
            ) from fault
        self.path = Path(f"/dev/fd/{self._file.fileno()}")

    def located[T](self, found: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
        """Yield what was read from the path, its place and its errors as of standard input."""
        try:
            for where, value in found:
                yield where.replace(str(self.path), SHOWN), value
        except InputError as fault:
            raise type(fault)(str(fault).replace(str(self.path), SHOWN)) from fault


def stdin_corpus(_: str = NAME) -> Corpus:
    """Return the documents that standard input holds, JSONL or TSV, as a corpus.

    Raises:  DiskError: as Kept.
    """
    kept = Kept()
    lines = (raw.strip() for _, raw in read_raw_lines(kept.path, CorpusError))
    first = next(filter(None, lines), b"").removeprefix(b"\xef\xbb\xbf")
    form = JSONL if first.startswith(b"{") else TSV
    return Corpus(
        SHOWN,
        SHOWN,
        partial(_read, kept, form),
        lambda size: form.cut(kept.path, size, 0),
        lambda: sha256(kept.path),
    )


def _read(kept: Kept, form: FileFormat, spans: Sequence[Span]) -> Iterator[Located]:
    return kept.located(form.read(kept.path, spans))
