"""The audit of printed numbers: verdicts and explanations worked by hand, and those on one published paper."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from calliper.audit.paper import specs
from calliper.audit.paper.checks import CHECKS, check_paper
from calliper.audit.paper.findings import NONE_GIVES_IT, VERDICTS, Finding
from calliper.audit.paper.limits import Limits, fit, of_printed
from calliper.audit.paper.load import KINDS, load_paper
from calliper.audit.paper.told import document
from calliper.blocks import Table
from calliper.cli.main import run_command
from calliper.errors import ProtocolError

EXAMPLE = Path(__file__).parents[2] / "examples" / "large_liver_cancer_claims.yaml"
GROUPS = {"new": {"label": "New", "n": "42"}, "old": {"label": "Old", "n": "48"}}


def findings_of(*claims: dict[str, Any]) -> dict[str, Finding]:
    """By the name of the check, the findings of claims on two groups of 42 and 48."""
    whole = [
        {"id": f"c{number}", "place": "Table 1", "what": "It", **claim} for number, claim in enumerate(claims)
    ]
    doc = {"calliper": "1", "citation": "A paper", "groups": GROUPS, "claims": whole}
    return {each.check: each for each in check_paper(specs.Paper.model_validate(doc))}


# --- the machinery ------------------------------------------------------------------------------------------------


def test_every_kind_of_claim_has_a_check_and_is_known_to_the_loader() -> None:
    kinds = get_args(get_args(specs.AnyClaim)[0])
    assert set(CHECKS) == set(kinds)
    assert {get_args(kind.model_fields["kind"].annotation)[0] for kind in kinds} == set(KINDS)
    document = (EXAMPLE.parents[1] / "docs" / "claims_file.md").read_text(encoding="utf-8")
    for kind in kinds:
        for field in kind.model_fields:
            assert f"`{field}`" in document, (kind.__name__, field)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (0.02805, "0.028", "match"),
        (0.0285, "0.028", "match"),  # a tie may go either way
        (0.97573, "0.975", "rounding"),  # cut off
        (0.1716, "0.176", "neither"),
        (0.0004, "<0.001", "match"),
        (0.0014, "<0.001", "rounding"),
        (0.03, "<0.001", "neither"),
        (1.0, "1", "match"),
        (0.9991, "1", "rounding"),
        (0.71, "1", "neither"),  # a bare 1 is a program's 1.000
    ],
)
def test_a_p_value_fits_its_print(value: float, text: str, expected: str) -> None:
    assert fit(Limits(value, value), text, is_p=True) == expected


def test_a_printed_number_stands_for_all_that_round_to_it() -> None:
    assert of_printed("11.50") == Limits(11.495, 11.505)
    assert of_printed("NR") == Limits(-math.inf, math.inf)
    assert of_printed(">0.999", is_p=True) == Limits(0.999, 1.0)


# --- families, by hand --------------------------------------------------------------------------------------------


def test_a_halved_p_value_of_a_t_test_is_named() -> None:
    """t = 0.6 / 2.87 = 0.209 on 88 df: P = 0.835, and half of it 0.417."""
    ages = {"new": {"mean": "60.3", "sd": "14.0"}, "old": {"mean": "59.7", "sd": "13.2"}}
    found = findings_of({"kind": "means", "groups": ages, "p": "0.417"})["test of the means, P"]
    assert found.verdict == "inconsistent"
    assert found.explanation.startswith("A one-sided P value (half that of the t test of equal variances)")
    low, high = (float(end) for end in found.found.split(" to "))
    assert low < 0.8348 < high
    right = findings_of({"kind": "means", "groups": ages, "p": "0.835"})["test of the means, P"]
    assert right.verdict == "match"


def test_a_mean_of_integers_that_no_integers_have_is_impossible() -> None:
    """Brown and Heathers (2017): of 28 whole numbers no mean prints 5.19; 145/28 is 5.18 and 146/28 is 5.21."""
    groups = {"new": {"mean": "5.19", "n": "28"}}
    found = findings_of({"kind": "means", "integers": "true", "groups": groups})["mean of whole numbers, New"]
    assert (found.verdict, found.found) == ("impossible", "5.179 or 5.214")
    groups = {"new": {"mean": "5.18", "n": "28"}}
    assert (
        findings_of({"kind": "means", "integers": "true", "groups": groups})[
            "mean of whole numbers, New"
        ].verdict
        == "match"
    )


def test_a_deviation_of_integers_is_held_to_parity() -> None:
    """Two whole numbers of mean 2.5 are 2 and 3, 1 and 4, ...: deviations 0.71, 2.12, and none between."""

    def verdict(sd: str) -> str:
        groups = {"new": {"mean": "2.5", "sd": sd, "n": "2"}}
        return findings_of({"kind": "means", "integers": "true", "groups": groups})[
            "deviation of whole numbers, New"
        ].verdict

    assert [verdict(sd) for sd in ("0.71", "2.12", "1.41")] == ["match", "match", "impossible"]


def test_of_zeros_and_ones_the_mean_decides_the_deviation() -> None:
    """12 ones of 48: mean 0.25, deviation the root of 12 x 36 / (48 x 47) = 0.4376."""

    def verdict(sd: str) -> str:
        groups = {"old": {"mean": "0.25", "sd": sd}}
        return findings_of({"kind": "means", "integers": "binary", "groups": groups})[
            "deviation of zeros and ones, Old"
        ].verdict

    assert [verdict(sd) for sd in ("0.44", "0.43", "0.50")] == ["match", "impossible", "impossible"]


def test_exchanged_counts_are_named() -> None:
    """20 of 42, 10 of 48: 90 x 540^2 / 3628800 = 7.232, P = 0.0072; 10, 20: 90 x 360^2 / 3628800 = 3.214, 0.0730."""
    claim = {"kind": "rates", "counts": {"new": "20", "old": "10"}, "test": "pearson", "p": "0.0730"}
    found = findings_of(claim)["test of the groups, P"]
    assert (
        found.explanation
        == "Pearson's chi-square test with the counts of the groups exchanged gives 0.07300."
    )


def test_a_deviation_is_at_most_what_the_range_allows() -> None:
    """Half of 48 at 0 and half at 10: mean 5, deviation 5 sqrt(48/47) = 5.053."""
    groups = {"old": {"mean": "5.0", "sd": "5.1"}}
    found = findings_of({"kind": "means", "least": "0", "most": "10", "groups": groups})
    limit = found["deviation within its range, Old"]
    assert limit.verdict == "match", "with the range printed to a whole number it may reach from -0.5 to 10.5"
    groups = {"old": {"mean": "5.0", "sd": "5.6"}}
    found = findings_of({"kind": "means", "least": "0.0", "most": "10.0", "groups": groups})
    assert found["deviation within its range, Old"].verdict == "impossible"


def test_categories_beyond_the_group_are_impossible_and_too_few_are_asked_about() -> None:
    levels = {"yes": {"new": "20", "old": "23"}, "no": {"new": "23", "old": "24"}}
    found = findings_of({"kind": "counts", "levels": levels})
    assert (found["sum, New"].verdict, found["sum, New"].found) == ("impossible", "43")
    assert (found["sum, Old"].verdict, found["sum, Old"].found) == ("inconsistent", "47")


def test_another_header_is_found_behind_a_p_value() -> None:
    """14 of 42 and 17 of 48: 0.8356; the table has 42 over both, which gives 0.4976."""
    claim = {
        "kind": "rates",
        "counts": {"new": "14", "old": "17"},
        "of": {"old": "42"},
        "test": "pearson",
        "p": "0.836",
    }
    found = findings_of(claim)["test of the groups, P"]
    assert (found.verdict, found.found) == ("inconsistent", "0.4976")
    assert found.explanation == (
        "Pearson's chi-square test with Old as 48 patients (its own number elsewhere) gives 0.8356."
    )


def test_another_denominator_is_found_behind_a_percentage() -> None:
    claim = {"kind": "rates", "counts": {"old": "12"}, "percents": {"old": "28.6"}}
    found = findings_of(claim)["percentage, Old"]
    assert (found.verdict, found.found) == ("inconsistent", "25.00")
    assert found.explanation == "12 of 42 (New) gives 28.57."


def test_without_a_named_test_any_usual_one_will_do() -> None:
    """44 of 46 against 42 of 42: Pearson 0.1716; exactly (C(46, 2) + C(42, 2)) / C(88, 2) = 1896 / 3828 = 0.4953."""
    claim = {"kind": "rates", "counts": {"new": "42", "old": "44"}, "of": {"old": "46"}, "p": "0.495"}
    found = findings_of(claim)["test of the groups, P"]
    assert (found.verdict, found.how) == ("match", "By Fisher's exact test, two-sided.")
    named = findings_of({**claim, "test": "pearson"})["test of the groups, P"]
    assert named.verdict == "inconsistent"
    assert named.explanation == "Fisher's exact test gives 0.4953."


def test_an_interval_shows_its_own_p_value_and_middle() -> None:
    """log 2 / ((log 4 - log 1) / 3.92) = 1.96: P = 0.05."""
    claim = {
        "kind": "ratio",
        "test": "wald",
        "ratio": "2.000",
        "lower": "1.000",
        "upper": "4.000",
        "p": "0.05",
    }
    found = findings_of(claim)
    assert {each.verdict for each in found.values()} == {"match"}
    half = findings_of({**claim, "p": "0.025"})["P from the ratio and its interval"]
    assert half.explanation.startswith("A one-sided P value (half of it) gives 0.0249 to 0.0251")


def test_a_coefficient_of_the_other_sign_is_named() -> None:
    found = findings_of({"kind": "ratio", "ratio": "2.00", "coefficient": "-0.693"})[
        "ratio from its coefficient"
    ]
    assert found.verdict == "inconsistent"
    assert found.explanation.startswith("The other sign, exp(-b), gives 1.999")


def test_a_ratio_outside_its_limits_is_impossible() -> None:
    found = findings_of({"kind": "ratio", "ratio": "2.0", "lower": "0.5", "upper": "1.8"})
    assert found["ratio between its limits"].verdict == "impossible"


def test_a_limit_that_may_be_nothing_decides_nothing() -> None:
    found = findings_of({"kind": "ratio", "ratio": "0.1", "lower": "0.0", "upper": "1.8", "p": "0.04"})
    assert found["middle of the interval"].verdict == "not checkable"


def test_one_limit_alone_says_on_which_side_a_ratio_lies_and_no_more() -> None:
    about, p_about = "ratio between its limits", "P from the ratio and its interval"
    for one in ({"lower": "0.5"}, {"upper": "2.4"}):
        found = findings_of({"kind": "ratio", "ratio": "2.0", "p": "0.04", **one})
        assert (found[about].verdict, found[p_about].verdict) == ("not checkable", "not checkable")
        assert next(iter(one.values())) in found[about].how
    for one in ({"lower": "2.1"}, {"upper": "1.8"}):
        found = findings_of({"kind": "ratio", "ratio": "2.0", "p": "0.04", **one})
        assert found[about].verdict == "impossible"
        assert p_about not in found
    assert findings_of({"kind": "ratio", "ratio": "2.0", "p": "0.04"})[p_about].verdict == "not checkable"
    # printed 2.0 may be 2.049, and a limit of 2.1 may be 2.05: not beyond it for certain at one more digit
    assert findings_of({"kind": "ratio", "ratio": "2.0", "upper": "2.0"})[about].verdict == "not checkable"


def test_a_count_that_is_not_printed_is_not_taken_for_none() -> None:
    """Of 42 and 48 patients; the old group's count of the third category is left out."""
    levels = {"A": {"new": "20", "old": "30"}, "B": {"new": "12", "old": "10"}, "C": {"new": "10"}}
    found = findings_of({"kind": "counts", "levels": levels, "p": "0.03"})
    assert found["sum, New"].verdict == "match"
    assert found["sum, Old"].verdict == "not checkable"
    assert found["sum, Old"].explanation == "No count is given of C."
    assert found["test of the groups"].verdict == "not checkable"
    # printed as none it is one: 40 of 48 are in a category
    levels["C"]["old"] = "0"
    assert findings_of({"kind": "counts", "levels": levels})["sum, Old"].verdict == "inconsistent"
    # what is printed may be too many already
    crowded = {"A": {"new": "20", "old": "30"}, "B": {"new": "12", "old": "19"}, "C": {"new": "10"}}
    assert findings_of({"kind": "counts", "levels": crowded})["sum, Old"].verdict == "impossible"


