"""encode_corpus: what `python -m l0pyserini.encode` does, as a function."""

from pathlib import Path
from typing import TYPE_CHECKING

from l0pyserini.base.files import folder_bytes
from l0pyserini.base.folders import place_of
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.data import Corpus, open_corpus
from l0pyserini.encode.journal import Part
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.output import recorded_settings
from l0pyserini.encode.prune import Pruning
from l0pyserini.errors import UsageError
from l0pyserini.model.checkpoint import open_checkpoint

AUTO = "auto"
"""The backend that is chosen by speed; model.backend, which loads torch, knows it too."""

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder
    from l0pyserini.query.encoder import IdfQueryEncoder


def encode_corpus(
    corpus: str,
    encoder: str,
    output: str | Path,
    max_length: int | None = None,
    batch_size: int = 32,
    device: str = "cpu",
    scale: float = 100.0,
    query_scale: float = 100.0,
    shard_size: int = 50_000,
    activation: str | None = None,
    idf: str | None = None,
    overwrite: bool = False,
    resume: bool = False,
    allow_remote_code: bool = False,
    backend: str = "float32",
    pruning: Pruning | None = None,
    part: Part | None = None,
    compress: bool = False,
    bits: int | None = None,
) -> tuple[Manifest | None, float]:
    """Encode a corpus into a folder of JsonVectorCollection files.

    Args:    corpus, encoder: as --corpus and --encoder. max_length: tokens of a document,
             none = what the encoder says. scale: impacts per unit of weight.
             query_scale: impacts per unit of IDF, recorded for the searches.
             bits: choose `scale` so that impacts have so many bits, 0 to choose both scales by
             the planner; both look at the first thousand documents.
             backend: float32, bfloat16, int8 or fbgemm, or auto for the fastest here.
             part: which share of the shards to encode.
    Returns: the manifest (None while other parts are not done), and the seconds that encoding
             took, model loading left out; 0 where what was to be resumed was finished already.
    Raises:  CorpusError, CheckpointError, IdfError, UsageError, OutputExistsError, DiskError.

    Example:
        >>> from l0pyserini import encode_corpus
        >>> manifest, _ = encode_corpus("docs.jsonl", "splade-tiny", "encoded", overwrite=True)
        >>> manifest.documents
        3
    """
    source = open_corpus(corpus)
    checkpoint = open_checkpoint(encoder, activation, idf, allow_remote_code)
    # torch comes in here, after all that can be refused without it.
    from l0pyserini.encode.runner import CorpusEncoder, EncodeOptions
    from l0pyserini.model.encoder import DocumentEncoder
    from l0pyserini.query.encoder import IdfQueryEncoder

    query_encoder = IdfQueryEncoder.from_checkpoint(checkpoint, query_scale)
    backend = _settled(backend, Path(output), part or Part(), resume)
    model = DocumentEncoder.from_checkpoint(
        checkpoint, max_length, device, allow_remote_code, backend
    )
    prune = pruning or Pruning()
    watch = Stopwatch()
    if bits is not None:
        scale, query_scale = _planned(source, model, query_encoder, bits, prune, batch_size)
        query_encoder = IdfQueryEncoder.from_checkpoint(checkpoint, query_scale)
    job = CorpusEncoder(
        source,
        model,
        query_encoder,
        Path(output),
        EncodeOptions(
            batch_size,
            scale,
            query_scale,
            shard_size,
            prune,
            part or Part(),
            compress,
        ),
        {"name": checkpoint.name, "weights_sha256": checkpoint.weights_sha256()},
    )
    manifest = job.run(overwrite, resume)
    return manifest, 0.0 if job.found_finished else watch.seconds


def _settled(backend: str, output: Path, part: Part, resume: bool) -> str:
    """Return the backend that all processes of a collection compute with.

    Raises:  UsageError: if each part would choose its own.
    """
    if backend != AUTO:
        return backend
    if part.count > 1:
        raise UsageError(
            f"--backend auto with --shard-num {part.count}: each part would take what is fastest "
            "on its own machine. Name one for all; `python -m l0pyserini.doctor` tells the speeds."
        )
    # What is unfinished lies beside the folder itself, not beside a link to it.
    recorded = recorded_settings(place_of(output), part) if resume else None
    return (recorded["encoder"].get("backend") if recorded else None) or backend


def _planned(
    corpus: Corpus,
    model: "DocumentEncoder",
    query_encoder: "IdfQueryEncoder",
    bits: int,
    pruning: Pruning,
    batch_size: int,
) -> tuple[float, float]:
    """Return document and query scale for so many bits, 0 = what the planner chooses."""
    from l0pyserini.encode.planner import bits_scale, plan
    from l0pyserini.encode.sampling import take_sample

    sample = take_sample(corpus, model, pruning=pruning, batch_size=batch_size)
    if bits:
        return bits_scale(sample.vectors, bits), query_encoder.scale
    _, chosen, _ = plan(sample, query_encoder)
    say(
        f"planned on {len(sample.docids):,} documents: --scale {chosen.document_scale:g} "
        f"({chosen.bits} bits) --query-scale {chosen.query_scale:g}, "
        f"kept@10 {chosen.kept:.4f}, overlap@10 {chosen.overlap:.4f}"
    )
    return chosen.document_scale, chosen.query_scale


def summary(manifest: Manifest, output: str | Path, seconds: float) -> str:
    """Return what a person wants to know of a finished encoding.

    Args:    seconds: that it took; 0 where it was there already.
    """
    empty = manifest.empty_documents
    lines = [
        f"encoded {manifest.documents:,} documents in {seconds:.1f} s "
        f"({manifest.documents / seconds:.1f} docs/s) into {output}"
        if seconds
        else f"{output} holds all {manifest.documents:,} documents, encoded with these settings",
        f"  documents without any token: {empty:,}"
        + (" (kept here; Lucene holds no entry for them)" if empty else ""),
        f"  tokens a document: mean {manifest.nnz['mean']:.1f}, median {manifest.nnz['p50']:.0f}, "
        f"95 % {manifest.nnz['p95']:.0f}, most {manifest.nnz['max']}",
        f"  {manifest.terms:,} distinct tokens, {manifest.postings:,} postings, "
        f"{folder_bytes(output):,} bytes",
    ]
    if manifest.mass_kept < 1:
        lines.append(f"  weight that pruning kept: {manifest.mass_kept:.2%}")
    if tau := manifest.agreement:
        lines.append(
            f"  impacts against float scores on {tau['documents']} documents and "
            f"{tau['queries']} of their own beginnings as queries: "
            f"Kendall tau {tau['kendall_tau']:.4f}, overlap@10 {tau['overlap_at_10']:.4f}"
        )
    return "\n".join(lines)
