"""Common Terminology Criteria for Adverse Events, versions 3.0, 4.03 and 5.0, as data.

lab_rules.py   thresholds of laboratory values by version
labs.py        a value, its unit, the centre's own limits and the baseline: the grade, or why there is none
signs.py       grades of clinical signs by version: fever, stools, vomiting, blood pressure, skin
versions.py    the versions, and what a grade means
"""
