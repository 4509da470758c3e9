"""Read a claims file: every mistake at once, each with its line."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from calliper.audit.paper.sheet import SUFFIXES, parse_sheet
from calliper.audit.paper.specs import Paper
from calliper.audit.typed import as_typed, content, where
from calliper.errors import ProtocolError
from calliper.protocol.mistakes import Mistake, did_you_mean, listed_mistakes
from calliper.protocol.written import Written, found_words, parse_yaml, read_text

KINDS = (
    "means", "counts", "rates", "response", "median", "statistic", "ratio", "toxicity", "highest_grade", "follow_up",
    "same", "sum", "union", "percent", "curves", "paired",
)  # fmt: skip


def load_paper(path: Path) -> Paper:
    """Read a claims file. Raises ProtocolError with every mistake: `claims.yaml:12: claims.age.p: found '1.2'; ...`."""
    text = read_text(content(path, "the claims file"), file=path.name)
    parse = parse_sheet if path.suffix.lower() in SUFFIXES else parse_yaml
    whole, mistakes = parse(text, file=path.name)
    found = [*mistakes]
    paper = None
    try:
        paper = Paper.model_validate(as_typed(whole))
    except ValidationError as error:
        found += [_mistake(detail, whole) for detail in error.errors(include_url=False)]
    if paper is None or found:
        raise ProtocolError(listed_mistakes(found, file=path.name))
    return paper


def _mistake(detail: ErrorDetails, whole: Written) -> Mistake:
    place = detail["loc"]
    if place[:1] == ("claims",) and len(place) > 2 and place[2] in KINDS:
        place = (
            *place[:2],
            *place[3:],
        )  # the kind, by which the layout of a claim was chosen, is no key of the file
    at = where(place, whole)
    text = _explained(detail, found_words(whole.at(place)), str(place[-1]) if place else "")
    return Mistake(whole.line_of(place), f"{at}: {text}" if at else text)


def _explained(detail: ErrorDetails, found: str, field: str) -> str:
    match detail["type"]:
        case "missing":
            return f"missing; expected {_expected(field)}"
        case "extra_forbidden" if field == "draft":
            return "this is a draft; compare every claim with the paper, complete it, then take this line out"
        case "extra_forbidden":
            return f"no such key; docs/claims_file.md lists those of its kind{did_you_mean(field, KNOWN)}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "union_tag_invalid" | "union_tag_not_found":
            return f"found no known kind; expected one of {', '.join(KINDS)}"
        case "literal_error":
            return f"found {found}; expected {detail['ctx']['expected']}"
        case "too_short":
            return f"found {found}; expected more of them"
    return f"found {found}; expected {_expected(field)}"


KNOWN = (
    "place", "what", "test", "statistic", "df", "groups", "integers", "least", "most", "levels", "percents", "of",
    "whole", "counts", "categories", "orr", "dcr", "orr_test", "dcr_test", "median", "lower", "upper", "interval",
    "distribution", "ratio", "coefficient", "confidence", "group", "grades", "total", "grade", "events", "mean",
    "shortest", "longest", "medians", "statements", "parts", "percent", "count", "steps",
    "at_risk", "error",
)  # fmt: skip


def _expected(field: str) -> str:
    words = {
        "calliper": "1 (the version of the file's layout)",
        "groups": "the groups by name, each with label and n",
        "claims": "the list of claims",
        "id": "up to 40 lower case letters, digits and underscores, a letter first",
        "kind": f"one of {', '.join(KINDS)}",
        "place": "where it stands: Table 1",
    }
    return words.get(field, "what docs/claims_file.md says of it")
