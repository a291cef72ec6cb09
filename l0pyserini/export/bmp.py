"""export_bmp: an index of BMP (block-max pruning), by way of CIFF.

Source:  Mallia, Suel and Tonellotto 2024, arXiv 2405.01117; github.com/pisa-engine/BMP.
"""

import subprocess
import sys
from pathlib import Path

from l0pyserini.base.files import atomic_write, beside, temporary_file
from l0pyserini.base.packages import needed
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import ExportError, TopicsError, UsageError
from l0pyserini.export.ciff import Done, Heaviest, write_ciff
from l0pyserini.export.collection import Exported, open_exported
from l0pyserini.export.queries import Query, check_given, encoded_topics, refuse_outputs

COMMAND = "export bmp"
MAX_IMPACT = 2**8 - 1
MAX_TERMS = 2**16
MAX_BLOCK = 2**8
DEFAULT_BLOCK = 32
MAX_WEIGHT = 32
"""Of a query's token: BMP lowers a heavier query by itself, and rounds up."""

MAX_SCORE = 2**16 - 1
"""BMP adds scores in 16 bits."""

# It prints, and it ends its process where it fails, so that it has one of its own.
_CONVERT = "import sys, bmp; bmp.ciff2bmp(sys.argv[1], sys.argv[2], int(sys.argv[3]), False)"


def export_bmp(
    input_folder: str | Path,
    output: str | Path,
    block_size: int = DEFAULT_BLOCK,
    topics: str | None = None,
    queries: str | Path | None = None,
    split: str = "test",
    learned_only: bool = False,
    overwrite: bool = False,
) -> Done:
    """Build a BMP index of an encoded collection, and the queries that its `search` reads.

    BMP keeps impacts in 8 bits, terms in 16 and scores in 16; what does not fit is refused before
    the index is begun. The index is made in memory.

    Args:    block_size: documents that are skipped together. topics, queries: topics to encode, and
             the file for their vectors. learned_only: leave BM25's stems out.
    Raises:  CollectionError: if the collection is not what its manifest says, or has a fault.
             UsageError: if a block is no block. ExportError: if impacts or terms do not fit, the
             package is missing, or BMP failed.
             OutputExistsError: if an output exists and overwrite is False.
    """
    watch, target = Stopwatch(), Path(output)
    check_given(topics, queries)
    if not 1 <= block_size <= MAX_BLOCK:
        raise UsageError(
            f"--block-size {block_size}: expected 1 to {MAX_BLOCK}, BMP's own (default "
            f"{DEFAULT_BLOCK})."
        )
    needed("bmp", COMMAND, "l0pyserini[export]", ExportError)
    messages = needed("ciff_toolkit.ciff_pb2", COMMAND, "l0pyserini[export]", ExportError)
    refuse_outputs(target, queries, overwrite)
    exported = open_exported(input_folder, learned_only)
    _check_terms(exported)
    asked = encoded_topics(exported, topics, split) if topics is not None else []
    ciff = beside(target, "ciff")
    try:
        with temporary_file(ciff) as temporary:
            heaviest = write_ciff(exported, temporary, messages)
            _check_impacts(exported, heaviest)
        with temporary_file(target) as temporary:
            _convert(ciff, temporary, block_size)
    finally:
        ciff.unlink(missing_ok=True)
    if queries is not None:
        write_queries(Path(queries), asked, heaviest.impact)
    return Done.of(exported, heaviest.impact, watch.seconds)


def _check_terms(exported: Exported) -> None:
    if len(exported.terms) > MAX_TERMS:
        stems = exported.source.settings.get("lexical") is not None and not exported.learned_only
        way = (
            "Leave BM25's stems out with --learned-only: a tokenizer's tokens alone are fewer."
            if stems
            else "Encode with a tokenizer of fewer tokens, or export to PISA, which has no such "
            "limit."
        )
        raise ExportError(
            f"{exported.source.folder}: holds {len(exported.terms):,} terms, and BMP numbers them "
            f"in 16 bits, so {MAX_TERMS:,} at most. {way}"
        )


def _check_impacts(exported: Exported, heaviest: Heaviest) -> None:
    if heaviest.impact > MAX_IMPACT:
        scale = exported.source.settings.get("document_scale")
        fits = f" ({scale * MAX_IMPACT / heaviest.impact:.4g} or less fits)" if scale else ""
        raise ExportError(
            f"{exported.source.folder}: docid {heaviest.docid!r}: impact {heaviest.impact} for "
            f"{heaviest.token!r} is the largest, and BMP keeps 8 bits, so {MAX_IMPACT} at most. "
            f"Encode with a smaller --scale{fits}, as --bits 8 chooses one on a sample."
        )


def _convert(ciff: Path, output: Path, block_size: int) -> None:
    words = [sys.executable, "-c", _CONVERT, str(ciff), str(output), str(block_size)]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode or not output.stat().st_size:
        told = [line for line in done.stderr.splitlines() if line.strip()]
        reason = next((line for line in told if "panicked" in line or "ERROR" in line), "no reason")
        raise ExportError(
            f"{ciff}: BMP could not make an index of it (exit code {done.returncode}: {reason}). "
            "Expected one within memory; give it more, or a smaller collection."
        )


def write_queries(path: Path, queries: list[Query], largest: int) -> None:
    """Write `qid: token token ...`, each token as often as it weighs.

    Weights are lowered so far that BMP neither rounds them again nor adds up to more than it holds.

    Args:    largest: impact of any document.
    Raises:  TopicsError: for a qid with a colon, where BMP would cut it.
    """
    for query in queries:
        if ":" in query.qid:
            raise TopicsError(
                f"qid {query.qid!r}: has a colon, where BMP's query file ends it. Rename it."
            )
    with atomic_write(path) as handle:
        for query in queries:
            fitted = fitted_weights(query.vector, largest)
            words = (" ".join([token] * weight) for token, weight in fitted.items())
            handle.write(f"{query.qid}: {' '.join(words)}\n".encode())
    say(f"{len(queries):,} queries in {path}")


def fitted_weights(vector: ImpactVector, largest: int) -> ImpactVector:
    """Return a query's weights as BMP can take them: 32 at most, and no score above 16 bits.

    A token that would weigh nothing keeps 1, where a score has room for that.

    Args:    largest: impact of any document.
    """
    room = MAX_SCORE // largest
    share = min(1.0, MAX_WEIGHT / max(vector.values()), room / sum(vector.values()))
    if share == 1.0:
        return vector
    lowered = {token: max(1, round(share * weight)) for token, weight in vector.items()}
    while sum(lowered.values()) > room:
        heaviest = max(lowered, key=lowered.__getitem__)
        lowered[heaviest] -= 1
    return {token: weight for token, weight in lowered.items() if weight}
