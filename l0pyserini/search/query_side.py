"""The query encoder and vocabulary of the indexes that are searched as one."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from l0pyserini.errors import QueryMismatchError
from l0pyserini.index.facts import FILE_NAME, read_facts, read_index_df
from l0pyserini.index.settle import LUCENE_MARKER, sidecar
from l0pyserini.query import encoder as query
from l0pyserini.query.encoder import IdfQueryEncoder


class QuerySide(NamedTuple):
    """The query side of indexes: the encoder, df of all tokens, and the documents promised.

    encoder is None where an index came without one and none is given: of another tool's vectors.
    df and documents are None where an index of another tool tells neither. stores_text: whether
    all indexes keep texts.
    """

    encoder: IdfQueryEncoder | None
    df: dict[str, int] | None
    documents: int | None
    stores_text: bool


def open_query_side(indexes: Sequence[Path], given: IdfQueryEncoder | None) -> QuerySide:
    """Read what the indexes know of the query side, and check that it is the same for all.

    Args:    given: an encoder, which an index of another tool needs for texts; it tells no tokens.
    Raises:  ImpactIndexError: if an index cannot be read.
             QueryMismatchError: if an index was built for another encoder.
    """
    encoder = given
    df: Counter[str] = Counter()
    largest = 0
    documents, all_known, stores_text, with_encoder = 0, True, True, True
    for index in indexes:
        if any(index.glob(LUCENE_MARKER)) and not sidecar(index, FILE_NAME).is_file():
            all_known = False
            with_encoder &= given is not None
            continue
        facts = read_facts(index)
        if facts["query_encoder"] is None:
            with_encoder &= given is not None
        else:
            # Where there are stems, each index tells its own largest impact.
            if encoder is None or facts["lexical"]:
                own = IdfQueryEncoder.load(sidecar(index, query.FILE_NAME), facts["query_scale"])
                largest = max(largest, own.stems.largest if own.stems else 0)
                encoder = encoder or own
            check_query_encoder(index, facts, encoder)
        documents += facts["indexed_documents"]
        stores_text &= facts["stores_text"]
        df.update(read_index_df(index))
    if not with_encoder:
        encoder = None
    if not all_known:
        return QuerySide(encoder, None, None, False)
    if isinstance(encoder, IdfQueryEncoder):
        encoder = encoder.counted(documents, df, largest)
    return QuerySide(encoder, dict(df), documents, stores_text)


def check_query_encoder(index: str | Path, facts: dict[str, Any], encoder: IdfQueryEncoder) -> None:
    """Refuse a query encoder that the index was not built for.

    One without stems serves an index that has some: it does not ask for them.

    Args:    index: its folder or name.
    Raises:  QueryMismatchError: if tokenizer, table or scale differ, or the stems' impacts.
    """
    built = {**facts["query_encoder"], "query_scale": facts["query_scale"]}
    given: dict[str, Any] = {**encoder.facts(), "query_scale": encoder.scale}
    if encoder.stems is not None:
        built["lexical"] = facts["lexical"]
        given["lexical"] = encoder.stems.impacts.facts()
    for name, value in built.items():
        if given[name] != value:
            raise QueryMismatchError(
                f"{index}: was built for a query encoder whose {name} is {value}, and the one "
                f"given has {given[name]}. Search it without --encoder, or index a collection "
                "that was encoded with that encoder."
            )
