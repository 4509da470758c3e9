"""Recorded causes of real data: a category of causes read as an event, competing events and censoring."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

import calliper
from calliper.endpoints import Endpoint
from shared import shared_data

AIDSSI = """\
calliper: 1
study: {{title: AIDS and SI switch, design: retrospective cohort}}
data:
  patients:
    files: [{{path: {path}}}]
    columns: {{patient: patnr}}
variables:
  time: {{type: number, column: time, label: Time, unit: years}}
  cause: {{type: category, column: cause, label: Cause, codes: {{AIDS: AIDS, SI: SI, event-free: none}}}}
arms:
  column: ccr5
  groups:
    wild: {{label: WW, values: [WW]}}
    mutant: {{label: WM, values: [WM]}}
  reference: wild
endpoints:
  aids:
    kind: time_to_event
    label: Time to AIDS
    short: TTA
    unit: years
    recorded: {{time: time, cause: cause, causes: {{AIDS: event, SI: si_switch, none: censored}}}}
analyses:
  - {{id: aids, kind: survival, endpoint: aids, figure: false}}
"""

MGUS2 = """\
calliper: 1
study: {{title: Plasma cell malignancy, design: retrospective cohort}}
data:
  patients:
    files: [{{path: {path}}}]
    columns: {{patient: id}}
variables:
  months: {{type: number, column: ptime, label: Time, unit: months}}
  malignancy: {{type: integer, column: pstat, label: Malignancy}}
  death: {{type: integer, column: death, label: Death}}
derived:
  ended:
    label: What came first
    cases:
      - {{when: malignancy = 1, level: malignancy}}
      - {{when: death = 1, level: death}}
      - {{when: death = 0, level: alive}}
arms:
  column: sex
  groups:
    women: {{label: Women, values: [F]}}
    men: {{label: Men, values: [M]}}
  reference: women
endpoints:
  pcm:
    kind: time_to_event
    label: Time to plasma cell malignancy
    short: PCM
    unit: months
    recorded: {{time: months, cause: ended, causes: {{malignancy: event, death: death, alive: censored}}}}
analyses:
  - {{id: pcm, kind: survival, endpoint: pcm, figure: false}}
"""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def derived(folder: Path, text: str, path: Path) -> dict[str, dict[str, Any]]:
    (folder / "study.yaml").write_text(text.format(path=path.as_posix()), encoding="utf-8")
    (endpoint,) = calliper.load(folder / "study.yaml").outcome.derived.endpoints.values()
    assert isinstance(endpoint, Endpoint)
    return {row["patient"]: row for row in endpoint.frame.iter_rows(named=True)}


def test_aidssi(tmp_path: Path) -> None:
    path = shared_data("03_survival_classic/mstate_aidssi.csv")
    found = derived(tmp_path, AIDSSI, path)
    names = {"AIDS": "event", "SI": "si_switch", "event-free": None}
    read = [row for row in rows_of(path) if row["patnr"] in found]
    assert len(read) == len(found) > 300
    for row in read:
        kept = found[row["patnr"]]
        assert (kept["time"], kept["event"], kept["cause"]) == (
            float(row["time"]),
            int(row["cause"] == "AIDS"),
            names[row["cause"]],
        )


def test_mgus2(tmp_path: Path) -> None:
    """As the vignette of R's survival has it: the time to malignancy where it came, else to death or last contact."""
    path = shared_data("03_survival_classic/survival_mgus2.csv")
    found = derived(tmp_path, MGUS2, path)
    counts = {"event": 0, "death": 0, None: 0}
    for row in rows_of(path):
        kept = found[row["id"]]
        progressed = row["pstat"] == "1"
        cause = "event" if progressed else "death" if row["death"] == "1" else None
        assert (kept["time"], kept["event"], kept["cause"]) == (
            float(row["ptime"] if progressed else row["futime"]),
            int(progressed),
            cause,
        )
        counts[cause] += 1
    # 115 malignancies, 860 deaths without one, 409 alive: the table of the vignette
    assert counts == {"event": 115, "death": 860, None: 409}


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("none: censored", "nothing: censored", "found 'nothing'; expected a level of 'cause': AIDS, SI or none"),
        (", none: censored", "", "found no 'none'; expected every level of 'cause' among the causes"),
        ("AIDS: event", "AIDS: aids", "found no level that is the event; expected LEVEL: event among causes"),
        ("cause: cause, ", "", "found time; expected time and event"),
        ("cause: cause, causes", "cause: time, causes", "found the number 'time'; expected the name of a category"),
    ],
)  # fmt: skip
def test_causes_that_do_not_fit(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    text = AIDSSI.format(path="a.csv")
    assert text.count(old) == 1
    (tmp_path / "study.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(calliper.ProtocolError) as caught:
        calliper.load(tmp_path / "study.yaml")
    assert mistake in "\n".join(caught.value.mistakes)
