"""What is said in English, and in another language.

catalogue.py  a catalogue of messages with fields, read from TOML; the report's and the page's are catalogues too
told.py       the sentences of intake, of the checks of records and of the audit, by this folder's catalogue (zh.toml)
"""
