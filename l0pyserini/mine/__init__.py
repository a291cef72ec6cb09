"""Hard negatives for training topics."""

from l0pyserini.mine.negatives import MineSummary, mine_negatives

__all__ = ["MineSummary", "mine_negatives"]
