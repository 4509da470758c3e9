"""The table of Cox regression: each factor alone beside each multivariable model."""

from __future__ import annotations

from collections.abc import Callable

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import DASH, NOTHING, Notes, Shelf, shown
from calliper.displays.effects import FIRTH, effect, failures, firth_note, is_reference
from calliper.protocol.specs import CoxAnalysis, Protocol, TimeToEvent
from calliper.results import Results, Row

ALONE = "univariable"


def cox_table(spec: CoxAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: factors and levels. Columns: univariable HR and P, then coefficient, HR and P of each model."""
    writer = _Writer(spec, protocol, results)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title
        or f"Factors associated with {labels.in_sentence(writer.endpoint.label)}: Cox regression",
        columns=writer.columns(),
        rows=tuple(row for factor in spec.factors for row in writer.factor(factor)),
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: CoxAnalysis, protocol: Protocol, results: Results) -> None:
        endpoint = protocol.endpoints[spec.endpoint]
        if not isinstance(endpoint, TimeToEvent):
            raise TypeError(f"{spec.endpoint} is not a time-to-event endpoint")
        self.spec, self.protocol, self.endpoint = spec, protocol, endpoint
        self.forms = numbers.forms(protocol)
        self.shelf = Shelf(results, spec.id, "included")
        self.rows = results.of(spec.id)
        present = {row.group for row in self.rows}
        self.alone = spec.univariable
        self.models = [model for model in spec.models if model.id in present]
        self.failed = [model for model in spec.models if model.id not in present]
        self.notes = Notes(self.forms)

    def columns(self) -> tuple[Column, ...]:
        """Factor; univariable: patients/events, HR, P; each model: coefficient, HR, P."""
        ratio = f"HR ({labels.confidence(self.protocol)} CI)"
        alone = (
            [Column(name, "right", "Univariable") for name in ("n/events", ratio, "P")] if self.alone else []
        )
        models = [Column(name, "right", model.label) for model in self.models for name in ("β", ratio, "P")]
        return (Column("Factor", "left"), *alone, *models)

    def factor(self, factor: str) -> list[TableRow]:
        """A number is one row; a category heads its levels, the reference among them."""
        fitted = {"hr", "reference", "hr.firth", "reference.firth"}
        found = {row.level for row in self.rows if row.variable == factor and row.stat in fitted}
        levels = [level for level in labels.levels(self.protocol, factor) if level in found]
        label = labels.variable(self.protocol, factor)
        if not levels:
            unit = getattr(self.protocol.variable(factor), "unit", None) if factor != "arm" else None
            words = (
                f"{label}, per {unit.removesuffix('s')}"
                if unit in {"years", "months", "days", "weeks"}
                else (f"{label}, per {unit}" if unit else label)
            )
            return [TableRow((Cell(words), *self._line(factor, "")), "body")]
        head = TableRow((Cell(label), *self._head(factor, many=len(levels) > 2)), "group")
        return [head] + [
            TableRow((Cell(labels.level(self.protocol, factor, level)), *self._line(factor, level)), "level")
            for level in levels
        ]

    def _size(self, factor: str, level: str = "") -> Cell:
        n = self._either(ALONE, factor, level, "n")
        events = self._either(ALONE, factor, level, "events")
        if n is None and level:
            return NOTHING
        if n is None:
            return Cell(DASH, notes=self._marks(failures(self.shelf, factor, f"{ALONE} {factor}")))
        return shown(lambda a, b: f"{self.forms.count(a)}/{self.forms.count(b)}", n, events)

    def _either(self, group: str, factor: str, level: str, stat: str) -> Row | None:
        """The number of the ordinary fit, or of the penalised one."""
        row = self.shelf.row(group, factor, level, stat)
        return row if row is not None else self.shelf.row(group, factor, level, f"{stat}.firth")

    def _marks(self, sentences: list[str]) -> tuple[str, ...]:
        return tuple(self.notes.mark(sentence) for sentence in sentences)

    def _firth_marks(self, group: str, factor: str) -> tuple[str, ...]:
        """The mark of the footnote that says whose estimates a penalised fit gives, and why."""
        subject = f"{ALONE} {factor}" if group == ALONE else group
        return self._marks([firth_note(sentence) for sentence in failures(self.shelf, subject)])

    def _head(self, factor: str, *, many: bool) -> list[Cell]:
        cells = []
        if self.alone:
            cells += [self._size(factor), NOTHING, self._overall(ALONE, factor, many=many)]
        for model in self.models:
            cells += [NOTHING, NOTHING, self._overall(model.id, factor, many=many)]
        return cells

    def _overall(self, group: str, factor: str, *, many: bool) -> Cell:
        if not many:
            return NOTHING
        row = self.shelf.row(group, factor, "", "p.factor")
        if row is not None:
            note = self.notes.mark("Overall P of the factor (Wald test of all its coefficients).")
            return shown(self.forms.p_value, row, notes=(note,))
        row = self.shelf.row(group, factor, "", "p.firth")
        if row is not None:
            note = self.notes.mark("Overall P of the factor (penalised likelihood ratio test).")
            return shown(self.forms.p_value, row, notes=(note, *self._firth_marks(group, factor)))
        if not any(held.group == group and held.variable == factor for held in self.rows):
            return NOTHING
        note = self.notes.mark(f"No overall P of a factor is made in a model fitted by {FIRTH}.")
        return Cell(DASH, notes=(note,))

    def _line(self, factor: str, level: str) -> list[Cell]:
        cells: list[Cell] = []
        if self.alone:
            cells += [self._size(factor, level), *self._effect(ALONE, factor, level)]
        for model in self.models:
            beta = self._either(model.id, factor, level, "coefficient")
            found = self._effect(model.id, factor, level)
            first = shown(self.forms.coefficient, beta, notes=found[0].notes) if beta is not None else NOTHING
            cells += [first, *found]
        return cells

    def _effect(self, group: str, factor: str, level: str) -> list[Cell]:
        if is_reference(self.shelf, group, factor, level):
            return [Cell("reference"), NOTHING]
        found = effect(self.shelf, group, factor, level)
        if found is None:
            absent = not any(row.group == group and row.variable == factor for row in self.rows)
            return [NOTHING if absent and group != ALONE else Cell(DASH), NOTHING]
        notes = self._firth_marks(group, factor) if found.is_firth else ()
        return [found.ratio_cell(self.forms, notes), found.p_cell(self.forms, notes)]

    def footnotes(self) -> tuple[Footnote, ...]:
        """Ties, the size of each model, and the models that could not be fitted."""
        level = labels.confidence(self.protocol)
        self.notes.add(
            f"HR: hazard ratio. CI: {level} confidence interval (Wald). β: ln HR. P: Wald test, two-sided."
        )
        ties = {
            str(method.parameters["ties"])
            for method in self.shelf.results.methods_of(self.spec.id)
            if method.parameters.get("ties")
        }
        if ties:
            self.notes.add(f"Tied times: {labels.listed(sorted(tie.capitalize() for tie in ties))}.")
        for model in self.models:
            self._note_size(model.id, model.label)
        for model in self.failed:
            sentences = failures(self.shelf, model.id) or ["not estimated"]
            self.notes.add(f"{model.label}: {labels.ended('; '.join(sentences))}")
        self.notes.add(f"Blank: not in the model. {DASH}: not estimated.")
        return self.notes.all()

    def _note_size(self, group: str, label: str) -> None:
        """A note on a model: its patients, events and parameters, how it separates, and its hazards."""
        phrases: dict[str, Callable[[float | None], str]] = {
            "n": lambda n: f"{self.forms.count(n)} patients",
            "events": lambda n: f"{self.forms.count(n)} events",
            "parameters": lambda n: f"{self.forms.count(n)} parameters",
            "events_per_parameter": lambda ratio: f"{self.forms.fixed(ratio, 1)} events a parameter",
            "concordance": lambda c: f"concordance {self.forms.fixed(c, 3)}",
            "p.zph": lambda p: f"test of proportional hazards {self.forms.p_equation(p)}",
        }
        rows = {stat: self._either(group, "", "", stat) for stat in phrases}
        quoted = {stat: row for stat, row in rows.items() if row is not None}
        if quoted:
            words = ", ".join(phrases[stat](row.value) for stat, row in quoted.items())
            self.notes.add(f"{label}: {words}.", *quoted.values())
        fitted = self.shelf.method("summary", group)
        if fitted is not None and fitted.n_excluded:
            left_out = labels.counted_patients(fitted.n_excluded)
            self.notes.add(f"{label}, left out: {left_out} ({fitted.why_excluded}).")
