"""The whole report as blocks: sections in order, tables and figures numbered as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from calliper.blocks import Block, Document, Figure, Section, Table, Text
from calliper.displays import DISPLAY, labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.figures.flow_chart import flow_figure
from calliper.displays.in_style import in_shades, with_arms_in_order
from calliper.displays.made import with_methods
from calliper.displays.narrative import results as told
from calliper.displays.narrative.checklist import checklist
from calliper.displays.narrative.conventions import sensitivity
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.limits import limits
from calliper.displays.narrative.methods import methods
from calliper.displays.narrative.summary import summary
from calliper.displays.narrative.tests_made import tests_section
from calliper.displays.populations import in_population, populations_table
from calliper.displays.tables.conventions import choices_table, compared, flips_table, headline_table
from calliper.displays.tables.multiplicity import shown_keys
from calliper.displays.tables.records import eligibility_table, problem_counts, problem_lines, version_table
from calliper.protocol import specs
from calliper.protocol.specs import Protocol
from calliper.records.tables import Problem
from calliper.results import Results

BANNER = "INVENTED DATA - no patient is described"
SECTIONS: dict[type[specs.AnalysisSpec], tuple[str, str]] = {
    specs.BaselineAnalysis: ("baseline", "Baseline characteristics"),
    specs.ResponseAnalysis: ("response", "Response"),
    specs.SurvivalAnalysis: ("survival", "Survival"),
    specs.CompetingRisksAnalysis: ("competing_risks", "Competing risks"),
    specs.TreatmentAnalysis: ("treatment", "Treatment"),
    specs.ExposureAnalysis: ("exposure", "Exposure"),
    specs.ScheduleAnalysis: ("follow_up", "Follow-up"),
    specs.SafetyAnalysis: ("safety", "Safety"),
    specs.TrendAnalysis: ("measurements", "Measurements over time"),
    specs.AgreementAnalysis: ("agreement", "Agreement of readings"),
    specs.CoursesAnalysis: ("courses", "Courses of single patients"),
    specs.CoxAnalysis: ("prognosis", "Prognosis"),
    specs.SubgroupsAnalysis: ("subgroups", "Subgroups"),
    specs.DefinitionsAnalysis: ("definitions", "Sensitivity to definitions"),
    specs.DeviationsAnalysis: ("deviations", "Protocol deviations"),
}


def document(
    protocol: Protocol, results: Results, problems: Sequence[Problem], versions: Mapping[str, str]
) -> Document:
    """Put the report together, in English. Same arguments, same document: nothing here reads a clock."""
    protocol = with_arms_in_order(protocol)
    analysed = [_patients(protocol, results), *_analyses(protocol, results)]
    facts = Facts(protocol, results, versions, shown_keys(analysed), problems)
    held = limits(facts, analysed) or (Text("None follows from the study file or the results."),)
    sections = _numbered(
        [
            summary(facts),
            *analysed,
            *tests_section(protocol, results, analysed),
            *_conventions(protocol, results),
            Section("methods", "Methods", methods(facts)),
            _data(protocol, results, problems),
            Section("limitations", "Limitations", held),
            Section("provenance", "Provenance", (version_table(versions),) if versions else ()),
        ]
    )
    return Document(
        title=protocol.study.title,
        subtitle=_subtitle(protocol),
        facts=_facts(protocol),
        sections=in_shades(
            with_methods(_numbered([*sections, checklist(facts, sections)]), results), protocol.report.held
        ),
        banner=BANNER if protocol.study.invented else "",
    )


def _subtitle(protocol: Protocol) -> str:
    design = protocol.study.design.capitalize()
    centres = len(protocol.centres)
    return f"{design}, {centres} centres" if centres > 1 else design


def _facts(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    study = protocol.study
    arms = [arm.label for arm in protocol.arms.groups.values()]
    facts = {
        "Arms": labels.listed(arms),
        "Centres": labels.listed([centre.label for centre in protocol.centres.values()]),
        "Period": study.period,
        "Data cut-off": labels.day(study.cutoff) if study.cutoff else None,
        "Ethics": study.ethics.approval if study.ethics else None,
        "Registration": study.registration,
        "Funding": study.funding,
        "Conflicts of interest": study.conflicts,
        "Data and code": study.availability,
        "Source": study.source,
    }
    return tuple((name, text) for name, text in facts.items() if text)


def _patients(protocol: Protocol, results: Results) -> Section:
    tables = (eligibility_table(protocol, results), populations_table(protocol, results))
    blocks: list[Block] = [*told.patients(protocol, results), flow_figure(protocol, results)]
    return Section("patients", "Patients", (*blocks, *(table for table in tables if table is not None)))


def _analyses(protocol: Protocol, results: Results) -> list[Section]:
    """One section a kind of analysis, in the order in which the study file first names the kinds."""
    gathered: dict[tuple[str, str], list[Block]] = {}
    for spec in protocol.analyses:
        blocks = gathered.setdefault(SECTIONS[type(spec)], [])
        made = DISPLAY[type(spec)](spec, protocol, results)
        blocks += in_population(made, spec, protocol, results)
    return [Section(name, title, tuple(blocks)) for (name, title), blocks in gathered.items()]


def _conventions(protocol: Protocol, results: Results) -> tuple[Section, ...]:
    """What the conventions of R, SAS and SPSS change; nothing where they were not compared."""
    held = compared(results)
    if held is None:
        return ()
    tables = (flips_table(protocol, held), headline_table(protocol, held), choices_table(held))
    blocks: list[Block] = [*sensitivity(protocol, held), *(table for table in tables if table is not None)]
    return (Section("conventions", "Sensitivity to software conventions", tuple(blocks)),)


def _data(protocol: Protocol, results: Results, problems: Sequence[Problem]) -> Section:
    """What was wrong with the records, what was left out, who is pending."""
    forms = numbers.forms(protocol)
    flow = Shelf(results, "flow", "screened")
    blocks: list[Block] = []
    for stat, words in (
        ("records_excluded", "Records left out because of errors"),
        ("excluded_with_patient", "Other records of patients whose own record was left out"),
        ("pending", "Patients pending because eligibility could not be told"),
    ):
        row = flow.row("overall", "", "", stat)
        if row is not None:
            blocks.append(Text(f"{words}: {forms.count(row.value)}.", keys=(row.key,)))
    if not problems:
        blocks.append(Text("The checks found no problem in the records."))
        return Section("data", "Data quality", tuple(blocks))
    return Section(
        "data",
        "Data quality",
        (*blocks, problem_counts(protocol, problems), problem_lines(problems)),
    )


def _numbered(sections: Sequence[Section]) -> tuple[Section, ...]:
    """`Table 1`, `Figure 1` and so on, in reading order."""
    counts = {"Table": 0, "Figure": 0}

    def name(block: Block) -> Block:
        if isinstance(block, Text):
            return block
        kind = "Table" if isinstance(block, Table) else "Figure"
        counts[kind] += 1
        number = f"{kind} {counts[kind]}"
        return replace(block, number=number) if isinstance(block, Table | Figure) else block

    return tuple(
        replace(section, blocks=tuple(name(block) for block in section.blocks)) for section in sections
    )