def test_a_response_that_is_not_printed_is_not_taken_for_none() -> None:
    """Without the old group's partial responses its ORR, its DCR and the tests of both are open; the sum is too."""
    categories = {"CR": {"new": "10", "old": "8"}, "PR": {"new": "20"}, "SD": {"new": "8", "old": "10"},
                  "PD": {"new": "4", "old": "9"}}  # fmt: skip
    orr, p = {"new": "71.4", "old": "60.4"}, {"p": "0.04"}
    found = findings_of(
        {"kind": "response", "categories": categories, "orr": orr, "orr_test": p, "dcr_test": p}
    )
    assert found["sum, New"].verdict == "match"
    assert found["percentage, ORR, New"].verdict == "match"
    for about in ("sum, Old", "percentage, ORR, Old", "test of ORR", "test of DCR"):
        assert found[about].verdict == "not checkable", about
    assert found["percentage, ORR, Old"].how == "No count is given of PR."


def test_features_that_overlap_bound_who_has_any() -> None:
    inside = findings_of({"kind": "union", "whole": "29", "parts": ["28", "13", "6"]})
    assert next(iter(inside.values())).verdict == "match"
    for whole in ("27", "48"):
        outside = findings_of({"kind": "union", "whole": whole, "parts": ["28", "13", "6"]})
        assert next(iter(outside.values())).verdict == "impossible"


