"""Tables as corpora: which columns hold id, title and text."""

from collections.abc import Sequence

from l0pyserini.data.jsonl import ID_KEYS, TEXT_KEYS
from l0pyserini.errors import CorpusError


def document_columns(names: Sequence[str], place: str) -> list[str]:
    """Return the columns to read of a table: an id, a text, and the title if there is one.

    Raises:  CorpusError: if none is an id, or none a text.
    """
    found = []
    for keys, what in ((ID_KEYS, "id"), (TEXT_KEYS, "text")):
        column = next((key for key in keys if key in names), None)
        if column is None:
            raise CorpusError(
                f"{place}: no column with the {what}; the columns are {sorted(names)}. "
                f"Expected one of {', '.join(keys)}; rename yours."
            )
        found.append(column)
    return [*found, *(name for name in names if name == "title")]
