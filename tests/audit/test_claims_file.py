"""Mistakes of a file of published numbers, each named with its line; all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.audit.claims import Published, load_claims
from calliper.errors import ProtocolError

HEAD = "calliper: 1\ncitation: A paper\nclaims:\n"
GOOD = "  - {id: one, where: Table 1, what: Age, kind: number, printed: 80.00, key: b/included/x/age//mean}\n"


def load(folder: Path, text: str | bytes) -> Published:
    path = folder / "published.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_claims(path)


def mistakes(folder: Path, text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ProtocolError) as caught:
        load(folder, text)
    return caught.value.mistakes


def test_a_number_keeps_its_printed_zeros_without_quotes(tmp_path: Path) -> None:
    (claim,) = load(tmp_path, HEAD + GOOD).claims
    assert claim.printed == "80.00"
    assert (claim.number.decimals, claim.headline, claim.note) == (2, False, None)


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + (HEAD + GOOD).replace("\n", "\r\n").encode()
    assert load(tmp_path, text).claims[0].id == "one"


def test_block_style_and_headline(tmp_path: Path) -> None:
    text = (
        "calliper: 1\ncitation: A paper\nremarks:\n  - First\nclaims:\n"
        "  - id: one\n    where: Results\n    what: Mean\n    kind: number\n    printed: '-0.5'\n"
        "    not_checkable: no such data\n    headline: true\n"
    )
    published = load(tmp_path, text)
    assert published.remarks == ("First",)
    assert published.claims[0].headline


def bad(**changes: str | None) -> str:
    fields: dict[str, str | None] = {
        "id": "two", "where": "Table 1", "what": "Age", "kind": "number", "printed": "60.3",
        "key": "b/included/x/age//mean",
    }  # fmt: skip
    fields.update(changes)
    return (
        "  - {" + ", ".join(f"{name}: {value}" for name, value in fields.items() if value is not None) + "}\n"
    )


TEXT = "1 to 2000 characters of text"
KEY_FORM = "expected analysis/population/group/variable/level/stat, as in results.csv"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (
            bad(kind="counts"),
            ".two.kind: found 'counts'; expected count, number, percent or p",
        ),
        (
            bad(keys="a", key="b/included/x/age//mean"),
            ".two.keys: no such key; expected id, where, what, kind, printed, key, "
            "not_checkable, note or headline (did you mean 'key'?)",
        ),
        (bad(what=None), f".two.what: missing; expected {TEXT}"),
        (
            bad(what=""),
            ".two.what: found nothing; expected 1 to 2000 characters of text",
        ),
        (
            bad(printed="'60.3±14'"),
            ".two: found '60.3±14'; expected one number as printed (60.3, <0.001) or NR",
        ),
        (
            bad(kind="count", printed="60.3"),
            ".two: found '60.3'; expected a whole number for a count",
        ),
        (
            bad(kind="p", printed="1.2"),
            ".two: found '1.2'; expected 0 to 1 for a P value",
        ),
        (
            bad(kind="p", printed="NR"),
            ".two: found 'NR'; expected 0 to 1 for a P value",
        ),
        (
            bad(kind="percent", printed="NR"),
            ".two: found 'NR'; expected a number for a percent",
        ),
        (
            bad(key="b/included/age/mean"),
            f".two: found key 'b/included/age/mean'; {KEY_FORM}",
        ),
        (
            bad(key="b/included//age//mean"),
            f".two: found key 'b/included//age//mean'; {KEY_FORM}",
        ),
        (bad(key=None), ".two: expected exactly one of key and not_checkable"),
        (
            bad(not_checkable="x"),
            ".two: expected exactly one of key and not_checkable",
        ),
        (
            bad(id="one"),
            ".one.id: found 'one' again (first at line 4); expected an id of its own",
        ),
        (
            bad(id="Table 1"),
            ".Table 1.id: found 'Table 1'; expected up to 40 lower case letters, digits and "
            "underscores, a letter first",
        ),
        (
            bad(headline="maybe"),
            ".two.headline: found 'maybe'; expected true or false",
        ),
        (
            "  - just text\n",
            "[2]: found 'just text'; expected a mapping of id, where, what, kind, printed, "
            "key, not_checkable, note, headline",
        ),
        (
            bad(note="[a]"),
            ".two.note: found a list of 1; expected 1 to 2000 characters of text",
        ),
    ],
)
def test_one_mistake(tmp_path: Path, claim: str, expected: str) -> None:
    assert mistakes(tmp_path, HEAD + GOOD + claim) == (f"published.yaml:5: claims{expected}",)


def test_every_mistake_is_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = HEAD.replace("1", "2", 1) + GOOD + bad(kind="counts") + bad(id="one", printed="many")
    assert [line.split(": ")[0] for line in mistakes(tmp_path, text)] == [
        "published.yaml:1",
        "published.yaml:5",
        "published.yaml:6",
        "published.yaml:6",
    ]


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, "calliper: 1\ncitation: A\ncitation: B\nclaims:\n" + GOOD)
    assert line.startswith("published.yaml:3: ")
    assert "citation" in line


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (b"", "published.yaml:1: "),
        (b"- a list\n", "published.yaml:1: "),
        (b"calliper: 1\ncitation: \xff\n", "published.yaml:2: "),
        (b"calliper: 1\nclaims: [\n", "published.yaml:"),
        (b"calliper: 1\ncitation: A\nclaims: []\n", "published.yaml:3: claims: found an empty list"),
        (
            b"calliper: 1\ncitation: A\nclaims: none\n",
            "published.yaml:3: claims: found 'none'; expected a list",
        ),
        (
            b"calliper: 1\ncitation: A\n",
            "published.yaml:1: claims: missing; expected the list of printed numbers",
        ),
    ],
)
def test_what_is_no_such_file(tmp_path: Path, text: bytes, start: str) -> None:
    (line,) = mistakes(tmp_path, text)
    assert line.startswith(start)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ProtocolError, match=r"absent.yaml: no such file or directory; expected the file of published"
    ):
        load_claims(tmp_path / "absent.yaml")


def test_the_example_of_the_documentation_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "published_file.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    published = load(tmp_path, example)
    assert {claim.kind for claim in published.claims} == {"count", "number", "percent", "p"}
