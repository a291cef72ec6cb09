"""Scoring TREC runs with trec_eval; comparing them, explaining them, counting what they cost."""

from l0pyserini.evaluate.efficiency.record import Efficiency, EfficiencyRecord, read_efficiency
from l0pyserini.evaluate.evaluation import Evaluation, evaluate_run
from l0pyserini.evaluate.measures import Measure, parse_measure, parse_measures
from l0pyserini.evaluate.names import DEFAULT_MEASURES

__all__ = [
    "DEFAULT_MEASURES",
    "Efficiency",
    "EfficiencyRecord",
    "Evaluation",
    "Measure",
    "evaluate_run",
    "parse_measure",
    "parse_measures",
    "read_efficiency",
]
