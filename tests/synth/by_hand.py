"""The demonstration read back from its workbooks, and textbook arithmetic on it in plain Python.

Nothing here comes from `calliper`: Kaplan-Meier and log-rank in exact fractions, Cox by Newton steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]
WORKBOOKS = ("linyi.xlsx", "dalian.xlsx", "beijing.xlsx")
SHEETS = (
    "Patients", "Responses", "Adverse events", "Contacts", "Imaging", "Lesions", "Treatments", "Sessions",
    "Bead preparation", "Arterial drugs", "Embolisation", "Angiography", "Visits", "Laboratory",
)  # fmt: skip
CUTOFF = date(2020, 6, 30)
COMBINATION, CONTROL = "DEB-TACE + sorafenib", "DEB-TACE"


@dataclass(frozen=True)
class Demo:
    """The rows of one sheet of all three workbooks, in the order of workbooks."""

    folder: Path
    patients: list[Row]
    responses: list[Row]
    events: list[Row]
    contacts: list[Row]
    imaging: list[Row]
    lesions: list[Row]
    treatments: list[Row]
    sessions: list[Row]
    beads: list[Row]
    arterial: list[Row]
    steps: list[Row]
    angiography: list[Row]
    visits: list[Row]
    laboratory: list[Row]

    def arm(self, treatment: str) -> list[Row]:
        return [row for row in self.patients if row["Treatment"] == treatment]

    def scans(self, patient: Row) -> list[Row]:
        return of_patient(self.responses, patient)

    def overall_survival(self, patient: Row) -> tuple[int, bool]:
        """Days from the first session to death, or to the last contact, and whether the patient died."""
        death = patient["Death date"]
        end = death or max(row["Contact date"] for row in of_patient(self.contacts, patient))
        return (end - patient["First DEB-TACE"]).days, death is not None

    def progression(self, patient: Row) -> tuple[int, bool]:
        """Days from the first session to the first PD, or the last evaluable scan; whether there was PD."""
        scans = self.scans(patient)
        seen = [row["Scan date"] for row in scans if row["mRECIST"] == "PD"]
        good = [row["Scan date"] for row in scans if row["mRECIST"] in {"CR", "PR", "SD"}]
        end = min(seen) if seen else max(good)
        return (end - patient["First DEB-TACE"]).days, bool(seen)

    def landmark(self, patient: Row, first: int, target: int, last: int) -> str | None:
        """Evaluable scan of the window nearest to the target, the earlier of two; PD once seen stays PD."""
        days = {
            (row["Scan date"] - patient["First DEB-TACE"]).days: row["mRECIST"] for row in self.scans(patient)
        }
        inside = [day for day, response in days.items() if first <= day <= last and response != "NE"]
        if not inside:
            return None
        nearest = min(inside, key=lambda day: (abs(day - target), day))
        return "PD" if any(r == "PD" and day <= nearest for day, r in days.items()) else str(days[nearest])


def of_patient(rows: list[Row], patient: Row) -> list[Row]:
    return [row for row in rows if row["Patient ID"] == patient["Patient ID"]]


def as_date(cell: object) -> object:
    return cell.date() if isinstance(cell, datetime) else cell


def read_demo(folder: Path) -> Demo:
    def sheet(name: str) -> list[Row]:
        readers = [fastexcel.read_excel(folder / workbook) for workbook in WORKBOOKS]
        rows = [row for reader in readers for row in reader.load_sheet(name).to_polars().to_dicts()]
        return [{name: as_date(cell) for name, cell in row.items()} for row in rows]

    return Demo(folder, *(sheet(name) for name in SHEETS))


def kaplan_meier(times: list[tuple[int, bool]]) -> list[tuple[int, Fraction]]:
    """Day of each event and the curve after it, exact."""
    curve, height = [], Fraction(1)
    for day in sorted({day for day, event in times if event}):
        at_risk = sum(time >= day for time, _ in times)
        events = sum(event and time == day for time, event in times)
        height *= 1 - Fraction(events, at_risk)
        curve.append((day, height))
    return curve


def log_rank(one: list[tuple[int, bool]], two: list[tuple[int, bool]]) -> Fraction:
    """Log-rank chi-square, exact (Mantel 1966, hypergeometric variance)."""
    observed_less_expected, variance = Fraction(0), Fraction(0)
    both = one + two
    for day in sorted({day for day, event in both if event}):
        n, n1 = sum(t >= day for t, _ in both), sum(t >= day for t, _ in one)
        d, d1 = sum(e and t == day for t, e in both), sum(e and t == day for t, e in one)
        observed_less_expected += d1 - Fraction(d * n1, n)
        if n > 1:
            variance += Fraction(d * n1 * (n - n1) * (n - d), n * n * (n - 1))
    return observed_less_expected**2 / variance


def cox(times: list[tuple[int, bool]], factors: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cox coefficients and standard errors for `factors` of shape (n, p); days of death are distinct."""
    x = factors - factors.mean(axis=0)
    beta = np.zeros(x.shape[1])
    for _ in range(25):
        score, information = np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
        for i, (day, event) in enumerate(times):
            if not event:
                continue
            risk = [j for j, (time, _) in enumerate(times) if time >= day]
            weight = np.exp(x[risk] @ beta)
            weight /= weight.sum()
            mean = weight @ x[risk]
            score += x[i] - mean
            information += (x[risk] - mean).T @ ((x[risk] - mean) * weight[:, None])
        beta = beta + np.linalg.solve(information, score)
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))