def test_pairs_are_tested_by_mcnemar() -> None:
    """86 and 150 changed: 64^2 / 236 = 17.356, corrected 63^2 / 236 = 16.818; of 1 and 9, 2 x 11 / 1024 = 0.0215."""
    claim = {"kind": "paired", "first_only": "86", "second_only": "150", "statistic": "16.82", "p": "<0.001"}
    found = findings_of(claim)
    assert found["test of the pairs, statistic"].how == "By McNemar's test with correction."
    assert {each.verdict for each in found.values()} == {"match"}
    few = {"kind": "paired", "first_only": "1", "second_only": "9", "p": "0.0215", "test": "mcnemar_exact"}
    assert findings_of(few)["test of the pairs, P"].verdict == "match"
    plain = findings_of({**few, "test": "mcnemar"})["test of the pairs, P"]
    assert plain.explanation == "McNemar's exact test gives 0.02148."


def test_mean_follow_up_is_bounded_by_survival() -> None:
    """(21 x 10.5 + 21 x 30.5 + 24 x 20.5 + 24 x 30.5) / 90 = 23.2, the ends as far as the print allows."""
    medians = {"new": "10", "old": "20"}
    claim = {"kind": "follow_up", "longest": "30", "medians": medians}
    bad = findings_of({**claim, "mean": "24"})["mean follow-up against survival"]
    assert (bad.verdict, bad.found) == ("impossible", "at most 23.2")
    assert findings_of({**claim, "mean": "23"})["mean follow-up against survival"].verdict == "match"


