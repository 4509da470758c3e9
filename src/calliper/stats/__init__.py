"""Arithmetic on arrays and summaries: pure functions, frozen results, no protocol, no labels, no display.

    estimates.py         the shapes of an estimate, an interval and a chi-square test
    conventions.py       where good software differs: R, SAS, SPSS
    survival.py          Kaplan-Meier, quantiles, survival at a time, restricted mean, follow-up
      survival_limits.py       its intervals on five scales
    survival_difference.py  survival at a time, and restricted means, of two groups
    nelson_aalen.py      the cumulative hazard
    logrank.py           log-rank tests, weighted and stratified, and trend
    competing_risks.py   Aalen-Johansen cumulative incidence
      gray.py                  Gray's test
      fine_gray.py             Fine and Gray's model of one incidence
      subdistribution.py       its risk sets and weights
      subdistribution_variance.py  its sandwich variance
    cox.py               the Cox model: fit, hazard ratios, nested tests
      factors.py, design.py    factors with reference levels, and their columns
      cox_data.py              rows: times, entry, strata, weights, covariates
      cox_fit.py               what a fit is
      cox_counted.py           the fit of many rows: patterns counted, sums in C or NumPy
      cox_summed.py            the fit of partitions that only send sums
      partial_likelihood.py    its likelihood, score and information (Efron, Breslow)
      cox_discrete.py          the discrete likelihood of tied times
      cox_marginal.py          the marginal likelihood of tied times
      cox_design.py            what is refused before fitting, and monotone likelihood
      cox_robust.py            sandwich variance, clusters
      cox_residuals.py         martingale, deviance, score, dfbeta, Schoenfeld
      baseline_hazard.py       the cumulative hazard of a person
      profile_likelihood.py    intervals by profile likelihood
      firth.py                 Firth's penalised likelihood
      frailty.py               gamma frailties of centres
      proportional_hazards.py  the test of its assumption
      concordance.py           Harrell's C
      cox_batch.py             many small fits in one call
        many_fits.py, batch_likelihood.py, batch_newton.py   what they are, and how they climb together
      cox_screen.py            each factor alone
      cox_objective.py, newton.py, risk_sets.py, interval_tree.py   how it is climbed and summed
    resampling.py        bootstrap, leave-one-out, permutation: patients drawn again for many fits
    counts.py            a table of counts, and what is expected of it
    contingency.py       Pearson, Yates, likelihood ratio; odds ratio, relative risk, risk difference
      fisher.py                Fisher's exact test, any size of table
      odds_ratio.py            exact odds ratio given the margins, mid-p
      stratified_tables.py     Cochran-Mantel-Haenszel, common odds ratio
      trend.py                 Cochran-Armitage, linear by linear
      paired_tables.py         McNemar, Bowker
    agreement.py         Cohen's kappa, percent agreement
    means.py             t, ANOVA, Levene
    normality.py         skewness, kurtosis, Shapiro-Wilk: described, never to choose a test
    ranks.py             Mann-Whitney, Kruskal-Wallis
    proportions.py       intervals for proportions, their differences, and rates
      score_intervals.py       Miettinen-Nurminen: difference and ratio of risks
    rates.py             one rate; ratio and difference of two
    roots.py             where a function crosses zero
    balance.py           standardised differences
    multiplicity.py      Holm, Hochberg, Benjamini-Hochberg

Where the data cannot support a statistic, the function raises `calliper.errors.CannotEstimate` with a
sentence fit to print; an argument that is wrong in itself is a ValueError.
"""
