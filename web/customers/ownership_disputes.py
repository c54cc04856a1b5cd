"""A dispute replayed: who said what about who owns the customer, and who was in touch with them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from domain.customers.interaction import InteractionLogged, InteractionRetracted
from domain.customers.ownership import OwnershipDisputed, OwnershipSettled, ownership_id
from domain.ids import CustomerId, MemberId
from domain.kernel import Recorded, Subject
from domain.support.request import RequestReplied
from domain.support.words import ReplyKind
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, utc
from projections.history import AuditQuery
from projections.subjects import SUBJECTS
from projections.timeline import shown
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.facts import FactSchema, language
from web.fields import Moment
from web.running import concord, json_response
from web.views import await_position, must_be_there

bp = Routes("ownership-disputes", "ownership", description="Disputes about owners, replayed.")

PAGE = 500
_CONTACTS = (InteractionLogged, RequestReplied, InteractionRetracted)


class SideSchema(ma.Schema):
    """One side of a dispute, and every contact it had with the customer."""

    side = fields.String(required=True, validate=validate.OneOf(["owner", "claimant"]))
    member_id = fields.UUID(required=True)
    contacts = fields.Integer(required=True)
    before_dispute = fields.Integer(
        required=True, metadata={"description": "How many of them before it was contested."}
    )
    first_at = Moment(allow_none=True)
    last_at = Moment(allow_none=True)
    events = fields.List(
        fields.String(), required=True, metadata={"description": "Their positions in the log."}
    )


class DisputeReplaySchema(ma.Schema):
    """The last dispute about a customer, and all that was said about who owns it."""

    status = fields.String(required=True, validate=validate.OneOf(["none", "open", "settled"]))
    disputed_at = Moment(allow_none=True)
    settled_at = Moment(allow_none=True)
    settled_for = fields.UUID(required=True, allow_none=True)
    history = fields.List(fields.Nested(FactSchema), required=True)
    sides = fields.List(fields.Nested(SideSchema), required=True)


@bp.get("/customers/<uuid:id_>/ownership/dispute")
@bp.arguments(NoQuery, location="query")
@bp.response(200, DisputeReplaySchema, description="The dispute, replayed.")
def replay_ownership_dispute(args: dict[str, Any], id_: UUID) -> Response:
    """Replay who claimed a customer, who contests it, and who was in touch with it."""
    position = await_position(SUBJECTS.name)
    must_be_there(CUSTOMERS, id_, args)
    stream = concord().log.stream(ownership_id(CustomerId(id_)))
    response = json_response(orjson.dumps(_replayed(id_, stream)))
    response.headers["Concord-Position"] = str(position)
    return response


def _replayed(id_: UUID, stream: list[Recorded[Any]]) -> Document:
    contested = _last(stream, OwnershipDisputed)
    settled = _last(stream, OwnershipSettled)
    if contested is None or (settled is not None and settled.version < contested.version):
        settled = None
    return {
        "status": "none" if contested is None else "open" if settled is None else "settled",
        "disputed_at": None if contested is None else utc(contested.occurred_at),
        "settled_at": None if settled is None else utc(settled.occurred_at),
        "settled_for": None if settled is None else str(settled.event.owner_id),
        "history": [shown(fact, language(), masked) for fact, masked in access().visible(stream)],
        "sides": [] if contested is None else _sides(id_, contested),
    }


def _last(stream: list[Recorded[Any]], kind: type[Any]) -> Recorded[Any] | None:
    return next((fact for fact in reversed(stream) if isinstance(fact.event, kind)), None)


def _sides(id_: UUID, contested: Recorded[Any]) -> list[Document]:
    facts = [fact for fact, _ in access().visible(_contacts(id_))]
    at, event = contested.occurred_at, contested.event
    return [
        _side("owner", event.owner_id, facts, at),
        _side("claimant", event.claimant_id, facts, at),
    ]


def _side(
    side: str, member_id: MemberId, facts: Iterable[Recorded[Any]], contested_at: datetime
) -> Document:
    theirs = sorted(
        (fact for fact in facts if _by(fact, member_id)),
        key=lambda fact: (fact.occurred_at, fact.position),
    )
    return {
        "side": side,
        "member_id": str(member_id),
        "contacts": len(theirs),
        "before_dispute": sum(fact.occurred_at < contested_at for fact in theirs),
        "first_at": utc(theirs[0].occurred_at) if theirs else None,
        "last_at": utc(theirs[-1].occurred_at) if theirs else None,
        "events": [str(fact.position) for fact in theirs],
    }


def _by(fact: Recorded[Any], member_id: MemberId) -> bool:
    return member_id in {fact.envelope.performer, fact.envelope.actor.member_id}


def _contacts(id_: UUID) -> list[Recorded[Any]]:
    """Return every contact with a customer that was not taken back: interactions and replies."""
    found = {kind: list(_facts(id_, kind)) for kind in _CONTACTS}
    taken_back = {fact.stream_id for fact in found[InteractionRetracted]}
    logged = [fact for fact in found[InteractionLogged] if fact.stream_id not in taken_back]
    replied = [fact for fact in found[RequestReplied] if fact.event.kind is ReplyKind.PUBLIC]
    return logged + replied


def _facts(id_: UUID, kind: Any) -> Iterator[Recorded[Any]]:
    query: dict[str, Any] = {"subject": Subject("customer", id_), "name": kind.__event_name__}
    before: int | None = None
    while page := concord().history.audit(AuditQuery(**query, before=before, limit=PAGE)):
        yield from page
        before = page[-1].position