def test_words_about_grades_are_held_to_the_tables() -> None:
    rash = {"id": "rash", "kind": "toxicity", "group": "new", "total": "6", "grades": {"1": "4", "3": "2"}}
    words = {"id": "words", "kind": "highest_grade", "grade": "2", "events": ["rash"]}
    found = findings_of(rash, words)["highest grade, in words"]
    assert (found.verdict, found.how) == ("inconsistent", "The tables have 2 of grade 3 (It).")
    assert findings_of(rash, {**words, "grade": "3"})["highest grade, in words"].verdict == "match"


# --- a published paper --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paper() -> tuple[Finding, ...]:
    return check_paper(load_paper(EXAMPLE))


KNOWN = {
    ("age", "test of the means, P"): ("inconsistent", "A one-sided P value"),
    ("diameter", "test of the means, P"): ("inconsistent", "A one-sided P value"),
    ("aetiology", "test of the groups, P"): ("inconsistent", NONE_GIVES_IT),
    ("cirrhosis", "test of the groups, P"): ("rounding", ""),
    ("vascular", "test of the groups, P"): ("rounding", ""),
    ("bclc", "test of the groups, P"): ("match", ""),
    ("month_1", "test of ORR, P"): ("match", ""),
    ("month_1", "test of DCR, P"): ("inconsistent", NONE_GIVES_IT),
    ("month_3", "test of ORR, P"): ("match", ""),
    ("month_3", "test of DCR, P"): ("rounding", ""),
    ("follow_up", "mean follow-up against survival"): ("impossible", ""),
    ("os_combination", "median in the middle of its interval"): ("inconsistent", NONE_GIVES_IT),
    ("ttp_control", "median in the middle of its interval"): ("match", ""),
    ("os_logrank", "P from its statistic"): ("match", ""),
    ("ttp_logrank", "P from its statistic"): ("match", ""),
    ("ttp_control_twice", "the same in Results and Abstract"): ("inconsistent", ""),
    ("fever", "test of the groups, P"): (
        "inconsistent",
        "Pearson's chi-square test with DEB-TACE as 48 patients",
    ),
    ("pain", "test of the groups, P"): (
        "inconsistent",
        "Pearson's chi-square test with DEB-TACE as 48 patients",
    ),
    ("nausea", "test of the groups, P"): (
        "inconsistent",
        "Pearson's chi-square test with DEB-TACE as 48 patients",
    ),
    ("abscess", "test of the groups"): ("not checkable", ""),
    ("below_three", "highest grade, in words"): ("inconsistent", ""),
    ("none_of_four", "highest grade, in words"): ("match", ""),
    ("single_metastasis", "P from the ratio and its interval"): ("inconsistent", "The interval holds 1"),
    ("single_bclc", "P from the ratio and its interval"): ("inconsistent", "The interval does not hold 1"),
    ("multi_vascular", "P from the ratio and its interval"): ("match", ""),
    ("multi_treatment", "ratio from its coefficient"): ("inconsistent", "The middle of the printed interval"),
    ("multi_treatment", "middle of the interval"): ("match", ""),
    ("multi_nodules", "ratio from its coefficient"): ("inconsistent", ""),
    ("invasion_share", "percentage"): ("match", ""),
}
"""What independent arithmetic says of the paper, worked out before this audit was written."""


