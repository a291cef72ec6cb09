import dataclasses

import numpy as np
import pytest
import torch

from l0pyserini.train import train
from l0pyserini.train.config import LossConfig, RegularizerConfig
from l0pyserini.train.dense_losses import DenseLosses
from l0pyserini.train.memory import DocumentMemory
from l0pyserini.train.objective import Objective
from l0pyserini.train.tensors import Asked, Bm25Part, Given, Names, Sides
from tests.train.test_beside import beside, goes_on  # noqa: F401
from tests.train.test_objective import kl_by_hand, vectors
from tests.train.test_train import changed, curve


def test_the_oldest_documents_make_room():
    memory = DocumentMemory(5)
    assert memory.part("weights") is None
    memory.add(names=torch.arange(3), weights=vectors(3, 4, 1))
    assert memory.part("names").tolist() == [0, 1, 2]
    memory.add(names=torch.arange(3, 6), weights=vectors(3, 4, 2))
    assert sorted(memory.part("names").tolist()) == [1, 2, 3, 4, 5]
    place = memory.part("names").tolist().index(4)
    torch.testing.assert_close(memory.part("weights")[place], vectors(3, 4, 2)[1])
    memory.add(names=torch.arange(10, 18))
    assert sorted(memory.part("names").tolist()) == [13, 14, 15, 16, 17]


def test_a_checkpoint_holds_it_whole(tmp_path):
    memory = DocumentMemory(4)
    memory.add(names=torch.tensor([7, -8, 9]), weights=vectors(3, 6, 1).relu())
    memory.save(tmp_path)
    again = DocumentMemory(4)
    again.load(tmp_path, torch.device("cpu"))
    for one in (memory, again):
        one.add(names=torch.tensor([1, 2]), weights=vectors(2, 6, 2).relu())
    for name in ("names", "weights"):
        torch.testing.assert_close(memory.part(name), again.part(name), rtol=0, atol=0)


@pytest.mark.parametrize("stands_beside", [False, True])
def test_queries_are_compared_with_what_is_remembered(stands_beside):
    memory = DocumentMemory(20)
    dense = DenseLosses(3.0, 0.3 if stands_beside else 0.0, 1.0, memory=memory)
    judge = Objective(
        "log1p_relu", LossConfig(in_batch_kl=1.0, scale=0.5), RegularizerConfig(), dense
    )
    tokens, table = torch.tensor([[1, 3], [0, -1]]), vectors(1, 9, 9)[0].abs()
    weights = table[tokens.clamp(min=0)] * (tokens >= 0)
    weight = torch.tensor(0.4) if stands_beside else None
    columns, idf = torch.tensor([[11, 3], [0, -1]]), torch.tensor([[1.5, 0.7], [2.0, 0.0]])
    steps = []
    for seed in (1, 2):
        maxima, found = vectors(6, 9, seed).relu(), vectors(6, 12, seed + 10).relu()
        sides = Sides(vectors(2, 4, seed + 20), vectors(6, 4, seed + 30))
        # Document 5 of the second step is document 1 of the first: it counts once, as it is now.
        names = Names(
            torch.arange(2), torch.arange(6) if seed == 1 else torch.tensor([6, 7, 8, 9, 10, 1])
        )
        bm25 = Bm25Part(columns, idf, found) if stands_beside else None
        given = Given(tokens, names, None, sides, bm25)
        loss, _ = judge(maxima.requires_grad_(), Asked(weights, weight), given, 0.0, 0.0)
        steps.append((maxima.detach().numpy(), sides, found.numpy()))
    loss.backward()
    kept = [0, 2, 3, 4, 5]
    documents = np.concatenate([steps[1][0], steps[0][0][kept]])
    queries = np.zeros((2, 9))
    queries[0, [1, 3]], queries[1, 0] = table[[1, 3]], table[0]
    student = queries @ np.log1p(documents).T * 0.5
    vectors_ = np.concatenate([steps[1][1].documents, steps[0][1].documents[kept]])
    teacher = steps[1][1].queries.numpy() @ vectors_.T * 3.0
    if stands_beside:
        held = np.concatenate([steps[1][2], steps[0][2][kept]])
        stems = np.array([1.5 * held[:, 11] + 0.7 * held[:, 3], 2.0 * held[:, 0]])
        student, teacher = student + 0.4 * stems, teacher + 0.3 * stems
    assert loss.item() == pytest.approx(kl_by_hand(student, teacher), rel=1e-5)
    assert memory.part("names").numel() == 12


def test_a_training_that_goes_on_remembers_the_same(beside, tmp_path):  # noqa: F811
    loss = dataclasses.replace(beside.loss, query_kl=0.5, memory=16)
    recipe = dataclasses.replace(beside, loss=loss)
    train(changed(recipe, tmp_path / "whole"))
    whole = curve(tmp_path / "whole")
    assert all(line["query_kl"] > 0 for line in whole)
    goes_on(recipe, tmp_path / "half", whole)
