"""Packages that only some commands need, imported when one is asked for."""

from importlib import import_module
from typing import Any

from l0pyserini.errors import L0Error


def needed(module: str, what: str, install: str, error: type[L0Error]) -> Any:
    """Import a module that something is read or written with.

    Args:    what: that is done, for the message. install: what to give to pip.
    Raises:  error: if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as fault:
        raise error(
            f"{what}: needs the package {module.split('.')[0]}, which is not installed "
            f"({fault}). Install it: pip install '{install}'"
        ) from fault
