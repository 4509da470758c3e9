"""A centre's cells in the study's words: each rule by hand, and what no rule fits as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper import load
from calliper.disease.units import FACTORS
from calliper.errors import ProtocolError
from calliper.ingest.harmonise import convert, pseudonym
from calliper.protocol.mapping_specs import MappedColumn
from small_study import STUDY, write_study


def column(**keys: Any) -> MappedColumn:
    return MappedColumn.model_validate({"header": "H", "as": "Study", **keys})


CM = {"unit": {"of": "diameter", "from": "mm", "to": "cm"}}


@pytest.mark.parametrize(
    ("keys", "text", "value"),
    [
        (CM, "105", "10.5"),
        (CM, "3.0", "0.3"),
        (CM, "0", "0"),
        (CM, "about 4", "about 4"),  # no number: the checks name it
        ({"unit": {"of": "bilirubin", "from": "mg/dL", "to": "umol/L"}}, "3", "51.3"),
        ({"unit": {"of": "creatinine", "from": "mg/dL", "to": "umol/L"}}, "1", "88.4"),
        ({"unit": {"of": "albumin", "from": "g/dL", "to": "g/L"}}, "3.4", "34"),
        ({"unit": {"of": "afp", "from": "IU/mL", "to": "ng/mL"}}, "100", "121"),
        ({"limits": "at_limit"}, ">1210", "1210"),
        ({"limits": "at_limit"}, "< 0.6", "0.6"),
        ({"limits": "half"}, "<0.6", "0.3"),
        ({"limits": "half"}, ">1210", "1210"),
        ({}, ">1210", ">1210"),
        ({"codes": {"男": "M"}}, "男", "M"),
        ({"codes": {"男": "M"}}, " 男 ", "M"),
        ({"codes": {"男": "M"}}, "女", "女"),
        ({"missing": ["不详", "."]}, "不详", None),
        ({"missing": ["不详", "."]}, ".", None),
        ({"dates": "day_first"}, "05/03/2018", "2018-03-05"),
        ({"dates": "month_first"}, "05/03/2018", "2018-05-03"),
        ({"dates": "day_first", "short_years": 1930}, "05/03/18", "2018-03-05"),
        ({"dates": "day_first", "short_years": 1930}, "05/03/30", "1930-03-05"),
        ({"dates": "day_first", "short_years": 1950}, "05/03/49", "2049-03-05"),
        ({"dates": "day_first"}, "05/03/18", "05/03/18"),  # years of two digits only where declared
        ({"dates": "iso"}, "2018年3月5日", "2018-03-05"),
        ({"dates": "excel_serial"}, "43159", "2018-02-28"),
        ({"dates": "day_first"}, "31/02/2018", "2018-02-31"),  # a day that does not exist: the checks name it
        ({**CM, "limits": "at_limit", "codes": {"huge": ">200"}}, "huge", "20"),
    ],
)
def test_a_cell_by_hand(keys: dict[str, Any], text: str, value: str | None) -> None:
    made, why = convert(text, column(**keys))
    assert made == value
    assert bool(why) == (value != text)


def test_a_decimal_comma_of_one_sheet() -> None:
    assert convert("12,5", column(), mark="comma") == ("12.5", "12,5 is 12.5")
    assert convert("12,5", column(**CM), mark="comma")[0] == "1.25"
    assert convert("12,5", None, mark="comma")[0] == "12.5"
    assert convert("1.250,5", column(), mark="comma") == ("1.250,5", "")
    assert convert("12.5", column(**CM), decimal="comma", mark="point")[0] == "1,25"


@given(st.decimals(min_value=0, max_value=10**6, places=3), st.sampled_from(sorted(FACTORS)), st.data())
def test_there_and_back_is_the_same_number(number: Any, of: str, data: st.DataObject) -> None:
    units = list(FACTORS[of])
    one, other = data.draw(st.sampled_from(units)), data.draw(st.sampled_from(units))
    there = convert(str(number), column(unit={"of": of, "from": one, "to": other}))[0]
    back = convert(str(there), column(unit={"of": of, "from": other, "to": one}))[0]
    assert float(back or "nan") == pytest.approx(float(number), rel=1e-12, abs=1e-12)


@given(st.text(max_size=20))
def test_no_text_is_lost_or_makes_it_stop(text: str) -> None:
    """What fits no declared rule stands as it is, whatever it is."""
    value, why = convert(text, column(**CM, limits="half"))
    assert value is not None
    assert why or value == text


def test_pseudonyms_are_keyed_and_know_an_identifier_however_it_is_written() -> None:
    key = b"k" * 32
    assert pseudonym("HN 0012", key) == pseudonym("hn0012", key) == pseudonym("ＨＮ0012", key)
    assert pseudonym("HN 0012", key) != pseudonym("HN 0012", b"j" * 32)
    assert pseudonym("HN 0012", key) != pseudonym("HN 0013", key)
    assert len(pseudonym("HN 0012", key)) == 16


MAPPING = """\
calliper_mapping: 1
centre: north
sheets:
  - file: north.csv
    columns:
      - {header: Alter, as: Age}
      - {header: Geschlecht, as: Sex, codes: {m: M, w: F}}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("as: Age", "as: Age, confirm: false", "north.yaml:6: column 'Alter' of north.csv: found a guess (read as"),
        ("as: Age", "as: Sex", "found as 'Sex' in two columns; expected it in one"),
        ("Alter", "Geschlecht", "found header 'Geschlecht' in two columns; expected it in one"),
        ("as: Age", "as: Age, unit: {of: diametr, from: mm, to: cm}", "found 'diametr'; expected bilirubin"),
        ("as: Age", "as: Age, unit: {of: diameter, from: ft, to: cm}", "found the unit 'ft' of diameter; expected cm"),
        ("as: Age", "as: Age, cods: {a: b}", "found the key 'cods'; docs/mapping_file.md lists"),
        ("as: Age", "as: Age, short_years: x", "north.yaml:6: sheets[1].columns[1].short_years: found 'x'"),
        ("as: Age", "as: left_out, codes: {a: b}", "found codes of a column that is left out; expected one of the two"),
        ("as: Age", "as: Age, pseudonym: true", "pseudonyms: found no key, and a mapping asks for pseudonyms"),
        ("calliper_mapping: 1", "calliper_mapping: 2", "north.yaml:1: calliper_mapping: found 2; expected '1'"),
        ("sheets:", "shets:", "north.yaml:3: shets: found the key 'shets'"),
    ],
)  # fmt: skip
def test_mistakes_of_a_mapping_name_their_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    study = write_study(tmp_path, study=STUDY.replace("centres:\n", "mappings: [north.yaml]\ncentres:\n"))
    (tmp_path / "north.yaml").write_text(MAPPING.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        load(study)
    assert any(said in line for line in caught.value.mistakes), caught.value.mistakes


def test_a_mapping_that_is_not_there_is_told(tmp_path: Path) -> None:
    study = write_study(tmp_path, study=STUDY.replace("centres:\n", "mappings: [north.yaml]\ncentres:\n"))
    with pytest.raises(ProtocolError, match=r"north.yaml: no such file or directory; expected a mapping"):
        load(study)


def test_a_guess_in_the_study_file_waits_too(tmp_path: Path) -> None:
    guess = "guesses: {arms: {evidence: the shortest name is the reference}}\ncentres:\n"
    study = write_study(tmp_path, study=STUDY.replace("centres:\n", guess))
    with pytest.raises(
        ProtocolError, match=r"found a guess that nobody has confirmed .the shortest name is the reference."
    ):
        load(study)
    told = guess.replace("reference}", "reference, confirm: true}")
    confirmed = write_study(tmp_path, study=STUDY.replace("centres:\n", told))
    assert load(confirmed).protocol.guesses["arms"].confirm
