"""The study file: what it may say, how it is read, and what its rules mean.

specs.py      the models, one class a kind: read `Protocol`, at its bottom, first
load.py       file -> Protocol, or every mistake at once with its line
written.py      YAML text -> values that remember their lines
shape.py        values -> models; wording.py says what does not fit
check_*.py      names that must exist elsewhere in the file; scope.py knows them
roles.py      every table and the roles of its columns: types, words, ranges; role.py what a role is
criteria.py   rules of eligibility and flags: parse, check, to a Polars expression
rule_text.py    their grammar; rule_nodes.py their conditions as values
schema.py     the models as JSON Schema, for editors; shipped as study.schema.json

Import from these files: this one imports none of them, so that a command which reads no study starts at once.
"""
