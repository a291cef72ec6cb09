"""What flags and functions default to; importing this loads no client."""

PASSWORD_VARIABLE = "L0PYSERINI_OPENSEARCH_PASSWORD"

PATIENCE = 120.0
"""Seconds without any success after which a busy cluster is given up."""

THREADS = 4
"""Requests at once while loading."""

CHUNK_SIZE = 500
"""Documents of a bulk request."""

SAMPLE = 200
"""Documents that are compared at the end of a load."""
