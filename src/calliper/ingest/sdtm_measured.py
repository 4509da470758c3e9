"""The domain TR: what each evaluator measured of each lesion at each visit, as scans and lesions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from calliper.ingest.sdtm_identified import Identified, Lesion
from calliper.ingest.sdtm_result import Said, number_of, read_result, slot_of
from calliper.ingest.sdtm_rows import Findings, LesionKey, Row
from calliper.ingest.sdtm_words import Words, plain
from calliper.records.column import Verdict
from calliper.records.wording import quoted

ScanKey = tuple[str, str, str, str, str]
"""Patient, evaluator, visit, date as written, modality: what was seen on two days, or by two methods, is two scans."""

DIAMETERS = ("short_axis", "whole", "viable")


@dataclass(slots=True)
class Seen:
    """A lesion at a scan: what was said of it, by slot.

    The slots are diameters, `whole`, `short_axis` and `viable`; `word`, what stands in their place; and `state`.
    """

    key: LesionKey
    lesion: Lesion
    said: dict[str, Said] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """The row that stands for it: of the diameter that counts, else of the words."""
        order = (*DIAMETERS, "word", "state")
        return next((self.said[slot].row for slot in order if slot in self.said), self.lesion.row)

    @property
    def status(self) -> Said | None:
        """The word in place of a diameter before the state; but of one not measured, the state where it is known."""
        word, state = self.said.get("word"), self.said.get("state")
        if word is None or (word.text == "not_assessed" and state is not None):
            return state
        return word

    @property
    def diameter(self) -> Said | None:
        """The whole diameter, or of a node the short axis."""
        return self.said.get("short_axis") or self.said.get("whole")


@dataclass(slots=True)
class Measured:
    """The scans in the order found, each with its first row and its lesions by link; and the rows of sums.

    `lesions` has every lesion with a row of TR, whether anything could be read of it or not.
    """

    lesions: set[LesionKey] = field(default_factory=set)
    scans: dict[ScanKey, Row] = field(default_factory=dict)
    seen: dict[tuple[ScanKey, str], Seen] = field(default_factory=dict)
    sums: list[Row] = field(default_factory=list)


def measure(
    rows: Iterable[Row], identified: Identified, words: Words, unit: str, findings: Findings
) -> Measured:
    """Read TR; `unit` is the unit that every diameter must have (cm is turned into mm)."""
    found = Measured()
    measured: set[tuple[ScanKey, str]] = set()
    other_axis: dict[tuple[ScanKey, str], tuple[Row, str]] = {}
    evaluators = _evaluators(identified)
    for row in rows:
        test = words.tests.get(plain(row["TRTESTCD"]))
        if test is None:
            findings.unknown(row, "TRTESTCD", "tests", words)
        elif test == "ignored":
            findings.leave(row, f"with TRTESTCD {quoted(row['TRTESTCD'])}")
        elif test == "sum":
            found.sums.append(row)
        else:
            lesion = _lesion_of(row, identified, evaluators, findings)
            scan = None if lesion is None else _scan_of(row, lesion, words, findings)
            if lesion is None or scan is None:
                continue
            found.lesions.add(row.key)
            at = (scan, row["TRLNKID"])
            found.scans.setdefault(scan, row)
            is_node = lesion.organ == "LN"
            if (test, is_node) in (("longest", True), ("short_axis", False)):
                other_axis.setdefault(at, (row, test))
                of = "nodes" if is_node else "lesions that are no nodes"
                findings.leave(row, f"with TRTESTCD {quoted(row['TRTESTCD'])} of {of}")
                continue
            measured.add(at)
            slot = slot_of(test, is_node=is_node)
            said = read_result(row, slot, words, unit, findings)
            if said is not None:
                seen = found.seen.setdefault(at, Seen(row.key, lesion))
                _take(seen, said, findings)
    for at, (row, test) in other_axis.items():
        if at not in measured:
            _only_other_axis(row, test, findings)
    for seen in found.seen.values():
        _check_state(seen, findings)
    return found


def add_new(found: Measured, identified: Identified, findings: Findings) -> None:
    """Add the new lesions that TU identifies and TR does not measure; query others that TR never measures."""
    of_visit: dict[tuple[str, str, str], dict[str, None]] = {}
    for patient, evaluator, visit, date, _ in found.scans:
        of_visit.setdefault((patient, evaluator, visit), {})[date] = None
    for key, lesion in identified.lesions.items():
        if key in found.lesions or lesion.role == "ignored":
            continue
        row = lesion.row
        if lesion.role != "new":
            message = f"{lesion.role.replace('_', '-')} lesion {quoted(key[2])} has no row of TR that is read"
            action = "add its results; it counts for nothing"
            findings.query(row, "TULNKID", Verdict("never_measured", message, action))
            continue
        dates = [row["TUDTC"]] if row["TUDTC"] else list(of_visit.get((key[0], key[1], row.visit), ()))
        if len(dates) != 1:
            found_dates = "no date" if not dates else f"{len(dates)} dates"
            message = f"new lesion {quoted(key[2])} is in no row of TR, and TR has {found_dates} of its visit"
            findings.error(row, "TULNKID", Verdict("no_date", message, "give TUDTC, or a row of TR"))
            continue
        scan = (key[0], key[1], row.visit, dates[0], lesion.modality)
        found.scans.setdefault(scan, row)
        found.seen.setdefault((scan, key[2]), Seen(key, lesion))


def _evaluators(identified: Identified) -> Mapping[tuple[str, str], list[str]]:
    """Who identified each patient's lesion of each link."""
    who: dict[tuple[str, str], list[str]] = {}
    for patient, evaluator, link in (*identified.lesions, *identified.refused):
        who.setdefault((patient, link), []).append(evaluator or "no evaluator")
    return who


