"""The report in another language: one catalogue a language, and a finished document told in it.

catalogue.py  the catalogue of a language, as messages/ reads it
speaker.py    a text in words of the catalogue, or as it was where the catalogue has none
told.py       a whole document: every label, and each paragraph of which every sentence is known

A language is a file of this folder (`zh.toml`): copy it, translate the right-hand sides, and add its name to
`report.language` in protocol/report_specs.py.
"""
