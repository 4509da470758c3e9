"""The items of the STROBE checklist for cohort studies and of its RECORD extension, each in a few words of our own.

von Elm et al. (2007, PLoS Med 4, e296); Benchimol et al. (2015, PLoS Med 12, e1001885). What each asks in full is
there; where each stands in a report, narrative/checklist.py judges.
"""

from __future__ import annotations

STROBE: dict[str, str] = {
    "1a": "Design named in the title or the abstract",
    "1b": "Summary of what was done and found",
    "2": "Background and reasons for the study",
    "3": "Objectives, with the hypotheses planned",
    "4": "Design, early in the paper",
    "5": "Places, and dates of recruitment, treatment and follow-up",
    "6a": "Eligibility, source of the patients, how they were followed",
    "6b": "Matching: criteria and numbers",
    "7": "Outcomes, exposures, confounders and modifiers defined",
    "8": "Source and method of each measurement, alike in all groups",
    "9": "What was done about bias",
    "10": "How the size of the study came about",
    "11": "How numbers were handled and grouped, and why",
    "12a": "Statistical methods, with those against confounding",
    "12b": "Methods for subgroups and interactions",
    "12c": "How missing values were handled",
    "12d": "How loss to follow-up was handled",
    "12e": "Sensitivity analyses",
    "13a": "Numbers of patients at each stage",
    "13b": "Reasons for leaving at each stage",
    "13c": "Flow diagram",
    "14a": "Characteristics of the patients",
    "14b": "Missing values of each variable",
    "14c": "Length of follow-up",
    "15": "Events, or summary measures, over time",
    "16a": "Unadjusted and adjusted estimates with their precision",
    "16b": "Boundaries of grouped numbers",
    "16c": "Absolute risks beside relative ones",
    "17": "Other analyses: subgroups, interactions, sensitivity",
    "18": "Key results, held against the objectives",
    "19": "Limitations, with direction and size of bias",
    "20": "Cautious interpretation, beside other evidence",
    "21": "How far the results hold elsewhere",
    "22": "Funding, and the part of the funders",
}

RECORD: dict[str, str] = {
    "1.1": "Type of data named in the title or the abstract",
    "1.2": "Region and time frame in the title or the abstract",
    "1.3": "Linkage of databases in the title or the abstract",
    "6.1": "Codes or algorithms by which patients were selected",
    "6.2": "Validation of these codes or algorithms",
    "6.3": "Linkage as a diagram, with numbers at each stage",
    "7.1": "Full lists of codes and algorithms of all variables",
    "12.1": "Access of the authors to the database",
    "12.2": "How the data were cleaned",
    "12.3": "Methods and quality of linkage",
    "13.1": "Selection of the patients, with filtering by quality",
    "19.1": "Limits of data that were not made for the question",
    "22.1": "Where protocol, raw data and code can be had",
}
