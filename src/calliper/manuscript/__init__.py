"""An author's manuscript and a report folder: fields filled from its results, printed numbers held against them.

held.py          the results of a report folder, by their addresses
measures.py      what a statistic is a number of, and which others stand beside it
paper.py         a manuscript's paragraphs, of a text or (word.py) a Word file, read and with some of them replaced
fields.py        {{ADDRESS | FORM}}: found, and the result that is meant
forms.py         a result as it is printed
fill.py          the fields of a manuscript in their results' words
printed.py       the numbers of a paragraph, and those that stand together, as an estimate with its interval
known.py         numbers that are no results: years, references, tables, levels, what the study file says
verify.py        a verdict on every printed number
told.py          the verdicts in words and as a table
"""