def test_the_known_slips_of_the_paper_are_found_and_its_right_numbers_are_not_accused(
    paper: tuple[Finding, ...],
) -> None:
    found = {(each.claim, each.check): each for each in paper}
    for address, (verdict, explanation) in KNOWN.items():
        held = found[address]
        assert held.verdict == verdict, held
        assert held.explanation.startswith(explanation), held


def test_every_number_of_a_right_table_matches(paper: tuple[Finding, ...]) -> None:
    for name in ("sex", "nodules", "metastasis", "ecog", "child", "afp", "previous", "rash", "fatigue"):
        held = [each for each in paper if each.claim == name]
        assert held
        assert {each.verdict for each in held} == {"match"}, held


# --- files and the command ----------------------------------------------------------------------------------------


def test_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(
        "calliper: 1\ncitation: A paper\ngroups: {new: {label: New, n: 4x}}\nclaims:\n"
        "  - {id: a, place: T, what: W, kind: ratio, ratio: two}\n"
        "  - {id: b, place: T, what: W, kind: means, groups: {new: {mean: 1.0}}, p: 1.2}\n"
        "  - {id: c, place: T, what: W, kind: nothing}\n"
        "  - {id: d, place: T, what: W, kind: median, medain: 3}\n",
        encoding="utf-8",
    )
    with pytest.raises(ProtocolError) as caught:
        load_paper(path)
    text = "\n".join(caught.value.mistakes)
    assert "claims.yaml:3: groups.new.n: found '4x'" in text
    assert "claims.yaml:5: claims.a.ratio: found 'two'" in text
    assert "claims.yaml:6: claims.b.p: found '1.2'; expected 0 to 1" in text
    assert re.search(r"claims\.yaml:7: claims\.c.*no known kind", text)
    assert "claims.yaml:8: claims.d.medain: no such key" in text
    assert "(did you mean 'median'?)" in text


