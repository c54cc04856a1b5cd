"""Looking back over HTTP: timeline and history of anything that has pages of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import validate

from application.store.log import NOW
from domain.kernel import Recorded, Subject
from projections.customers.customers import CUSTOMERS
from projections.customers.merging import Family
from projections.subjects import SUBJECTS
from web.access.seeing import access
from web.bodies import Routes
from web.customers.merged import family_of
from web.facts import FactPage, Place, fact_page
from web.fields import Whole
from web.problems import not_found
from web.running import concord
from web.views import (
    MAX_LIMIT,
    Cursor,
    PageSchema,
    await_log,
    await_past,
    await_position,
    list_response,
    window,
)

bp = Routes("history", "history", description="What happened, who did it, and when we knew.")

PATHS = {
    "customer": "customers",
    "member": "members",
    "department": "departments",
    "request": "requests",
    "interaction": "interactions",
    "import": "imports",
    "principal": "principals",
    "role": "roles",
    "sharing": "sharing",
    "campaign": "campaigns",
    "market": "markets",
    "competitor": "competitors",
    "order": "orders",
    "contract": "contracts",
    "pipeline": "pipelines",
    "lead": "leads",
    "opportunity": "opportunities",
    "quote": "quotes",
    "value-model": "value-models",
    "need": "needs",
    "preference": "preferences",
    "behaviour": "behaviours",
    "partner-link": "partners",
    "referral": "referrals",
    "dispute": "disputes",
    "pool": "pools",
    "hand-over": "hand-overs",
    "tier-policy": "tier-policies",
    "service-plan": "service-plans",
    "segment": "segments",
    "offer": "offers",
    "routing": "routings",
    "calendar": "calendars",
    "sla-policy": "sla-policies",
    "survey-form": "survey-forms",
    "survey-programme": "survey-programmes",
    "survey": "surveys",
    "complaint": "complaints",
    "follow-up": "follow-ups",
    "complaint-summary": "complaint-summaries",
    "improvement": "improvements",
    "review-policy": "review-policies",
    "review-cycle": "review-cycles",
    "review": "reviews",
    "feedback": "feedback",
    "correction": "corrections",
}
"""The kinds of things with pages of their own. The others show on their customer's timeline."""


class HistoryQuery(ma.Schema):
    """How much of a thing's own history."""

    limit = Whole(load_default=MAX_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()


# --- Timeline and history of one thing ------------------------------------------------------------


def _timeline(kind: str) -> Callable[[dict[str, Any], UUID], Response]:
    def get_timeline(args: dict[str, Any], id_: UUID) -> Response:
        subject, seen = Subject(kind, id_), window(args)
        history = concord().history
        one = Family(id_)

        def fetch(before: Place | None, limit: int) -> list[Recorded[Any]]:
            place = before and (datetime.fromisoformat(before[0]), int(before[1]))
            return history.timeline(
                Subject(kind, one.survivor),
                beside=one.others,
                window=seen or NOW,
                before=place,
                limit=limit,
            )

        reached = None
        if seen is None:
            reached = await_position(SUBJECTS.name)
        else:
            await_past(seen)
        if kind == CUSTOMERS.subject:
            one = family_of(id_, seen)
            access().stand_in(one)
        if not access().readable(kind, one.survivor):
            raise not_found()
        asked = ["timeline", str(subject)]
        page = fact_page(
            fetch, lambda fact: (fact.occurred_at.isoformat(), str(fact.position)), args, asked
        )
        if not page.items and "cursor" not in args:
            raise not_found()
        return list_response(page, asked, reached)

    get_timeline.__doc__ = f"Show everything that happened around a {kind}, the latest first."
    return get_timeline


def _history(kind: str) -> Callable[[dict[str, Any], UUID], Response]:
    def get_history(args: dict[str, Any], id_: UUID) -> Response:
        def fetch(after: Place | None, limit: int) -> list[Recorded[Any]]:
            version = int(after[0]) if after else 0
            return concord().log.stream(id_, after_version=version, limit=limit)

        await_log()
        facts = concord().log.stream(id_, limit=1)
        if not facts or facts[0].kind != kind or not access().readable(kind, id_):
            raise not_found()
        asked = ["history", kind, str(id_)]
        page = fact_page(fetch, lambda fact: (str(fact.version), ""), args, asked)
        return list_response(page, asked, None)

    get_history.__doc__ = f"Show the {kind}'s own facts, version by version."
    return get_history


def _register(kind: str, path: str) -> None:
    for name, make, query in (
        ("timeline", _timeline, PageSchema),
        ("history", _history, HistoryQuery),
    ):
        view = make(kind)
        view.__name__ = f"{kind}_{name}".replace("-", "_")
        documented = bp.response(200, FactPage, description="A page of facts.")(view)
        bp.route(f"/{path}/<uuid:id_>/{name}", methods=["GET"])(
            bp.arguments(query, location="query")(documented)
        )


for _kind, _path in PATHS.items():
    _register(_kind, _path)
