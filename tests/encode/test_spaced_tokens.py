"""Tokenizers that hold tokens with white space, as ModernBERT's does."""

import json

import pytest
import torch

from l0pyserini import build_index, encode_corpus
from l0pyserini.encode import read_shard
from l0pyserini.encode.prune import Pruning
from l0pyserini.errors import CheckpointError
from tests.helpers import write


def spaced_encoder(folder, weight):
    """Save a random encoder whose tokenizer makes a token of two blanks, as ModernBERT's does.

    weight: of that token in every document; what lies below 0 leaves it out.
    """
    from tokenizers import AddedToken, models, pre_tokenizers
    from tokenizers import Tokenizer as Backend
    from transformers import BertConfig, BertForMaskedLM

    words = ["[UNK]", "[PAD]", "sparse", "vector", "lucene", "  "]
    backend = Backend(models.WordLevel({word: at for at, word in enumerate(words)}, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.add_special_tokens(words[:2])
    backend.add_tokens([AddedToken("  ", normalized=False)])
    folder.mkdir()
    backend.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertForMaskedLM(
        BertConfig(vocab_size=len(words), intermediate_size=32, pad_token_id=1, **sizes)
    )
    torch.nn.init.zeros_(model.get_output_embeddings().weight)
    model.get_output_embeddings().bias.data = torch.tensor([-1.0, -1.0, 1.0, 0.5, 0.25, weight])
    model.save_pretrained(folder)
    write(folder / "idf.json", json.dumps({"sparse": 2.0, "vector": 1.0, "  ": 3.0}))
    return folder


def test_a_tokenizer_with_blanks_is_fine_where_no_document_has_them(tmp_path):
    """Index and search agree: a query's blanks find nothing, its words score the dot product."""
    from l0pyserini import ImpactSearcher

    corpus = write(tmp_path / "d.jsonl", '{"id": "D1", "text": "sparse  vector"}\n')
    encode_corpus(str(corpus), str(spaced_encoder(tmp_path / "m", -0.5)), tmp_path / "e")
    (document,) = read_shard(tmp_path / "e/docs-00000.jsonl")
    assert document.vector == {"sparse": 69, "vector": 41, "lucene": 22}
    for builder in ("direct", "anserini"):
        build_index(tmp_path / "e", tmp_path / builder, builder=builder)
        with ImpactSearcher(tmp_path / builder) as searcher:
            assert searcher.query_encoder.encode("sparse  vector")["  "] == 300
            assert searcher.search("sparse  vector") == [("D1", 69 * 200 + 41 * 100)]
            assert searcher.search("  ") == []


def test_a_token_that_anserini_would_split_names_its_document(tmp_path):
    corpus = write(tmp_path / "d.jsonl", '{"id": "D1", "text": "sparse  vector"}\n')
    encoder = spaced_encoder(tmp_path / "m", 0.5)
    with pytest.raises(CheckpointError, match="d.jsonl docid 'D1': token '  ' is empty or has wh"):
        encode_corpus(str(corpus), str(encoder), tmp_path / "e")
    made, _ = encode_corpus(
        str(corpus), str(encoder), tmp_path / "pruned", pruning=Pruning(max_nnz=1)
    )
    assert made.terms == 1
    # What the message advises.
    rules = json.loads((encoder / "tokenizer.json").read_text())
    for token in rules["added_tokens"]:
        token["special"] = True
    write(encoder / "tokenizer.json", json.dumps(rules))
    made, _ = encode_corpus(str(corpus), str(encoder), tmp_path / "special")
    assert made.terms == 3
