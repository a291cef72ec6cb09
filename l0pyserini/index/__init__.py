"""Impact indexes: building them and checking what they hold."""

from l0pyserini.index.api import build_index
from l0pyserini.index.facts import read_facts
from l0pyserini.index.verify import verify_index

__all__ = ["build_index", "read_facts", "verify_index"]
