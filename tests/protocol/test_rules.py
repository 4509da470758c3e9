"""Rules: what parses to what, the exact message of each mistake, three-valued logic."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.errors import ProtocolError
from calliper.protocol.criteria import COMPARE, Rule, VariableType, check_types, parse
from calliper.protocol.rule_nodes import (
    And,
    Between,
    Comparison,
    Constant,
    Membership,
    Missing,
    Node,
    Not,
    Or,
    Variable,
)

TYPES = {
    "age": VariableType("number"),
    "size": VariableType("number"),
    "start": VariableType("date"),
    "death": VariableType("date"),
    "stage": VariableType("category", ("A", "B", "0")),
    "note": VariableType("text"),
}


def number(name: str, sign: Any, value: float) -> Comparison:
    return Comparison(Variable(name), sign, Constant(value))


A, B, C = number("a", "=", 1), number("b", "=", 2), number("c", "=", 3)


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("age >= 18", number("age", ">=", 18)),
        ("age>=-18.5", number("age", ">=", -18.5)),
        ("age = 1e2", number("age", "=", 100.0)),
        ("stage != 'A'", Comparison(Variable("stage"), "!=", Constant("A"))),
        ("stage = 'it''s'", Comparison(Variable("stage"), "=", Constant("it's"))),
        ('stage = "a ""b"""', Comparison(Variable("stage"), "=", Constant('a "b"'))),
        ("start < 2017-01-31", Comparison(Variable("start"), "<", Constant(date(2017, 1, 31)))),
        ("death >= start", Comparison(Variable("death"), ">=", Variable("start"))),
        ("age between 18 and 80", Between(Variable("age"), Constant(18), Constant(80))),
        ("stage in ('A', 'B')", Membership(Variable("stage"), (Constant("A"), Constant("B")))),
        ("age not in (1)", Membership(Variable("age"), (Constant(1),), negated=True)),
        ("note is missing", Missing(Variable("note"))),
        ("note IS NOT missing", Missing(Variable("note"), negated=True)),
        ("a=1 or b=2 and c=3", Or((A, And((B, C))))),
        ("(a=1 or b=2) and c=3", And((Or((A, B)), C))),
        ("not a=1 and b=2", And((Not(A), B))),
        ("not (a=1 and b=2)", Not(And((A, B)))),
        ("not not a=1", Not(Not(A))),
        ("a=1 and b=2 and c=3", And((A, B, C))),
        ("a=1 and (b=2 and c=3)", And((A, And((B, C))))),
        ("a=1\n  or b=2", Or((A, B))),
        ("age between 1 and 2 and a=1", And((Between(Variable("age"), Constant(1), Constant(2)), A))),
    ],
)
def test_parse(text: str, root: Node) -> None:
    assert parse(text) == Rule(root)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "column 1: found the end of the rule; expected the name of a variable"),
        (
            "age",
            "column 4: found the end of the rule; expected =, !=, <, <=, >, >=, between, in or is "
            "after 'age'",
        ),
        (
            "age >",
            "column 6: found the end of the rule; expected a number, a date as YYYY-MM-DD or a text "
            "in quotes",
        ),
        ("age 18", "column 5: found '18'; expected =, !=, <, <=, >, >=, between, in or is after 'age'"),
        ("18 < age", "column 1: found '18'; expected the name of a variable"),
        ("age == 18", "column 5: found '=='; expected ="),
        ("age <> 18", "column 5: found '<>'; expected !="),
        ("age ≥ 18", "column 5: found '≥'; expected >="),
        ("age > 1 && age < 2", "column 9: found '&&'; expected and"),
        ("stage = “A”", "column 9: found '“'; expected a straight quote (\")"),
        ("stage = 'A", "column 9: found ' without its pair; expected a closing quote"),
        ("stage in A", "column 10: found 'A'; expected a list in parentheses"),
        ("stage in ()", "column 11: found ')'; expected a number, a date as YYYY-MM-DD or a text in quotes"),
        (
            "stage in (A)",
            "column 11: found 'A'; expected a number, a date as YYYY-MM-DD or a text in quotes (did you "
            'mean "A"?)',
        ),
        ("stage in ('A'", "column 14: found the end of the rule; expected a comma or a closing parenthesis"),
        ("(age > 1", "column 9: found the end of the rule; expected and, or, or a closing parenthesis"),
        ("age > 1)", "column 8: found ')'; expected and, or, or the end of the rule"),
        (
            "age > 1 adn a = 2",
            "column 9: found 'adn'; expected and, or, or the end of the rule (did you mean 'and'?)",
        ),
        ("age is mising", "column 8: found 'mising'; expected missing (did you mean 'missing'?)"),
        ("age not 3", "column 9: found '3'; expected 'in' after 'age not'"),
        ("age between 1 or 2", "column 15: found 'or'; expected 'and' and the upper end"),
        (
            "start = 2017-02-29",
            "column 9: found 2017-02-29, which is not in the calendar; expected a date as YYYY-MM-DD",
        ),
        (
            "age = 1.2.3",
            "column 7: found '1.2.3'; expected a name, a number, a date, a text in quotes or a sign",
        ),
        (
            "age = 1234567890123456",
            "column 7: found 1234567890123456; expected a number of at most 15 digits",
        ),
        ("age = 1e999", "column 7: found 1e999; expected a number of at most 15 digits"),
        ("import os", "column 8: found 'os'; expected =, !=, <, <=, >, >=, between, in or is after 'import'"),
        (
            "(" * 41 + "a = 1" + ")" * 41,
            "column 41: found '('; expected at most 40 levels of 'not' and parentheses",
        ),
        ("a = 1 or " * 300 + "a = 1", "column 2001: found 2705 characters; expected a rule of at most 2000"),
    ],
)
def test_mistake_of_grammar(text: str, mistake: str) -> None:
    with pytest.raises(ProtocolError) as held:
        parse(text)
    assert held.value.mistakes == (mistake,)


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("age > 18 and start <= death and stage in ('A', 'B') and note is missing", []),
        ("agee > 1", ["column 1: found 'agee'; expected the name of a variable (did you mean 'age'?)"]),
        ("age = 'x'", ["column 7: found \"x\"; expected a number, as 'age' is"]),
        ("age = 2017-01-01", ["column 7: found 2017-01-01; expected a number, as 'age' is"]),
        ("age > start", ["column 7: found date 'start'; expected a number, as 'age' is"]),
        ("start > 2017", ["column 9: found 2017; expected a date as YYYY-MM-DD"]),
        (
            "start > '2017-01-01'",
            ['column 9: found "2017-01-01"; expected a date as YYYY-MM-DD (without quotes: 2017-01-01)'],
        ),
        ("stage = 0", ["column 9: found 0; expected a level of 'stage' in quotes (\"0\")"]),
        (
            "stage in ('a', 'D')",
            [
                'column 11: found "a"; expected a level of \'stage\': "A", "B", "0" (did you mean "A"?)',
                'column 16: found "D"; expected a level of \'stage\': "A", "B", "0"',
            ],
        ),
        (
            "stage > 'A'",
            ["column 1: found category 'stage' put in order; expected =, !=, in (...) or not in (...)"],
        ),
        ("stage = note", ["column 9: found variable 'note'; expected a level of 'stage' in quotes"]),
        (
            "note = 'x'",
            ["column 1: found free text 'note' compared; expected 'note is missing' (or 'is not missing')"],
        ),
        ("age between 80 and 18", ["column 13: found 80 before 18; expected the lower end first"]),
        (
            "agee > 1 or sixe > 2",
            [
                "column 1: found 'agee'; expected the name of a variable (did you mean 'age'?)",
                "column 13: found 'sixe'; expected the name of a variable (did you mean 'size'?)",
            ],
        ),
    ],
)
def test_mistake_of_type(text: str, mistakes: list[str]) -> None:
    assert list(check_types(parse(text), TYPES)) == mistakes


