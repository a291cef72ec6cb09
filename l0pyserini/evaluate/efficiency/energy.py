"""Energy of the processor packages, where Linux tells it (RAPL below /sys/class/powercap)."""

import re
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
SOURCE = "RAPL, all processor packages, other programs included"

_PACKAGE = re.compile(r"intel-rapl:\d+")


class EnergyMeter:
    """Joules since it was made. Counters run over; one turn at most is made good.

    Args:    root: where the kernel shows its power zones.
    """

    def __init__(self, root: Path = POWERCAP) -> None:
        zones = sorted(root.glob("intel-rapl:*")) if root.is_dir() else []
        self._zones = [zone for zone in zones if _PACKAGE.fullmatch(zone.name)]
        self._start = self._read()

    def joules(self) -> float | None:
        """Return the energy used; None where the machine does not tell."""
        now = self._read()
        if self._start is None or now is None:
            return None
        used = 0
        for zone, before, after in zip(self._zones, self._start, now, strict=True):
            turn = int((zone / "max_energy_range_uj").read_text()) if after < before else 0
            used += after + turn - before
        return used / 1e6

    def _read(self) -> list[int] | None:
        try:
            found = [int((zone / "energy_uj").read_text()) for zone in self._zones]
        except (OSError, ValueError):  # newer kernels let only root read it
            return None
        return found or None


def energy_facts(
    search: float | None, queries: int, encode: float | None, documents: int
) -> dict[str, Any] | None:
    """Return the record's energy part; None where nothing was told.

    Args:    search, encode: joules of so many queries, of encoding so many documents.
    """
    if search is None and encode is None:
        return None
    return {
        "source": SOURCE,
        "search_joules_per_query": None if search is None else search / queries,
        "encode_joules_per_document": None if encode is None else encode / documents,
    }
