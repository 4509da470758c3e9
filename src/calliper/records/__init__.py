"""The records of a study: their shapes, and the checks every cell passes once, at the door.

tables.py      the tables, problems and provenance as shapes      provenance.py   a row's place in words
check.py       raw tables -> typed tables and every problem found
patients.py    the patients table          long_tables.py   the others          role_cells.py   their cells, by role
lesions.py     scans and lesions           assessments.py   what must fit between the two
adverse_events.py, exposure.py, labs.py, sessions.py   rows of these tables against each other
date_limits.py  dates of rows against their patient's
target_rules.py  the rules of choosing targets        measured.py      baseline, and the diameter that counts
wanted_words.py  words the study file asks for and the rows write otherwise
typed.py       one column by its declared type: number, code, date, text
column.py      a column's cells with their places                 wording.py      words for messages
slips.py       slips of the hand that messages name: words for missing, unusual signs, look-alike names
dates.py       calendar dates and units of time                   numbers.py      numbers as written
partial_dates.py  the day that stands for a partial date   last_dates.py   a table's last date as a limit of others
"""
