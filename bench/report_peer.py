"""What people write in Python instead: report_peer.py COHORT.csv OUT.

A table by arm with tests (tableone), two Kaplan-Meier figures at 300 dpi, eleven Cox models of one covariate and one of
all (lifelines), and a Word file of it (python-docx).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import pandas as pd
from docx import Document
from docx.shared import Inches
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.plotting import add_at_risk_counts
from lifelines.statistics import logrank_test
from matplotlib import pyplot
from tableone import TableOne

COVARIATES = ["arm", *(f"x{i}" for i in range(1, 10)), "age"]


def main() -> None:
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    patients = pd.read_csv(source)
    made = TableOne(
        patients,
        columns=COVARIATES[1:],
        categorical=COVARIATES[1:10],
        nonnormal=["age"],
        groupby="arm",
        pval=True,
    )
    report = Document()
    add_table(report, made.tableone.reset_index())
    models = [cox(patients, [name]) for name in COVARIATES]
    add_table(report, pd.concat(models).reset_index())
    add_table(report, cox(patients, COVARIATES).reset_index())
    for name in ("arm", "x1"):
        report.add_picture(str(curve(patients, name, out / f"km_{name}.png")), width=Inches(6))
    report.save(str(out / "report.docx"))


def cox(patients: Any, names: list[str]) -> Any:
    fit = CoxPHFitter().fit(patients[["time_days", "event", *names]], "time_days", "event")
    return fit.summary[["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%", "p"]]


def curve(patients: Any, name: str, path: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(7, 6))
    fits = []
    groups = [patients[patients[name] == level] for level in (0, 1)]
    for level, group in enumerate(groups):
        fit = KaplanMeierFitter().fit(group["time_days"], group["event"], label=f"{name} {level}")
        fit.plot_survival_function(ax=axes, show_censors=True)
        fits.append(fit)
    first, second = groups
    test = logrank_test(first["time_days"], second["time_days"], first["event"], second["event"])
    axes.set_title(f"log-rank p = {test.p_value:.3f}")
    add_at_risk_counts(*fits, ax=axes)
    figure.savefig(path, dpi=300, bbox_inches="tight")
    pyplot.close(figure)
    return path


def add_table(report: Any, frame: Any) -> None:
    table = report.add_table(rows=1, cols=len(frame.columns))
    for cell, name in zip(table.rows[0].cells, frame.columns):
        cell.text = str(name)
    for row in frame.itertuples(index=False):
        for cell, value in zip(table.add_row().cells, row):
            cell.text = str(value)


if __name__ == "__main__":
    main()
