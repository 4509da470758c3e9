"""The checklist: each item of STROBE and RECORD judged by what the study file, the results and the report hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from calliper.blocks import Cell, Column, Footnote, Section, Table, TableRow, Text
from calliper.displays.checklists import RECORD, STROBE
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.handled import adjustments
from calliper.displays.narrative.verdicts import (
    Report,
    Verdict,
    absent,
    authors,
    done,
    needing,
    partial,
    stated,
)
from calliper.protocol import specs

KINDS = ("Table ", "Figure ")
NO_LINKAGE = "The study file declares no linkage of records (study.linkage)."
NOT_ROUTINE = "The records were made for the study; RECORD is for those kept for other ends."


def checklist(facts: Facts, sections: Sequence[Section]) -> Section:
    """The section Checklist of a report with these sections."""
    report = Report(facts, sections)
    is_routine = facts.protocol.study.design == "retrospective cohort"
    rows = [TableRow((Cell("STROBE"), *(Cell("") for _ in range(3))), role="group")]
    rows += [_row(report, number, asks, STROBE_JUDGES[number](report)) for number, asks in STROBE.items()]
    rows.append(TableRow((Cell("RECORD"), *(Cell("") for _ in range(3))), role="group"))
    rows += [
        _row(report, number, asks, RECORD_JUDGES[number](report) if is_routine else absent(NOT_ROUTINE))
        for number, asks in RECORD.items()
    ]
    heads = ("Item, and what it asks", "Status", "Why", "Where")
    note = Footnote(
        "",
        "Each status was read off the study file, the results and this report. PARTIAL and AUTHOR MUST SUPPLY name "
        "what is left to the authors. STROBE: von Elm et al. 2007; RECORD: Benchimol et al. 2015.",
    )
    columns = tuple(Column(head, "left") for head in heads)
    caption = "Checklist of the STROBE statement for cohort studies and its RECORD extension"
    table = Table("table-checklist", "", caption, columns, tuple(rows), (note,))
    trial = (
        (Text("A randomised trial is reported by CONSORT; these items are a part of what it asks.", "note"),)
        if facts.is_randomised
        else ()
    )
    return Section("checklist", "Checklist", (*trial, table))


def _row(report: Report, number: str, asks: str, verdict: Verdict) -> TableRow:
    texts = (f"{number}. {asks}", verdict.status, verdict.why, _places(report, verdict.where))
    return TableRow(tuple(Cell(text) for text in texts), role="level")


def _places(report: Report, names: Sequence[str]) -> str:
    """`Methods; Tables 16, 17`: the sections, then tables and figures under one word each."""
    found = [place for name in names if (place := report.place(name))]
    told = [place for place in found if not place.startswith(KINDS)]
    for kind in KINDS:
        held = sorted(int(place.removeprefix(kind)) for place in found if place.startswith(kind))
        if held:
            told.append(f"{kind.strip()}{'s' if len(held) > 1 else ''} {', '.join(map(str, held))}")
    return "; ".join(told)


def _summary(report: Report) -> Verdict:
    if report.study.objective:
        return done("Objective, methods and main results, each number that of the body.", "summary")
    return partial("No study.objective in the study file.", "summary")


def _objectives(report: Report) -> Verdict:
    named = report.facts.protocol.multiplicity
    return needing(
        {"the objective (study.objective)": report.study.objective, "the primary test (multiplicity)": named},
        "Objective and primary test are stated.", "summary", "methods",
    )  # fmt: skip


def _setting(report: Report) -> Verdict:
    study = report.study
    return needing(
        {
            "centres": report.facts.protocol.centres, "study.period": study.period, "study.cutoff": study.cutoff,
            "study.setting": study.setting,
        },
        "Centres, recruitment, cut-off and setting are stated.", "methods",
    )  # fmt: skip


def _participants(report: Report) -> Verdict:
    return needing(
        {
            "eligibility": report.facts.protocol.eligibility,
            "study.source": report.study.source,
            "an endpoint of kind schedule (how patients were followed)": report.facts.endpoints(specs.Schedule),
        },
        "Rules of eligibility, source and schedule are stated.", "methods", "table-eligibility",
    )  # fmt: skip


def _definitions(report: Report) -> Verdict:
    if report.study.confounding or not report.facts.compares:
        return done("Every endpoint is defined by its rule; confounders are stated.", "methods")
    return partial("Endpoints and arms are defined; study.confounding is not in the study file.", "methods")


def _measurement(report: Report) -> Verdict:
    if report.facts.endpoints(specs.Response) and not report.study.readers:
        return partial("Rules are stated; who read the scans is not (study.readers).", "methods")
    return done("The source of every endpoint is stated.", "methods")


def _bias(report: Report) -> Verdict:
    if not report.facts.compares:
        return partial("One arm; what was done about selection is for the authors.", "methods", "limitations")
    if report.study.confounding:
        return done("Stated by the authors, and what each model adjusts for.", "methods", "limitations")
    return partial("What was and was not done is told; the reasons (study.confounding) are not.", "methods",
                   "limitations")  # fmt: skip


def _size(report: Report) -> Verdict:
    if report.study.sample_size:
        return done("Stated by the authors.", "methods")
    return partial("All eligible patients; no size was calculated (study.sample_size).", "methods")


def _numbers(report: Report) -> Verdict:
    if not report.cuts:
        return done("No number was grouped.", "methods")
    where = report.tables(specs.BaselineAnalysis)[:1]
    return partial("The groups are shown; why these limits were chosen is for the authors.", *where)


def _confounding(report: Report) -> Verdict:
    if not report.facts.compares:
        return done("Methods are stated; one arm, no comparison.", "methods")
    if report.facts.is_randomised or adjustments(report.facts):
        return done("Methods are stated, and what is adjusted for.", "methods")
    return partial("Methods are stated; no comparison is adjusted for confounding.", "methods")


def _subgroups(report: Report) -> Verdict:
    if report.facts.analyses(specs.SubgroupsAnalysis):
        return done("Subgroups and the tests of interaction are stated.", "methods")
    if report.divides:
        return done("What divides the patients is stated.", "methods")
    return absent("No subgroup was analysed and no interaction tested.")


def _loss(report: Report) -> Verdict:
    if report.facts.endpoints(specs.TimeToEvent):
        return done("The rules of censoring are stated.", "methods")
    return absent("No time to an event is an endpoint.")


def _sensitivity(report: Report) -> Verdict:
    if report.varies:
        return done("Stated, with what they change.", "methods", "conventions", "definitions")
    return partial("No sensitivity analysis was made.", "methods")


def _stages(report: Report) -> Verdict:
    if report.left:
        return done("Screened, excluded, pending and included.", "patients", "figure-flow")
    return partial(
        "Every patient of the records was included; how many were screened is for the authors.", "patients"
    )


def _reasons(report: Report) -> Verdict:
    if report.left:
        return done("The first criterion not met.", "table-eligibility", "figure-flow")
    return absent("No patient of the records was left out.")


def _baseline(report: Report) -> Verdict:
    where = report.tables(specs.BaselineAnalysis)
    return done("By arm, with missing values.", *where) if where else authors("No analysis of kind baseline.")


def _follow_up(report: Report) -> Verdict:
    where = report.tables(specs.SurvivalAnalysis)
    if where:
        return done("Median follow-up by the reverse Kaplan-Meier method.", *where[:1])
    return authors("No analysis of kind survival.")


def _outcomes(report: Report) -> Verdict:
    kinds = (
        specs.SurvivalAnalysis,
        specs.CompetingRisksAnalysis,
        specs.ResponseAnalysis,
        specs.SafetyAnalysis,
    )
    where = tuple(name for kind in kinds for name in report.tables(kind))
    return done("By arm.", *where) if where else absent("No outcome was analysed.")


def _estimates(report: Report) -> Verdict:
    kinds = (specs.SurvivalAnalysis, specs.CompetingRisksAnalysis, specs.CoxAnalysis)
    where = tuple(name for kind in kinds for name in report.tables(kind))
    where = where or report.tables(specs.ResponseAnalysis)
    if not where:
        return authors("No analysis of kind survival, competing_risks, cox or response.")
    if report.facts.compares and not adjustments(report.facts):
        return partial("Unadjusted estimates with intervals; none is adjusted.", *where)
    return done("With intervals, and adjusted where there are arms to compare.", *where)


def _boundaries(report: Report) -> Verdict:
    if report.cuts:
        return done("In the labels of the groups.", *report.tables(specs.BaselineAnalysis)[:1])
    return absent("No number was grouped.")


def _absolute(report: Report) -> Verdict:
    times = [
        f"table-{spec.id}"
        for spec in report.facts.protocol.analyses
        if isinstance(spec, specs.SurvivalAnalysis | specs.CompetingRisksAnalysis) and spec.at
    ]
    where = (*times, *report.tables(specs.ResponseAnalysis))
    if where:
        return done("Shares of patients at fixed times, and rates of response.", *where)
    return partial("No analysis gives risks at a fixed time (survival: at).")


def _others(report: Report) -> Verdict:
    if report.varies or report.divides:
        return done("With what they change.", "definitions", "conventions", "populations")
    return absent("No other analysis was made.")


def _codes(report: Report) -> Verdict:
    if report.study.availability:
        return done("The study file holds every column, code and rule, and is stated where it is.", "methods")
    return partial("The study file holds every column, code and rule; publish it with the paper.", "methods")


def _linked(report: Report) -> Verdict:
    return done("Stated by the authors.", "methods") if report.study.linkage else absent(NO_LINKAGE)


Judge = Callable[[Report], Verdict]

STROBE_JUDGES: Mapping[str, Judge] = {
    "1a": lambda report: done(f"{report.study.design.capitalize()}.", "summary"),
    "1b": _summary,
    "2": lambda report: stated(report.study.background, "background", "summary"),
    "3": _objectives,
    "4": lambda report: done("The first sentence.", "methods"),
    "5": _setting,
    "6a": _participants,
    "6b": lambda report: absent("No patient was matched."),
    "7": _definitions,
    "8": _measurement,
    "9": _bias,
    "10": _size,
    "11": _numbers,
    "12a": _confounding,
    "12b": _subgroups,
    "12c": lambda report: done("Stated for each kind of analysis.", "methods"),
    "12d": _loss,
    "12e": _sensitivity,
    "13a": _stages,
    "13b": _reasons,
    "13c": lambda report: done("Drawn from the records.", "figure-flow"),
    "14a": _baseline,
    "14b": _baseline,
    "14c": _follow_up,
    "15": _outcomes,
    "16a": _estimates,
    "16b": _boundaries,
    "16c": _absolute,
    "17": _others,
    "18": lambda report: partial("The results stand in the summary; their weight is for the authors.", "summary"),
    "19": lambda report: partial("What follows from the data is listed; direction and size are for the authors.",
                                 "limitations"),
    "20": lambda report: authors("No data say what results mean beside other evidence."),
    "21": lambda report: authors("No data say where else results hold."),
    "22": lambda report: stated(report.study.funding, "funding", "methods"),
}  # fmt: skip

RECORD_JUDGES: Mapping[str, Judge] = {
    "1.1": lambda report: stated(report.study.source, "source", "summary"),
    "1.2": lambda report: needing(
        {"study.period": report.study.period, "study.setting": report.study.setting}, "Both stand in the summary.",
        "summary",
    ),
    "1.3": _linked,
    "6.1": lambda report: (
        done("Every criterion with its rule.", "methods", "table-eligibility")
        if report.facts.protocol.eligibility
        else partial("No criterion is declared: every patient with an arm is in.", "methods")
    ),
    "6.2": lambda report: authors("Whether the records were held against another source."),
    "6.3": lambda report: authors("The numbers linked.") if report.study.linkage else absent(NO_LINKAGE),
    "7.1": _codes,
    "12.1": lambda report: authors("Who had access to which part of the records."),
    "12.2": lambda report: done("Every check, and every problem found.", "methods", "data"),
    "12.3": _linked,
    "13.1": lambda report: done("The flow, with records left out because of errors.", "patients", "data"),
    "19.1": lambda report: partial("What follows from the data is listed; the rest is for the authors.",
                                   "limitations"),
    "22.1": lambda report: stated(report.study.availability, "availability", "methods"),
}  # fmt: skip
