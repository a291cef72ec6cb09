"""Masked-language-model training: what is hidden, the loss, resuming, and what comes out."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from l0pyserini.errors import CheckpointError, OutputExistsError, TrainingError, UsageError
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.model.padding import attended
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train import read_log
from l0pyserini.train.masking import MaskedLinear, Masking, guess
from l0pyserini.train.pieces import TokenPieces, epoch_batches
from l0pyserini.train.pretraining import MasksRecipe, _Training, schedule, train_masks
from l0pyserini.train.sparse_max import replace_output
from tests.helpers import command, kill_and_resume
from tests.train.test_train import ENVIRONMENT

VOCABULARY = 30522


@pytest.fixture(scope="module")
def tokenizer():
    return open_checkpoint("splade-tiny").tokenizer


@pytest.fixture
def corpora(tmp_path, documents):
    """Two corpora, one with a text of several pieces."""
    for name, texts in (("a", documents[:20]), ("b", [" ".join(documents[20:24]), "", "short"])):
        lines = [json.dumps({"id": f"{name}{i}", "text": t}) for i, t in enumerate(texts)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    return [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]


@pytest.fixture
def recipe(tmp_path, corpora):
    return MasksRecipe(
        "splade-tiny", corpora, str(tmp_path / "out"), steps=6, batch_size=8, max_length=16,
        learning_rate=1e-4, warmup_steps=2, log_every=1, save_every=2,
    )  # fmt: skip


def pieces_of(texts, tokenizer):
    return [np.array(tokenizer.backend.encode(text).ids, dtype=np.uint32) for text in texts]


def test_a_fifth_is_chosen_and_shown_as_mask_another_token_or_itself(tokenizer, documents):
    pieces = pieces_of(documents, tokenizer)
    masking = Masking(tokenizer, VOCABULARY, 0.2, 0)
    batch = masking(pieces, np.random.default_rng(1))
    tokens = sum(len(piece) - 2 for piece in pieces)
    count = len(batch.targets)
    assert count / tokens == pytest.approx(0.2, abs=0.03)
    plain = torch.zeros_like(batch.ids)
    for row, piece in zip(plain, pieces, strict=True):
        row[: len(piece)] = torch.from_numpy(piece.astype(np.int64))
    assert torch.equal(batch.targets, plain[batch.chosen])
    assert torch.equal(batch.ids[~batch.chosen], plain[~batch.chosen])
    special = torch.tensor(list(tokenizer.special_tokens.values()))
    assert not torch.isin(batch.targets, special).any()
    shown = batch.ids[batch.chosen]
    masked = shown == tokenizer.special_tokens["[MASK]"]
    assert masked.float().mean().item() == pytest.approx(0.8, abs=0.05)
    assert (shown == batch.targets).float().mean().item() == pytest.approx(0.1, abs=0.04)
    assert not torch.isin(shown[~masked], special).any()


def test_one_token_is_chosen_at_least(tokenizer):
    masking = Masking(tokenizer, VOCABULARY, 1e-9, 0)
    batch = masking(pieces_of(["one text", "two"], tokenizer), np.random.default_rng(1))
    assert batch.chosen.sum() == 1
    assert batch.targets.tolist() == [tokenizer.vocabulary["one"]]


def test_the_loss_is_the_models_own_at_the_chosen_positions(tokenizer, documents):
    model = load_masked_lm(open_checkpoint("splade-tiny")).eval()
    masking = Masking(tokenizer, VOCABULARY, 0.2, 0)
    batch = masking(pieces_of(documents[:6], tokenizer), np.random.default_rng(2))
    logits = model(input_ids=batch.ids, attention_mask=attended(batch.mask)).logits[batch.chosen]
    expected = cross_entropy(logits, batch.targets)
    expected.backward()
    gradients = {name: one.grad.clone() for name, one in model.named_parameters()}
    model.zero_grad()
    loss, right = guess(model, replace_output(model, MaskedLinear), batch)
    loss.backward()
    torch.testing.assert_close(loss, expected)
    assert right.item() == pytest.approx(
        (logits.argmax(dim=1) == batch.targets).float().mean().item()
    )
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], msg=name)


def test_a_tokenizer_without_a_mask_token_is_refused(tokenizer):
    rules = json.loads(tokenizer.json_text)
    rules["added_tokens"] = [one for one in rules["added_tokens"] if one["content"] != "[MASK]"]
    del rules["model"]["vocab"]["[MASK]"]
    with pytest.raises(CheckpointError, match=r"here: has no mask token .*expected \[MASK\] or"):
        Masking(Tokenizer(json.dumps(rules), "here"), VOCABULARY, 0.2, 0)


def test_whole_corpora_become_pieces(tmp_path, corpora, tokenizer, documents):
    pieces = TokenPieces.build(tmp_path / "tokens", corpora, tokenizer, 16)
    assert pieces.lengths.max() == 16
    first, last = tokenizer.special_tokens["[CLS]"], tokenizer.special_tokens["[SEP]"]
    found = []
    for i in range(len(pieces)):
        piece = pieces[i].tolist()
        assert (piece[0], piece[-1], len(piece) > 2) == (first, last, True)
        found += piece[1:-1]
    texts = [*documents[:20], " ".join(documents[20:24]), "short"]
    assert found == [
        token
        for text in texts
        for token in tokenizer.backend.encode(text, add_special_tokens=False).ids
    ]
    # A run that goes on reads no corpus again.
    again = TokenPieces.build(tmp_path / "tokens", ["nowhere"], tokenizer, 16)
    assert len(again) == len(pieces)


def test_an_epoch_takes_each_piece_once_with_others_of_its_length():
    lengths = np.random.default_rng(3).integers(3, 129, 1003)
    batches = epoch_batches(lengths, 8, 1, 0)
    assert batches.shape == (125, 8)
    assert len(set(batches.flatten().tolist())) == 1000
    assert np.array_equal(batches, epoch_batches(lengths, 8, 1, 0))
    assert not np.array_equal(batches, epoch_batches(lengths, 8, 1, 1))
    taken = lengths[batches]
    assert (taken.max(axis=1) - taken.min(axis=1)).mean() < 8
    # The batches themselves come in no order of length.
    assert abs(np.corrcoef(np.arange(125), taken.mean(axis=1))[0, 1]) < 0.3


def test_the_rate_rises_and_falls():
    assert [schedule(step, 2, 6) for step in range(6)] == [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    assert schedule(0, 0, 4) == 1.0


def test_a_model_is_trained_that_train_and_encode_open(recipe, capsys):
    longer = dataclasses.replace(recipe, steps=30, learning_rate=1e-3)
    done = train_masks(longer)
    curve = read_log(recipe.output)
    assert list(curve["step"]) == list(range(1, 31))
    assert curve["loss"][-5:].mean() < curve["loss"][:5].mean()
    assert done.loss == pytest.approx(curve["loss"].iloc[-1])
    weights, settings = done.model / "model.safetensors", done.model / "config.json"
    assert weights.stat().st_mode == settings.stat().st_mode
    checkpoint = open_checkpoint(str(done.model), activation="log1p_relu")
    assert checkpoint.tokenizer.sha256 == open_checkpoint("splade-tiny").tokenizer.sha256
    (vector,) = DocumentEncoder.from_checkpoint(checkpoint).encode(["a text"])
    assert vector
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    theirs = AutoModelForMaskedLM.from_pretrained(done.model)
    saved = load_file(done.model / "model.safetensors")
    name = "bert.encoder.layer.0.output.dense.weight"
    assert torch.equal(theirs.state_dict()[name], saved[name])
    ids = AutoTokenizer.from_pretrained(done.model)("a text")["input_ids"]
    assert ids == checkpoint.tokenizer.backend.encode("a text").ids
    capsys.readouterr()


def test_a_killed_training_goes_on_to_the_same_curve(recipe, tmp_path, corpora):
    whole = dataclasses.replace(recipe, output=str(tmp_path / "whole"), log_every=3, steps=8)
    train_masks(whole)
    words = [
        "-m", "l0pyserini.train.masks", "--model", "splade-tiny", "--corpus", *corpora,
        "--output", str(tmp_path / "killed"), "--steps", "8", "--batch-size", "8",
        "--max-length", "16", "--learning-rate", "1e-4", "--warmup-steps", "2",
        "--log-every", "3", "--save-every", "2",
    ]  # fmt: skip
    kill_and_resume(words, tmp_path / "killed/checkpoint/state.json", ENVIRONMENT)
    one, other = read_log(tmp_path / "whole"), read_log(tmp_path / "killed")
    assert list(one["step"]) == list(other["step"]) == [3, 6, 8]
    for name in ("loss", "accuracy", "grad_norm", "learning_rate"):
        assert other[name].tolist() == pytest.approx(one[name].tolist(), rel=1e-4), name


def test_what_is_half_done_is_resumed_exactly(recipe, tmp_path, monkeypatch):
    train_masks(dataclasses.replace(recipe, output=str(tmp_path / "whole")))
    plain, taken = _Training._take_step, []

    def stopping(self, chosen):
        taken.append(self.step)
        if len(taken) == 6:
            raise KeyboardInterrupt
        plain(self, chosen)

    monkeypatch.setattr(_Training, "_take_step", stopping)
    with pytest.raises(KeyboardInterrupt):
        train_masks(recipe)
    train_masks(recipe, resume=True)
    assert taken == [0, 1, 2, 3, 4, 5, 4, 5]
    one, other = read_log(tmp_path / "whole"), read_log(recipe.output)
    assert list(one["step"]) == list(other["step"])
    assert other["loss"].tolist() == pytest.approx(one["loss"].tolist(), rel=1e-6)


def test_a_begun_output_is_kept(recipe):
    train_masks(dataclasses.replace(recipe, steps=2))
    with pytest.raises(OutputExistsError, match="holds a training already. Give --resume"):
        train_masks(recipe)
    with pytest.raises(TrainingError, match="another recipe: mask_share was 0.2 and is 0.5"):
        train_masks(dataclasses.replace(recipe, steps=2, mask_share=0.5), resume=True)
    assert train_masks(dataclasses.replace(recipe, steps=3), resume=True).steps == 3
    assert train_masks(dataclasses.replace(recipe, steps=3), resume=True).steps == 3


def test_bfloat16_follows_float32(recipe, tmp_path):
    train_masks(recipe)
    half = dataclasses.replace(recipe, output=str(tmp_path / "half"), precision="bfloat16")
    train_masks(half)
    one, other = read_log(recipe.output), read_log(half.output)
    assert other["loss"].tolist() == pytest.approx(one["loss"].tolist(), rel=0.05)


def test_what_cannot_be_trained(recipe, tmp_path):
    with pytest.raises(UsageError, match="pieces of text, expected at least the 500 of one step"):
        train_masks(dataclasses.replace(recipe, batch_size=500))
    fresh = dataclasses.replace(recipe, output=str(tmp_path / "fresh"))
    with pytest.raises(UsageError, match="--max-length 2: expected a number from 3.*512 positions"):
        train_masks(dataclasses.replace(fresh, max_length=2))
    assert not (tmp_path / "fresh").exists()


def test_a_broken_loss_stops_and_keeps_the_checkpoint(recipe, tmp_path, monkeypatch):
    from l0pyserini.train import pretraining

    plain = pretraining.guess

    def broken(model, head, batch):
        loss, right = plain(model, head, batch)
        return (loss * float("nan") if len(taken) == 3 else loss), right

    taken = []
    monkeypatch.setattr(pretraining, "guess", lambda *words: taken.append(1) or broken(*words))
    with pytest.raises(TrainingError, match="step 2: the loss is nan.*Lower --learning-rate"):
        train_masks(recipe)
    assert (tmp_path / "out/checkpoint/state.json").is_file()


def test_broken_weights_are_not_saved(recipe, tmp_path):
    training = _Training(recipe, "splade-tiny", torch.device("cpu"))
    with torch.no_grad():
        training._head.weight[5, 5] = float("inf")
    with pytest.raises(TrainingError, match="was not saved: 1 of the .* infinite"):
        training.save_model(tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def test_the_command_says_what_came_of_it(capsys, recipe, corpora):
    code, printed, told = command(
        capsys, "masks", "--model", "splade-tiny", "--corpus", *corpora, "--output", recipe.output,
        "--steps", "2", "--batch-size", "8", "--max-length", "16",
    )  # fmt: skip
    assert code == 0, told
    assert "2 steps over " in printed
    assert "guessed right" in printed
    assert f"model: {recipe.output}/model" in printed
