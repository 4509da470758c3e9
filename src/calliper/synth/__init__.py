"""Published tables in, records of invented patients with known truth out.

`targets` holds what the paper prints, `cohort`, `survival` and `response` invent what it leaves open,
`calibrate` joins them into `demo_patients.csv`, and `demo` unfolds those rows into the workbooks three
centres would keep.
"""