def _lesion_of(
    row: Row, identified: Identified, evaluators: Mapping[tuple[str, str], Sequence[str]], findings: Findings
) -> Lesion | None:
    key = row.key
    lesion = identified.lesions.get(key)
    for column in ("USUBJID", "TRLNKID") if lesion is None else ():
        if not row[column]:
            findings.blank(row, column)
    if lesion is None and (not key[0] or not key[2] or key in identified.refused):
        return None
    if lesion is None:
        who = evaluators.get((key[0], key[2]), ())
        by = f" by {quoted(key[1])}" if key[1] else ""
        others = f" (only by {' and '.join(map(quoted, who))})" if who else ""
        message = f"TU identifies no lesion {quoted(key[2])} of this patient{by}{others}"
        findings.error(
            row, "TRLNKID", Verdict("no_identification", message, "correct the link, or add the row of TU")
        )
        return None
    if lesion.role == "ignored":
        findings.leave(row, f"of lesions that TU calls {quoted(lesion.row['TUSTRESC'])}")
        return None
    return lesion


def _scan_of(row: Row, lesion: Lesion, words: Words, findings: Findings) -> ScanKey | None:
    if not row["TRDTC"]:
        findings.blank(row, "TRDTC")
        return None
    modality: str | None = lesion.modality
    if row["TRMETHOD"]:
        modality = words.methods.get(plain(row["TRMETHOD"]))
    if modality is None:
        findings.unknown(row, "TRMETHOD", "methods", words)
        return None
    return row["USUBJID"], row.evaluator, row.visit, row["TRDTC"], modality


def _take(seen: Seen, found: tuple[str, Said], findings: Findings) -> None:
    """Hold what a row says, unless another row said it: the same again is a query, another value an error."""
    slot, said = found
    first = seen.said.setdefault(slot, said)
    if first is said:
        return
    link = quoted(seen.key[2])
    numbers = number_of(first.text), number_of(said.text)
    if first.text == said.text or (None not in numbers and numbers[0] == numbers[1]):
        if first.test == said.test:
            message = f"lesion {link} has the same result at this visit also in {first.row.place.words}"
            findings.query(
                said.row, "TRLNKID", Verdict("repeated_row", message, "remove one if it is a copy")
            )
        else:
            findings.leave(said.row, f"repeating a result of {quoted(first.test)}")
        return
    for one, other in ((first, said), (said, first)):
        message = f"lesion {link} has another result at this visit in {other.row.place.words}"
        findings.error(one.row, "TRSTRESC", Verdict("two_results", message, "keep one of the two"))


def _only_other_axis(row: Row, test: str, findings: Findings) -> None:
    is_node = test == "longest"
    counts, code = ("short axis", "LPERP") if is_node else ("longest diameter", "LDIAM")
    what = "node" if is_node else "lesion"
    message = f"{what} {quoted(row['TRLNKID'])} has no {counts} at this visit, which is what counts of it"
    action = f"add its {code}; until then it is not assessed"
    findings.query(row, "TRTESTCD", Verdict("other_axis", message, action))


def _check_state(seen: Seen, findings: Findings) -> None:
    """An error on a lesion that is gone or was not assessed and has a diameter."""
    status = seen.status
    if status is None or status.text not in ("absent", "not_assessed", "removed"):
        return
    here = status.row.place.words
    for said in (seen.said.get(slot) for slot in DIAMETERS):
        if said is not None and (number_of(said.text) or status.text != "absent"):
            message = f"the lesion has {said.text} mm here and is {status.text.replace('_', ' ')} in {here}"
            findings.error(
                said.row, "TRSTRESN", Verdict("state_and_diameter", message, "correct one of the two")
            )
