"""The stock, made once for all test processes."""

import pytest

from tests.faults.stock import write_stock


@pytest.fixture(scope="session")
def stock(once):
    """A folder of sound inputs of every kind (stock.py)."""
    return once("faults", write_stock)
