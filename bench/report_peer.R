# What people write in R instead: Rscript report_peer.R COHORT.csv OUT csv|docx
#
# A table by arm with tests, two Kaplan-Meier figures at 300 dpi, eleven Cox models of one covariate and one of all.
# "csv" uses survival and base graphics alone; "docx" survminer for the figures and flextable with officer for Word.

arguments <- commandArgs(trailingOnly = TRUE)
out <- arguments[2]
is_docx <- arguments[3] == "docx"
library(survival)
if (is_docx) {
  suppressPackageStartupMessages({
    library(survminer)
    library(flextable)
    library(officer)
  })
}
dir.create(out, showWarnings = FALSE)
d <- read.csv(arguments[1])
covariates <- c("arm", paste0("x", 1:9), "age")

limits <- function(fit) {
  found <- summary(fit)
  data.frame(
    covariate = rownames(found$conf.int), hr = found$conf.int[, 1], lower = found$conf.int[, 3],
    upper = found$conf.int[, 4], p = found$coefficients[, "Pr(>|z|)"]
  )
}

flag <- function(name) {
  counts <- table(d[[name]], d$arm)
  expected <- outer(rowSums(counts), colSums(counts)) / sum(counts)
  test <- if (any(expected < 5)) fisher.test(counts) else chisq.test(counts, correct = FALSE)
  shown <- sprintf("%d (%.1f%%)", counts["1", ], 100 * prop.table(counts, 2)["1", ])
  data.frame(variable = name, arm_0 = shown[1], arm_1 = shown[2], p = test$p.value)
}
ages <- tapply(d$age, d$arm, function(x) sprintf("%.1f (%.1f-%.1f)", median(x), quantile(x, 0.25), quantile(x, 0.75)))
age <- data.frame(
  variable = "age", arm_0 = ages[["0"]], arm_1 = ages[["1"]], p = wilcox.test(age ~ arm, data = d, exact = FALSE)$p.value
)
table_1 <- rbind(do.call(rbind, lapply(covariates[2:10], flag)), age)
one <- do.call(rbind, lapply(covariates, function(name) {
  limits(coxph(reformulate(name, "Surv(time_days, event)"), data = d))
}))
all <- limits(coxph(reformulate(covariates, "Surv(time_days, event)"), data = d))

curve_of <- function(name) {
  formula <- reformulate(name, "Surv(time_days, event)")
  fit <- surv_or_base(formula)
  path <- file.path(out, paste0("km_", name, ".png"))
  png(path, width = 2100, height = 1800, res = 300)
  if (is_docx) {
    print(ggsurvplot(fit, data = d, risk.table = TRUE, pval = TRUE, conf.int = TRUE))
  } else {
    plot(fit, col = 1:2, mark.time = TRUE, conf.int = TRUE, xlab = "Days", ylab = "Survival")
    ticks <- axTicks(1)
    at_risk <- summary(fit, times = ticks, extend = TRUE)$n.risk
    mtext(paste(at_risk[seq_along(ticks)], collapse = "   "), side = 3, line = 1)
    mtext(paste(at_risk[length(ticks) + seq_along(ticks)], collapse = "   "), side = 3, line = 0)
    test <- survdiff(formula, data = d)
    legend("topright", sprintf("log-rank p = %.3f", 1 - pchisq(test$chisq, 1)), bty = "n")
  }
  invisible(dev.off())
  path
}
surv_or_base <- function(formula) do.call(survfit, list(formula, data = d))
figures <- vapply(c("arm", "x1"), curve_of, "")

if (is_docx) {
  word <- read_docx()
  for (shown in list(table_1, one, all)) word <- flextable::body_add_flextable(word, flextable(shown))
  for (path in figures) word <- body_add_img(word, path, width = 6, height = 5.1)
  print(word, target = file.path(out, "report.docx"))
} else {
  write.csv(table_1, file.path(out, "table_1.csv"), row.names = FALSE)
  write.csv(one, file.path(out, "cox_one.csv"), row.names = FALSE)
  write.csv(all, file.path(out, "cox_all.csv"), row.names = FALSE)
}
