"""The walls of the house, checked on the code's own imports: who may know whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shared import ROOT

PACKAGE = ROOT / "src" / "calliper"

SHAPES = ("errors", "protocol", "records", "endpoints", "results", "blocks")
STAGES = ("ingest", "eligibility", "derivations", "analyses", "displays", "report")
GROUND = ("stats", "summaries", "engine", "kernels", "disease", "messages")
EDGES = (
    "app",
    "audit",
    "explain",
    "exports",
    "intake",
    "manuscript",
    "runs",
    "sharing",
    "synth",
    "cli",
    "study",
    "__main__",
)
FREE = ("__init__", "pipeline", "versions")

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "blocks": set(),
    "results": set(),
    "endpoints": set(),
    "disease": {"errors"},
    # a study file may name what a disease's scores and criteria are: the words are the disease's
    "protocol": {"errors", "disease"},
    "records": {"errors", "protocol", "disease"},
    "kernels": set(),
    # what is said in English and in another language
    "messages": set(),
    "summaries": {"errors", "kernels"},
    "stats": {"errors", "summaries", "kernels"},
    "engine": {"errors"},
    # a centre's units are converted by what is known of them
    "ingest": {"errors", "protocol", "records", "disease"},
    "eligibility": {"errors", "protocol", "endpoints", "records"},
    "derivations": {"errors", "protocol", "records", "endpoints", "disease"},
    "analyses": {"errors", "protocol", "endpoints", "results", "summaries", "stats"},
    "displays": {"errors", "protocol", "records", "results", "blocks", "messages"},
    # contents.py writes the rows and problems as data beside the documents
    "report": {"errors", "blocks", "protocol", "records", "results", "versions"},
    "versions": set(),
    "pipeline": {*SHAPES, *STAGES, "engine", "versions"} - {"report"},
    # whether printed numbers can be true is asked of the same tests that make the study's own
    "audit": {"errors", "protocol", "results", "blocks", "displays", "stats"},
    # what one patient's run derived is asked of the stages, not of a report
    # and who is in a population, of the analyses
    "explain": {
        "errors",
        "protocol",
        "records",
        "endpoints",
        "results",
        "blocks",
        "derivations",
        "analyses",
        "pipeline",
    },
    # derived data as datasets; who is in a population is asked of the stage that counts them
    "exports": {"errors", "protocol", "records", "endpoints", "analyses", "derivations", "report"},
    # report folders read back and held against each other
    # a manifest says in which journal's style the numbers were printed
    "runs": {"errors", "protocol", "report", "versions"},
    # an author's text: filled in the report's own rounding, and read as published numbers are
    "manuscript": {"errors", "protocol", "results", "displays", "report", "versions", "audit", "runs"},
    # a study drafted from files that no study file names yet, read by the readers of a study's own
    "intake": {"errors", "protocol", "disease", "ingest", "records", "messages"},
    # the page, over the same study that the command line runs
    "app": {
        *(
            "errors",
            "protocol",
            "records",
            "ingest",
            "intake",
            "study",
            "pipeline",
            "report",
            "audit",
            "disease",
            "messages",
        ),
        *("eligibility", "derivations", "analyses"),
    },
    "sharing": {"errors", "protocol", "results", "blocks"},
    "synth": {"errors", "stats", "summaries"},
    "study": {*SHAPES, "pipeline", "displays", "audit", "explain", "exports", "report", "sharing"},
    "cli": {
        *(
            "errors",
            "study",
            "pipeline",
            "audit",
            "exports",
            "manuscript",
            "runs",
            "report",
            "synth",
            "protocol",
            "records",
            "intake",
            "app",
        ),
        "versions",
    },
    "__main__": {"cli"},
    "__init__": {"errors", "results", "study"},
}
"""The rooms each room may import, itself apart. A new import that is not here is a wall moved: argue it first."""

FORBIDDEN = {
    "pandas",
    "matplotlib",
    "lifelines",
    "statsmodels",
    "requests",
    "urllib.request",
    "http",
    "socket",
    "pickle",
}
"""What no file may import: heavy, or able to reach a network, or able to run what it reads."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path: Path) -> set[str]:
    """Absolute dotted names of everything a file imports, at any depth of the file."""
    package = ["calliper", *path.relative_to(PACKAGE).with_suffix("").parts[:-1]]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{stem}.{alias.name}" for alias in node.names}
    return found


def rooms_imported(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports_of(path) if name.startswith("calliper.")}


def test_every_room_is_on_the_map() -> None:
    rooms = {room_of(path) for path in modules()}
    assert rooms == set(MAY_IMPORT), "a room without a place on the map, or a place without a room"
    assert set(MAY_IMPORT) == {*SHAPES, *STAGES, *GROUND, *EDGES, *FREE}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_keep_to_the_map(path: Path) -> None:
    room = room_of(path)
    strangers = rooms_imported(path) - MAY_IMPORT[room] - {room}
    assert not strangers, f"{room} may not import {sorted(strangers)}"
    banned = {
        name for name in imports_of(path) if any(name == f or name.startswith(f + ".") for f in FORBIDDEN)
    }
    assert not banned


def test_the_map_itself_keeps_the_rules() -> None:
    for shape in SHAPES:
        assert MAY_IMPORT[shape] <= {*SHAPES, "disease"}
    for stage in STAGES:
        assert not MAY_IMPORT[stage] & {*STAGES, *EDGES}, f"{stage} imports a stage or an edge"
    for ground in GROUND:
        assert not MAY_IMPORT[ground] & {*STAGES, *EDGES, "protocol", "records", "results", "blocks"}
    assert "stats" not in MAY_IMPORT["displays"]
    inside = set(MAY_IMPORT) - set(EDGES) - {"__init__"}
    assert not any(MAY_IMPORT[room] & set(EDGES) for room in inside), "something inside imports an edge"


def test_only_the_report_writer_of_data_sees_more_than_blocks() -> None:
    for path in modules():
        if room_of(path) == "report" and path.name != "contents.py":
            assert rooms_imported(path) <= {"report", "blocks", "errors"}, path.name


def test_displays_print_numbers_in_the_forms_of_the_study() -> None:
    """The plain style by name would print past the journal that the study file names."""
    for path in modules():
        if room_of(path) == "displays" and path.name != "numbers.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert "PLAIN" not in names | named, path.name


def test_pipeline_stays_readable() -> None:
    assert len((PACKAGE / "pipeline.py").read_text(encoding="utf-8").splitlines()) <= 100
