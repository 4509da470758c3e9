"""Every score that a study file can name under `stage:` or `score:`, of all diseases."""

from __future__ import annotations

from collections.abc import Mapping

from calliper.disease.hcc import schemes as hcc
from calliper.disease.scheme import Scheme

SCHEMES: Mapping[str, Scheme] = {**hcc.SCHEMES}
"""By name. A name means one score."""
