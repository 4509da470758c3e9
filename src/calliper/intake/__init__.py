"""From hospitals' files to a study: read what is there, guess, say why, and let a person decide.

    seen.py          every sheet of every file, as text            guess.py   what a column's cells are
    words.py         what hospitals call things: synonyms.toml     place.py   which table a sheet is
    identifiers.py   columns by which a person could be known      redcap.py  an export's data dictionary
    same_patient.py  one person at two centres
    draft.py         a study from nothing                          onto.py    sheets onto a study that is there
    endpoints.py     endpoints that the columns suggest
    mapped.py        a column as an entry of a centre's mapping    written.py drafts as YAML
    new.py           all of it: the folder that `calliper new` writes
    queries.py       a workbook of queries for each centre         answers.py the workbook read back

It stands at the edge: nothing else of Calliper needs it. What it writes, protocol/ reads.
"""
