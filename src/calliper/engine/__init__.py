"""Where the work runs: over partitions of patients, with summaries that add. Knows nothing of medicine.

local.py  one partition after another, in this process
"""
