"""Every layout loads, gives the same vectors as sentence-transformers, and faults are clear."""

import json
import os
import shutil

import pytest
import torch

from l0pyserini import DocumentEncoder, open_checkpoint, save_checkpoint
from l0pyserini.errors import (
    CheckpointError,
    IdfError,
    OutputExistsError,
    RemoteCodeError,
    UsageError,
)
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.query import IdfQueryEncoder
from l0pyserini.query.table import idf_weight

os.environ["HF_HUB_OFFLINE"] = "1"

TEXTS = ["hello world", "sparse vectors query query", "a b c d e f g hello", "xyz", "world"]


@pytest.fixture
def saved(tiny, idf, tmp_path):
    """The tiny model in the layout we save."""
    plain = open_checkpoint(str(tiny), "log1p_relu_2")
    model = load_masked_lm(plain)
    save_checkpoint(tmp_path / "saved", model, plain.tokenizer, tiny, "log1p_relu_2", idf)
    return tmp_path / "saved"


def dense(encoder, texts):
    return encoder.weights(encoder.tokenize(texts))


def plain_vectors(folder, texts, logs):
    """The definition, written out with transformers alone."""
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    rows = []
    for text in texts:
        inputs = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            weights = model(**inputs).logits[0].relu().amax(dim=0)
        for _ in range(logs):
            weights = weights.log1p()
        weights[tokenizer.all_special_ids] = 0
        rows.append(weights)
    return torch.stack(rows)


@pytest.mark.parametrize(
    ("activation", "logs"), [("relu", 0), ("log1p_relu", 1), ("log1p_relu_3", 3)]
)
def test_vectors_are_the_definition(tiny, activation, logs):
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(str(tiny), activation), max_length=64)
    expected = plain_vectors(tiny, TEXTS, logs)
    assert (expected > 0).any()
    torch.testing.assert_close(dense(encoder, TEXTS), expected, rtol=0, atol=1e-5)


def test_encode_gives_the_non_zeros_in_order(tiny):
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(str(tiny), "log1p_relu"), 64)
    expected = dense(encoder, TEXTS)
    for vector, row in zip(encoder.encode(TEXTS, batch_size=2), expected, strict=True):
        ids = row.nonzero().squeeze(1).tolist()
        assert list(vector) == [encoder.tokenizer.tokens[i] for i in ids]
        assert list(vector.values()) == pytest.approx(row[ids].tolist(), abs=1e-5)


def test_a_text_without_words_has_no_tokens(tiny):
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(str(tiny), "log1p_relu"), 64)
    assert encoder.encode(["", " \n", "hello"])[:2] == [{}, {}]


def test_saved_folder_equals_sentence_transformers(saved):
    from sentence_transformers import SparseEncoder

    theirs = SparseEncoder(str(saved))
    ours = open_checkpoint(str(saved))
    assert ours.activation == "log1p_relu_2"
    vectors = dense(DocumentEncoder.from_checkpoint(ours, max_length=64), TEXTS)
    expected = theirs.encode_document(TEXTS, convert_to_sparse_tensor=False).cpu()
    torch.testing.assert_close(vectors, expected, rtol=0, atol=1e-5)
    query = theirs.encode_query(["hello [SEP] world zz"], convert_to_sparse_tensor=False).cpu()[0]
    weights = IdfQueryEncoder.from_checkpoint(ours).weights("hello [SEP] world zz")
    tokens = ours.tokenizer.tokens
    assert {tokens[i]: query[i].item() for i in query.nonzero().squeeze(1)} == pytest.approx(
        weights
    )


def test_a_folder_saved_by_sentence_transformers_loads_here(tiny, idf, tmp_path):
    from sentence_transformers import SparseEncoder
    from sentence_transformers.base.modules import Router, Transformer
    from sentence_transformers.sparse_encoder.modules import SparseStaticEmbedding, SpladePooling

    idf.save(tmp_path / "idf.json")
    document = Transformer(str(tiny), transformer_task="fill-mask")
    query = SparseStaticEmbedding.from_json(
        str(tmp_path / "idf.json"), tokenizer=document.tokenizer, frozen=True
    )
    pooling = SpladePooling("max", activation_function="relu")
    router = Router.for_query_document([query], [document, pooling])
    theirs = SparseEncoder(modules=[router], similarity_fn_name="dot")
    theirs.save_pretrained(str(tmp_path / "st"))
    ours = open_checkpoint(str(tmp_path / "st"))
    assert ours.activation == "log1p_relu"
    vectors = dense(DocumentEncoder.from_checkpoint(ours, max_length=64), TEXTS)
    expected = theirs.encode_document(TEXTS, convert_to_sparse_tensor=False).cpu()
    # Their vectors keep the special tokens, which ours leave out.
    expected[:, list(ours.tokenizer.special_tokens.values())] = 0
    torch.testing.assert_close(vectors, expected, rtol=0, atol=1e-5)
    assert ours.idf.weights == pytest.approx(idf.weights)


