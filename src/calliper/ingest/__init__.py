"""Centre files to raw tables: every cell as text, every row with the place it came from.

    stack.py      the tables of the study, each stacked from its files
    opened.py     one file: its bytes, its hash, and the reader for its kind
    delimited.py  .csv .tsv .txt          excel.py    .xlsx .xlsm (workbook.py: what is inside the zip)
    parquet.py    .parquet                cells.py    what every reader hands back
    statistical.py .sav .xpt .dta ...     database.py SQLite, DuckDB, PostgreSQL
    harmonise.py  a centre's cells in the study's words, by its mapping and the answers to queries
    headers.py    which row is a header, for files that no study file names yet
    sdtm.py       SDTM's tumour domains to scans, lesions and responses (sdtm_*.py: each domain)

Nothing is typed here and no value is altered; records/check.py does the typing.
"""

from __future__ import annotations

from calliper.ingest.stack import read

__all__ = ["read"]
