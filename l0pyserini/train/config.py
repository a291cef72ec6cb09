"""A training recipe: what may be set, and what it is unless it is set."""

from dataclasses import dataclass, field

from l0pyserini.model import backend

AUTO = -1.0
"""A threshold of `auto`: AUTO_SHARE of the target length."""

AUTO_SHARE = 0.75


@dataclass
class DataConfig:
    """rows: JSONL or a data set's name. corpus, topics: where the rows hold ids. documents: of a
    row that a step takes, anew each epoch. draw: none = its relevant one, which is the first, and
    others by chance; spread = at equal distances down the row, whichever is relevant. embeddings: a
    dense teacher's, of all texts of the rows, or several teachers'; see train.embeddings."""

    rows: str = ""
    corpus: str | None = None
    topics: str | None = None
    documents: int = 2
    draw: str | None = None
    embeddings: str | list[str] | None = None


@dataclass
class TeacherConfig:
    """models: kind:model, asked while training where rows have no scores. scale: of the averaged
    scores. cosine_scale: of the cosines of data.embeddings. bm25_scale: of BM25's scores, which
    join those cosines: a dense teacher alone unlearns the words that a query names."""

    models: list[str] = field(default_factory=list)
    scale: float = 30.0
    cosine_scale: float = 25.0
    bm25_scale: float = 0.0
    device: str | None = None


@dataclass
class LossConfig:
    """The weight of each loss; 0 leaves it out. in_batch_kl: over the documents of the whole batch,
    by the cosines of a dense teacher. query_kl: over thousands of queries for each document, by the
    same. memory: documents of the last steps that join those of in_batch_kl. scale: of the
    student's scores in all of them: a student whose scores spread wider than its teacher's would
    else learn to weigh all tokens less. level_queries: each query's weights are divided by their
    Euclidean length first, for a long query's scores spread wider than a short one's, and a
    teacher's do not. temperature: of student and teacher."""

    kl: float = 0.0
    margin_mse: float = 0.0
    infonce: float = 0.0
    in_batch_kl: float = 0.0
    query_kl: float = 0.0
    memory: int = 0
    scale: float = 1.0
    level_queries: bool = False
    temperature: float = 1.0
    in_batch_negatives: bool = False

    @property
    def taught(self) -> bool:
        """Whether a loss compares with the scores of rows."""
        return self.kl > 0 or self.margin_mse > 0

    @property
    def embedded(self) -> bool:
        """Whether a loss compares with the vectors of a dense teacher."""
        return self.in_batch_kl > 0 or self.query_kl > 0


@dataclass
class RegularizerConfig:
    """weight: lambda; with a target it is only where the controller begins. threshold: t of the
    l0 mask, 0 = none, `auto` = three quarters of target_length. ramp_steps: T. activation: of the
    regulariser alone (decoupled); none = that of the scores."""

    name: str = "flops"
    weight: float = 0.0
    threshold: float = 0.0
    ramp_steps: int = 0
    activation: str | None = None
    target_length: float | None = None
    target_flops: float | None = None


@dataclass
class Bm25Config:
    """BM25 over stems, beside which the student learns. weight: of its scores in
    all losses, beside loss.scale of the student's; 0 = none. train: whether the weight is learned,
    at learning_rate, from there. k1, b: as BM25's."""

    weight: float = 0.0
    train: bool = False
    learning_rate: float = 1e-2
    k1: float = 0.9
    b: float = 0.4


@dataclass
class QueryConfig:
    """idf: a table; none = the checkpoint's own. train: whether its weights are learned."""

    idf: str | None = None
    train: bool = False
    learning_rate: float = 1e-3


@dataclass
class DevConfig:
    """data: BEIR folders whose mean nDCG@10 chooses the best checkpoint. every: steps."""

    data: list[str] = field(default_factory=list)
    split: str = "test"
    every: int = 500


@dataclass
class TrainConfig:
    """A recipe. batch_size counts the queries of one process; a step takes batch_size times
    gradient_accumulation of them in each process. max_length: tokens of a document in training;
    encode_max_length: that the finished encoder reads, none = as many. start_length: active tokens
    of a document at the first step, for which the output bias is lowered; none = as they are."""

    model: str = ""
    output: str = ""
    activation: str = "log1p_relu"
    max_length: int = 256
    encode_max_length: int | None = None
    start_length: float | None = None
    steps: int = 1000
    batch_size: int = 16
    gradient_accumulation: int = 1
    learning_rate: float = 2e-5
    weight_decay: float = 0.01
    warmup_steps: int = 0
    max_grad_norm: float | None = None
    dropout: float | None = None
    precision: str = "float32"
    head_precision: str = backend.AUTO
    device: str | None = None
    seed: int = 42
    log_every: int = 50
    save_every: int = 500
    keep: int = 1
    save_dtype: str = "float32"
    data: DataConfig = field(default_factory=DataConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    regularizer: RegularizerConfig = field(default_factory=RegularizerConfig)
    bm25: Bm25Config = field(default_factory=Bm25Config)
    query: QueryConfig = field(default_factory=QueryConfig)
    dev: DevConfig = field(default_factory=DevConfig)
