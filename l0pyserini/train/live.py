"""Teachers that are asked while training, batch by batch."""

from collections.abc import Sequence

import numpy as np

from l0pyserini.train.batches import Example
from l0pyserini.train.ensemble import Scores, ensemble, usual_gap
from l0pyserini.train.teachers import Teacher, score_rows


class LiveTeaching:
    """Scores a batch's rows with one or several teachers.

    A batch is too few rows to tell a teacher's usual gap, and one that changed from batch to batch
    would teach noise: where rows have few documents, it is measured once before the first step.

    Args:    scale: of the averaged scores.
    """

    def __init__(self, teachers: Sequence[Teacher], scale: float) -> None:
        self._teachers = teachers
        self._scale = scale
        self.gaps = [0.0] * len(teachers)

    def measure(self, examples: Sequence[Example]) -> list[float]:
        """Return each teacher's usual gap in some rows."""
        return [usual_gap(scores) for scores in self._scores(examples)]

    def __call__(self, examples: Sequence[Example]) -> Scores:
        """Return [Q, S]."""
        return ensemble(self._scores(examples), self.gaps, self._scale)

    def _scores(self, examples: Sequence[Example]) -> list[Scores]:
        """Return [Q, S] for each teacher."""
        places = [example.where for example in examples]
        queries = [example.query for example in examples]
        documents = [example.documents for example in examples]
        return [np.stack(score_rows(one, queries, documents, places)) for one in self._teachers]
