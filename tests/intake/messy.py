"""The demonstration's three centres as hospitals keep them: other headers, languages, codes, units, dates, and slips.

Each workbook holds the same patients as the demonstration's, so that a study of them must give its results. What was
planted is in `PLANTED`: the cell's address, what stands there, and what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from calliper.synth.patients import CENTRES, read_patients
from calliper.synth.sheets import invent_sheets

Value = Any
WESTERN = ("Anna Berg", "John Smith", "Mary Jones", "Peter Novak", "Eva Klein", "Tom Baker")
CHINESE = ("王伟", "李娜", "张敏", "刘洋", "陈静", "杨磊")

HEADERS: dict[str, dict[str, str]] = {
    "linyi": {
        "Patient ID": "患者编号", "Sex": "性别", "Age": "年龄（岁）", "Aetiology": "病因", "Cirrhosis": "肝硬化",
        "Largest diameter (cm)": "肿瘤最大径（mm）", "Sum of diameters (cm)": "直径总和（mm）", "Nodules": "病灶数目",
        "Vascular invasion": "血管侵犯", "Extrahepatic metastasis": "肝外转移", "ECOG": "ECOG评分",
        "Child-Pugh": "Child-Pugh分级", "BCLC": "BCLC分期", "AFP (ng/mL)": "甲胎蛋白（ng/mL）",
        "Previous treatment": "既往治疗", "Progressed after previous treatment": "既往治疗后进展",
        "Diagnosis": "诊断方式",
        "Expected survival > 3 months": "预计生存期>3个月", "Secondary liver tumour": "转移性肝癌",
        "Severe organ dysfunction": "严重脏器功能不全", "Mental disorder or pregnancy": "精神障碍或妊娠",
        "Admission date": "入院日期", "First DEB-TACE": "首次TACE日期", "Treatment": "治疗分组",
        "First sorafenib": "索拉非尼开始日期", "Death date": "死亡日期",
        "Scan date": "检查日期", "mRECIST": "mRECIST疗效", "Contact date": "随访日期", "Status": "生存状态",
    },
    "dalian": {
        "Patient ID": "Subject ID", "Sex": "Gender", "Age": "Age at diagnosis", "Aetiology": "Etiology",
        "Largest diameter (cm)": "Tumor size (cm)", "Nodules": "Number of tumors", "Vascular invasion": "PVTT",
        "Extrahepatic metastasis": "Distant metastasis", "ECOG": "PS", "Child-Pugh": "Child-Pugh class",
        "AFP (ng/mL)": "Serum AFP (ng/ml)", "Previous treatment": "Prior treatment", "First DEB-TACE": "First TACE",
        "Treatment": "Group", "First sorafenib": "Sorafenib start", "Death date": "Date of death",
        "Scan date": "Assessment date", "mRECIST": "Response", "Contact date": "Follow-up date",
    },
    "beijing": {"Patient ID": "Hospital number", "Age": "AGE", "BCLC": "BCLC stage"},
}  # fmt: skip
SHEETS: dict[str, dict[str, str]] = {
    "linyi": {"Patients": "患者信息", "Responses": "疗效评价", "Contacts": "随访"},
    "dalian": {"Patients": "Baseline", "Responses": "Tumor response", "Contacts": "Follow-up"},
    "beijing": {},
}
CODES: dict[str, dict[str, dict[Value, Value]]] = {
    "linyi": {
        "Sex": {"M": "男", "F": "女"},
        "Aetiology": {"HBV": "乙肝", "HCV": "丙肝", "ALCOHOL": "酒精性", "OTHER": "其他"},
        **{
            column: {"Y": "有", "N": "无"}
            for column in (
                    "Cirrhosis", "Vascular invasion", "Extrahepatic metastasis", "Previous treatment",
                    "Progressed after previous treatment", "Secondary liver tumour", "Severe organ dysfunction",
                    "Mental disorder or pregnancy",
            )
        },
        "Expected survival > 3 months": {"Y": "是", "N": "否"},
        "Diagnosis": {"CLINICAL": "临床诊断", "BIOPSY": "病理"},
        "Child-Pugh": {"A": "A级", "B": "B级"},
        "BCLC": {"B": "B期", "C": "C期", "A": "A期"},
    },
    "dalian": {
        "Sex": {"M": "male", "F": "female"},
        "Vascular invasion": {"Y": "yes", "N": "no"},
        "Extrahepatic metastasis": {"Y": "Present", "N": "Absent"},
        "Diagnosis": {"CLINICAL": "clinical", "BIOPSY": "biopsy"},
    },
    "beijing": {},
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A slip in a cell of the patients' sheet: the centre, the study's column, what stands there, and what is right."""

    centre: str
    column: str
    patient_at: int
    written: str
    right: str


