"""Every error a user can meet, as one tree.

L0Error                       base: catch this to catch all of ours (exit code 1)
├── UsageError                a flag or argument that cannot work (exit code 2)
├── InputError                a file a user gave is not what its format promises
│   ├── CorpusError           documents
│   ├── TopicsError           topics
│   ├── QrelsError            relevance judgements
│   ├── RunError              TREC runs
│   ├── CollectionError       encoded JsonVectorCollection folders and their manifest
│   ├── IdfError              IDF tables
│   ├── TrainingDataError     training rows
│   └── ResultsError          efficiency records and descriptions of systems as JSON
├── CheckpointError           a model folder that cannot be loaded or saved
│   ├── RemoteCodeError       the checkpoint wants its own Python code to run
│   └── NotFiniteError        a model gave NaN or infinite weights
├── OutputExistsError         the output is there already and --overwrite was not given
│   └── OutputBusyError       another process writes the output right now
├── DiskError                 the disk is full or cannot be written
├── StoreError                an object store cannot be reached, refuses, or lost something
├── ClusterError              a Ray cluster, or a node of it, cannot do what it is asked
├── JavaError                 no usable Java, or the JVM failed
│   └── JvmRunningError       a JVM with other options runs in this process already
├── ImpactIndexError          a folder that is no index of ours, or does not hold what it promises
│   └── QueryMismatchError    query encoder and index do not belong together
├── OpenSearchError           a cluster cannot be reached, refuses, or lost what it was given
├── TimeLimitError            a search was given up, as its time was over
├── RequestError              a request to a server of ours is refused, and with which status
├── TrainingError             training cannot go on, or a teacher cannot teach
├── ExportError               another engine cannot take what is exported, or its package failed
└── EvaluationError           trec_eval failed, or run and qrels share no topic

A message says where (file:line, docid), what was seen, what was expected and what to do.
"""

from collections.abc import Sequence


class L0Error(Exception):
    """Base of all errors raised on purpose by l0pyserini.

    Example:
        >>> from l0pyserini import L0Error, read_run
        >>> try:
        ...     read_run("nowhere.txt")
        ... except L0Error as error:
        ...     print(type(error).__name__, error.exit_code)
        RunError 1
    """

    exit_code = 1


class UsageError(L0Error):
    """A flag or argument that cannot work."""

    exit_code = 2


class InputError(L0Error):
    """A file a user gave is not what its format promises."""


class CorpusError(InputError):
    """A corpus is missing, empty or malformed."""


class TopicsError(InputError):
    """A topic file is missing, empty or malformed."""


class QrelsError(InputError):
    """A qrels file is missing, empty or malformed."""


class RunError(InputError):
    """A TREC run is missing, empty or malformed."""


class CollectionError(InputError):
    """An encoded collection is missing, incomplete or malformed."""


class IdfError(InputError):
    """An IDF table is missing, malformed or does not fit its tokenizer."""


class ResultsError(InputError):
    """An efficiency record or a description of a system is missing or malformed."""


class TrainingDataError(InputError):
    """Training rows are missing, malformed, or name texts that are not there."""


class CheckpointError(L0Error):
    """A model folder cannot be loaded or saved."""


class RemoteCodeError(CheckpointError):
    """A checkpoint wants its own Python code to run, and that was not allowed."""


class NotFiniteError(CheckpointError):
    """A model gave NaN or infinite weights. rows: of which texts, by their place among those given.

    Whoever knows the texts' names raises it again with them.
    """

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = rows


class OutputExistsError(L0Error):
    """The output is there already."""


class OutputBusyError(OutputExistsError):
    """Another process writes the output right now."""


class DiskError(L0Error):
    """The disk is full or cannot be written."""


class StoreError(L0Error):
    """An object store cannot be reached, refuses, or lost what it was given."""


class ClusterError(L0Error):
    """A Ray cluster, or a node of it, cannot do what it is asked."""


class JavaError(L0Error):
    """No usable Java was found, or Java failed."""


class JvmRunningError(JavaError):
    """A JVM with other options runs in this process already."""


class ImpactIndexError(L0Error):
    """A folder is no index of ours, or does not hold what it promises."""


class QueryMismatchError(ImpactIndexError):
    """A query encoder and an index do not belong together."""


class ExportError(L0Error):
    """Another engine cannot take what is exported, or its package failed."""


class OpenSearchError(L0Error):
    """An OpenSearch cluster cannot be reached, refuses, or lost what it was given."""


class TimeLimitError(L0Error):
    """A search was given up, as its time was over."""


class RequestError(L0Error):
    """A request to a server of ours is refused.

    status: of HTTP. retry_after: seconds, where asking again may help.
    """

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class EvaluationError(L0Error):
    """An evaluation cannot be carried out."""


class TrainingError(L0Error):
    """Training cannot go on, or a teacher cannot teach."""


def first_line(fault: BaseException) -> str:
    """Return the kind and the first line of another package's error, for a message of ours."""
    text = str(fault).strip() or repr(fault)
    return f"{type(fault).__name__}: {text.splitlines()[0][:300]}"
