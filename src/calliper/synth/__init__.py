"""Published tables in, records of invented patients with known truth out.

`targets` holds what the paper prints, `cohort`, `survival` and `response` invent what it leaves open,
`calibrate` joins them into `demo_patients.csv`. From those rows `lesions` (with `tumours` and `tumour_course`),
`treatments`, `adverse_events`, `contacts`, `procedures`, `visits` and `laboratory` invent what the centres would have
written down, so that it gives the rows back; `sheets` and `session_sheets` lay it out and `demo` writes the workbooks.
"""
