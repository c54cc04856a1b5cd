"""What a story corrects in Concord's words: which facts, which fields of them, and what they say.

A fact of a story may be several in Concord (an order is placed and paid), and its fields have other
names there. A story's corrections each replace some fields; Concord's say the whole of it: what
earlier ones said is said again.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from application.correcting import Said, correcting
from domain.kernel import Recorded, Rejected
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from tests.acceptance.standards import KINDS
from tests.acceptance.story import Line, Telling, code_of, happened_at

CURRENCY = "CNY"
PREPARING = frozenset({"department", "survey-form"})
"""Kinds of things that have to be there before a fact of a story can be told."""

Write = Callable[[Telling, Any], Any]
"""How a value of a story is written in the data of a fact."""


def _plain(_: Telling, value: Any) -> Any:
    return value


def _member(telling: Telling, name: str | None) -> str | None:
    return None if name is None else str(telling.id("member", name))


def _department(telling: Telling, code: str) -> str:
    """Name a department, and make it where no story has told of it yet."""
    id_, line = department_id(code), min(telling.story.lines, key=happened_at)
    create = CreateDepartment(id=id_, code=code, name=code, kind=DepartmentKind.CORE)
    telling.do(line | {"id": ""}, create, unless=("department.exists",))
    return str(id_)


def _money(_: Telling, amount: str) -> dict[str, Any]:
    return {"minor": int(Decimal(amount) * 100), "currency": CURRENCY}


def _split(telling: Telling, split: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "member_id": None if name == "unattributed" else _member(telling, name),
            "percent": percent,
        }
        for name, percent in split.items()
        if Decimal(percent)
    ]


FIELDS: dict[str, dict[str, tuple[str, Write]]] = {
    "order.placed": {"split": ("split", _split)},
    "order.paid": {"amount": ("amount", _money)},
    "order.refunded": {"amount": ("amount", _money)},
    "customer.registered": {"tier": ("tier", _plain)},
    "customer.tiered": {"tier": ("tier", _plain)},
    "ownership.claimed": {"owner": ("owner_id", _member)},
    "ownership.transferred": {"owner": ("owner_id", _member)},
    "member.joined": {"department": ("department_id", _department), "role": ("role", _plain)},
    "request.opened": {
        "department": ("department_id", _department),
        "holder": ("holder_id", _member),
        "kind": ("kind", lambda _, kind: KINDS[kind]),
    },
    "request.assigned": {"holder": ("member_id", _member)},
    "request.waiting-started": {
        "on": ("on", lambda _, on: on.replace("_", "-")),
        "contracted": ("contracted", _plain),
    },
    "request.waiting-ended": {"on": ("on", lambda _, on: on.replace("_", "-"))},
    "opportunity.opened": {"owner": ("holder_id", _member)},
    "contract.signed": {"at": ("starts_at", _plain)},
    "contract.ended": {"at": ("ended_at", _plain)},
    "survey.answered": {"aspect": ("aspect", lambda _, aspect: code_of(aspect))},
    "feedback.given": {"about": ("about_id", _member), "by": ("holder_id", _member)},
}
"""Of events: what their fields are in a story. Others have the same name, and the same values."""


def correct(telling: Telling, line: Line) -> None:
    """Correct what a fact of the story led to, in all that was said of it until then."""
    said = _said(telling, line)
    telling.strained |= _promises_otherwise(telling, line["fact"], said)
    left = set(said) - {"at"}
    for fact in _targets(telling, line["fact"], said):
        found = dict(_changes(telling, fact, said))
        left -= {name for name, _ in found.values()}
        by_id = None
        if "by" in left and "by" not in FIELDS.get(fact.name, {}):
            by_id = telling.id("member", said["by"])
            left.discard("by")
        own = fact.position in telling.positions[line["fact"]]
        at = datetime.fromisoformat(said["at"]) if own and "at" in said else None
        asked = Said(set={f: value for f, (_, value) in found.items()}, at=at, by_id=by_id)
        if not asked.set and at is None and by_id is None:
            continue
        try:
            command = correcting(telling.crm.facts, telling.crm.load, fact.position, asked)
        except Rejected as refusal:
            if refusal.code != "correction.nothing-changed":
                raise
        else:
            telling.do(line, command, reason=line["reason"])
    assert not left, f"{line['id']} corrects {left}: no fact of ours has that"


def _promises_otherwise(telling: Telling, name: str, said: dict[str, Any]) -> bool:
    """Tell whether a request takes another tier by what a fact says now."""
    (corrected,) = (each for each in telling.story.lines if each["id"] == name)
    tiered = corrected["do"] in ("customer_registered", "customer_retiered")
    dated = corrected["do"] in ("request_opened", "customer_retiered")
    return (tiered and "tier" in said) or (dated and "at" in said)


def _said(telling: Telling, line: Line) -> dict[str, Any]:
    """Return all that was set of the fact so far, the last word of each field."""
    said: dict[str, Any] = {}
    for each in telling.story.lines:
        if "set" in each and each["fact"] == line["fact"]:
            said |= each["set"]
        if each["id"] == line["id"]:
            break
    return said


def _targets(telling: Telling, name: str, said: dict[str, Any]) -> list[Recorded[Any]]:
    positions = list(telling.positions[name])
    (corrected,) = (each for each in telling.story.lines if each["id"] == name)
    if "split" in said:  # Concord has it at the order, which its first payment led to
        positions += [
            position
            for each in telling.story.lines
            if each["do"] == "order_paid" and each["order"] == corrected["order"]
            for position in telling.positions.get(each["id"], [])
        ]
    found = telling.crm.facts.at(sorted(set(positions)))
    return [
        fact
        for fact in found
        if (fact.position in telling.positions[name] and fact.kind not in PREPARING)
        or fact.name == "order.placed"
    ]


def _changes(
    telling: Telling, fact: Recorded[Any], said: dict[str, Any]
) -> Iterator[tuple[str, tuple[str, Any]]]:
    known = {field.name for field in fields(fact.event)}
    mapped = FIELDS.get(fact.name, {})
    for name, value in said.items():
        if name in mapped:
            field, write = mapped[name]
            yield field, (name, write(telling, value))
        elif name in known and name != "at":
            yield name, (name, value)
