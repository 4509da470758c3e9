"""The sheets of what was done at each DEB-TACE session: their columns and rows. Every row begins with the patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calliper.synth.cells import Row, Sheet, yes
from calliper.synth.procedures import Procedure

SESSION_COLUMNS = (
    "Patient ID",
    "Session",
    "Date",
    "Indication",
    "Access",
    "Microcatheter",
    "Ended by",
    "Stain gone",
)
BEAD_COLUMNS = (
    "Patient ID",
    "Session",
    "Smallest bead (µm)",
    "Largest bead (µm)",
    "Settling (min)",
    "Drug",
    "Drug (mg)",
    "Water (ml)",
    "Shaken every (min)",
    "Loading (min)",
    "Beads to contrast",
    "Waiting (min)",
)
ARTERIAL_COLUMNS = ("Patient ID", "Session", "Drug", "Dose (mg)", "Before beads")
STEP_COLUMNS = ("Patient ID", "Session", "Step", "Action", "Rate (ml/min)", "Mode", "Stain left")
ANGIOGRAPHY_COLUMNS = ("Patient ID", "Session", "Phase", "Pause (min)", "Stain left")
OF_BEADS = ("inject beads", "additional beads")


def session_sheets(procedures: Sequence[Procedure]) -> dict[str, Sheet]:
    """Columns and rows of each sheet by its name."""
    return {
        "Sessions": (SESSION_COLUMNS, [_session(made) for made in procedures]),
        "Bead preparation": (BEAD_COLUMNS, [_beads(made) for made in procedures]),
        "Arterial drugs": (ARTERIAL_COLUMNS, [_arterial(made) for made in procedures]),
        "Embolisation": (STEP_COLUMNS, [row for made in procedures for row in _steps(made)]),
        "Angiography": (ANGIOGRAPHY_COLUMNS, [row for made in procedures for row in _angiography(made)]),
    }


def _session(made: Procedure) -> Row:
    return (
        made.patient_id,
        made.session,
        made.day,
        made.indication,
        made.access,
        yes(made.has_microcatheter),
        made.ended_by,
        yes(made.is_stain_gone),
    )


def _beads(made: Procedure) -> Row:
    return (
        made.patient_id,
        made.session,
        made.smallest_um,
        made.largest_um,
        made.settling_min,
        "epirubicin",
        made.drug_mg,
        made.solvent_ml,
        made.shaken_every_min,
        made.loading_min,
        made.ratio,
        made.waiting_min,
    )


def _arterial(made: Procedure) -> Row:
    return made.patient_id, made.session, "oxaliplatin", made.oxaliplatin_mg, "Y"


def _steps(made: Procedure) -> Iterator[Row]:
    """One row a step; the rate and the mode of an injection of beads, the stain that an angiography still showed."""
    for number, (action, stain) in enumerate(made.steps, start=1):
        injected = (made.rate_ml_per_min, "pulse") if action in OF_BEADS else (None, None)
        yield made.patient_id, made.session, number, action, *injected, stain


def _angiography(made: Procedure) -> Iterator[Row]:
    yield made.patient_id, made.session, "after pause", made.pause_min, made.stains[0]
    yield made.patient_id, made.session, "final", None, "none" if made.is_stain_gone else "partial"
