import math

import pytest

from l0pyserini.base.packages import needed
from l0pyserini.errors import ExportError


def test_a_module_that_is_there():
    assert needed("math", "counting", "numbers", ExportError) is math


def test_a_package_that_is_missing_is_named():
    with pytest.raises(ExportError) as told:
        needed("no_such.module", "export x", "l0pyserini[export]", ExportError)
    for part in ("export x: needs the package no_such", "pip install 'l0pyserini[export]'"):
        assert part in str(told.value)
