"""Ranking losses: how the student's scores of a query's documents should be.

Every loss is a mean over the queries of a batch, so that the mean over processes with equally
many queries is the loss of the whole batch.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, mse_loss


def kl_divergence(scores: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Return KL(teacher || student) of the two softmaxes over each query's documents.

    Args:    scores: [Q, N] float, the student's. teacher: [Q, N] float. temperature: both scores
             are divided by it, and the loss multiplied by its square, so that gradients keep
             their size.
    Returns: [] float >= 0, the mean over queries.
    Source:  arXiv 2504.14839, sec. 3.2; arXiv 1503.02531 (temperature).
    """
    student = torch.log_softmax(scores / temperature, dim=1)
    target = torch.log_softmax(teacher / temperature, dim=1)
    return kl_div(student, target, reduction="batchmean", log_target=True) * temperature**2


def margin_mse(scores: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Return the mean squared difference of the margins between the first document and the rest.

    Args:    as kl_divergence; the first document of a row is its positive. The teacher's scores
             are divided by the temperature, the student's are not.
    Source:  arXiv 2010.02666, eq. 1.
    """
    teacher = teacher / temperature
    return mse_loss(scores[:, :1] - scores[:, 1:], teacher[:, :1] - teacher[:, 1:])


def info_nce(scores: Tensor, positives: Tensor, temperature: float = 1.0) -> Tensor:
    """Return the mean cross entropy of each query's positive among all documents offered.

    Args:    scores: [Q, N] float; without in-batch negatives a query's own documents, with them
             the documents of the whole batch. positives: [Q] int64, the positive's column.
    Source:  arXiv 1807.03748, eq. 4.
    """
    return cross_entropy(scores / temperature, positives)
