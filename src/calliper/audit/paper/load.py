"""Read a claims file: every mistake at once, each with its line."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from pydantic_core import ErrorDetails

from calliper.audit.paper.sheet import SUFFIXES, parse_sheet
from calliper.audit.paper.specs import AnyClaim, Paper
from calliper.protocol.mistakes import Path as Place
from calliper.protocol.mistakes import did_you_mean
from calliper.protocol.typed import content, validated
from calliper.protocol.written import parse_yaml, read_text

CLAIMS = get_args(get_args(AnyClaim)[0])
KINDS = tuple(get_args(kind.model_fields["kind"].annotation)[0] for kind in CLAIMS)
KNOWN = tuple(dict.fromkeys(field for kind in CLAIMS for field in kind.model_fields))


def load_paper(path: Path) -> Paper:
    """Read a claims file. Raises ProtocolError with every mistake: `claims.yaml:12: claims.age.p: found '1.2'; ...`."""
    text = read_text(content(path, "the claims file"), file=path.name)
    parse = parse_sheet if path.suffix.lower() in SUFFIXES else parse_yaml
    whole, mistakes = parse(text, file=path.name)
    return validated(Paper, whole, mistakes, file=path.name, placed=_placed, explained=_explained)


def _placed(place: Place) -> Place:
    """Without the kind, by which the layout of a claim was chosen: it is no key of the file."""
    has_kind = place[:1] == ("claims",) and len(place) > 2 and place[2] in KINDS
    return (*place[:2], *place[3:]) if has_kind else place


def _explained(detail: ErrorDetails, found: str) -> str:
    field = str(detail["loc"][-1]) if detail["loc"] else ""
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
