"""Verdicts against a truth table worked by hand, with values recomputed from the paper's own tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.audit.claims import Claim, Kind, Published
from calliper.audit.compare import Verdict, compare, judge
from calliper.audit.page import shown
from calliper.audit.printed import exact, read_printed, rounded, truncated
from calliper.results import Method, Results, Row

TRUTH: list[tuple[Kind, str, float, Verdict]] = [
    # printed digits are the correctly rounded value
    ("p", "0.028", 0.0281, "match"),
    ("p", "0.976", 0.9757, "match"),
    ("number", "4.825", 4.8247, "match"),
    ("number", "18.6", 18.64, "match"),
    ("number", "14.0", 13.95, "match"),
    # cut off instead of rounded: 0.97573 is 0.976, 1.8686 is 1.869, 0.0396 is 0.040
    ("p", "0.975", 0.97573, "rounding"),
    ("number", "1.868", 1.8686, "rounding"),
    ("p", "0.039", 0.0396, "rounding"),
    # no rounding rule gives the print, but it is within one unit of its last digit
    ("p", "0.977", 0.9762, "rounding"),
    ("p", "0.977", 0.976, "rounding"),
    ("p", "0.977", 0.9759, "differs"),
    # wrong
    ("p", "0.417", 0.8348, "differs"),
    ("p", "0.915", 0.9958, "differs"),
    ("p", "0.176", 0.1716, "differs"),
    # half-way goes away from zero
    ("p", "0.001", 0.0005, "match"),
    ("p", "0.000", 0.0005, "rounding"),
    ("number", "0.15", 0.145, "match"),
    ("number", "-0.001", -0.0005, "match"),
    ("number", "2", 1.5, "match"),
    ("number", "3", 2.5, "match"),
    # negative numbers, with a hyphen or a minus sign
    ("number", "-1.405", -1.4051, "match"),
    ("number", "−1.405", -1.4051, "match"),
    ("number", "-1.405", -1.4058, "rounding"),
    ("number", "-1.405", 1.405, "differs"),
    # counts match exactly or differ: one patient is not a rounding
    ("count", "42", 42.0, "match"),
    ("count", "42", 43.0, "differs"),
    ("count", "0", 0.0, "match"),
    ("count", "1,250", 1250.0, "match"),
    ("count", "42", 42.2, "differs"),
    # a percent is 100 times a proportion: 32/42, 42/42, 39/40 and 28/90
    ("percent", "76.19", 32 / 42, "match"),
    ("percent", "100", 1.0, "match"),
    ("percent", "97.50", 0.975, "match"),
    ("percent", "31.11", 28 / 90, "match"),
    ("percent", "27.77", 25 / 90, "rounding"),
    ("percent", "54.17", 26 / 45, "differs"),
    # bounds
    ("p", "<0.001", 0.0004, "match"),
    ("p", "<0.001", 1e-163, "match"),
    ("p", "<0.001", 0.0, "match"),
    ("p", "<0.001", 0.001, "rounding"),
    ("p", "<0.001", 0.0014, "rounding"),
    ("p", "<0.001", 0.0016, "differs"),
    ("p", ">0.999", 0.99996, "match"),
    ("p", ">0.999", 0.9986, "rounding"),
    ("p", ">0.999", 0.9984, "differs"),
    # a P value printed as a bare 1 or 0 is a program's 1.000 or 0.000, not "anything over a half"
    ("p", "1", 0.9997, "match"),
    ("p", "1", 0.9993, "rounding"),
    ("p", "1", 0.6, "differs"),
    ("p", "0", 0.0004, "match"),
    ("p", "0", 0.3, "differs"),
]


@pytest.mark.parametrize(("kind", "printed", "value", "verdict"), TRUTH)
def test_verdict(kind: Kind, printed: str, value: float, verdict: Verdict) -> None:
    assert judge(kind, read_printed(printed), value) == verdict


@pytest.mark.parametrize(
    ("printed", "value", "verdict"),
    [("NR", None, "match"), ("NR", 18.6, "differs"), ("18.6", None, "differs")],
)
def test_not_reached(printed: str, value: float | None, verdict: Verdict) -> None:
    assert judge("number", read_printed(printed), value) == verdict


@pytest.mark.parametrize(
    ("text", "number", "decimals", "bound"),
    [
        ("80.00", "80.00", 2, ""),
        (".04", "0.04", 2, ""),
        ("0·04", "0.04", 2, ""),
        ("12,345.6", "12345.6", 1, ""),
        ("< 0.001", "0.001", 3, "<"),
        (">0.99", "0.99", 2, ">"),
        ("−3", "-3", 0, ""),
    ],
)
def test_printed_numbers_are_read_as_journals_set_them(
    text: str, number: str, decimals: int, bound: str
) -> None:
    found = read_printed(text)
    assert (found.number, found.decimals, found.bound) == (Decimal(number), decimals, bound)
    assert found.unit == Decimal(1).scaleb(-decimals)


@pytest.mark.parametrize(
    "text", ["", ".", "60.3±14.0", "76%", "1-2", "8 to 36", "1e3", "nan", "12,34", "ns", "<", "--1"]
)
def test_what_is_not_one_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected one number as printed"):
        read_printed(text)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 6))
def test_rounding_is_within_half_a_unit_and_truncation_towards_zero(value: float, decimals: int) -> None:
    ours, unit = exact(value), Decimal(1).scaleb(-decimals)
    # Fractions, because the default decimal context would round the differences of huge values.
    from fractions import Fraction

    full, near, cut = Fraction(ours), Fraction(rounded(ours, decimals)), Fraction(truncated(ours, decimals))
    assert abs(near - full) * 2 <= Fraction(unit)
    assert abs(cut) <= abs(full)
    assert abs(full - cut) < Fraction(unit)


@given(st.floats(0, 1), st.integers(1, 6))
def test_a_correctly_rounded_print_always_matches(value: float, decimals: int) -> None:
    assert judge("number", read_printed(f"{rounded(exact(value), decimals):f}"), value) == "match"


@pytest.mark.parametrize(
    ("kind", "printed", "value", "text"),
    [
        ("number", "18.6", 18.64, "18.64"),
        ("p", "0.417", 0.8348, "0.8348"),
        ("p", "<0.001", 0.00001, "<0.0001"),
        ("p", "1", 1.0, ">0.9999"),
        ("percent", "76.19", 32 / 42, "76.190"),
        ("count", "42", 48.0, "48"),
        ("count", "42", 42.25, "42.250"),
        ("number", "-1.405", -0.57788, "−0.5779"),
    ],
)
def test_this_run_is_shown_with_one_decimal_more(kind: Kind, printed: str, value: float, text: str) -> None:
    claim = Claim(id="a", where="Table 1", what="a number", kind=kind, printed=printed, not_checkable="-")
    assert shown(claim, value) == text


def _one(claim: Claim, results: Results) -> tuple[Verdict, str]:
    (made,) = compare(Published(calliper="1", citation="A paper", claims=(claim,)), results)
    return made.verdict, made.reason


def _claim(key: str, *, printed: str = "0.417", note: str | None = None) -> Claim:
    return Claim(id="a", where="Table 1", what="Age, P", kind="p", printed=printed, key=key, note=note)


RESULTS = Results(
    rows=(
        Row("baseline", "included", "between", "age", "", "p.pooled", 0.8348),
        Row("baseline", "included", "between", "sex", "", "p.pearson", 0.97573),
        Row("os", "included", "control", "os", "", "median", None),
        Row("os", "included", "control", "os", "", "survival", 0.5, at=12.0),
    ),
    methods=(
        Method("tace", "fisher", "Fisher", subject="abscess any grade", failure="no test: nobody had it"),
        Method(
            "tace", "pearson", "Pearson", subject="abscess any grade", failure="no chi-square: nobody had it"
        ),
        Method(
            "prognosis",
            "summary",
            "Cox",
            subject="screened",
            failure="no model: no factor alone",
        ),
        Method("prognosis", "summary", "Cox", subject="univariable arm", failure="no hazard ratio: no event"),
        Method("os", "summary", "Kaplan-Meier", subject="os combination", failure="no median: no event"),
        Method("os", "logrank", "Log-rank", failure="no log-rank test: no event"),
    ),
)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (_claim("baseline/included/between/age//p.pooled", note="one-sided"), ("differs", "one-sided")),
        (_claim("baseline/included/between/age//p.pooled"), ("differs", "No reason is on file.")),
        (_claim("baseline/included/between/age//p.pooled", printed="0.835", note="one-sided"), ("match", "")),
        (
            _claim("baseline/included/between/sex//p.pearson", printed="0.975", note="not used"),
            ("rounding", "The print is cut off after its last digit, not rounded."),
        ),
        (
            _claim("baseline/included/between/sex//p.pearson", printed="0.9764"),
            ("differs", "No reason is on file."),
        ),
        (
            _claim("baseline/included/between/sex//p.pearson", printed="0.9758"),
            ("rounding", "At most one unit apart in the last printed digit."),
        ),
        (
            _claim("baseline/included/between/sex//p.pearson", printed=">0.976"),
            ("rounding", "The value rounds to the printed bound."),
        ),
        (
            _claim("baseline/included/between/age//p.welch"),
            ("not checkable", "This run has no result baseline/included/between/age//p.welch."),
        ),
        (_claim("ttp/included/between/ttp//p.logrank"), ("not checkable", "This run has no analysis 'ttp'.")),
        (
            _claim("tace/included/between/abscess/any grade/p.fisher"),
            ("not checkable", "no test: nobody had it"),
        ),
        (_claim("prognosis/included/univariable/arm/x/p"), ("not checkable", "no hazard ratio: no event")),
        (
            _claim("prognosis/included/screened/arm/x/p"),
            ("not checkable", "no model: no factor alone"),
        ),
        (_claim("os/included/combination/os//median"), ("not checkable", "no median: no event")),
        (_claim("os/included/between/os//p.logrank"), ("not checkable", "no log-rank test: no event")),
        (
            _claim("prognosis/included/model/arm_2/x/p"),
            ("not checkable", "This run has no result prognosis/included/model/arm_2/x/p."),
        ),
    ],
)
def test_reasons(claim: Claim, expected: tuple[Verdict, str]) -> None:
    assert _one(claim, RESULTS) == expected


def test_a_claim_without_a_key_gives_its_own_reason() -> None:
    claim = Claim(
        id="a", where="Results", what="Mean", kind="number", printed="28.5", not_checkable="impossible"
    )
    assert _one(claim, RESULTS) == ("not checkable", "impossible")


def test_a_result_at_a_time_is_found() -> None:
    claim = Claim(
        id="a", where="Results", what="S(12)", kind="percent", printed="50.0",
        key="os/included/control/os//survival@12",
    )  # fmt: skip
    assert _one(claim, RESULTS) == ("match", "")