def test_names_in_order_of_first_appearance() -> None:
    assert parse("b > a and (c is missing or a = 1) and not d between 1 and 2").names == ("b", "a", "c", "d")


# Kleene (1952), section 64: the tables of strong conjunction, disjunction and negation.
T, F, U = True, False, None
CONJUNCTION = {(T, T): T, (T, F): F, (T, U): U, (F, F): F, (F, U): F, (U, U): U}
DISJUNCTION = {(T, T): T, (T, F): T, (T, U): T, (F, F): F, (F, U): U, (U, U): U}
VALUE = {T: 1, F: 0, U: None}


@pytest.mark.parametrize(("joint", "table"), [("and", CONJUNCTION), ("or", DISJUNCTION)])
def test_truth_table(joint: str, table: dict[tuple[bool | None, bool | None], bool | None]) -> None:
    pairs = [*table, *[(q, p) for p, q in table]]
    frame = pl.DataFrame(
        {"p": [VALUE[p] for p, _ in pairs], "q": [VALUE[q] for _, q in pairs]},
        schema={"p": pl.Int64, "q": pl.Int64},
    )
    found = frame.select(parse(f"p = 1 {joint} q = 1").expression()).to_series().to_list()
    assert found == [*table.values(), *table.values()]


def test_negation_and_missing() -> None:
    frame = pl.DataFrame({"p": [1, 0, None]}, schema={"p": pl.Int64})

    def values(text: str) -> list[bool | None]:
        return frame.select(parse(text).expression()).to_series().to_list()

    assert values("not p = 1") == [False, True, None]
    assert values("p is missing") == [False, False, True]
    assert values("not p is missing") == [True, True, False]
    assert values("p is not missing") == [True, True, False]
    assert values("p in (0, 2)") == [False, True, None]
    assert values("p not in (0, 2)") == [True, False, None]
    assert values("p between 0 and 1") == [True, True, None]
    assert values("p = 1 or p != 1") == [True, True, None]


