"""What the first process of a training does for all."""

import os
import subprocess
import sys

import pytest

from l0pyserini.errors import TrainingError
from l0pyserini.train.api import _check_shared
from l0pyserini.train.distributed import first_makes

TWO = """
import os, sys
import torch.distributed as dist
from l0pyserini.errors import UsageError
from l0pyserini.train.distributed import first_makes

dist.init_process_group("gloo")
made = first_makes(lambda: os.environ["RANK"])
def fail():
    raise UsageError("made by " + os.environ["RANK"])
try:
    first_makes(fail)
except UsageError as fault:
    print(made, fault)
"""


def test_others_get_what_the_first_makes_and_its_error():
    environment = os.environ | {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(30500 + os.getpid() % 1000),
        "WORLD_SIZE": "2",
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-c", TWO],
            env=environment | {"RANK": rank},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    assert [one.communicate(timeout=300)[0].strip() for one in running] == ["0 made by 0"] * 2


def test_one_process_makes_it_itself():
    assert first_makes(lambda: 7) == 7


def test_a_checkpoint_that_one_machine_lacks(tmp_path):
    with pytest.raises(TrainingError, match="process 0 does not see it.*that all machines share"):
        _check_shared(tmp_path / "checkpoint-2")
    (tmp_path / "l0_state.json").write_text("{}")
    _check_shared(tmp_path)
