"""Tables: what is shown, stressed and escaped, and that showing none loads no pandas."""

import pandas as pd

from l0pyserini.base.tables import Table, as_csv, format_table
from tests.helpers import fresh_process

TABLE = Table(
    ["RR|x", "A_1", "B & C"],
    [["d~1", "0.5000", "0.2500"], ["average", "0.50", "1e3"]],
    best=frozenset({(0, 1), (1, 2)}),
    summed=True,
)


def test_text():
    assert format_table(["m", "run"], [["nDCG@10", "0.5000"], ["n", "12"]]).splitlines() == [
        "m           run",
        "-------  ------",
        "nDCG@10  0.5000",
        "n            12",
    ]
    # Numbers are texts: their digits stay.
    assert TABLE.as_text().splitlines()[-1].split() == ["average", "0.50", "1e3"]
    assert format_table(["a", "b"], []).splitlines()[0].split() == ["a", "b"]


def test_markdown():
    assert TABLE.as_markdown().splitlines() == [
        r"| RR\|x   |        A_1 |   B & C |",
        r"|:--------|-----------:|--------:|",
        r"| d~1     | **0.5000** |  0.2500 |",
        r"| average |       0.50 | **1e3** |",
    ]
    assert r"a\|b" in Table(["m"], [["a|b"]]).as_markdown()


def test_latex():
    assert TABLE.as_latex().splitlines() == [
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"RR|x & A\_1 & B \& C \\",
        r"\midrule",
        r"d\textasciitilde 1 & \textbf{0.5000} & 0.2500 \\",
        r"\midrule",
        r"average & 0.50 & \textbf{1e3} \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_csv():
    assert as_csv(pd.DataFrame({"a": ["x,y", None], "b": [0.1, None]})) == 'a,b\n"x,y",0.1\n,\n'


def test_what_shows_no_table_loads_no_pandas():
    program = (
        "import sys; import l0pyserini.search.api, l0pyserini.search.__main__, "
        "l0pyserini.evaluate.api, l0pyserini.evaluate.compare.comparison, l0pyserini.demo.chain, "
        "l0pyserini.publish.reproduce.write, l0pyserini.train.log; "
        "print([name for name in ('pandas', 'torch', 'tabulate') if name in sys.modules])"
    )
    assert fresh_process("-c", program).stdout.strip() == "[]"
