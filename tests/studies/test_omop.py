"""An OMOP common data model by one query: the users that its own documentation counts, and times worked out by hand."""

from __future__ import annotations

import csv
from collections import Counter

import polars as pl
import pytest

from calliper import load
from shared import ROOT, shared_data

FOLDER = "07_omop_eunomia"


def test_new_users_of_two_drugs() -> None:
    eras = pl.read_parquet(shared_data(f"{FOLDER}/drug_era.parquet"))
    conditions = pl.read_parquet(shared_data(f"{FOLDER}/condition_occurrence.parquet"))
    with shared_data(f"{FOLDER}/person.csv").open(encoding="utf-8") as file:
        people = {int(row["PERSON_ID"]): row for row in csv.DictReader(file)}
    results = load(ROOT / "studies" / "omop_eunomia.yaml").run()

    def value(key: str) -> float | None:
        row = results.get(key)
        assert row is not None, key
        return row.value

    # shared/data/README.md: 1,844 celecoxib and 850 diclofenac users
    assert value("flow/screened/celecoxib///included") == 1844
    assert value("flow/screened/diclofenac///included") == 850
    # the same, person by person, without SQL
    drug: dict[int, int] = {}
    for person, concept in zip(eras["PERSON_ID"], eras["DRUG_CONCEPT_ID"]):
        if concept in (1118084, 1124300):
            drug[person] = concept
    bled = {
        person
        for person, concept in zip(conditions["PERSON_ID"], conditions["CONDITION_CONCEPT_ID"])
        if concept == 192671
    }
    men = Counter(drug[person] for person in drug if people[person]["GENDER_CONCEPT_ID"] == "8507")
    events = Counter(drug[person] for person in bled if person in drug)
    for name, concept in (("celecoxib", 1118084), ("diclofenac", 1124300)):
        assert value(f"baseline/included/{name}/sex/Male/count") == men[concept]
        assert value(f"haemorrhage/included/{name}/haemorrhage//events") == events[concept] > 0
    years = [int(people[person]["YEAR_OF_BIRTH"]) for person in drug]
    assert value("baseline/included/overall/birth_year//mean") == pytest.approx(sum(years) / len(years))
