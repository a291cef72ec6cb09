"""Evaluating TREC runs with trec_eval, and counting what a retrieval costs."""

from l0pyserini.evaluate.efficiency import Efficiency, efficiency
from l0pyserini.evaluate.evaluation import DEFAULT_MEASURES, Evaluation, evaluate_run
from l0pyserini.evaluate.measures import Measure, parse_measure

__all__ = [
    "DEFAULT_MEASURES",
    "Efficiency",
    "Evaluation",
    "Measure",
    "efficiency",
    "evaluate_run",
    "parse_measure",
]
