"""What each variable of the datasets is: a line a variable, for define.csv and define.json."""

from __future__ import annotations

from calliper.exports.dataset import Dataset, Variable
from calliper.exports.transport import length

COLUMNS = (
    "dataset", "dataset_label", "rows", "variable", "label", "full_label", "type", "length", "format", "codelist",
    "origin", "derivation",
)  # fmt: skip

DATASETS = {
    "ADSL": "one row a patient of the records, included or not",
    "ADRS": "one row a scan, and one an included patient, response endpoint and landmark",
    "ADTTE": "one row an included patient and time-to-event endpoint",
    "ADAE": "one row an event that counts and endpoint",
    "ADTOX": "one row an included patient of the endpoint's arms, endpoint and term",
}


def define_lines(datasets: list[Dataset]) -> list[list[str | int]]:
    """A line a variable, in order, with COLUMNS."""
    return [
        [
            held.name, f"{held.label}: {DATASETS[held.name]}", held.frame.height, variable.name, variable.short_label,
            variable.label, variable.kind, length(held, variable), "DATE9." if variable.kind == "date" else "",
            "; ".join(f"{code} = {words}" for code, words in variable.codes), variable.origin, variable.made,
        ]
        for held in datasets
        for variable in held.variables
    ]  # fmt: skip


def define_tree(datasets: list[Dataset]) -> list[dict[str, object]]:
    """The same as objects, codelists as objects of their own."""
    return [
        {
            "name": held.name,
            "label": held.label,
            "structure": DATASETS[held.name],
            "rows": held.frame.height,
            "variables": [_variable(held, variable) for variable in held.variables],
        }
        for held in datasets
    ]


def _variable(dataset: Dataset, variable: Variable) -> dict[str, object]:
    return {
        "name": variable.name,
        "label": variable.short_label,
        "full_label": variable.label,
        "type": variable.kind,
        "length": length(dataset, variable),
        "format": "DATE9." if variable.kind == "date" else "",
        "codelist": [{"code": code, "words": words} for code, words in variable.codes],
        "origin": variable.origin,
        "derivation": variable.made,
    }
