"""For each number of a study, whether it is shared, and what stands in its place if not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from calliper.errors import DataError
from calliper.protocol.specs import Protocol
from calliper.results import CONVENTIONS, Results, Row
from calliper.sharing.relations import sums
from calliper.sharing.secrecy import Counts, Equation, hide
from calliper.sharing.stats import AT_A_TIME, TELL_N, kind_of, measure

HIDDEN = "hidden"
Place = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Shared:
    """What is hidden of a study: keys of rows.

    `small` are counts of 1 to `smallest` - 1, printed as `<5`; `listed` may be named (the key of a point of a curve
    holds a patient's time). `sizes` are the numbers of patients that anyone may know: the arms and all.
    """

    smallest: int
    hidden: frozenset[str]
    small: frozenset[str]
    listed: frozenset[str]
    sizes: frozenset[int]

    def mark(self, key: str) -> str:
        """What is printed for a hidden number."""
        return f"<{self.smallest}" if key in self.small else HIDDEN


def share_numbers(protocol: Protocol, results: Results, smallest: int) -> Shared:
    """Decide of each row. Raises DataError where an arm, or the study, has 1 to `smallest` - 1 patients."""
    sizes = _sizes(protocol, results)
    _refuse_small_arms(sizes, smallest)
    own = [row for row in results if row.analysis != CONVENTIONS]
    counts = [row for row in own if kind_of(row) == "count"]
    hidden_counts, small = _hidden_counts(counts, sizes, smallest)
    single = {row.key for row in own if kind_of(row) == "single"}
    follow = _following(own, counts, hidden_counts, smallest)
    hidden = hidden_counts | follow | single
    hidden |= {
        row.key for row in results.of(CONVENTIONS) if _base(row) in hidden or _is_strange(row, results)
    }
    listed = frozenset(
        key for key in hidden if key not in single and (results.by_key[key].analysis != CONVENTIONS)
    )
    return Shared(smallest, frozenset(hidden), small, listed, frozenset(int(n) for n in sizes.values()))


def _sizes(protocol: Protocol, results: Results) -> dict[str, float]:
    """The included patients of each arm, and of all."""
    held = {}
    for group in ("overall", *protocol.arms.groups):
        row = results.get(f"flow/screened/{group}///included")
        if row is not None and row.value is not None:
            held[group] = row.value
    return held


def _refuse_small_arms(sizes: Mapping[str, float], smallest: int) -> None:
    few = {group: int(n) for group, n in sizes.items() if 0 < n < smallest}
    if few:
        told = ", ".join(f"{group} {n}" for group, n in few.items())
        raise DataError(
            [
                f"cannot share: fewer than {smallest} patients included ({told}); every number of so small a "
                "group tells of single patients. Put arms together, or leave the group out of the study file"
            ]
        )


def _hidden_counts(
    counts: list[Row], sizes: Mapping[str, float], smallest: int
) -> tuple[frozenset[str], frozenset[str]]:
    """The counts to hide, and those of them that are small themselves."""
    number: dict[str, int] = {}
    same: dict[tuple[str, str, str, float], int] = {}
    for row in counts:
        # one count may stand in several tables: it is hidden in all or in none
        identity = (row.group if row.group in sizes else "overall", row.variable, row.level, row.value or 0.0)
        plain = row.at is None and (row.variable or row.level)
        number[row.key] = same.setdefault(identity, len(number)) if plain else len(number)
    values = {number[row.key]: row.value or 0.0 for row in counts}
    small = {row.key for row in counts if 0 < (row.value or 0.0) < smallest}
    near = {row.key for row, total in _totals(counts, sizes) if 0 < total - (row.value or 0.0) < smallest}
    known = {number[row.key] for row in counts if row.value and row.value == sizes.get(row.group)}
    held = hide(
        Counts(
            values=values,
            equations=tuple(
                Equation(number[each.total], tuple(number[part] for part in each.parts))
                for each in sums(counts)
            ),
            small={number[key] for key in small | near} - known,
            known=known,
            within={number[key]: (1.0, smallest - 1.0) for key in small},
        )
    )
    return frozenset(key for key, place in number.items() if place in held), frozenset(small)


def _totals(counts: Iterable[Row], sizes: Mapping[str, float]) -> Iterator[tuple[Row, float]]:
    """Each count with every number that it may be a part of: of its group, its variable, those screened."""
    held = list(counts)
    of = {
        (row.analysis, row.population, row.group, row.variable, row.level, row.stat): row.value
        for row in held
    }
    for row in held:
        place = (row.analysis, row.population, row.group)
        totals = [sizes.get(row.group, sizes.get("overall"))]
        totals += [of.get((*place, variable, "", "n")) for variable in ("", row.variable)]
        totals += [of.get((*place, row.variable, row.level, "n")), of.get((*place, "", "", "screened"))]
        yield from ((row, total) for total in totals if total is not None)


def _following(
    rows: Iterable[Row], counts: Iterable[Row], hidden: frozenset[str], smallest: int
) -> frozenset[str]:
    """What follows from hidden counts, and estimates of groups too small."""
    concealed: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    few: set[Place] = set()
    unknown_n: set[Place] = set()
    n_of: dict[Place, float] = {}
    few_patients: set[Place] = set()
    for row in counts:
        place = (row.analysis, row.population, row.group, row.variable, row.level)
        if row.key in hidden:
            concealed[row.analysis, row.population, row.variable].append(row)
        if measure(row.stat) in ("n", "events") and 0 < (row.value or 0) < smallest:
            few.add(place)
        if row.stat == "n":
            n_of[place] = row.value or 0.0
            if 0 < (row.value or 0) < smallest:
                few_patients.add(place)
            if row.key in hidden:
                unknown_n.add(place)
    found, at_times = set(), set()
    for row in rows:
        kind, place = kind_of(row), (row.analysis, row.population, row.group, row.variable, row.level)
        whole = (*place[:4], "")
        if kind == "of_counts":
            beside = concealed.get((row.analysis, row.population, row.variable), ())
            if any(_follows(row, count) for count in beside):
                found.add(row.key)
        elif kind == "of_times":
            if (
                place in few
                or whole in few
                or any((*place[:2], arm, *place[3:]) in few_patients for arm in row.group.split(" vs "))
                or (row.stat in TELL_N and (place in unknown_n or whole in unknown_n))
            ):
                found.add(row.key)
            if row.stat in AT_A_TIME and _tells_few(
                row, n_of.get(whole, n_of.get((*place[:3], "", ""))), smallest
            ):
                at_times.add((row.analysis, row.population, row.group, row.variable, row.at))
    for row in rows:
        where = (row.analysis, row.population, row.group, row.variable, row.at)
        if row.at is not None and where in at_times and kind_of(row) == "of_times":
            found.add(row.key)
    return frozenset(found)


def _follows(row: Row, count: Row) -> bool:
    """Whether a number of this place is made from a count of that one.

    Bounds for unknown responses are made from the count of another level, that of the unknown.
    """
    compares = row.group == "between" or " vs " in row.group
    of_group = compares or row.group == count.group
    of_level = row.level == count.level or not row.level or not count.level
    return of_group and (of_level or row.stat.endswith(".unknown"))


def _tells_few(row: Row, n: float | None, smallest: int) -> bool:
    """Whether a proportion at a time stands for fewer than `smallest` patients with the event, or without."""
    if n is None or row.value is None:
        return True
    had = n * row.value
    return 0 < round(had) < smallest or 0 < round(n - had) < smallest


def _base(row: Row) -> str:
    """The key of the study's own number, of a row under another convention."""
    at = "" if row.at is None else f"@{row.at:.12g}"
    return f"{row.group}/{row.variable}/{row.level}/{row.stat}{at}"


def _is_strange(row: Row, results: Results) -> bool:
    """Whether a row under a convention is of a number that the study itself does not have."""
    return row.group.count("/") == 2 and results.get(_base(row)) is None
