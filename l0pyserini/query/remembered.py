"""What was found out about a query encoder's file once, kept in the cache by the file's digest.

To hold a tokenizer against its table and to take the digests of both is most of what it takes to
load them. A file with the same bytes gives the same again.
"""

import contextlib
import hashlib
import json

from l0pyserini.base.cache import cache_folder, cache_path
from l0pyserini.base.files import write_json
from l0pyserini.errors import DiskError

_CHECKS = "1"
"""Goes up when encoders are checked for something new."""

Facts = dict[str, str]


def digest_of(content: bytes) -> str:
    """Return the name under which facts about a file's bytes are kept."""
    return hashlib.sha256(_CHECKS.encode() + content).hexdigest()


def recall(digest: str) -> Facts | None:
    """Return the facts that were remembered; None where there are none, or they are damaged."""
    try:
        facts = json.loads(cache_path("query", f"{digest}.json").read_bytes())
    except (DiskError, OSError, ValueError):
        return None
    if not isinstance(facts, dict) or not {str}.issuperset(map(type, facts.values())):
        return None
    return facts


def remember(digest: str, facts: Facts) -> None:
    """Keep facts; where they cannot be written, they are found out again the next time."""
    with contextlib.suppress(OSError, DiskError):
        write_json(cache_folder("query") / f"{digest}.json", facts)
