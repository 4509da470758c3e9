"""Knowledge of diseases, as data and pure functions: what a group of another disease would replace.

staged.py              what a score gives: a number, a stage, and the reason in words
scheme.py              a score as a study file names it: items, units, words, levels, versions
schemes.py             every score of every disease, by name
units.py               units and their exact factors
ctcae/                 grades of adverse events by version: laboratory values, clinical signs
response_criteria.py   mRECIST (2010) and RECIST 1.1: every threshold by which lesions become a response
hcc/                   hepatocellular carcinoma: stages and scores
"""