# --- random rules against a plain evaluator over one patient at a time

FIRST = date(2017, 1, 1)
numbers = st.one_of(st.integers(-3, 3), st.sampled_from([-1.5, 0.5, 1e-07, 2.25]))
days = st.integers(0, 4).map(lambda day: FIRST + timedelta(days=day))
levels = st.sampled_from(["A", "B", "it's", 'say "x"', ""])
VALUES: dict[str, st.SearchStrategy[Any]] = {"whole": numbers, "real": numbers, "day": days, "level": levels}


def constants(name: str) -> st.SearchStrategy[Constant]:
    return VALUES[name].map(Constant)


def conditions(name: str) -> st.SearchStrategy[Node]:
    variable = st.just(Variable(name))
    signs = st.sampled_from(["=", "!="] if name == "level" else list(COMPARE))
    kinds: list[st.SearchStrategy[Node]] = [
        st.builds(Comparison, variable, signs, constants(name)),
        st.builds(
            Membership, variable, st.lists(constants(name), min_size=1, max_size=3).map(tuple), st.booleans()
        ),
        st.builds(Missing, variable, st.booleans()),
    ]
    if name != "level":
        kinds.append(st.builds(Between, variable, constants(name), constants(name)))
    if name in ("whole", "real"):
        other = st.sampled_from(["whole", "real"]).map(Variable)
        kinds.append(st.builds(Comparison, variable, signs, other))
    return st.one_of(kinds)


def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, parts), st.builds(And, several), st.builds(Or, several))


rules = st.recursive(st.sampled_from(list(VALUES)).flatmap(conditions), joined, max_leaves=8).map(Rule)
patients = st.fixed_dictionaries(
    {
        "whole": st.none() | st.integers(-3, 3),
        "real": st.none() | st.sampled_from([-1.5, 0.5, 1.0, 2.25, 1e-07]),
        "day": st.none() | days,
        "level": st.none() | levels,
    }
)


def truth(node: Node, patient: dict[str, Any]) -> bool | None:
    """The rule's truth for one patient, from Kleene's tables and nothing else."""
    match node:
        case Not(part):
            held = truth(part, patient)
            return None if held is None else not held
        case And(parts):
            held_all = [truth(part, patient) for part in parts]
            return False if False in held_all else None if None in held_all else True
        case Or(parts):
            held_all = [truth(part, patient) for part in parts]
            return True if True in held_all else None if None in held_all else False
        case Missing(variable, negated):
            return (patient[variable.name] is None) != negated
    value = patient[node.variable.name]
    if value is None:
        return None
    match node:
        case Between(_, low, high):
            return bool(low.value <= value <= high.value)
        case Membership(_, values, negated):
            return (value in [constant.value for constant in values]) != negated
        case Comparison(_, sign, other):
            right = patient[other.name] if isinstance(other, Variable) else other.value
            return None if right is None else bool(COMPARE[sign](value, right))
    raise AssertionError(node)


@given(rule=rules)
def test_printing_and_parsing_gives_the_rule_back(rule: Rule) -> None:
    assert parse(str(rule)) == rule


@given(rule=rules, cohort=st.lists(patients, min_size=1, max_size=6))
def test_polars_agrees_with_a_plain_evaluator(rule: Rule, cohort: list[dict[str, Any]]) -> None:
    schema = {"whole": pl.Int64, "real": pl.Float64, "day": pl.Date, "level": pl.String}
    frame = pl.DataFrame(cohort, schema=schema)
    found = frame.select(rule.expression().alias("rule")).to_series()
    assert found.dtype == pl.Boolean
    assert found.to_list() == [truth(rule.root, patient) for patient in cohort]


@given(text=st.text(alphabet=st.sampled_from("aB19.-'\"()=<>!, \nand or not in is missing"), max_size=60))
def test_any_text_is_a_rule_or_a_mistake(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        assert parse(str(parse(text))) == parse(text)
