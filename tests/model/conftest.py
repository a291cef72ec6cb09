"""Small random masked LMs, saved in every layout we load."""

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer as Backend
from tokenizers import models, normalizers, pre_tokenizers, processors

from l0pyserini.query import IdfTable
from l0pyserini.query.tokenizer import Tokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*"abcdefghijklmnopqrstuvwxyz", "##s", "hello", "world", "sparse", "vector", "query"]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """A random BERT with 37 tokens, as a plain masked-LM folder."""
    from transformers import BertConfig, BertForMaskedLM

    folder = tmp_path_factory.mktemp("tiny")
    save_tokenizer(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(SPECIAL + WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        # Large enough that special tokens would be active if nobody excluded them.
        initializer_range=0.3,
    )
    BertForMaskedLM(config).save_pretrained(folder)
    return folder


def save_tokenizer(folder: Path) -> None:
    """Write a WordPiece tokenizer as transformers saves it."""
    backend = Backend(
        models.WordPiece({t: i for i, t in enumerate(SPECIAL + WORDS)}, unk_token="[UNK]")
    )
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    backend.add_special_tokens(SPECIAL)
    backend.save(str(folder / "tokenizer.json"))
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), SPECIAL, strict=True))
    settings = {f"{name}_token": token for name, token in names.items()}
    settings |= {"tokenizer_class": "BertTokenizer", "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


@pytest.fixture(scope="session")
def idf(tiny) -> IdfTable:
    """A table that gives every token another weight."""
    tokens = Tokenizer.from_folder(tiny).tokens
    return IdfTable({t: 1 + i / 10 for i, t in enumerate(tokens) if t is not None}, "test idf")
