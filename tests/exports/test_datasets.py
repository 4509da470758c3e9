"""The datasets: who and what is in them, and the numbers programmed again from them alone."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

import calliper
from calliper.errors import OutputError
from calliper.exports.dataset import LONGEST_LABEL, Dataset, short_name, short_names
from calliper.exports.files import dataset_files, datasets, known_formats
from calliper.exports.responses import VALUES
from calliper.exports.transport import to_transport
from calliper.results import Results
from calliper.study import Study
from calliper.synth.demo import write_demo
from small_study import EVENTS, NORTH, STUDY, changed, write_study

Times = list[tuple[float, int]]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return calliper.load(folder / "study.yaml")


@pytest.fixture(scope="module")
def made(study: Study) -> dict[str, Dataset]:
    return {held.name: held for held in _made(study)}


def _made(study: Study) -> list[Dataset]:
    return datasets(study.protocol, study.outcome.records, study.outcome.derived)


def test_every_cell_is_the_same_in_both_formats(made: dict[str, Dataset], tmp_path: Path) -> None:
    files = dataset_files(list(made.values()), ["xpt", "parquet"])
    spelt = {"≤3": "<=3", "≤400": "<=400"}
    for name in made:
        for ending in ("parquet", "xpt"):
            (tmp_path / f"{name}.{ending}").write_bytes(files[f"{name.lower()}.{ending}"])
        parquet = pl.read_parquet(tmp_path / f"{name}.parquet")
        xpt, meta = pyreadstat.read_xport(str(tmp_path / f"{name}.xpt"), output_format="polars")
        assert xpt.columns == parquet.columns
        for column in parquet.columns:
            expected = parquet[column].to_list()
            if parquet.schema[column] == pl.String:
                expected = [spelt.get(text, text) if text else "" for text in expected]
            assert xpt[column].to_list() == expected, (name, column)
            assert meta.column_names_to_labels[column], column
    assert files["xpt_text.csv"].decode("utf-8-sig").splitlines()[1:] == [
        "ADSL,NODULESG,≤3,<=3",
        "ADSL,AFPGROUP,≤400,<=400",
    ]


def test_names_and_labels_fit(made: dict[str, Dataset]) -> None:
    for held in made.values():
        names = [variable.name for variable in held.variables]
        assert len(set(names)) == len(names)
        assert all(0 < len(variable.short_label) <= LONGEST_LABEL for variable in held.variables)
        assert all(variable.made.endswith((".", "…")) for variable in held.variables), held.name


def test_adsl_has_every_patient_and_every_variable(study: Study, made: dict[str, Dataset]) -> None:
    cohort = study.outcome.derived.cohort
    frame = made["ADSL"].frame
    assert sorted(frame["USUBJID"]) == sorted(cohort.screened["patient"])
    included = frame.filter(pl.col("INCLFL") == "Y").sort("USUBJID")
    patients = cohort.patients.sort("patient")
    named = {
        v.made.split()[1].rstrip(":,"): v.name
        for v in made["ADSL"].variables
        if v.made.startswith("Variable ")
    }
    assert set(named) == {*study.protocol.variables, *study.protocol.derived}
    for name, short in named.items():
        assert included[short].to_list() == patients[name].to_list(), name
    n = study.run().get("flow/per_protocol/overall///n")
    assert n is not None
    assert frame.filter(pl.col("PERPROFL") == "Y").height == n.value


def test_a_patient_who_left_is_in_adsl_with_the_reason(tmp_path: Path) -> None:
    study = (
        STUDY.replace("rule: age >= 18", "rule: age >= 50")
        + "populations:\n  men: {label: Men, rule: sex = 'Male'}\n"
    )
    study = study.replace("sex = 'Male'", "'sex = \"Male\"'")
    made = {held.name: held.frame for held in _made(calliper.load(write_study(tmp_path, study=study)))}
    left = made["ADSL"].filter(pl.col("USUBJID") == "N2").row(0, named=True)
    assert (left["INCLFL"], left["DECISION"], left["LEFTAT"]) == ("N", "excluded", "I1")
    assert left["LEFTREAS"]
    assert (left["AGE"], left["SEX"], left["TRT01P"], left["MENFL"]) == (48, "Female", "New treatment", "N")
    assert "N2" not in made["ADTTE"]["USUBJID"]
    assert made["ADSL"].filter(pl.col("MENFL") == "Y").height == 6
    assert made["ADSL"].height == 10


def test_recorded_times_have_no_dates(tmp_path: Path) -> None:
    made = {held.name: held.frame for held in _made(calliper.load(write_study(tmp_path)))}
    first = made["ADTTE"].row(0, named=True)
    assert (first["USUBJID"], first["AVAL"], first["AVALU"], first["CNSR"], first["CAUSE"]) == (
        "N1", 8.7, "months", 0, "event",
    )  # fmt: skip
    assert first["AVALDAYS"] == pytest.approx(8.7 * 30.4375)
    assert (first["STARTDT"], first["ADT"], first["ADY"]) == (None, None, None)
    assert "ADRS" not in made
    assert made["ADAE"]["AETOXGR"].to_list() == [2, 1, 3]
    grades = dict(made["ADTOX"].select("USUBJID", "AVAL").iter_rows())
    assert (grades["N1"], grades["S3"], grades["N2"]) == (2, 3, 0)


def test_the_order_of_the_rows_read_changes_nothing_but_where_they_stand(tmp_path: Path) -> None:
    def rows(name: str, north: list[list[str]], events: list[list[str]]) -> dict[str, list[str]]:
        folder = tmp_path / name
        folder.mkdir()
        made = _made(calliper.load(write_study(folder, north=north, events=events)))
        return {held.name: sorted(map(str, held.frame.drop("SOURCE").rows())) for held in made}

    as_given = rows("a", NORTH, EVENTS)
    assert rows("b", NORTH[::-1], [EVENTS[0], *EVENTS[:0:-1]]) == as_given
    assert sum(map(len, as_given.values())) == 33


def test_nobody_included_gives_datasets_without_rows(tmp_path: Path) -> None:
    study = STUDY.replace("rule: age >= 18", "rule: age >= 100")
    made = _made(calliper.load(write_study(tmp_path, study=study)))
    assert {held.name: held.frame.height for held in made} == {"ADSL": 10, "ADTTE": 0, "ADAE": 0, "ADTOX": 0}
    for held in made:
        assert to_transport(held).content


def test_chinese_text_goes_into_parquet_and_is_refused_in_a_transport_file(tmp_path: Path) -> None:
    path = write_study(tmp_path, north=changed(NORTH, "N1", "Note", "肝癌"))
    study = calliper.load(path)
    study.export(tmp_path / "out", formats=["parquet"])
    assert pl.read_parquet(tmp_path / "out" / "adsl.parquet")["NOTE"][0] == "肝癌"
    with pytest.raises(OutputError, match="NOTE: '肝癌' has letters that have no spelling in ASCII"):
        study.export(tmp_path / "other", formats=["xpt"])
    assert not (tmp_path / "other").exists()


def test_dates_and_days_agree(made: dict[str, Dataset]) -> None:
    frame = made["ADTTE"].frame.filter(pl.col("ADT").is_not_null())
    assert frame.height > 400
    passed = (frame["ADT"] - frame["STARTDT"]).dt.total_days()
    assert passed.to_list() == [math.floor(days) for days in frame["AVALDAYS"]]
    assert frame["ADY"].to_list() == (passed + 1).to_list()
    assert frame["AVAL"].to_list() == [days / 30.4375 for days in frame["AVALDAYS"]]
    deaths = frame.filter((pl.col("PARAMCD") == "OS") & (pl.col("CNSR") == 0))
    died = made["ADSL"].frame.select("USUBJID", "DEATHDT")
    assert deaths.join(died, on="USUBJID").filter(pl.col("ADT") != pl.col("DEATHDT")).is_empty()
    scans = made["ADRS"].frame.filter(pl.col("ADT").is_not_null())
    passed = (scans["ADT"] - scans["STARTDT"]).dt.total_days()
    assert scans["DAY0"].to_list() == passed.to_list()
    assert scans["ADY"].to_list() == [day + 1 if day >= 0 else day for day in passed]
    assert 0 not in scans["ADY"]


def test_competing_events_are_censored_and_named(made: dict[str, Dataset]) -> None:
    frame = made["ADTTE"].frame
    competing = frame.filter(pl.col("PARAM").str.contains("competing"))
    # whoever did not progress in this cohort died
    assert dict(competing.group_by("CAUSE").agg(pl.col("CNSR").unique()).iter_rows()) == {
        "event": [0],
        "death": [1],
    }
    assert competing["CNSDTDSC"].null_count() == competing.height
    os = frame.filter(pl.col("PARAMCD") == "OS")
    assert dict(os.group_by("CAUSE").agg(pl.col("CNSR").unique()).iter_rows()) == {
        "event": [0],
        "censored": [1],
    }
    assert os.filter(pl.col("CNSDTDSC").is_not_null())["CAUSE"].unique().to_list() == ["censored"]


# --- the study's numbers from the datasets alone -----------------------------------------------------------------


def times(frame: pl.DataFrame, code: str, arm: str) -> Times:
    held = frame.filter((pl.col("PARAMCD") == code) & (pl.col("ARMCD") == arm) & pl.col("AVAL").is_not_null())
    return [(time, 1 - censored) for time, censored in held.select("AVAL", "CNSR").iter_rows()]


def kaplan_meier(held: Times, at: float) -> float:
    """Product over the event times up to `at`, one by one."""
    surviving = 1.0
    for time in sorted({t for t, event in held if event and t <= at}):
        at_risk = sum(t >= time for t, _ in held)
        surviving *= 1 - sum(t == time and e for t, e in held) / at_risk
    return surviving


def efron_score(beta: float, new: Times, old: Times) -> tuple[float, float]:
    """Score and information of a Cox model with one 0/1 covariate, ties after Efron (1977), summed naively."""
    everyone = [(t, e, 1.0) for t, e in new] + [(t, e, 0.0) for t, e in old]
    score = information = 0.0
    for time in sorted({t for t, e, _ in everyone if e}):
        risk = [(math.exp(beta * x), x) for t, _, x in everyone if t >= time]
        died = [(math.exp(beta * x), x) for t, e, x in everyone if t == time and e]
        for place in range(len(died)):
            share = place / len(died)
            s0 = sum(w for w, _ in risk) - share * sum(w for w, _ in died)
            s1 = sum(w * x for w, x in risk) - share * sum(w * x for w, x in died)
            score -= s1 / s0
            information += s1 / s0 - (s1 / s0) ** 2  # x is 0 or 1, so its square is itself
        score += sum(x for _, x in died)
    return score, information


def value(results: Results, key: str) -> float:
    row = results.get(key)
    assert row is not None, key
    assert row.value is not None, key
    return row.value


@pytest.mark.parametrize(
    ("code", "analysis", "at"), [("OS", "os", 12.0), ("TTP", "ttp", 6.0), ("PFS", "pfs", 6.0)]
)
def test_survival_is_the_results(
    study: Study, made: dict[str, Dataset], code: str, analysis: str, at: float
) -> None:
    frame, results = made["ADTTE"].frame, study.run()
    new, old = times(frame, code, "combination"), times(frame, code, "control")
    for arm, held in (("combination", new), ("control", old)):
        place = f"{analysis}/included/{arm}/{analysis}/"
        assert len(held) == value(results, f"{place}/n")
        assert sum(event for _, event in held) == value(results, f"{place}/events")
        assert kaplan_meier(held, at) == pytest.approx(value(results, f"{place}/survival@{at:g}"), rel=1e-12)
    beta = 0.0
    for _ in range(30):
        score, information = efron_score(beta, new, old)
        beta += score / information
    assert math.exp(beta) == pytest.approx(
        value(results, f"{analysis}/included/combination vs control/{analysis}//hr.cox"), rel=1e-9
    )


def test_responses_are_the_results(study: Study, made: dict[str, Dataset]) -> None:
    frame, results = made["ADRS"].frame, study.run()
    for code, landmark in (("MONTH1", "month_1"), ("MONTH3", "month_3")):
        for arm in ("combination", "control"):
            held = frame.filter((pl.col("PARAMCD") == code) & (pl.col("ARMCD") == arm))
            for category in VALUES:
                n = held.filter(pl.col("AVALC") == category).height
                assert n == value(results, f"response/all/{arm}/{landmark}/{category}/count"), (
                    code,
                    arm,
                    category,
                )
    known = frame.filter(pl.col("AVAL").is_not_null())
    assert known["AVAL"].to_list() == [VALUES[text] for text in known["AVALC"]]
    assert {"OVRLRESP", "OVRLRE_2"} <= set(frame["PARAMCD"])


def test_adverse_events_are_the_results(study: Study, made: dict[str, Dataset]) -> None:
    results = study.run()
    frame = made["ADTOX"].frame.filter(pl.col("ENDPOINT") == "tace_events")
    events = made["ADAE"].frame.filter(pl.col("ENDPOINT") == "tace_events")
    for arm in ("combination", "control"):
        held = frame.filter(pl.col("PARAM") == "Fever")
        held = held.filter(pl.col("ARMCD") == arm)
        place = f"tace_safety/included/{arm}/fever/any grade"
        assert held.filter(pl.col("OCCURFL") == "Y").height == value(results, f"{place}/count")
        of_arm = events.filter((pl.col("ARMCD") == arm) & (pl.col("AEDECOD") == "fever"))
        assert of_arm.height == value(results, f"{place}/events")
        assert of_arm["USUBJID"].n_unique() == value(results, f"{place}/count")


# --- names -------------------------------------------------------------------------------------------------------


def test_short_names_are_different_and_of_8_letters() -> None:
    names = [f"a_very_long_name_{place}" for place in range(120)]
    made = short_names(names)
    assert list(made) == names
    assert len(set(made.values())) == 120
    assert all(len(short) <= 8 for short in made.values())
    assert made[names[0]] == "AVERYLON"
    assert made[names[11]] == "AVERYL12"
    assert short_name("肝", []) == "X"
    assert short_name("5fu", []) == "X5FU"


def test_a_format_that_is_none_is_told() -> None:
    with pytest.raises(OutputError, match=r"no dataset is written as 'xtp'.*the formats are parquet, xpt"):
        known_formats(["xtp"])
    with pytest.raises(OutputError, match="no format is named"):
        known_formats([])


def test_r_reaches_the_results_from_the_transport_file(
    study: Study, made: dict[str, Dataset], tmp_path: Path
) -> None:
    """R's survival on the file that R's foreign reads: what a second programmer does."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not here")
    (tmp_path / "adtte.xpt").write_bytes(to_transport(made["ADTTE"]).content)
    script = f"""
        library(survival)
        d <- subset(foreign::read.xport("{tmp_path}/adtte.xpt"), PARAMCD == "OS")
        d$arm <- relevel(factor(d$ARMCD), "control")
        fit <- coxph(Surv(AVAL, 1 - CNSR) ~ arm, data = d)
        test <- survdiff(Surv(AVAL, 1 - CNSR) ~ arm, data = d)
        curve <- summary(survfit(Surv(AVAL, 1 - CNSR) ~ arm, data = d))$table[, "median"]
        cat(sprintf("%.15g", c(exp(coef(fit)), exp(confint(fit)), test$chisq, curve)))
    """
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    if "no package called" in done.stderr:
        pytest.skip("R has no package foreign, or no survival")
    ratio, between = "os/included/combination vs control/os/", "os/included/between/os/"
    keys = [
        f"{ratio}/hr.cox", f"{ratio}/lower.cox", f"{ratio}/upper.cox", f"{between}/statistic.logrank",
        "os/included/control/os//median", "os/included/combination/os//median",
    ]  # fmt: skip
    found = [value(study.run(), key) for key in keys]
    assert [float(text) for text in done.stdout.split()] == pytest.approx(found, rel=1e-8)
