"""Arithmetic on arrays and summaries: pure functions, frozen results, no protocol, no labels, no display.

    estimates.py         the shapes of an estimate, an interval and a chi-square test
    conventions.py       where good software differs: R, SAS, SPSS
    survival.py          Kaplan-Meier, quantiles, survival at a time, restricted mean, follow-up
    logrank.py           log-rank tests, weighted and stratified
    cox.py               the Cox model: fit, hazard ratios, nested tests
      partial_likelihood.py    its likelihood, score and information
      cox_design.py            what is refused before fitting, and monotone likelihood
      proportional_hazards.py  the test of its assumption
      concordance.py           Harrell's C
    counts.py            a table of counts, and what is expected of it
    contingency.py       Pearson, Yates, likelihood ratio; odds ratio, relative risk, risk difference
      fisher.py                Fisher's exact test, any size of table
    means.py             t, ANOVA, Levene
    ranks.py             Mann-Whitney, Kruskal-Wallis
    proportions.py       intervals for proportions, their differences, and rates
    balance.py           standardised differences
    multiplicity.py      Holm, Hochberg, Benjamini-Hochberg

Where the data cannot support a statistic, the function raises `calliper.errors.CannotEstimate` with a
sentence fit to print; an argument that is wrong in itself is a ValueError.
"""
