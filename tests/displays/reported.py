"""Studies of every shape, run whole: what the tests of the running text read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from calliper.pipeline import Run
from calliper.study import load
from calliper.synth.demo import write_demo
from small_study import STUDY, write_study

MINIMAL = """\
calliper: 1
study: {title: Ten lines, design: prospective cohort}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
variables:
  age: {type: integer, column: Age, label: Age, unit: years}
arms: {column: Arm, reference: a, groups: {a: {label: A, values: [A]}, b: {label: B, values: [B]}}}
analyses:
  - {id: baseline, kind: baseline, variables: [age]}
"""
PATIENTS = "ID,Age,Arm,Months,End\n" + "".join(
    f"P{place},{50 + place},{'AB'[place % 2]},{3 + 2 * place},{('PD', 'Death', 'Alive')[place % 3]}\n"
    for place in range(12)
)
COMPETING = """\
calliper: 1
study: {title: Two endings, design: randomised trial, confounding: Arms were drawn by lot.}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
variables:
  months: {type: number, column: Months, label: Months}
  end: {type: category, column: End, label: End, codes: {PD: PD, Death: Death, Alive: Alive}}
arms: {column: Arm, reference: a, groups: {a: {label: A, values: [A]}, b: {label: B, values: [B]}}}
endpoints:
  ttp:
    kind: time_to_event
    label: Time to progression
    short: TTP
    unit: months
    recorded: {time: months, cause: end, causes: {PD: event, Death: death, Alive: censored}}
analyses:
  - {id: ttp, kind: competing_risks, endpoint: ttp, at: [12]}
multiplicity: {primary: ttp}
"""
FACTS = (
    "background: Why, objective: To learn, setting: A ward, procedures: As usual, readers: Two masked readers, "
    "confounding: Age was thought of, sample_size: Ten patients were planned, changes: None, conflicts: None, "
    "availability: On request, period: 2018, registration: None, funding: None, source: Hospital records, "
    "ethics: {approval: Given, consent: Waived}"
)
SINGLE = (
    STUDY.replace("design: retrospective cohort", f"design: single-arm trial, {FACTS}")
    .replace("    new: {label: New treatment, values: [NEW]}\n", "")
    .replace(
        "    old: {label: Old treatment, values: [OLD]}\n", "    all: {label: Treated, values: [NEW, OLD]}\n"
    )
    .replace("reference: old", "reference: all")
    .replace("factors: [arm, age, size]", "factors: [age, size]")
)
STATED = STUDY.replace("design: retrospective cohort", f"design: retrospective cohort, {FACTS}")
NAMES = ("demo", "small", "stated", "single", "minimal", "competing")


@cache
def run(name: str) -> Run:
    """A study run whole, once a session."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        if name == "demo":
            write_demo(folder)
        elif name in ("minimal", "competing"):
            (folder / "patients.csv").write_text(PATIENTS, encoding="utf-8")
            text = MINIMAL if name == "minimal" else COMPETING
            (folder / "study.yaml").write_text(text, encoding="utf-8")
        else:
            write_study(folder, study={"small": STUDY, "stated": STATED, "single": SINGLE}[name])
        return load(folder / "study.yaml").outcome
