"""The commands that make a cell by hand, one stage each."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.bm25.baseline import MULTIFIELD
from l0pyserini.publish.reproduce.cell import HITS, MEASURES, Place
from l0pyserini.publish.reproduce.datasets import Dataset
from l0pyserini.publish.reproduce.systems import EncoderOptions, System
from l0pyserini.publish.reproduce.there import index_name

_ENCODE_DEFAULTS = EncoderOptions(backend="float32")


def commands(
    dataset: Dataset,
    system: System,
    data_dir: str | Path,
    output: str | Path,
    urls: Sequence[str] | None = None,
) -> list[str]:
    """Return shell lines that make the cell's run and score it, as reproduce itself does.

    Args:    urls: of the OpenSearch cluster where vectors are searched, if they are.
    """
    data = dataset.spec(data_dir)
    folder = Path(output) / dataset.name
    place = Place(folder / system.name)
    search = ["--topics", data, "--hits", str(HITS), "--tag", system.name]
    if dataset.in_beir:
        search.append("--remove-query")
    search += ["--output", str(place.run)]
    if system.fused:
        runs = [str(Place(folder / name).run) for name in system.fused]
        fuse = ["search.fuse", "--run", *runs, "--method", system.method, "--hits", str(HITS)]
        lines = [[*fuse, "--tag", system.name, "--output", str(place.run)]]
    elif system.encoder is None:
        fields = [f"{name}={weight:g}" for name, weight in MULTIFIELD.items()]
        lines = [
            ["bm25", "--corpus", data, "--index", str(place.index), *search]
            + (["--fields", *fields] if system.multifield else [])
        ]
    else:
        encode = ["encode", "--corpus", data, "--encoder", system.encoder]
        lines = [[*encode, *_flags(system.options), "--output", str(place.encoded)]]
        if urls:
            there = ["--url", *urls, "--index", index_name(dataset, system.name)]
            lines += [
                ["opensearch", "index", "--input", str(place.encoded), *there],
                ["opensearch", "search", *there, *search],
            ]
        else:
            lines += [
                ["index", "--input", str(place.encoded), "--index", str(place.index)],
                ["search", "--index", str(place.index), *search],
            ]
    lines.append(["evaluate", "--qrels", data, "--run", str(place.run), "--measures", *MEASURES])
    return [f"python -m l0pyserini.{shlex.join(line)}" for line in lines]


def _flags(options: EncoderOptions) -> list[str]:
    """Return the flags of l0pyserini.encode for what differs from its defaults."""
    flags = []
    for name in ("activation", "idf", "backend", "device", "max_length", "batch_size", "lexical"):
        value = getattr(options, name)
        if value != getattr(_ENCODE_DEFAULTS, name):
            flags += [f"--{name.replace('_', '-')}", str(value)]
    if options.trust_remote_code:
        flags.append("--trust-remote-code")
    return flags
