"""Encoded collections in an OpenSearch cluster: loading, verifying and searching them."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.opensearch.client import Cluster
    from l0pyserini.opensearch.comparing import verify_loaded
    from l0pyserini.opensearch.loading import load_collection
    from l0pyserini.opensearch.searcher import OpenSearchSearcher

__all__ = ["Cluster", "OpenSearchSearcher", "load_collection", "verify_loaded"]

# opensearch-py is an extra.
__getattr__ = lazy_names(
    __name__,
    {
        "Cluster": "client",
        "OpenSearchSearcher": "searcher",
        "load_collection": "loading",
        "verify_loaded": "comparing",
    },
)
