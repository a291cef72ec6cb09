"""What --corpus names, found by tables: names, prefixes, kinds of folders, suffixes of files."""

from collections.abc import Callable
from pathlib import Path

from l0pyserini.base.objects import is_url
from l0pyserini.data import cacm, hf, irds, stdin
from l0pyserini.data.corpus import Corpus
from l0pyserini.data.corpus_files import JSONL, PARQUET, TSV, FileFormat, files_corpus
from l0pyserini.data.objects import stored_corpus
from l0pyserini.errors import CorpusError

FORMS = (
    "a BEIR folder, a JSONL, TSV or parquet file, a folder of JSONL or parquet files, "
    "the URL of one in an object store, irds:NAME, hf:NAME, - (standard input) or the name 'cacm'"
)
BEIR_NAMES = ("corpus.jsonl", "corpus.jsonl.gz")
BEIR_QUERIES = ("queries.jsonl", "queries.jsonl.gz")


def _embedded(_: str) -> Corpus:
    form = FileFormat(cacm.read_documents, cacm.page_spans)
    return files_corpus(cacm.NAME, cacm.archive(), [cacm.archive()], form)


NAMES: dict[str, Callable[[str], Corpus]] = {cacm.NAME: _embedded, stdin.NAME: stdin.stdin_corpus}
PREFIXES: dict[str, Callable[[str], Corpus]] = {
    irds.PREFIX: irds.irds_corpus,
    hf.PREFIX: hf.hub_corpus,
}
SUFFIXES: dict[str, FileFormat] = {
    ".jsonl": JSONL,
    ".jsonl.gz": JSONL,
    ".json": JSONL,
    ".json.gz": JSONL,
    ".tsv": TSV,
    ".tsv.gz": TSV,
    ".parquet": PARQUET,
}
IN_FOLDERS: tuple[tuple[tuple[str, ...], FileFormat], ...] = (
    ((".jsonl", ".jsonl.gz"), JSONL),
    ((".parquet",), PARQUET),
)
"""(suffixes, format) of files that are a corpus together, if no other kind lies beside them."""


def open_corpus(spec: str) -> Corpus:
    """Find what --corpus names.

    Args:    spec: `cacm`; a BEIR folder; a JSONL or TSV file (plain or .gz) or a parquet file; a
             folder of JSONL or of parquet files, read in the order of their names; a folder that
             `datasets.save_to_disk` wrote; the URL of any of these in an object store, as
             `s3://bucket/docs.jsonl`; `irds:ID` of ir_datasets; `-` for JSONL or TSV lines
             from standard input; `hf:OWNER/NAME[/CONFIG][:SPLIT]` of the Hugging Face hub.
    Raises:  CorpusError: if there is no such corpus, its format is unknown, or the package that
        reads it is not installed.
             StoreError: if an object store cannot be read. UsageError: for a URL of none.

    Example:
        >>> from l0pyserini import open_corpus
        >>> [document.docid for document in open_corpus("docs.jsonl")]
        ['d1', 'd2', 'd3']
    """
    if spec in NAMES:
        return NAMES[spec](spec)
    for prefix, opened in PREFIXES.items():
        if spec.startswith(prefix):
            return opened(spec)
    if is_url(spec):
        return stored_corpus(spec, open_corpus, FORMS)
    path = Path(spec)
    if path.is_dir():
        return _open_folder(path)
    if not path.exists():
        raise CorpusError(f"{path}: no such corpus. Expected {FORMS}.")
    for suffix, form in SUFFIXES.items():
        if path.name.endswith(suffix):
            name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
            return files_corpus(name, path, [path], form)
    raise CorpusError(
        f"{path}: unknown corpus format {path.suffix!r}. "
        "Expected .jsonl or .tsv, either also with .gz, or .parquet."
    )


def _open_folder(folder: Path) -> Corpus:
    name = folder.resolve().name
    if beir := [folder / one for one in BEIR_NAMES if (folder / one).is_file()]:
        return files_corpus(name, beir[0], beir[:1], JSONL)
    if any((folder / one).is_file() for one in hf.SAVED_MARKS):
        return hf.saved_corpus(folder)
    files = sorted(one for one in folder.iterdir() if one.is_file() and one.name[0] != ".")
    kinds = [
        (found, form)
        for suffixes, form in IN_FOLDERS
        if (found := [one for one in files if one.name.endswith(suffixes)])
    ]
    if not kinds or any(one.name in BEIR_QUERIES for one in files):
        raise CorpusError(
            f"{folder}: a folder without {' or '.join(BEIR_NAMES)}. Expected {FORMS}."
        )
    if len(kinds) > 1:
        raise CorpusError(
            f"{folder}: holds both JSONL and parquet files. Expected files of one kind; "
            "move the others away."
        )
    found, form = kinds[0]
    return files_corpus(name, folder, found, form)
