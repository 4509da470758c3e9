from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.summaries.cause_table import CauseTable, cause_table, cause_tables
from calliper.summaries.risk_table import risk_table

CAUSES = ("pd", "death")
TIMES = st.one_of(
    st.integers(0, 30).map(float),
    st.integers(0, 30).map(lambda k: k * 0.1),
    st.integers(0, 30).map(lambda k: k / 10),
    st.integers(0, 900).map(lambda days: days / 30.4375),
)
PATIENTS = st.lists(st.tuples(TIMES, st.sampled_from([*CAUSES, "censored"])), max_size=30)


def table_of(patients: list[tuple[float, str]]) -> CauseTable:
    time = np.array([t for t, _ in patients], dtype=float)
    return cause_table(time, pl.Series([c for _, c in patients], dtype=pl.String), causes=CAUSES)


def test_counts_by_hand():
    table = table_of([(0.3, "pd"), (0.1 * 3, "death"), (0.3, "pd"), (2, "censored"), (1, "death")])
    assert table == CauseTable(CAUSES, (0.3, 1.0, 2.0), ((2, 0, 0), (1, 1, 0)), (0, 0, 1))
    assert (table.n, table.n_events("pd"), table.n_events("death")) == (5, 2, 2)
    assert table.any_cause().at_risk.tolist() == [5, 2, 1]


@given(PATIENTS, PATIENTS, st.randoms(use_true_random=False))
def test_cause_tables_add(a, b, random):
    both = a + b
    random.shuffle(both)
    assert table_of(a) + table_of(b) == table_of(both) == table_of(b) + table_of(a)
    assert CauseTable() + table_of(a) == table_of(a) == table_of(a) + CauseTable()


@given(PATIENTS)
def test_risk_tables_of_a_cause_are_those_of_its_flags(patients):
    time, table = np.array([t for t, _ in patients], dtype=float), table_of(patients)
    for cause in CAUSES:
        assert table.one_cause(cause) == risk_table(time, np.array([c == cause for _, c in patients]))
    assert table.any_cause() == risk_table(time, np.array([c in CAUSES for _, c in patients]))


@given(PATIENTS)
def test_groups_add_up_to_the_cohort(patients):
    time, cause = np.array([t for t, _ in patients], dtype=float), [c for _, c in patients]
    group = ["north" if i % 3 else "south" for i in range(len(patients))]
    tables = cause_tables(
        time,
        pl.Series(cause, dtype=pl.String),
        pl.Series(group, dtype=pl.String),
        causes=CAUSES,
        groups=["north", "south", "nobody"],
    )
    assert sum(tables.values(), CauseTable()) == table_of(patients)
    assert tables["nobody"].n == 0


def test_what_is_no_competing_event_is_refused():
    time = pl.Series([1.0, 2.0])
    with pytest.raises(ValueError, match=r"cause\[1\] is None; expected one of 'pd', 'death', 'censored'"):
        cause_table(time, pl.Series(["pd", None]), causes=CAUSES)
    with pytest.raises(ValueError, match=r"cause\[0\] is 'PD'"):
        cause_table(time, pl.Series(["PD", "pd"]), causes=CAUSES)
    with pytest.raises(ValueError, match="2 times but 1 causes"):
        cause_table(time, pl.Series(["pd"]), causes=CAUSES)
    with pytest.raises(ValueError, match="'pd' means censored and is among the causes"):
        cause_table(time, pl.Series(["pd", "pd"]), causes=CAUSES, censored="pd")
    with pytest.raises(ValueError, match="each once"):
        cause_table(time, pl.Series(["pd", "pd"]), causes=["pd", "pd"])
    with pytest.raises(ValueError, match=r"group\[1\] is 'c'"):
        cause_tables(time, pl.Series(["pd", "pd"]), pl.Series(["a", "c"]), causes=CAUSES, groups=["a"])
    with pytest.raises(ValueError, match="causes differ"):
        table_of([(1, "pd")]) + cause_table(time, pl.Series(["a", "a"]), causes=["a"])
    with pytest.raises(ValueError, match="cause is 'relapse'; expected one of 'pd', 'death'"):
        table_of([(1, "pd")]).one_cause("relapse")
    with pytest.raises(ValueError, match="expected as many"):
        CauseTable(CAUSES, (1.0,), ((1,),), (0,))
