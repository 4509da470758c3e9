"""Forms that no page would send: every answer is a page, whatever stands in which field, and the study goes on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.page import sign_in
from calliper.app.server import create_app

ROWS = "".join(f"{n};{'AB'[n % 2]};{40 + n};{n};{n % 3 > 0:d}\n" for n in range(1, 13))
COHORT = f"ID;Group;Age;OS months;Died\n{ROWS}"

TEXTS = (
    "", "0", "1", "-1", "99", "x", "age", "os", "arm", "arm_1", "Group", "OS months", "Died", "1e9", "null", "true",
    "../..", "files/cohort.csv", "中文", "'\"<>&", "{{7*7}}", "{0}", "%s", "a: [", "- x", "a = b\n", "=", "\n", "\x00",
    "\ue0007\ue001", "A" * 5000, "day_first", "table:contacts", "diameter|mm|cm", "age >= 18", "age >", "age = 'x'",
    "survival", "cox", "baseline", "progression", "dates", "harm", "exposure", "recorded", "event", "competing",
    "endpoints", "analyses", "zh", "lancet", "kind: survival\nendpoint: os\n", "a: &a [*a]", "? [1]\n: 2\n",
)  # fmt: skip
FIELDS = """
    as codes missing unit dates short_years limits pseudonym confirm name all part title design cutoff column
    from_column name0 label0 values0 reference label1 values1 kind text rule unknown at id drop way label short
    event_label start event_date last response death_is death parameter criteria version first_day last_day dose
    drugs time event endpoint variables key language journal convention defer file sheet row found verdict value
    who why centre again
""".split()  # noqa: SIM905  (a list to read)
FORMS = """
    design/facts design/arms design/criteria design/count design/endpoints design/analyses design/entry
    design/guesses design/text columns/files/0/1 columns/files/0/99 columns/files/9 columns/nobody problems/answer
    problems/defer files/remove files/draft run/cancel
""".split()  # noqa: SIM905  (a list to read)
SCREENS = """
    columns columns?centre=nobody problems problems?start=5 design?part=arms design?part=criteria
    design?part=endpoints design?part=analyses design?part=nothing run run/progress results
""".split()  # noqa: SIM905  (a list to read)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_odd_forms_are_answered_with_pages(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)  # noqa: S311  (no secret)
    app = create_app(tmp_path / "home")
    with TestClient(app):
        me = sign_in(app)
        study = me.study("Odd")
        me.upload(study, ("cohort.csv", COHORT.encode()))
        me.post(f"{study}/files/draft")
        path = me.workspace / study.rsplit("/", 1)[1] / "study.yaml"
        good = path.read_bytes()
        for number in range(60):
            if number % 10 == 0:
                path.write_bytes(good)
            form = {name: draw.choice(TEXTS) for name in draw.sample(FIELDS, draw.randint(1, 25))}
            # a server's error would be raised here
            answer = me.post(f"{study}/{draw.choice(FORMS)}", form)
            screen = me.get(f"{study}/{draw.choice(SCREENS)}")
            assert answer.status_code < 500
            assert screen.status_code < 500
            assert "<" in screen.text
        path.write_bytes(good)
        assert "study.yaml has mistakes" not in me.get(f"{study}/design").text
        assert (path.parent / "files" / "cohort.csv").read_text(encoding="utf-8") == COHORT
