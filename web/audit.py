"""The audit history and the access log over HTTP: what happened, who did it, and who looked."""

from typing import Any, cast

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from domain.access.record import RecordViewed, viewed
from domain.access.roles import Action, Resource
from domain.audit.correction import correction_id
from domain.kernel import EVENTS, Recorded, Subject
from projections.documents import Document
from projections.history import AuditQuery
from projections.subjects import SUBJECTS
from projections.timeline import shown
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.facts import ActorField, FactPage, FactSchema, Place, SubjectField, fact_page, language
from web.fields import Time, Whole
from web.problems import not_found
from web.running import concord, json_response
from web.views import LIMIT, MAX_LIMIT, Cursor, await_log, await_position, list_response

bp = Routes("audit", "audit", description="What happened, who did it, and who looked.")


VIEWED: str = cast("Any", RecordViewed).__event_name__


class LogQuerySchema(ma.Schema):
    """Which facts of the log; every condition is optional, all must hold."""

    subject = SubjectField()
    actor = ActorField()
    since = Time(data_key="from", metadata={"description": "Recorded at or after."})
    until = Time(data_key="to", metadata={"description": "Recorded before."})
    limit = Whole(load_default=LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()


class AuditQuerySchema(LogQuerySchema):
    """Which facts; every condition is optional, all must hold."""

    name = fields.String(
        validate=validate.OneOf(sorted(EVENTS)), metadata={"description": "The event's name."}
    )


class CorrectedFactSchema(FactSchema):
    """A fact, with the corrections it was given since, the first one first."""

    corrections = fields.List(fields.Nested(FactSchema), required=True)


@bp.get("/audit/events")
@bp.arguments(AuditQuerySchema, location="query")
@bp.response(200, FactPage, description="A page of facts, the last recorded first.")
def list_audit_events(args: dict[str, Any]) -> Response:
    """Search the audit history: by subject, actor, name and time of recording."""
    access().require(Action.READ, Resource.AUDIT)
    return _search(args, "audit")


def _search(args: dict[str, Any], which: str, **more: Any) -> Response:
    query = {name: value for name, value in args.items() if name not in {"limit", "cursor"}}
    asked = [which, *sorted((each, str(value)) for each, value in query.items())]
    reached = await_position(SUBJECTS.name)

    def fetch(before: Place | None, limit: int) -> list[Recorded[Any]]:
        position = int(before[0]) if before else None
        return concord().history.audit(AuditQuery(**query | more, before=position, limit=limit))

    page = fact_page(fetch, lambda fact: (str(fact.position), ""), args, asked)
    return list_response(page, asked, reached)


@bp.get("/audit/events/<int:position>")
@bp.arguments(NoQuery, location="query")
@bp.response(200, CorrectedFactSchema, description="The fact.")
def get_audit_event(_args: dict[str, Any], position: int) -> Response:
    """Show one fact by its id, the position in the log: as it was recorded, and corrected since."""
    access().require(Action.READ, Resource.AUDIT)
    await_log()
    facts = concord().log.at([position]) if position < 2**63 else []
    for fact, masked in access().visible(facts):
        document = shown(fact, language(), masked) | {"corrections": _corrections(position)}
        return json_response(orjson.dumps(document))
    raise not_found()


def _corrections(position: int) -> list[Document]:
    told = concord().log.stream(correction_id(position))
    return [shown(fact, language(), masked) for fact, masked in access().visible(told)]


@bp.get("/access/views")
@bp.arguments(LogQuerySchema, location="query")
@bp.response(200, FactPage, description="A page of facts, the last recorded first.")
def list_views(args: dict[str, Any]) -> Response:
    """Show who looked at personal data: at whose (``subject``), who did (``actor``), and when."""
    access().require(Action.READ, Resource.ACCESS, everywhere=True)
    about = args.get("subject")
    looked_at = {"subject": Subject(viewed(about.kind), about.id)} if about else {}
    return _search(args, "views", name=VIEWED, **looked_at)
