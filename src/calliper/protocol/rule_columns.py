"""What a rule on the rows of a table may name, and the type of each name: columns, days, the patient's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from calliper.protocol.criteria import VariableType, rule_types
from calliper.protocol.role import Role
from calliper.protocol.roles import OF_SESSIONS, ROLES_OF
from calliper.protocol.specs import DeviationRule, Deviations, Protocol, TableSource

NUMBER, DATE, CODE = VariableType("number"), VariableType("date"), VariableType("code")
YES_NO = VariableType("category", ("yes", "no"))

DATED_BY: Mapping[str, str] = MappingProxyType(
    {
        "responses": "date",
        "adverse_events": "start",
        "contacts": "date",
        "exposure": "start",
        "imaging": "date",
        "visits": "date",
        "sessions": "date",
        "other_therapy": "start",
        "labs": "date",
        **dict.fromkeys(OF_SESSIONS, "session_date"),
    }
)
"""The column that dates a row of each table that has one; a row of a session has its session's date."""

ENDPOINT_COLUMNS: Mapping[str, Mapping[str, VariableType]] = MappingProxyType(
    {
        "exposure": {
            **dict.fromkeys(
                (
                    "first_day", "last_day", "duration_days", "on_drug_days", "cumulative_mg", "mean_daily_mg",
                    "mean_daily_mg_without_pauses", "rdi_percent", "reductions", "first_reduction_day", "interruptions",
                    "longest_interruption_days", "days_unrecorded",
                ),
                NUMBER,
            ),
            "was_on_before": YES_NO,
            "is_ongoing": YES_NO,
        },
        "schedule": dict.fromkeys(
            (
                "days_followed", "due", "attended", "on_time", "early", "late", "after_missed", "missed",
                "days_since_last", "complete", "incomplete", "content_not_recorded", "share",
            ),
            NUMBER,
        ),
        "treatments": {"treatment": CODE, "first_day": NUMBER, "last_day": NUMBER},
        "toxicity": {"term": CODE, "grade": NUMBER, "occurred": YES_NO, "events": NUMBER, "day": NUMBER},
        "time_to_event": {"time": NUMBER, "event": NUMBER, "cause": CODE},
        "response": {"landmark": CODE, "response": CODE, "day": NUMBER},
    }
)  # fmt: skip
"""What a rule may name of the rows of an endpoint, by the endpoint's kind."""

COUNTED = ("nth", "days_since_previous")
"""The place of a row among those of the patient that are judged, and the days since the one before it."""


LONG = "days_long"
"""The days of a row that has a start and an end, both inside."""


def own_types(protocol: Protocol) -> dict[str, VariableType]:
    """What is known of a patient: the study's variables, the arm and the centre."""
    centres = tuple(protocol.centres)
    return {
        **rule_types(protocol),
        "arm": VariableType("category", tuple(protocol.arms.groups)),
        "centre": VariableType("category", centres) if centres else CODE,
    }


def rule_names(spec: Deviations, rule: DeviationRule, protocol: Protocol) -> dict[str, VariableType]:
    """What `where` of a rule may name; the rule itself also COUNTED. Of one name the row's own column comes first."""
    dated = {"day": NUMBER} if spec.start is not None else {}
    for name in (*spec.dates, *spec.preceding):
        dated |= {name: DATE, f"days_after_{name}": NUMBER}
    return {**own_types(protocol), **dated, **row_types(rule, protocol)}


def row_types(rule: DeviationRule, protocol: Protocol) -> dict[str, VariableType]:
    """The columns of the rows that a rule is judged on; none of its own has a row of the patients' table."""
    if rule.endpoint is not None:
        kind = protocol.endpoints[rule.endpoint].kind if rule.endpoint in protocol.endpoints else ""
        return dict(ENDPOINT_COLUMNS.get(kind, {}))
    table = rule.table or rule.order or ""
    if table == "patients" or table not in ROLES_OF:
        return {}
    of_session = {}
    if (table in OF_SESSIONS) and protocol.data.sessions is not None:
        of_session = _of_table("sessions", protocol.data.sessions, prefix="session_")
    if rule.order is not None:
        return of_session
    held: TableSource | None = getattr(protocol.data, table, None)
    return {**of_session, **(_of_table(table, held) if held is not None else {})}


def _of_table(table: str, held: TableSource, *, prefix: str = "") -> dict[str, VariableType]:
    """The roles that the study maps, by their types; one word of a set is a yes or no, `vessels_coeliac`."""
    types: dict[str, VariableType] = {}
    for name, role in ROLES_OF[table].items():
        if name == "patient" or name not in held.columns or (prefix and name == "session"):
            continue
        if role.kind == "set":
            types |= {f"{prefix}{name}_{word}": YES_NO for word in words_of(role)}
        else:
            types[f"{prefix}{name}"] = type_of(role)
    further = {
        f"{prefix}{name}": VariableType("category", tuple(dict.fromkeys(spec.codes.values())))
        for name, spec in held.further.items()
    }
    long = {f"{prefix}{LONG}": NUMBER} if {"start", "end"} <= set(types) else {}
    return {**types, **long, **further}


def words_of(role: Role) -> tuple[str, ...]:
    """The words that a set may hold."""
    return tuple(dict.fromkeys(role.words.values()))


def type_of(role: Role) -> VariableType:
    """What a rule may do with a role."""
    if role.kind in ("number", "ratio", "whole", "event"):
        return NUMBER
    if role.kind == "date":
        return DATE
    if role.kind == "words":
        return VariableType("category", words_of(role))
    return CODE
