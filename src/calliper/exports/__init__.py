"""A run's derived data as datasets that other statistical software reads, for programming the numbers again.

    dataset.py         a dataset and its variables, as data; names of at most 8 characters
    subjects.py        ADSL: one row a patient
    responses.py       ADRS: scans and responses
    times.py           ADTTE: times to events
    adverse_events.py  ADAE: single events; ADTOX: worst grades
    define.py          what each variable is, for define.csv and define.json
    plain_text.py      text in ASCII, or a refusal
    ibm_numbers.py, transport.py  the SAS transport file, version 5
    files.py           all of these as files

The datasets follow the names and roles of CDISC ADaM where it has them; docs/exports.md says where they differ.
They hold single patients: they are written only when asked for, into a folder of their own.
"""
