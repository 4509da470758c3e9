"""The exact lines of the commonest mistakes: file, line, path, what was found, what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import STUDY, changed, load_text, mistakes_of

CASES: dict[str, tuple[str, str, list[str]]] = {
    "unknown key": (
        "label: Age, range",
        "lable: Age, range",
        [
            "31: variables.age.label: found nothing; expected text",
            "31: variables.age.lable: found the key 'lable'; expected type, column, label, unit, range, "
            "plausible, "
            "required or decimals (did you mean 'label'?)",
        ],
    ),
    "duplicate key": (
        "published: published.yaml\n",
        "published: published.yaml\npublished: other.yaml\n",
        ["134: found the key 'published' twice (first on line 133); expected it once"],
    ),
    "unknown variable in a rule": (
        "rule: age >= 18",
        "rule: agee >= 18",
        [
            "59: eligibility.I1.rule: column 1: found 'agee'; expected the name of a variable (did you "
            "mean 'age'?)"
        ],
    ),
    "type mismatch in a rule": (
        "rule: age >= 18",
        "rule: age >= 'eighteen'",
        ["59: eligibility.I1.rule: column 8: found \"eighteen\"; expected a number, as 'age' is"],
    ),
    "number in quotes in a rule": (
        "rule: age >= 18",
        "rule: age >= '18'",
        [
            "59: eligibility.I1.rule: column 8: found \"18\"; expected a number, as 'age' is (without "
            "quotes: 18)"
        ],
    ),
    "unknown level in a rule": (
        """'late' and""",
        """'Late' and""",
        [
            "60: eligibility.E1.rule: column 15: found \"Late\"; expected a level of 'stage_group': "
            '"early", "late" (did you mean "late"?)'
        ],
    ),
    "grammar of a rule": (
        "rule: age >= 18",
        "rule: age => 18",
        ["59: eligibility.I1.rule: column 5: found '=>'; expected >="],
    ),
    "bad date": (
        "cutoff: 2020-06-30",
        "cutoff: 2020-06-31",
        ["5: study.cutoff: found '2020-06-31'; expected a date of the calendar as YYYY-MM-DD"],
    ),
    "date in another order": (
        "cutoff: 2020-06-30",
        "cutoff: 30.06.2020",
        ["5: study.cutoff: found '30.06.2020'; expected a date of the calendar as YYYY-MM-DD"],
    ),
    "date as digits in quotes": (
        "cutoff: 2020-06-30",
        'cutoff: "20200630"',
        ["5: study.cutoff: found '20200630'; expected a date of the calendar as YYYY-MM-DD"],
    ),
    "missing required key": (
        "  title: A study of everything\n",
        "",
        ["2: study.title: found nothing; expected text"],
    ),
    "wrong word of a list": (
        "design: retrospective cohort",
        "design: retrospective",
        [
            "4: study.design: found 'retrospective'; expected 'retrospective cohort', 'prospective cohort', "
            "'randomised trial' or 'single-arm trial' (did you mean 'retrospective cohort'?)"
        ],
    ),
    "unknown kind": (
        "kind: survival",
        "kind: kaplan-meier",
        [
            "114: analyses.os.kind: found 'kaplan-meier'; expected baseline, response, survival, cox, "
            "subgroups, competing_risks, safety, agreement, courses, definitions, exposure, deviations, "
            "follow_up_schedule, treatment or trend"
        ],
    ),
    "day outside its window": (
        "window: [21, 45]",
        "window: [30, 45]",
        [
            "98: endpoints.response.landmarks.week_4: found day 28 outside its window [30, 45]; "
            "expected a window that holds it"
        ],
    ),
    "start of an endpoint": (
        "    unit: months\n    start: first_tace",
        "    unit: months\n    start: first_tce",
        [
            "67: endpoints.os.start: found 'first_tce'; expected the name of a date variable "
            "(did you mean 'first_tace'?)"
        ],
    ),
    "plain decimal for a code": (
        "codes: {1: Male, 2: Female}",
        "codes: {1.0: Male, 2: Female}",
        ['32: found the key 1.0; expected text: put it in quotes, "1.0"'],
    ),
    "true for a level": (
        "codes: {1: Male, 2: Female}",
        "codes: {1: true, 2: Female}",
        ['32: variables.sex.codes.1: found true; expected text: put it in quotes, "true"'],
    ),
    "plain decimal for a value": (
        "values: [1]",
        "values: [1.0]",
        ['55: arms.groups.combination.values[1]: found 1.0; expected text: put it in quotes, "1.0"'],
    ),
    "number in quotes": (
        "  - {id: os, kind: survival, endpoint: os, at: [6, 12]",
        '  - {id: os, kind: survival, endpoint: os, at: ["6", 12]',
        ["114: analyses.os.at[1]: found '6'; expected a number (without quotes: 6)"],
    ),
    "yes for true": (
        "  design: retrospective cohort\n",
        "  design: retrospective cohort\n  invented: yes\n",
        ["5: study.invented: found 'yes'; expected true or false"],
    ),
    "one value for two": (
        "range: [18, 110]",
        "range: [18]",
        ["31: variables.age.range: found a list of 1; expected a list of 2"],
    ),
    "number out of bounds": (
        "published: published.yaml",
        "alpha: 0.5",
        ["133: alpha: found 0.5; expected a number below 0.5"],
    ),
    "name with a capital": (
        "{id: full, label",
        "{id: Full, label",
        [
            "122: analyses.prognosis.models.Full.id: found 'Full'; expected a name: a small letter, "
            "then small letters, digits or _"
        ],
    ),
    "derived variable of no kind": (
        "  risk:\n    label: Risk\n    cases:\n",
        "  risk:\n    label: Risk\n    case:\n",
        [
            "46: derived.risk: found only label or case; expected a mapping with cut, rule, regroup, cases, "
            "stage, score, from_date, first or last"
        ],
    ),
    "only the meant kind of a derived variable": (
        "{cut: size, at: [5, 10], labels: [small, medium, large], label: Size}",
        "{cut: size, at: [five, 10], labels: [small, medium, large], labl: Size}",
        [
            "43: derived.size_group.at[1]: found 'five'; expected a number",
            "43: derived.size_group.label: found nothing; expected text",
            "43: derived.size_group.labl: found the key 'labl'; expected cut, at, labels, label or closed "
            "(did you mean 'label'?)",
        ],
    ),
    "labels that do not fit the cuts": (
        "labels: [small, medium, large]",
        "labels: [small, large]",
        ["43: derived.size_group: found 2 labels for 2 cuts; expected 3 labels"],
    ),
    "terms of no kind": (
        "    terms:\n      fever: {label: Fever, values: [Fever]}\n      pain: {label: Pain, "
        "variable: pain}\n",
        "    terms: as recoded\n",
        [
            "108: endpoints.harm.terms: found 'as recoded'; expected a mapping (key: value) or 'as recorded' "
            "(did you mean 'as recorded'?)"
        ],
    ),
    "nothing where a mapping is": (
        "derived:\n",
        "derived: none\nderivd:\n",
        [
            "42: derived: found 'none'; expected a mapping (key: value)",
            "43: derivd: found the key 'derivd'; expected calliper, study, centres, reading, mappings, answers, "
            "pseudonyms, guesses, data, variables, "
            "derived, checks, arms, eligibility, endpoints, populations, analyses, multiplicity, "
            "convention, conventions, alpha, published or report "
            "(did you mean 'derived'?)",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_line(name: str, tmp_path: Path) -> None:
    old, new, expected = CASES[name]
    assert mistakes_of(tmp_path, changed(old, new)) == [f"study.yaml:{line}" for line in expected]


def test_the_study_these_lines_break_has_no_mistake(tmp_path: Path) -> None:
    protocol = load_text(tmp_path, STUDY).protocol
    assert list(protocol.endpoints) == [
        "os",
        "recorded",
        "listed",
        "caused",
        "progression",
        "response",
        "harm",
    ]


def test_mistakes_of_shape_and_of_names_come_together_sorted_by_line(tmp_path: Path) -> None:
    text = changed("rule: age >= 18", "rule: agee >= 18")
    text = text.replace("design: retrospective cohort", "design: retrospektiv")
    text = text.replace("reference: control", "reference: controll")
    text = text.replace("column: Size,", "column: Size, colum: Size,")
    text = text.replace("endpoint: recorded", "endpoint: recoded").replace("p_below: 0.05", "p_below: 5")
    assert mistakes_of(tmp_path, text) == [
        "study.yaml:4: study.design: found 'retrospektiv'; expected 'retrospective cohort', "
        "'prospective cohort', "
        "'randomised trial' or 'single-arm trial' (did you mean 'retrospective cohort'?)",
        "study.yaml:33: variables.size.colum: found the key 'colum'; expected type, column, label, "
        "unit, range, "
        "plausible, required or decimals (did you mean 'column'?)",
        "study.yaml:57: arms.reference: found 'controll'; expected the name of an arm: combination or "
        "control "
        "(did you mean 'control'?)",
        "study.yaml:59: eligibility.I1.rule: column 1: found 'agee'; expected the name of a variable "
        "(did you mean 'age'?)",
        "study.yaml:123: analyses.prognosis.models.screened.p_below: found 5; expected a number below 1",
    ]


def test_names_of_entries_with_mistakes_are_not_mistakes_too(tmp_path: Path) -> None:
    text = changed(
        "{type: number, column: Size, label: Size, unit: cm}", "{type: numeral, column: Size, label: Size}"
    )
    assert mistakes_of(tmp_path, text) == [
        "study.yaml:33: variables.size.type: found 'numeral'; expected number, integer, category, date "
        "or text "
        "(did you mean 'number'?)"
    ]


def test_an_empty_study_file_lists_what_it_needs(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, "calliper: 1\n") == [
        "study.yaml:1: analyses: found nothing; expected a list",
        "study.yaml:1: arms: found nothing; expected a mapping (key: value)",
        "study.yaml:1: data: found nothing; expected a mapping (key: value)",
        "study.yaml:1: study: found nothing; expected a mapping (key: value)",
    ]
