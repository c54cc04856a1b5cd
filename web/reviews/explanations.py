"""How a review came about: in sentences, down to each fact, and computed again by anyone."""

from typing import Any, cast
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from application.store.log import NOW, Window
from domain.confidential import confidential_fields
from domain.kernel import Recorded, Rejected, personal_fields
from domain.reviews.card import Card, digest, number
from domain.reviews.review import FollowUp
from domain.reviews.review_rules import REVIEW
from domain.reviews.review_sealing import impact
from domain.reviews.review_states import About, Carded
from projections.documents import Document
from projections.reader import After, Page
from projections.reports.names import names_in
from projections.reports.rounding import places
from projections.reviews.cards import shown_card
from projections.reviews.reviews import REVIEWS
from projections.scoring.catalogue import METRICS
from projections.scoring.explaining import explained
from projections.scoring.reasons import Language
from projections.teams.teams import MEMBERS
from projections.timeline import shown
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.facts import ThingSchema, language
from web.fields import Moment, Whole
from web.reviews.cards import computed
from web.reviews.pages import lines, scorecard_page
from web.reviews.printing import page_response
from web.running import concord, json_response
from web.views import LIMIT, MAX_LIMIT, Cursor, list_response, must_be_there, open_cursor, page_of

bp = Routes("review-explanations", "reviews", description="How each point of a review came about.")

# --- Schemas --------------------------------------------------------------------------------------


class ExplanationQuery(ma.Schema):
    """In which language (without one, in that of the browser), and as what: a page prints well."""

    language = fields.String(validate=validate.OneOf(["en", "zh"]))
    format = fields.String(load_default="json", validate=validate.OneOf(["json", "html"]))


class NamedFactSchema(ma.Schema):
    """A fact behind a figure, and where it is shown."""

    position = fields.String(required=True)
    share = fields.String(metadata={"description": "The part of it that is credited, exact."})
    reason = fields.String(metadata={"description": "Why it does not count."})
    href = fields.String(required=True)


class ExplainedFigureSchema(ma.Schema):
    """A figure in sentences, with the facts that count and those that do not."""

    metric = fields.String(required=True)
    title = fields.String(required=True)
    sentences = fields.List(fields.String(), required=True)
    evidence = fields.List(fields.Nested(NamedFactSchema), required=True)
    excluded = fields.List(fields.Nested(NamedFactSchema), required=True)


class ReviewExplanationSchema(ma.Schema):
    """A review in sentences, with the right to appeal."""

    language = fields.String(required=True)
    summary = fields.String(required=True)
    figures = fields.List(fields.Nested(ExplainedFigureSchema), required=True)
    total = fields.String(required=True)
    right_to_appeal = fields.String(required=True)


class EvidenceQuery(ma.Schema):
    """Which facts of a review: of one metric, or one by its position."""

    limit = Whole(load_default=LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()

    metric = fields.String(validate=validate.OneOf(sorted(METRICS)))
    position = fields.String(validate=validate.Regexp(r"[0-9]{1,18}$(?!\n)"))


class CreditedSchema(ma.Schema):
    """For which figure a fact counts, with which part, or why it does not."""

    metric = fields.String(required=True)
    share = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class EvidenceSchema(ma.Schema):
    """A fact behind a review; of what colleagues said, nothing tells who it was."""

    id = fields.String(required=True, metadata={"description": "Its position in the log."})
    name = fields.String(required=True)
    label = fields.String(required=True)
    occurred_at = Moment()
    stream = fields.Nested(ThingSchema, required=True, allow_none=True)
    data = fields.Dict(keys=fields.String(), required=True)
    masked = fields.List(fields.String(), required=True)
    counted = fields.List(fields.Nested(CreditedSchema), required=True)


class CopySchema(ma.Schema):
    """A card in short: what it comes to, at which position, by which code, with which hash."""

    position = fields.String(required=True)
    code = fields.String(required=True)
    hash = fields.String(required=True)
    total = fields.String(required=True, allow_none=True)


class NowSchema(CopySchema):
    """What it would come to as known now, and what would follow from that."""

    delta = fields.String(required=True, allow_none=True)
    follow_up = fields.Enum(FollowUp, by_value=True, required=True)
    changed = fields.List(fields.String(), required=True)


class ReplaySchema(ma.Schema):
    """A kept card beside the same card computed again, and as known now."""

    kept = fields.Nested(CopySchema, required=True)
    replayed = fields.Nested(CopySchema, required=True)
    same = fields.Boolean(required=True)
    why = fields.String(required=True, allow_none=True)
    now = fields.Nested(NowSchema, required=True)


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/reviews/<uuid:id_>/explanation")
@bp.doc(responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}})
@bp.arguments(ExplanationQuery, location="query")
@bp.response(200, ReviewExplanationSchema, description="The review in sentences.")
def explain_review(args: dict[str, Any], id_: UUID) -> Response:
    """Explain a review: how each point came about, with the facts, and how to contest them."""
    card = _carded(id_).present
    told = explained(card, cast("Language", args.get("language") or language()))
    if args["format"] == "html":
        return _page(id_, card, told)
    for figure, kept in zip(told["figures"], card.figures, strict=True):
        figure["evidence"] = [
            _named(id_, each.position, share=each.share) for each in kept.evidence
        ]
        figure["excluded"] = [
            _named(id_, each.position, reason=each.reason) for each in kept.excluded
        ]
    return json_response(orjson.dumps(told))


