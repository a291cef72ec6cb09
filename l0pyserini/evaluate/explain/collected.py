"""What an encoded collection tells of query tokens, gathered in one streaming pass."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.records import ImpactVector
from l0pyserini.encode.collection import read_shard
from l0pyserini.encode.manifest import Manifest
from l0pyserini.query.encoder import FILE_NAME, IdfQueryEncoder
from l0pyserini.query.stems import is_stem

BATCH = 1000


@dataclass
class Collected:
    """What was gathered.

    df, expansions: documents that hold each token, and those of them whose text does not; a stem
    is always of the text.
    impacts: {docid: {token: impact}} of the documents and tokens asked for.
    expanded: {docid: its tokens that its text does not hold}.
    """

    documents: int = 0
    df: Counter[str] = field(default_factory=Counter)
    expansions: Counter[str] = field(default_factory=Counter)
    impacts: dict[str, ImpactVector] = field(default_factory=dict)
    expanded: dict[str, set[str]] = field(default_factory=dict)


def query_encoder_of(encoded: Path) -> IdfQueryEncoder:
    """Return the query encoder that an encoded collection was made for."""
    settings = Manifest.load(encoded).settings
    return IdfQueryEncoder.load(encoded / FILE_NAME, settings["query_scale"])


def collect(
    encoded: Path,
    encoder: IdfQueryEncoder,
    tokens: Collection[str],
    needed: Mapping[str, Collection[str]],
) -> Collected:
    """Read an encoded collection once, document by document.

    Args:    tokens: those to count. needed: {docid: tokens} to keep the impacts of.
    Raises:  CollectionError: if the collection is unfinished or malformed.
    """
    manifest = Manifest.load(encoded)
    wanted = frozenset(tokens)
    learned, found = encoder.learned, Collected()
    with progress_bar(manifest.documents, "read", "docs") as bar:
        for shard in manifest.shards:
            for batch in batched(read_shard(encoded / shard.file), BATCH):
                texts = [one.contents for one in batch]
                tokens_of = learned.tokenizer.distinct_tokens_batch(texts) if learned else texts
                for document, own in zip(batch, tokens_of, strict=True):
                    held = document.vector.keys() & wanted
                    added = {token for token in held.difference(own) if not is_stem(token)}
                    found.df.update(held)
                    found.expansions.update(added)
                    if (kept := needed.get(document.docid)) is not None:
                        found.impacts[document.docid] = {
                            token: document.vector[token] for token in held & set(kept)
                        }
                        found.expanded[document.docid] = added & set(kept)
                found.documents += len(batch)
                bar.update(len(batch))
    return found
