"""Hepatocellular carcinoma: one file a score, each a pure function of one patient's items.

    units.py          units of the items, converted in exact decimals, never guessed
    child_pugh.py     liver function in 5 to 15 points, class A, B or C
    albi.py           ALBI and its grades, plain and modified
    bclc.py           the Barcelona stage, its versions as data
    burden.py         up-to-seven, six-and-twelve, seven-eleven, tumour burden score
    hap.py            HAP, mHAP and mHAP-II
    pvtt.py           tumour thrombus of the portal and hepatic veins: Vp, Vv, Cheng
    afp.py            alpha-fetoprotein as laboratories write it, `<0.6` and `>1210` with it
    refractoriness.py when chemoembolisation has failed, by JSH-LCSGJ 2014
    plausibility.py   the values a measurement can have, and those it rarely has
    cross_field.py    values that cannot stand beside each other, as rules
    schemes.py        the scores a study file can name: their items, units, words, levels and versions

A missing item makes a score null, and the reason says which item. docs/methods/hcc_staging.md has formulas,
sources and what is not verified.
"""
