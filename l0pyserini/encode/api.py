"""encode_corpus: what `python -m l0pyserini.encode` does, as a function."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.data import Corpus, open_corpus
from l0pyserini.encode.half import BM25, LearnedHalf, Loading
from l0pyserini.encode.journal import Part
from l0pyserini.encode.lexical import Lexical, check_tokens
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.prune import Pruning
from l0pyserini.encode.stored import output_bytes, output_of
from l0pyserini.errors import UsageError
from l0pyserini.model.checkpoint import open_checkpoint
from l0pyserini.query.lexical import StemTable

AUTO = "auto"
"""The backend that is chosen by speed; model.backend, which loads torch, knows it too."""

DEFAULT_BACKEND = "float32"

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder


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
    backend: str = DEFAULT_BACKEND,
    pruning: Pruning | None = None,
    part: Part | None = None,
    compress: bool = False,
    bits: int | None = None,
    lexical: Lexical | str | None = None,
    ray: str | None = None,
    ray_cpus: int = 1,
) -> tuple[Manifest | None, float]:
    """Encode a corpus into a folder of JsonVectorCollection files.

    Args:    corpus, encoder: as --corpus and --encoder; "bm25" alone loads no torch.
             output: a folder, or the URL of one in an object store.
             max_length: tokens of a document, none = what the encoder says.
             scale: impacts per unit of weight.
             query_scale: impacts per unit of IDF, recorded for the searches.
             bits: choose `scale` so that impacts have so many bits, 0 to choose both scales by
             the planner; both look at the first thousand documents.
             backend: float32, bfloat16, int8 or fbgemm, or auto for the fastest here.
             part: which share of the shards to encode.
             lexical: "bm25" for BM25's stems beside the tokens, or its settings.
             ray: a Ray cluster that encodes the shards: local, auto or the head's host:port.
             ray_cpus: cores of each of its workers, who have a GPU each where the device is cuda.
    Returns: the manifest (None while other parts are not done), and the seconds that encoding
             took, model loading left out; 0 where what was to be resumed was finished already.
    Raises:  CorpusError, CheckpointError, IdfError, UsageError, OutputExistsError, DiskError,
             StoreError, ClusterError.

    Example:
        >>> from l0pyserini import encode_corpus
        >>> manifest, _ = encode_corpus("docs.jsonl", "splade-tiny", "encoded", overwrite=True)
        >>> manifest.documents
        3
    """
    prune, part, lexical = pruning or Pruning(), part or Part(), _lexical(lexical)
    if ray is not None:
        from l0pyserini.encode.on_ray import assignment, hired_crew, refuse_beside_ray

        refuse_beside_ray(corpus, part, device)
    place = output_of(output, part, ray is not None)
    source = open_corpus(corpus)
    recorded = place.recorded_settings(part) if resume else None
    checkpoint = None
    if encoder == BM25:
        _refuse_for_stems(max_length, activation, idf, backend, prune, bits)
        lexical, device = lexical or Lexical(), "cpu"
    else:
        checkpoint = open_checkpoint(encoder, activation, idf, allow_remote_code)
        if lexical is not None:
            check_tokens(checkpoint.tokenizer)
        backend = _settled(backend, "--ray" if ray else part, recorded)
    prune = prune.settled(checkpoint.min_weight if checkpoint else None)
    loading = Loading(encoder, activation, allow_remote_code, max_length, device, backend)
    with ExitStack() as stack:
        crew = None
        if ray is not None:
            given = assignment(corpus, source.place, loading, checkpoint)
            crew = stack.enter_context(hired_crew(ray, ray_cpus, given))
        # torch comes in here, after all that can be refused without it.
        half = loading.half(checkpoint) if crew is None else crew.half(checkpoint)
        watch = Stopwatch()
        if bits is not None:
            scale, query_scale = _planned(source, half, query_scale, bits, prune, batch_size)
        stems = None
        if lexical is not None:
            impacts = lexical.impacts(source, bits, recorded)
            stems = StemTable(impacts, scale, half.lexical_weight)
        from l0pyserini.encode.runner import CorpusEncoder, EncodeOptions

        job = CorpusEncoder(
            source,
            half.model,
            half.query_encoder(query_scale, stems),
            place,
            EncodeOptions(batch_size, scale, query_scale, shard_size, prune, part, compress),
            half.facts,
            crew,
            checked=lexical is not None and lexical.counts(recorded),
        )
        manifest = job.run(overwrite, resume)
        return manifest, 0.0 if job.found_finished else watch.seconds


def _lexical(asked: Lexical | str | None) -> Lexical | None:
    if isinstance(asked, str) and asked != BM25:
        raise UsageError(f"lexical {asked!r}: expected {BM25!r}, its settings, or nothing.")
    return Lexical() if isinstance(asked, str) else asked


def _refuse_for_stems(
    max_length: int | None,
    activation: str | None,
    idf: str | None,
    backend: str,
    pruning: Pruning,
    bits: int | None,
) -> None:
    """Refuse what changes nothing where BM25's stems stand alone.

    Raises:  UsageError: naming it.
    """
    given = {
        "--max-length": max_length is not None,
        "--activation": activation is not None,
        "--idf": idf is not None,
        "--backend": backend not in (DEFAULT_BACKEND, AUTO),
        "--max-nnz, --min-weight, --prune-ratio": pruning != Pruning(),
        "--bits": bits is not None,
    }
    for flag, named in given.items():
        if named:
            raise UsageError(
                f"{flag}: means nothing for --encoder {BM25}, which has no learned tokens. "
                "Leave it out."
            )


def _settled(backend: str, several: Part | str, recorded: dict[str, Any] | None) -> str:
    """Return the backend that all processes of a collection compute with.

    Args:    several: the part, or the flag that brings in other machines.
             recorded: the settings of the collection that is resumed.
    Raises:  UsageError: if each machine would choose its own.
    """
    if backend != AUTO:
        return backend
    if isinstance(several, str) or several.count > 1:
        named = several if isinstance(several, str) else f"--shard-num {several.count}"
        raise UsageError(
            f"--backend auto with {named}: each part would take what is fastest "
            "on its own machine. Name one for all; `python -m l0pyserini.doctor` tells the speeds."
        )
    return (recorded["encoder"].get("backend") if recorded else None) or backend


def _planned(
    corpus: Corpus,
    half: LearnedHalf,
    query_scale: float,
    bits: int,
    pruning: Pruning,
    batch_size: int,
) -> tuple[float, float]:
    """Return document and query scale for so many bits, 0 = what the planner chooses."""
    from l0pyserini.encode.planner import bits_scale, plan
    from l0pyserini.encode.sampling import take_sample

    model = cast("DocumentEncoder", half.model)  # BM25 alone is refused before.
    sample = take_sample(corpus, model, pruning=pruning, batch_size=batch_size)
    if bits:
        return bits_scale(sample.vectors, bits), query_scale
    _, chosen, _ = plan(sample, half.query_encoder(query_scale, None))
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
        f"{output_bytes(output):,} bytes",
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
