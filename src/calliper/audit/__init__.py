"""A paper's printed numbers against a run's results: claims (a file), compare (verdicts), page (blocks)."""
