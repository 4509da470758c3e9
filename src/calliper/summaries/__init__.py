"""Summaries of patients that add up: the summary of two cohorts is the sum of their summaries.

    crosstab.py       two categories, counted
    moments.py        n, mean and sum of squares; the distinct values and how often each occurs
    risk_table.py     events, censorings and late entries at each time; by group, by stratum
    cause_table.py    events by cause, and censorings, at each time, for one group
    cox_rows.py       the rows of a Cox model, compactly
      patterns.py         a row's covariates as one number: their combination
      sorted_rows.py      rows in the order of a likelihood
    risk_set_sums.py  what a Cox model's likelihood at one b is made of
    stream.py         a cohort larger than memory, in partitions
    tied_times.py     which times are the same time (the one place that decides)
    columns.py        a column, checked at the door
    frozen.py         values made of arrays: not written to, equal where they hold the same

A summary is frozen, holds no patient (`cox_rows.py` alone keeps a line each, without a name), and is all that
`calliper.stats` needs for its statistic. It is made of columns, of the partitions of a larger cohort, added up, or
of counts that are grouped already (`count=`).
"""
