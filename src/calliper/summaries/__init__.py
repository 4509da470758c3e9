"""Summaries of patients that add up: the summary of two cohorts is the sum of their summaries.

    crosstab.py    two categories, counted
    moments.py     n, mean and sum of squares; the distinct values and how often each occurs
    risk_table.py  events, censorings and late entries at each time, for one group
    cause_table.py events by cause, and censorings, at each time, for one group
    tied_times.py  which times are the same time (the one place that decides)
    columns.py     a column of numbers, checked at the door

A summary is frozen, holds no patient, and is all that `calliper.stats` needs for its statistic.
"""
