"""Impact indexes: building them, changing them and checking what they hold."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.index.api import build_index
    from l0pyserini.index.facts import read_facts
    from l0pyserini.index.grow import append_to_index, delete_documents, merge_indexes
    from l0pyserini.index.verify import verify_index

__all__ = [
    "append_to_index",
    "build_index",
    "delete_documents",
    "merge_indexes",
    "read_facts",
    "verify_index",
]

# verify and its neighbours are commands too, and must not be loaded before they are run.
__getattr__ = lazy_names(
    __name__,
    {
        "append_to_index": "grow",
        "build_index": "api",
        "delete_documents": "grow",
        "merge_indexes": "grow",
        "read_facts": "facts",
        "verify_index": "verify",
    },
)
