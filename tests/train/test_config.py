import pytest

from l0pyserini.errors import UsageError
from l0pyserini.train.config import AUTO
from l0pyserini.train.recipes import load_config

NEEDED = ["output=o", "data.rows=r"]


def test_words_are_laid_over_the_recipe(recipe_file):
    recipe = load_config(recipe_file, [*NEEDED, "learning_rate=3e-5", "loss.kl=2", "dev.data=[a]"])
    assert recipe.learning_rate == 3e-5
    assert recipe.loss.kl == 2
    assert recipe.loss.infonce == 0.5
    assert recipe.dev.data == ["a"]


def test_auto_threshold_wants_a_target(recipe_file):
    words = [*NEEDED, "regularizer.threshold=auto"]
    with pytest.raises(UsageError, match="target_length beside it"):
        load_config(recipe_file, words)
    recipe = load_config(recipe_file, [*words, "regularizer.target_length=100"])
    assert recipe.regularizer.threshold == AUTO


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("learning_rat=1", r"unknown key 'learning_rat'. Did you mean 'learning_rate'\?"),
        ("loss.kll=1", r"loss: unknown key 'kll'. Did you mean 'kl'\?"),
        ("zebra=1", "unknown key 'zebra'. Known are model"),
        ("steps=many", "steps: is 'many', expected int"),
        ("loss=3", "loss: is 3, expected a section"),
        ("model.deep=3", "'model' is no section"),
        ("steps", "expected key=value"),
        ("steps=0", "steps is 0, expected a number from 1"),
        ("regularizer.threshold=-3", "threshold is -3.0, expected a number from 0"),
        ("regularizer.weight=-0.1", "weight is -0.1, expected a number from 0"),
        ("regularizer.name=flop", "name is 'flop', expected one of flops, l1, df_flops"),
        ("regularizer.target_length=4", "threshold is 5.0, expected less than target_length"),
        ("regularizer.target_flops=0", "target_flops is 0.0, expected a number above 0"),
        ("loss.scale=0", "scale is 0.0, expected above 0"),
        ("loss.temperature=0", "temperature is 0.0, expected above 0"),
        ("loss.in_batch_kl=1", "data.embeddings is None, expected a folder of a dense teach"),
        ("teacher.cosine_scale=0", "cosine_scale is 0.0, expected a number above 0"),
        ("teacher.bm25_scale=-1", "teacher.bm25_scale is -1.0, expected a number from 0"),
        ("teacher.bm25_scale=1", "weight is 0.0, expected a number above 0 where teacher.bm25_sc"),
        ("start_length=0", "start_length is 0.0, expected a number above 0 or nothing"),
        ("bm25.weight=-1", "bm25.weight is -1.0, expected a number from 0"),
        ("bm25.train=true", "bm25.weight is 0.0, expected a number above 0 where it is learned"),
        ("bm25.learning_rate=0", "bm25.learning_rate is 0.0, expected a number above 0"),
        ("bm25.k1=0", "bm25.k1 is 0.0, expected a number above 0"),
        ("bm25.b=2", "bm25.b is 2.0, expected a number from 0 to 1"),
        ("max_length=0", "max_length is 0, expected a number from 1"),
        ("weight_decay=-1", "weight_decay is -1.0, expected a number from 0"),
        ("weight_decay=.nan", "weight_decay is nan, expected a number from 0"),
        ("max_grad_norm=-1", "max_grad_norm is -1.0, expected a number from 0"),
        ("max_grad_norm=.nan", "max_grad_norm is nan, expected a number from 0"),
        ("query.learning_rate=0", "query.learning_rate is 0.0, expected a number above 0"),
        ("teacher.scale=0", "teacher.scale is 0.0, expected a number above 0"),
        ("encode_max_length=0", "encode_max_length is 0, expected a number from 1"),
        ("data.documents=1", "documents is 1, expected 2 or more"),
        ("data.draw=first", "draw is 'first', expected one of spread"),
        ("data.draw=spread", "draw is 'spread', expected nothing with loss.infonce"),
        ("precision=half", "precision is 'half', expected one of float32"),
        ("activation=swish", "no activation 'swish'"),
        ("regularizer.activation=swish", "no activation 'swish'"),
    ],
)
def test_a_wrong_word_is_named(recipe_file, word, message):
    with pytest.raises(UsageError, match=message):
        load_config(recipe_file, [*NEEDED, word])


def test_levelled_queries_beside_bm25_are_refused(recipe_file):
    words = [*NEEDED, "loss.level_queries=true", "bm25.weight=1"]
    with pytest.raises(UsageError, match="level_queries is True, expected false where bm25.weight"):
        load_config(recipe_file, words)


def test_two_targets_and_no_loss_are_refused(recipe_file):
    with pytest.raises(UsageError, match="not both"):
        load_config(
            recipe_file, [*NEEDED, "regularizer.target_length=50", "regularizer.target_flops=2"]
        )
    with pytest.raises(UsageError, match="a weight above 0 for one of"):
        load_config(recipe_file, [*NEEDED, "loss.kl=0", "loss.infonce=0"])


def test_what_must_be_given(recipe_file):
    with pytest.raises(UsageError, match="output is '', expected a folder"):
        load_config(recipe_file, ["data.rows=r"])
    with pytest.raises(UsageError, match="data.rows is '', expected training rows"):
        load_config(recipe_file, ["output=o"])


def test_a_file_that_is_no_recipe(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        load_config(tmp_path / "none.yaml")
    (tmp_path / "a.yaml").write_text("- 1\n- 2\n")
    with pytest.raises(UsageError, match="holds no keys"):
        load_config(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text("a: [1\n")
    with pytest.raises(UsageError, match="cannot be read as YAML"):
        load_config(tmp_path / "b.yaml")
