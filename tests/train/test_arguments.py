"""On which device a training runs."""

import dataclasses

import pytest
import torch

from l0pyserini.errors import UsageError
from l0pyserini.train import arguments
from l0pyserini.train.arguments import put_on, training_arguments, training_device


@pytest.fixture
def every_device(monkeypatch):
    """As if the machine had all GPUs that are asked for."""
    monkeypatch.setattr(arguments, "check_device", torch.device)
    monkeypatch.delenv("LOCAL_RANK", raising=False)


def on(recipe, device):
    return dataclasses.replace(recipe, device=device)


@pytest.mark.usefixtures("every_device")
def test_one_process_obeys_the_recipe(recipe):
    assert training_device(on(recipe, "cuda:1")) == torch.device("cuda:1")
    assert training_device(on(recipe, "cuda")) == torch.device("cuda:0")
    assert training_device(on(recipe, "cpu")) == torch.device("cpu")


@pytest.mark.usefixtures("every_device")
def test_several_processes_take_their_own_place(recipe, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert training_device(on(recipe, "cuda")) == torch.device("cuda:3")
    assert training_device(on(recipe, "cpu")) == torch.device("cpu")
    with pytest.raises(UsageError, match="device is 'cuda:1', and torchrun gives.*device=cuda"):
        training_device(on(recipe, "cuda:1"))


def test_a_device_that_is_not_there(recipe, monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    with pytest.raises(UsageError, match="cuda:77: cannot be used"):
        training_device(on(recipe, "cuda:77"))


def test_transformers_is_put_on_that_device(recipe, tmp_path, monkeypatch):
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    made = training_arguments(recipe, tmp_path)
    put_on(made, torch.device("cuda:1"))
    assert (made.device, made.n_gpu) == (torch.device("cuda:1"), 1)
    assert Accelerator().device == torch.device("cuda:1")
    assert chosen == [torch.device("cuda:1")]
    AcceleratorState._reset_state(reset_partial_state=True)