def test_an_opensearch_folder_has_one_logarithm(tiny, idf, tmp_path):
    shutil.copytree(tiny, tmp_path / "doc-v1")
    idf.save(tmp_path / "doc-v1/idf.json")
    checkpoint = open_checkpoint(str(tmp_path / "doc-v1"))
    assert checkpoint.activation == "log1p_relu"
    assert checkpoint.idf.weights == idf.weights
    # Another table changes queries, not how the model was trained.
    shutil.copy(tmp_path / "doc-v1/idf.json", tmp_path / "other.json")
    other = open_checkpoint(str(tmp_path / "doc-v1"), idf=str(tmp_path / "other.json"))
    assert other.activation == "log1p_relu"
    assert other.idf.name == str(tmp_path / "other.json")


@pytest.mark.parametrize("name", embedded_encoders())
def test_a_table_that_ships_is_named_by_its_encoder(tiny, name):
    checkpoint = open_checkpoint(str(tiny), "log1p_relu", idf=name)
    assert checkpoint.query_weights_file is None
    weights = checkpoint.idf.weights
    own = open_checkpoint(name).idf.weights
    assert {token: weights[token] for token in own} == pytest.approx(own, rel=1e-6)
    # OpenSearch's: the rarest tokens are in one of the 8,841,823 passages of MS MARCO.
    assert min(own, key=own.__getitem__) == "."
    assert max(own.values()) == pytest.approx(idf_weight(8_841_823, 1))


def test_a_table_that_is_none_is_refused_with_those_that_ship(tiny):
    with pytest.raises(
        IdfError, match=r"l0-tinny: no such IDF table.*: l0-mini, l0-tiny, splade-tiny\."
    ):
        open_checkpoint(str(tiny), "log1p_relu", idf="l0-tinny")


def test_three_logarithms_survive_saving(tiny, idf, tmp_path):
    plain = open_checkpoint(str(tiny), "log1p_relu_3")
    model = load_masked_lm(plain)
    save_checkpoint(tmp_path / "s", model, plain.tokenizer, tiny, "log1p_relu_3", idf)
    assert open_checkpoint(str(tmp_path / "s")).activation == "log1p_relu_3"


def test_half_precision_weights_are_computed_in_float32(tiny, idf, tmp_path):
    plain = open_checkpoint(str(tiny), "log1p_relu")
    model = load_masked_lm(plain)
    save_checkpoint(tmp_path / "h", model, plain.tokenizer, tiny, "log1p_relu", idf, torch.float16)
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(str(tmp_path / "h")), 64)
    assert next(encoder._model.parameters()).dtype == torch.float32
    full = DocumentEncoder.from_checkpoint(plain, 64)
    torch.testing.assert_close(dense(encoder, TEXTS), dense(full, TEXTS), rtol=0.05, atol=0.05)


def test_a_tokenizer_of_older_files_is_saved_as_tokenizer_json(tiny, idf, tmp_path):
    plain = open_checkpoint(str(tiny), "log1p_relu")
    old = tmp_path / "old"
    old.mkdir()
    (old / "vocab.txt").write_text("hello")
    save_checkpoint(tmp_path / "s", load_masked_lm(plain), plain.tokenizer, old, "log1p_relu", idf)
    saved = open_checkpoint(str(tmp_path / "s"))
    assert saved.tokenizer.sha256 == plain.tokenizer.sha256
    assert saved.idf.weights == pytest.approx(idf.weights)
    assert (saved.folder / "query_0_SparseStaticEmbedding/tokenizer.json").is_file()


def test_saving_refuses_a_folder_in_use(saved, tiny, idf):
    plain = open_checkpoint(str(tiny), "log1p_relu")
    with pytest.raises(OutputExistsError, match="exists already"):
        save_checkpoint(saved, load_masked_lm(plain), plain.tokenizer, tiny, "log1p_relu", idf)


def test_saving_needs_a_bias(tiny, idf, tmp_path):
    plain = open_checkpoint(str(tiny), "log1p_relu")
    model = load_masked_lm(plain)
    model.get_output_embeddings().bias = None
    with pytest.raises(CheckpointError, match="has no bias"):
        save_checkpoint(tmp_path / "s", model, plain.tokenizer, tiny, "log1p_relu", idf)


