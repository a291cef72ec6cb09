"""Checking an installation, with the fix for each fault."""

from l0pyserini.doctor.checks import CHECKS, Finding, examine

__all__ = ["CHECKS", "Finding", "examine"]