def _page(id_: UUID, card: Card, told: Document) -> Response:
    """Answer with the review as a page: card, sentences, evidence, signatures, rights."""
    here, review = concord(), must_be_there(REVIEWS, id_, {})
    document, names = shown_card(card), names_in(here.log, NOW)
    facts = lines(here.log, document, told["language"])
    if card.member_id is not None:
        access().tell(MEMBERS, [card.member_id])
    return page_response(scorecard_page(document, told, names, facts, review))


def _named(id_: UUID, position: int, **more: str) -> Document:
    href = f"/api/v1/reviews/{id_}/evidence?position={position}"
    return {"position": str(position), "href": href, **more}


@bp.get("/reviews/<uuid:id_>/evidence")
@bp.arguments(EvidenceQuery, location="query")
@bp.response(200, page_of(EvidenceSchema), description="A page of facts, the first first.")
def list_evidence(args: dict[str, Any], id_: UUID) -> Response:
    """Show the facts behind a review: those that count, and those that do not, with the reason.

    Whoever may read the review may open each of them. What they may not see elsewhere is shown
    without its personal and confidential fields.
    """
    card = _carded(id_).present
    counted = {
        position: told
        for position, told in sorted(_counted(card, args.get("metric")).items())
        if args.get("position") in (None, str(position))
    }
    asked = ["review-evidence", str(id_), args.get("metric"), args.get("position")]
    after = int(open_cursor(args["cursor"], asked)[0]) if "cursor" in args else 0
    wanted = [position for position in counted if position > after]
    page, rest = wanted[: args["limit"]], wanted[args["limit"] :]
    facts = concord().log.at(page)
    visible = {fact.position: masked for fact, masked in access().visible(facts)}
    items = [
        orjson.dumps(_fact(fact, visible.get(fact.position)) | {"counted": counted[fact.position]})
        for fact in facts
    ]
    following = After(str(page[-1]), str(id_)) if rest else None
    return list_response(Page([item.decode() for item in items], following), asked, None)


def _counted(card: Card, metric: str | None) -> dict[int, list[Document]]:
    found: dict[int, list[Document]] = {}
    for figure in card.figures:
        name = figure.term.metric
        if metric in (None, name):
            for proof in figure.evidence:
                told = {"metric": name, "share": proof.share, "reason": None}
                found.setdefault(proof.position, []).append(told)
            for left in figure.excluded:
                told = {"metric": name, "share": None, "reason": left.reason}
                found.setdefault(left.position, []).append(told)
    return found


def _fact(fact: Recorded[Any], masked: frozenset[str] | None) -> Document:
    """Return a fact as whoever reads the review is shown it; ``masked`` None: only therefore."""
    secret = masked
    if secret is None:
        personal = personal_fields(cast("Any", type(fact.event)))
        secret = frozenset({*confidential_fields(fact.event), *personal})
    whole = shown(fact, language(), secret)
    told = {name: whole[name] for name in ("id", "name", "label", "occurred_at")}
    if masked is None and fact.kind == "feedback":  # it would tell who said it
        return told | {"stream": None, "data": {}, "masked": sorted(whole["data"])}
    stream = {"kind": fact.kind, "id": str(fact.stream_id)}
    return told | {"stream": stream, "data": whole["data"], "masked": sorted(secret)}


@bp.get("/reviews/<uuid:id_>/replay")
@bp.arguments(NoQuery, location="query")
@bp.response(200, ReplaySchema, description="The card, computed again.")
def replay_review(_args: dict[str, Any], id_: UUID) -> Response:
    """Compute a review's card again: as it was known then, which must give the same, and now."""
    review = _carded(id_)
    kept = review.present
    again = computed(review, Window(position=kept.position), kept.known_at)
    now = computed(review)
    found = impact(kept, now)
    told = {
        "kept": _copy(kept),
        "replayed": _copy(again),
        "same": digest(kept) == digest(again),
        "why": _why(kept, again),
        "now": _copy(now)
        | {
            "delta": None if found.delta is None else places(number(found.delta)),
            "follow_up": found.follow_up,
            "changed": list(found.changed),
        },
    }
    return json_response(orjson.dumps(told))


def _why(kept: Card, again: Card) -> str | None:
    if digest(kept) == digest(again):
        return None
    if kept.code != again.code:
        return f"It was computed by version {kept.code} of Concord, and now by {again.code}."
    versions = {term.metric: term.version for term in (each.term for each in kept.figures)}
    newer = [name for name, version in versions.items() if METRICS[name].version != version]
    if newer:
        return f"These metrics have other versions by now: {', '.join(sorted(newer))}."
    return "The same code gives something else: the log, or Concord, is broken. Ask an auditor."


def _copy(card: Card) -> Document:
    return {
        "position": str(card.position),
        "code": card.code,
        "hash": digest(card),
        "total": None if card.total is None else places(number(card.total)),
    }


def _carded(id_: UUID) -> Carded:
    """Return a review that the caller may read, with its card. Raises ``Problem``, ``Rejected``."""
    must_be_there(REVIEWS, id_, {})
    review: About = concord().crm.load(REVIEW, id_).state
    if not isinstance(review, Carded):
        raise Rejected("review.not-drafted", "It has no card yet; draft one first.")
    return review