def edit(folder, name, **changes):
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_faults_of_a_folder(tiny, saved, tmp_path):
    with pytest.raises(CheckpointError, match="a plain masked LM, which does not say its activat"):
        open_checkpoint(str(tiny))
    with pytest.raises(CheckpointError, match="has no IDF table"):
        _ = open_checkpoint(str(tiny), "log1p_relu").idf
    with pytest.raises(CheckpointError, match="no such encoder. Expected a folder, a hub name"):
        open_checkpoint(str(tmp_path / "absent"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"has no router_config.json, modules.json or config"):
        open_checkpoint(str(tmp_path / "empty"))

    copy = shutil.copytree(tiny, tmp_path / "copy")
    edit(copy, "config.json", architectures=["BertModel"])
    with pytest.raises(CheckpointError, match="its architecture is BertModel, expected a masked"):
        open_checkpoint(str(copy), "log1p_relu")
    edit(copy, "config.json", auto_map={"AutoModelForMaskedLM": "code.Model"})
    with pytest.raises(RemoteCodeError, match="allow it with --trust-remote-code"):
        open_checkpoint(str(copy), "log1p_relu")
    (copy / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read as JSON"):
        open_checkpoint(str(copy), "log1p_relu")

    edit(saved, "document_1_SpladePooling/config.json", pooling_strategy="sum")
    with pytest.raises(CheckpointError, match="pools by 'sum', expected 'max'"):
        open_checkpoint(str(saved))
    edit(
        saved,
        "document_1_SpladePooling/config.json",
        pooling_strategy="max",
        activation_function="x",
    )
    with pytest.raises(CheckpointError, match="its activation_function is 'x'"):
        open_checkpoint(str(saved))
    (saved / "document_1_SpladePooling/config.json").unlink()
    with pytest.raises(CheckpointError, match="missing. The checkpoint folder is incomplete"):
        open_checkpoint(str(saved))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"structure": 5}, "'structure' is 5, expected an object"),
        ({"structure": {"document": [1]}}, r"'document'\[0\] is 1, expected a text"),
        ({"types": []}, r"'types' is \[\], expected an object"),
        ({"types": {"": 1}}, "'types': '' is 1, expected a text"),
    ],
)
def test_routers_of_another_kind(saved, change, message):
    edit(saved, "router_config.json", **change)
    with pytest.raises(CheckpointError, match=f"router_config.json.*{message}. Fetch or save"):
        open_checkpoint(str(saved))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("other.SparseAutoEncoder", "is followed by other.SparseAutoEncoder, expected nothing"),
        (
            "l0pyserini.model.lexical.LexicalTerm",
            "is followed by a LexicalTerm.* encode --lexical bm25",
        ),
    ],
)
def test_modules_after_pooling_are_refused(saved, kind, message):
    router = json.loads((saved / "router_config.json").read_text())
    router["types"]["document_2_More"] = kind
    router["structure"]["document"].append("document_2_More")
    (saved / "router_config.json").write_text(json.dumps(router))
    with pytest.raises(CheckpointError, match=f"SpladePooling {message}"):
        open_checkpoint(str(saved))


def test_names_of_another_kind(saved):
    edit(saved, "l0pyserini_encoder.json", activation=["relu"])
    with pytest.raises(CheckpointError, match=r"its activation is \['relu'\], expected a name"):
        open_checkpoint(str(saved))
    edit(saved, "document_1_SpladePooling/config.json", activation_function=["relu"])
    with pytest.raises(CheckpointError, match=r"its activation_function is \['relu'\], expected"):
        open_checkpoint(str(saved))


@pytest.mark.parametrize(
    ("module", "message"),
    [({"type": "x"}, "lacks 'path'"), ({"path": ""}, "lacks 'type'"), (1, "is 1, expected an")],
)
def test_modules_of_another_kind(tiny, tmp_path, module, message):
    copy = shutil.copytree(tiny, tmp_path / "copy")
    (copy / "modules.json").write_text(json.dumps([module]))
    with pytest.raises(CheckpointError, match=rf"modules.json: 'modules'\[0\].*{message}"):
        open_checkpoint(str(copy))


def test_weights_that_could_run_code_are_refused(tiny, tmp_path):
    copy = shutil.copytree(tiny, tmp_path / "bin")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"Only safetensors are loaded"):
        open_checkpoint(str(copy), "log1p_relu")


def test_a_dense_model_is_refused(tiny, tmp_path):
    copy = shutil.copytree(tiny, tmp_path / "dense")
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_P", "type": "sentence_transformers.models.Pooling"},
    ]
    (copy / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(CheckpointError, match="is no sparse document encoder"):
        open_checkpoint(str(copy))


def test_missing_and_damaged_weights(tiny, tmp_path):
    from safetensors.torch import load_file, save_file

    copy = shutil.copytree(tiny, tmp_path / "partial")
    weights = load_file(copy / "model.safetensors")
    weights.pop("cls.predictions.transform.dense.weight")
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"1 weights are missing.*they would be random"):
        DocumentEncoder.from_checkpoint(open_checkpoint(str(copy), "log1p_relu"), 64)
    (copy / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="cannot be loaded as a masked LM"):
        DocumentEncoder.from_checkpoint(open_checkpoint(str(copy), "log1p_relu"), 64)