PLANTED = (
    Planted("linyi", "Age", 3, "6l", ""),
    Planted("dalian", "Sex", 5, "malee", ""),
    Planted("beijing", "First DEB-TACE", 2, "2018-02-31", ""),
    Planted("linyi", "AFP (ng/mL)", 7, "about 400", ""),
)


def identity(number: int) -> str:
    """An invented Chinese identity number with its check digit (GB 11643-1999)."""
    digits = f"110101{1940 + number % 40}{1 + number % 12:02}{1 + number % 28:02}{number % 1000:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights)) % 11]


def _dates(centre: str) -> Callable[[date], Value]:
    if centre == "linyi":
        return lambda day: f"{day.year}年{day.month}月{day.day}日"
    if centre == "dalian":
        return lambda day: f"{day.day:02}/{day.month:02}/{day.year % 100:02}"
    return lambda day: day


def write_messy(folder: Path, *, planted: bool = True, identifiers: bool = True) -> dict[str, Path]:
    """The three workbooks, by centre."""
    patients = read_patients()
    sheets = invent_sheets(patients)
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Path] = {}
    for centre in CENTRES:
        known = [patient.patient_id for patient in patients if patient.centre == centre]
        path = folder / f"{centre}.xlsx"
        with Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as workbook:
            for name, (columns, rows) in sheets.items():
                own = [row for row in rows if row[0] in known]
                _sheet(workbook, centre, name, columns, own, planted=planted, identifiers=identifiers)
        made[centre] = path
    return made


def _sheet(
    workbook: Workbook, centre: str, name: str, columns: Sequence[str], rows: Sequence[Sequence[Value]],
    *, planted: bool, identifiers: bool,
) -> None:  # fmt: skip
    sheet = workbook.add_worksheet(SHEETS[centre].get(name, name))
    top = 0
    if name == "Patients" and centre == "linyi":
        sheet.write_string(0, 0, "肝癌研究登记表")
        top = 2
    is_patients = name == "Patients"
    heads = [_head(centre, name, column) for column in columns]
    extra = _extra(centre) if is_patients and identifiers else {}
    sheet.write_row(top, 0, [*heads, *extra])
    for at, row in enumerate(rows):
        cells = [_cell(centre, name, column, value) for column, value in zip(columns, row)]
        for slip in PLANTED if planted and is_patients else ():
            if slip.centre == centre and slip.patient_at == at:
                cells[list(columns).index(slip.column)] = slip.written
        for column, value in enumerate([*cells, *(make(at) for make in extra.values())]):
            if value is not None:
                sheet.write(top + 1 + at, column, value)


def _head(centre: str, sheet: str, column: str) -> str:
    """A header as the centre has it; those of sheets beside the first three are the demonstration's own."""
    is_own = sheet in ("Patients", "Responses", "Contacts") or column == "Patient ID"
    return HEADERS[centre].get(column, column) if is_own else column


def _extra(centre: str) -> Mapping[str, Callable[[int], Value]]:
    if centre == "linyi":
        return {
            "姓名": lambda at: CHINESE[at % 6],
            "身份证号": identity,
            "联系电话": lambda at: f"138{10000000 + at * 7919}",
        }
    if centre == "dalian":
        return {
            "Patient name": lambda at: WESTERN[at % 6],
            "Date of birth": lambda at: f"{1 + at % 28:02}/{1 + at % 12:02}/{1940 + at % 30}",
            "Remarks": lambda at: (
                f"Seen in clinic with her daughter, lives in house number {at}, wants no calls"
            ),
            # the third patient of this centre is the first of the other
            "ID card": lambda at: identity(0 if at == 2 else 500 + at),
        }
    return {}


def _cell(centre: str, sheet: str, column: str, value: Value) -> Value:
    if value is None:
        return "不详" if centre == "linyi" and sheet == "Patients" and column == "AFP (ng/mL)" else None
    if isinstance(value, date):
        return _dates(centre)(value) if sheet in ("Patients", "Responses", "Contacts") else value
    if sheet == "Patients" and value in CODES[centre].get(column, {}):
        return CODES[centre][column][value]
    if (
        sheet == "Patients"
        and centre == "linyi"
        and column in ("Largest diameter (cm)", "Sum of diameters (cm)")
    ):
        return round(value * 10, 6)
    if sheet == "Patients" and centre == "dalian" and isinstance(value, float):
        return f"{value:g}".replace(".", ",")
    if sheet == "Contacts" and centre == "linyi" and column == "Status":
        return {"alive": "存活"}.get(value, value)
    return value