def test_a_group_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(
        "calliper: 1\ncitation: A paper\ngroups: {new: {label: New, n: 4}}\nclaims:\n"
        "  - {id: a, place: T, what: W, kind: rates, counts: {old: 1}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ProtocolError, match="no group 'old'; the groups are new"):
        load_paper(path)


def test_the_command_writes_a_report_and_says_by_its_code_whether_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "audit"
    assert run_command(["audit", str(EXAMPLE), "--out", str(out), "--formats", "html,docx"]) == 1
    shown = capsys.readouterr().out
    assert "impossible: Results, Follow-up, months: mean follow-up against survival: printed 28.5" in shown
    data = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    assert set(data["verdicts"]) == set(VERDICTS)
    assert sum(data["verdicts"].values()) == len(data["findings"])
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Questions for the authors" in page
    assert (
        page.count("Could you confirm the number?")
        == data["verdicts"]["inconsistent"] + data["verdicts"]["impossible"]
    )
    assert "<script" not in page
    for word in ("fraud", "fabricat", "wrong", "error"):
        assert word not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL).replace(
            "standard error", ""
        ), word
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    run_command(["audit", str(EXAMPLE), "--out", str(out), "--formats", "html,docx"])
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    right = tmp_path / "right.yaml"
    right.write_text(
        "calliper: 1\ncitation: A paper\ngroups: {new: {label: New, n: 4}}\nclaims:\n"
        "  - {id: a, place: T, what: W, kind: sum, whole: 4, parts: [1, 3]}\n",
        encoding="utf-8",
    )
    capsys.readouterr()
    assert run_command(["audit", str(right)]) == 0
    assert capsys.readouterr().out.endswith(
        "1 checks: 1 match, 0 rounding, 0 inconsistent, 0 impossible, 0 not checkable.\n"
    )


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(
        "calliper: 1\ncitation: '<script>alert(1)</script>'\ngroups: {new: {label: '<b>', n: 4}}\nclaims:\n"
        "  - {id: a, place: '<img src=x>', what: '=HYPERLINK()', kind: sum, whole: 5, parts: [1, 3]}\n",
        encoding="utf-8",
    )
    run_command(["audit", str(path), "--out", str(tmp_path / "out")])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page


def test_the_tables_are_drawn_again_with_marks_on_what_does_not_follow() -> None:
    paper = load_paper(EXAMPLE)
    findings = check_paper(paper)
    made = document(paper, findings)
    tables = {
        block.caption: block
        for section in made.sections
        for block in section.blocks
        if isinstance(block, Table)
    }
    rows = {
        row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in tables["Table 1, as printed"].rows
    }
    assert rows["Age, years"] == ["60.3 ± 14.0", "59.7 ± 13.2", "0.417 ■"]
    assert rows["male"] == ["37", "41", ""]
    assert rows["Cirrhosis"][-1] == "0.977", "a digit cut off is not marked"
    ratios = {
        row.cells[0].text: [cell.text for cell in row.cells[1:]]
        for row in tables["Table 5, ratios as printed"].rows
    }
    assert ratios["Treatment, several factors"] == ["-1.405 ■", "0.561 ■", "0.327 to 0.965", "0.001 ■"]
    assert ratios["Vascular invasion, several factors"] == ["0.806 ■", "1.971 ■", "1.193 to 3.255", "0.008"]
    numbers = [
        block.number for section in made.sections for block in section.blocks if isinstance(block, Table)
    ]
    assert numbers == [f"Table {at}" for at in range(1, len(numbers) + 1)]
