"""Records of random patients, odd in every way that the tables of scans and lesions can be."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from calliper.records.tables import Records
from hand_records import records

START = date(2018, 1, 10)
ORGANS = ("LIVER", "LIVER", "LIVER", "LN", "LUNG", "VESSEL", "PERITONEUM")
KINDS = (
    None,
    None,
    None,
    "atypical",
    "thrombus",
    "bland_thrombus",
    "porta_hepatis_node",
    "effusion",
    "malignant_effusion",
)
STATES = (
    *(None,) * 6, "measured", "present", "absent", "too_small", "merged", "not_assessed", "removed", "progressed",
    "equivocal", "unequivocal",
)  # fmt: skip
SIZES = (0.0, 0.0, 5.0, 6.0, 8.0, 9.9999, 10.0, 12.0, 14.0, 15.0, 20.0, 24.0, 28.8, 30.0, 36.0, 48.1)
Row = dict[str, Any]


def random_records(seed: int, *, n: int) -> Records:
    """Records of n patients; the same of one seed."""
    draw = random.Random(seed)  # noqa: S311  # repeatable, and nobody's secret
    tables: dict[str, list[Row]] = {
        "patients": [],
        "imaging": [],
        "lesions": [],
        "exposure": [],
        "responses": [],
    }
    for at in range(n):
        start = None if draw.random() < 0.02 else START + timedelta(days=draw.randrange(40))
        name = f"P{draw.randrange(10**6)}-{at}"
        death = START + timedelta(days=draw.randrange(300)) if draw.random() < 0.3 else None
        tables["patients"].append({"patient": name, "first_tace": start, "death_date": death})
        _add(tables, draw, name, start or START)
    patients = tables.pop("patients")
    for rows in tables.values():
        draw.shuffle(rows)
    return records(patients, **tables)


def _add(tables: dict[str, list[Row]], draw: random.Random, name: str, start: date) -> None:
    lesions = [_lesion(draw, at) for at in range(draw.choice((0, 1, 2, 2, 3, 4)))]
    day = -draw.choice((0, 0, 1, 5, 20, 35, 42, 50))
    modality = draw.choice(("CT", "MRI", None))
    for at in range(draw.randrange(1, 8)):
        when = start + timedelta(days=day)
        scan: Row = {
            "patient": name,
            "scan": f"S{at}",
            "date": when,
            "visit": draw.choice((None, f"V{at // 2}", f"V{at // 2}")),
            "modality": modality if draw.random() < 0.8 else draw.choice(("CT", "MRI", "US", None)),
            "arterial_phase": draw.choice((None, "yes", "yes", "yes", "no")),
            "reader": draw.choice((None, "A", "A", "B")),
        }
        tables["imaging"].append(scan)
        if draw.random() < 0.25 and day > 0:
            lesions.append({**_lesion(draw, len(lesions)), "role": "new"})
        for lesion in lesions:
            tables["lesions"] += _seen(draw, {**lesion, "patient": name, "scan": f"S{at}"})
        if draw.random() < 0.3:
            found = {
                "date": when + timedelta(days=draw.randrange(-2, 3)),
                "response": draw.choice((*"CPS", None, "?")),
            }
            tables["responses"].append({"patient": name, **found})
        day += draw.choice((0, 1, 3, 10, 14, 15, 30, 42))
    for _ in range(draw.randrange(3)):
        drug = draw.choice(("DEB-TACE", "sorafenib"))
        when = start + timedelta(days=draw.randrange(-5, 90))
        tables["exposure"].append(
            {"patient": name, "drug": drug, "start": when if draw.random() < 0.9 else None}
        )


def _lesion(draw: random.Random, at: int) -> Row:
    return {
        "lesion": draw.choice(("T", "N", "Ω")) + str(at),
        "role": draw.choice(("target", "target", "non_target")),
        "organ": draw.choice(ORGANS),
        "kind": draw.choice(KINDS),
        "treated": START + timedelta(days=draw.randrange(80)) if draw.random() < 0.1 else None,
    }


def _seen(draw: random.Random, lesion: Row) -> list[Row]:
    """The rows of a lesion at a scan: none, one, several, or its fragments."""
    n = draw.choice((0, 1, 1, 1, 1, 1, 1, 1, 2))
    is_split = draw.random() < 0.1
    return [_row(draw, lesion, is_split=is_split) for _ in range(n + is_split)]


def _row(draw: random.Random, lesion: Row, *, is_split: bool) -> Row:
    viable = draw.choice((None, *SIZES)) if draw.random() < 0.6 else draw.randrange(1, 500) / 10
    node = draw.choice((None, *SIZES, *SIZES))
    more = {"role": "target"} if draw.random() < 0.03 else {}
    return {
        **lesion,
        **more,
        "viable_mm": viable,
        "whole_mm": draw.choice((viable, None, draw.randrange(1, 600) / 10)),
        "short_axis_mm": node,
        "status": "fragment" if is_split and draw.random() < 0.9 else draw.choice(STATES),
        "pattern": draw.choice((None, "typical", "atypical")),
    }
