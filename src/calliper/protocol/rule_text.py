"""The text of a rule to its conditions: a tokenizer and a recursive-descent parser.

    rule       = and-rule { "or" and-rule }
    and-rule   = not-rule { "and" not-rule }
    not-rule   = "not" not-rule | "(" rule ")" | condition
    condition  = name ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) ( value | name )
               | name "between" value "and" value
               | name [ "not" ] "in" "(" value { "," value } ")"
               | name "is" [ "not" ] "missing"
    value      = number | date (YYYY-MM-DD) | 'text' | "text"

`not` binds tighter than `and`, `and` tighter than `or`. A quote inside a text is doubled. The language's
words may be written in capitals. Length and depth are bounded: a rule is read from a file, perhaps a
stranger's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import NoReturn, get_args

from calliper.errors import ProtocolError
from calliper.protocol.mistakes import did_you_mean
from calliper.protocol.rule_nodes import (
    And,
    Between,
    Comparison,
    Constant,
    Membership,
    Missing,
    Node,
    Not,
    Or,
    Sign,
    Value,
    Variable,
)

MAX_LENGTH = 2000
MAX_DEPTH = 40

KEYWORDS = ("and", "or", "not", "in", "between", "is", "missing")
"""The words of the language; no variable may have such a name."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<date>\d{4}-\d{2}-\d{2}(?![\w.]))
      | (?P<number>-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?(?![\w.]))
      | (?P<text>"([^"]|"")*"|'([^']|'')*')
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<foreign>==|<>|=<|=>|&&?|\|\|?|!(?!=)|≥|≤|≠|[“”‘’])
      | (?P<sign>!=|<=|>=|=|<|>)
      | (?P<mark>[(),])
    """,
    re.VERBOSE,
)

_INSTEAD = {
    "==": "=", "<>": "!=", "=<": "<=", "=>": ">=", "&": "and", "&&": "and", "|": "or", "||": "or", "!": "not",
    "≥": ">=", "≤": "<=", "≠": "!=", "“": 'a straight quote (")', "”": 'a straight quote (")',
    "‘": "a straight quote (')", "’": "a straight quote (')",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def parse_text(text: str) -> Node:
    """Parse the text of a rule. Raises ProtocolError, `column 7: found ...; expected ...`."""
    if len(text) > MAX_LENGTH:
        _refuse(MAX_LENGTH + 1, f"found {len(text)} characters", f"a rule of at most {MAX_LENGTH}")
    return _Parser(_tokens(text), end=len(text) + 1).whole()


def _refuse(column: int, found: str, expected: str) -> NoReturn:
    raise ProtocolError([f"column {column}: {found}; expected {expected}"])


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if text[place] in "\"'":
                _refuse(place + 1, f"found {text[place]} without its pair", "a closing quote")
            word = re.match(r"[\w.:/-]+|.", text[place:], re.DOTALL)
            _refuse(
                place + 1,
                f"found '{word[0] if word else ''}'",
                "a name, a number, a date, a text in quotes or a sign",
            )
        kind = str(match.lastgroup)
        if kind == "foreign":
            _refuse(place + 1, f"found '{match[0]}'", _INSTEAD[match[0]])
        if kind == "word" and match[0].lower() in KEYWORDS:
            tokens.append(_Token("keyword", match[0].lower(), place + 1))
        elif kind != "space":
            tokens.append(_Token(kind, match[0], place + 1))
        place = match.end()
    return tokens


class _Parser:
    """Reads tokens left to right; one method a line of the grammar."""

    def __init__(self, tokens: list[_Token], *, end: int) -> None:
        self.tokens = tokens
        self.next = 0
        self.end = end
        self.depth = 0

    def whole(self) -> Node:
        root = self.disjunction()
        if self.next < len(self.tokens):
            self.refuse("and, or, or the end of the rule")
        return root

    def disjunction(self) -> Node:
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse(f"at most {MAX_DEPTH} levels of 'not' and parentheses")
        held: Node
        if self.take("not"):
            held = Not(self.negation())
        elif self.take("("):
            held = self.disjunction()
            self.need(")", "and, or, or a closing parenthesis")
        else:
            held = self.condition()
        self.depth -= 1
        return held

    def condition(self) -> Node:
        variable = self.name()
        token = self.peek()
        if token is not None and token.kind == "sign":
            self.next += 1
            return Comparison(variable, self.sign(token), self.value_or_name())
        if self.take("between"):
            low = self.value()
            self.need("and", "'and' and the upper end")
            return Between(variable, low, self.value())
        if self.take("is"):
            negated = self.take("not")
            self.need("missing", "missing")
            return Missing(variable, negated)
        negated = self.take("not")
        if not self.take("in"):
            self.refuse(
                f"'in' after '{variable} not'"
                if negated
                else f"=, !=, <, <=, >, >=, between, in or is after '{variable}'"
            )
        self.need("(", "a list in parentheses")
        values = [self.value()]
        while self.take(","):
            values.append(self.value())
        self.need(")", "a comma or a closing parenthesis")
        return Membership(variable, tuple(values), negated)

    def sign(self, token: _Token) -> Sign:
        return next(sign for sign in get_args(Sign) if sign == token.text)

    def name(self) -> Variable:
        token = self.peek()
        if token is None or token.kind != "word":
            self.refuse("the name of a variable")
        self.next += 1
        return Variable(token.text, token.column)

    def value_or_name(self) -> Constant | Variable:
        token = self.peek()
        return self.name() if token is not None and token.kind == "word" else self.value()

    def value(self) -> Constant:
        token = self.peek()
        if token is None or token.kind not in ("number", "date", "text"):
            near = f' (did you mean "{token.text}"?)' if token is not None and token.kind == "word" else ""
            self.refuse(f"a number, a date as YYYY-MM-DD or a text in quotes{near}")
        self.next += 1
        return Constant(self.read(token), token.column)

    def read(self, token: _Token) -> Value:
        if token.kind == "text":
            quote = token.text[0]
            return token.text[1:-1].replace(quote * 2, quote)
        if token.kind == "date":
            try:
                return date.fromisoformat(token.text)
            except ValueError:
                _refuse(
                    token.column, f"found {token.text}, which is not in the calendar", "a date as YYYY-MM-DD"
                )
        digits = re.sub(r"[eE].*|[-.]", "", token.text)
        if len(digits) > 15 or abs(float(token.text)) > 1e300:
            _refuse(token.column, f"found {token.text}", "a number of at most 15 digits")
        return int(token.text) if re.fullmatch(r"-?\d+", token.text) else float(token.text)

    def peek(self) -> _Token | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def take(self, text: str) -> bool:
        token = self.peek()
        held = token is not None and token.kind in ("keyword", "mark") and token.text == text
        self.next += held
        return held

    def need(self, text: str, expected: str) -> None:
        if not self.take(text):
            self.refuse(expected)

    def refuse(self, expected: str) -> NoReturn:
        token = self.peek()
        if token is None:
            _refuse(self.end, "found the end of the rule", expected)
        near = did_you_mean(token.text, KEYWORDS) if token.kind == "word" and len(token.text) > 2 else ""
        found = f"found {token.text}" if token.kind == "text" else f"found '{token.text}'"
        _refuse(token.column, found, expected + near)