def test_a_hub_name_without_network_says_so():
    with pytest.raises(CheckpointError, match="could not be fetched from the model hub"):
        open_checkpoint("opensearch-project/opensearch-neural-sparse-encoding-doc-v3-distill")


def test_length_and_device_are_checked(tiny):
    checkpoint = open_checkpoint(str(tiny), "log1p_relu")
    with pytest.raises(UsageError, match="--max-length 65 is more than the model's 64 positions"):
        DocumentEncoder.from_checkpoint(checkpoint, max_length=65)
    with pytest.raises(UsageError, match="backend 'int4': expected auto or one of float32"):
        DocumentEncoder.from_checkpoint(checkpoint, max_length=64, backend="int4")
    with pytest.raises(UsageError, match="backend 'int8' runs on the CPU, and the device is meta"):
        DocumentEncoder.from_checkpoint(checkpoint, 64, device="meta", backend="int8")
    with pytest.raises(UsageError, match="--device moon: cannot be used"):
        DocumentEncoder.from_checkpoint(checkpoint, max_length=64, device="moon")


def test_the_query_module_must_fit_the_vocabulary(saved):
    from safetensors.torch import save_file

    path = saved / "query_0_SparseStaticEmbedding/model.safetensors"
    save_file({"weight": torch.ones(3)}, path)
    with pytest.raises(IdfError, match=r"its 'weight' has shape \(3,\), expected one number for"):
        _ = open_checkpoint(str(saved)).idf


def test_a_query_module_longer_than_the_tokenizer_is_cut(saved, idf):
    from safetensors.torch import load_file, save_file

    path = saved / "query_0_SparseStaticEmbedding/model.safetensors"
    save_file({"weight": torch.cat([load_file(path)["weight"], torch.ones(3)])}, path)
    assert open_checkpoint(str(saved)).idf.weights == pytest.approx(idf.weights)


@pytest.mark.parametrize("damage", ["cut", "bfloat16"])
def test_a_query_module_that_cannot_be_read(saved, damage):
    from safetensors.torch import load_file, save_file

    path = saved / "query_0_SparseStaticEmbedding/model.safetensors"
    weight = load_file(path)["weight"]
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:50])
    else:
        save_file({"weight": weight.to(torch.bfloat16)}, path)
    with pytest.raises(IdfError, match=r"model.safetensors: cannot be read \(.*Expected safetens"):
        _ = open_checkpoint(str(saved)).idf


@pytest.mark.parametrize("name", sorted(embedded_encoders()))
def test_an_embedded_encoder_is_small_and_loads(name):
    folder = embedded_encoders()[name]
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < (
        30e6 if name == "l0-mini" else 12e6
    )
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(name))
    vector = encoder.encode(["operating systems"])[0]
    assert max(vector, key=vector.get) in ("operating", "system", "systems")


def test_a_folder_without_a_tokenizer(tiny, tmp_path):
    copy = shutil.copytree(tiny, tmp_path / "t")
    (copy / "tokenizer.json").unlink()
    (copy / "tokenizer_config.json").unlink()
    with pytest.raises(CheckpointError, match=r"has no tokenizer.json, nor vocab.txt"):
        _ = open_checkpoint(str(copy), "log1p_relu").tokenizer
    (copy / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"its tokenizer.json cannot be read"):
        _ = open_checkpoint(str(copy), "log1p_relu").tokenizer.backend


def test_an_encoder_says_how_much_bm25_weighs_beside_it(tmp_path):
    tiny = open_checkpoint("splade-tiny")
    assert tiny.lexical_weight is None
    parts = load_masked_lm(tiny), tiny.tokenizer, tiny.document_folder, tiny.activation, tiny.idf
    save_checkpoint(tmp_path / "e", *parts, lexical_weight=3.5)
    assert open_checkpoint(str(tmp_path / "e")).lexical_weight == 3.5
    for wrong in ("3", 0, -1.0, True):
        edit(tmp_path / "e", "l0pyserini_encoder.json", lexical_weight=wrong)
        with pytest.raises(CheckpointError, match=r"lexical_weight is .*, expected a number above"):
            open_checkpoint(str(tmp_path / "e"))


def test_an_encoder_says_what_weighs_too_little(tmp_path):
    assert open_checkpoint("splade-tiny").min_weight is None
    assert open_checkpoint("l0-tiny").min_weight == 0.3
    shutil.copytree(embedded_encoders()["l0-tiny"], tmp_path / "e")
    edit(tmp_path / "e", "l0pyserini_encoder.json", min_weight=-0.5)
    with pytest.raises(CheckpointError, match="min_weight is -0.5, expected a number above 0"):
        open_checkpoint(str(tmp_path / "e"))
