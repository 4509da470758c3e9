"""No small count of a table can be worked out from what is left: against an attacker with a linear program."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.sharing.secrecy import Counts, Equation, hide
from sharing.attacker import ranges

LIMIT = 5


def as_counts(table: list[list[int]]) -> tuple[Counts, dict[str, float], list[tuple[str, tuple[str, ...]]]]:
    """A table with its margins, for `hide` and for the attacker; the whole is known to everyone."""
    rows, columns = len(table), len(table[0])
    cells = {f"{i},{j}": table[i][j] for i in range(rows) for j in range(columns)}
    margins = {f"{i},+": sum(table[i]) for i in range(rows)}
    margins |= {f"+,{j}": sum(row[j] for row in table) for j in range(columns)}
    values = {**cells, **margins, "+,+": sum(map(sum, table))}
    sums = [(f"{i},+", tuple(f"{i},{j}" for j in range(columns))) for i in range(rows)]
    sums += [(f"+,{j}", tuple(f"{i},{j}" for i in range(rows))) for j in range(columns)]
    sums += [("+,+", tuple(f"{i},+" for i in range(rows))), ("+,+", tuple(f"+,{j}" for j in range(columns)))]
    place = {key: at for at, key in enumerate(values)}
    small = {place[key] for key, value in values.items() if 0 < value < LIMIT and key != "+,+"}
    counts = Counts(
        values={place[key]: float(value) for key, value in values.items()},
        equations=tuple(
            Equation(place[total], tuple(place[part] for part in parts)) for total, parts in sums
        ),
        small=small,
        known={place["+,+"]},
        within=dict.fromkeys(small, (1.0, LIMIT - 1.0)),
    )
    return counts, {key: float(value) for key, value in values.items()}, sums


def test_a_small_count_alone_hides_one_beside_it_in_its_row_and_column() -> None:
    """By hand: 3 in a table of large counts needs one more in its row, one in its column, and the cell across."""
    counts, values, _ = as_counts([[3, 20, 31], [17, 22, 40], [25, 26, 27]])
    keys = list(values)
    hidden = {keys[at] for at in hide(counts)}
    assert "0,0" in hidden
    assert len(hidden) == 4
    assert all(
        sum(key.split(",")[side] == part for key in hidden) != 1
        for side in (0, 1)
        for part in ("0", "1", "2", "+")
    )


def test_large_counts_stay() -> None:
    counts, _, _ = as_counts([[10, 20], [30, 0]])
    assert hide(counts) == frozenset()


def test_two_hidden_ones_that_add_up_to_two_are_both_one() -> None:
    """1 + 1 + 30 = 32: hiding the two alone tells both, as each is at least 1; a third must go."""
    equation = Equation(3, (0, 1, 2))
    counts = Counts(
        values={0: 1.0, 1: 1.0, 2: 30.0, 3: 32.0},
        equations=(equation,),
        small={0, 1},
        known={3},
        within={0: (1.0, 4.0), 1: (1.0, 4.0)},
    )
    assert hide(counts) == {0, 1, 2}


@settings(max_examples=120, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 14), min_size=columns, max_size=columns), min_size=2, max_size=5
        )
    )
)
def test_no_small_count_of_any_table_can_be_worked_out(table: list[list[int]]) -> None:
    """A small count is told where nothing else is left to hide, and then every count but the whole is hidden."""
    counts, values, sums = as_counts(table)
    keys = list(values)
    hidden = {keys[at] for at in hide(counts)}
    shared = {key: value for key, value in values.items() if key not in hidden}
    small = {keys[at]: (1.0, LIMIT - 1.0) for at in counts.small}
    assert set(small) <= hidden
    if set(shared) == {"+,+"}:
        return
    for key, (least, most) in ranges(shared, small, sums).items():
        if key in small:
            assert most - least >= 1 - 1e-6, (key, values[key], least, most)


@pytest.mark.parametrize("limit", [2, 11])
def test_without_the_complements_the_attacker_wins(limit: int) -> None:
    """The attacker is no straw man: with the small counts alone hidden it knows them."""
    _, values, sums = as_counts([[3, 20, 31], [17, 22, 40]])
    shared = {key: value for key, value in values.items() if key != "0,0"}
    assert ranges(shared, {"0,0": (1.0, limit + 3.0)}, sums) == {"0,0": (3.0, 3.0)}
