# R's side of each job: what child.py does, in R. Rscript peers.R TOOL JOB FOLDER SMALL_FOLDER RUNS PATIENCE

arguments <- commandArgs(trailingOnly = TRUE)
tool <- arguments[1]
job <- arguments[2]
runs <- as.integer(arguments[5])
patience <- as.numeric(arguments[6])

say <- function(...) {
  cat(sprintf(...), "\n", sep = "")
  flush(stdout())
}
if (!suppressWarnings(requireNamespace("survival", quietly = TRUE))) {
  say('{"missing": "survival"}')
  quit()
}
library(survival)

covariates <- c("arm", paste0("x", 1:9), "age")
small_covariates <- c("arm", "x1", "x5", "age")
small_patients <- 90

column <- function(folder, name) {
  path <- file.path(folder, name)
  bytes <- file.size(path)
  switch(name,
    time_days = , rows = readBin(path, "integer", bytes / 4, size = 4),
    time_cont = readBin(path, "double", bytes / 8, size = 8),
    readBin(path, "integer", bytes, size = 1, signed = FALSE)
  )
}

cohort <- function(folder, clock, names) {
  columns <- lapply(names, function(name) column(folder, name))
  names(columns) <- names
  list2DF(c(list(time = as.double(column(folder, clock)), status = column(folder, "event")), columns))
}

km <- function(folder, clock) {
  d <- cohort(folder, clock, "arm")
  function() {
    medians <- quantile(survfit(Surv(time, status) ~ arm, data = d), 0.5)
    test <- survdiff(Surv(time, status) ~ arm, data = d)
    list(
      "median" = c(medians$quantile),
      "limits on the log scale" = c(rbind(c(medians$lower), c(medians$upper))),
      "log-rank" = test$chisq
    )
  }
}

whole <- function(d) {
  fit <- coxph(Surv(time, status) ~ ., data = d)
  list("hazard ratios" = exp(unname(coef(fit))), "standard errors" = unname(sqrt(diag(vcov(fit)))))
}

# What is left of coxph without the formula, the model frame, the residuals and the concordance.
alone <- function(y, x) {
  fit <- coxph.fit(x, y, strata = NULL, offset = NULL, init = NULL, control = coxph.control(), weights = NULL,
    method = "efron", rownames = NULL, resid = FALSE)
  list("hazard ratios" = exp(unname(fit$coefficients)), "standard errors" = sqrt(diag(fit$var)))
}

cox <- function(folder, clock) {
  d <- cohort(folder, clock, covariates)
  function() whole(d)
}

cox_alone <- function(folder, clock) {
  d <- cohort(folder, clock, covariates)
  x <- as.matrix(d[covariates])
  storage.mode(x) <- "double"
  y <- Surv(d$time, d$status)
  function() alone(y, x)
}

samples <- function(folder) matrix(column(folder, "rows") + 1L, nrow = small_patients)

small <- function(folder) {
  d <- cohort(folder, "time_days", small_covariates)
  rows <- samples(folder)
  function() {
    list("hazard ratios" = c(apply(rows, 2, function(i) whole(d[i, ])$"hazard ratios")))
  }
}

small_alone <- function(folder) {
  d <- cohort(folder, "time_days", small_covariates)
  x <- as.matrix(d[small_covariates])
  storage.mode(x) <- "double"
  y <- Surv(d$time, d$status)
  rows <- samples(folder)
  function() {
    list("hazard ratios" = c(apply(rows, 2, function(i) alone(y[i], x[i, ])$"hazard ratios")))
  }
}

prepare <- function(folder) {
  switch(paste(tool, job),
    "R km-days" = km(folder, "time_days"),
    "R km-cont" = km(folder, "time_cont"),
    "R coxph cox-days" = cox(folder, "time_days"),
    "R coxph cox-cont" = cox(folder, "time_cont"),
    "R coxph.fit cox-days" = cox_alone(folder, "time_days"),
    "R coxph.fit cox-cont" = cox_alone(folder, "time_cont"),
    "R coxph small-fits" = small(folder),
    "R coxph.fit small-fits" = small_alone(folder),
    stop("no such job: ", tool, " ", job)
  )
}

memory_mb <- function(field) {
  if (!file.exists("/proc/self/status")) {
    return(sum(gc()[, 6]))
  }
  line <- grep(paste0("^", field), readLines("/proc/self/status"), value = TRUE)
  as.numeric(strsplit(trimws(line), "[[:space:]]+")[[1]][2]) / 1024
}

as_json <- function(answer) {
  numbers <- function(x) paste(ifelse(is.finite(x), sprintf("%.17g", x), "null"), collapse = ", ")
  values <- vapply(answer, numbers, "")
  paste0("{", paste(sprintf('"%s": [%s]', names(answer), values), collapse = ", "), "}")
}

clock <- function() as.numeric(Sys.time())

invisible(prepare(arguments[4])())
work <- prepare(arguments[3])
invisible(gc(reset = TRUE))
if (file.exists("/proc/self/clear_refs")) try(cat("5", file = "/proc/self/clear_refs"), silent = TRUE)
say('{"ready": true, "loaded_mb": %.1f}', memory_mb("VmRSS"))
begun <- clock()
for (run in seq_len(runs)) {
  found <- NULL
  start <- clock()
  found <- work()
  say('{"seconds": %.9f}', clock() - start)
  if (clock() - begun > patience) break
}
say('{"peak_mb": %.1f, "answer": %s}', memory_mb("VmHWM"), as_json(found))
