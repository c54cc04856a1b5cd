"""Reviews: where each stands, who did what and why, its card, its appeals and its versions."""

from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.access.policy import ASKED
from domain.kernel import Recorded
from domain.reviews import review, review_answering
from domain.reviews.card import number
from projections.documents import Document, ReadModel, text, utc
from projections.reports.rounding import places
from projections.reviews.cards import rounded, shown_card


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a review."""
    event = fact.event
    match event:
        case review.ReviewOpened():
            return _opened(key, fact, event)
        case _ if document is None:
            return None
        case _:
            steps = [*document["steps"], _step(fact)]
            return {**_changes(document, fact), "steps": steps}


def _opened(key: UUID, fact: Recorded[Any], event: review.ReviewOpened) -> Document:
    return {
        "id": str(key),
        "member_id": text(event.member_id),
        "department_id": str(event.department_id),
        "holder_id": None,
        "kept_from_id": text(event.member_id),
        **dict.fromkeys(ASKED),
        "cycle_id": text(event.cycle_id),
        "author_id": str(event.author_id),
        "from": event.first.isoformat(),
        "to": event.last.isoformat(),
        "timezone": event.zone,
        "policy_id": str(event.policy_id),
        "policy_version": event.policy_version,
        "policy_hash": event.policy_hash,
        "status": "opened",
        "appealed": None,
        "opened_at": utc(fact.occurred_at),
        "card": None,
        "inputs": None,
        "calibration": None,
        "shared_at": None,
        "sealable_from": None,
        "answer": None,
        "appeals": [],
        "seal": None,
        "versions": [],
        "impacts": [],
        "outcomes": [],
        "help_plans": [],
        "steps": [_step(fact)],
    }


def _step(fact: Recorded[Any]) -> Document:
    return {"what": fact.name.partition(".")[2], **_signed(fact), "position": str(fact.position)}


def _signed(fact: Recorded[Any]) -> Document:
    return {
        "at": utc(fact.occurred_at),
        "by": text(fact.envelope.performer),
        "reason": fact.envelope.reason,
    }


def _changes(document: Document, fact: Recorded[Any]) -> Document:
    match fact.event:
        case review.ReviewAssigned() as event:
            return {name: text(getattr(event, name)) for name in ASKED}
        case review.ScorecardDrafted(card=card):
            status = "inputs-collected" if document["inputs"] else "drafted"
            return {"status": status, "card": shown_card(card), "calibration": None}
        case review.InputsCollected(summary=summary):
            return {"status": "inputs-collected", "inputs": {"summary": summary, **_signed(fact)}}
        case review.ReviewCalibrated(adjustment=points):
            calibration: Document = {
                "adjustment": places(Fraction(points)),
                "total": _calibrated(document, points),
                "proposed": _signed(fact),
                "confirmed": [],
            }
            return {"status": "calibrating", "calibration": calibration}
        case review.CalibrationConfirmed():
            here = document["calibration"]
            confirmed = [*here["confirmed"], _signed(fact)]
            return {"status": "calibrated", "calibration": {**here, "confirmed": confirmed}}
        case review.ReviewShared(sealable_from=sealable_from):
            return {
                "status": "shared",
                "holder_id": document["member_id"],
                "kept_from_id": None,
                "shared_at": utc(fact.occurred_at),
                "sealable_from": utc(sealable_from),
                "answer": None,
            }
        case review_answering.ReviewAcknowledged(comment=comment):
            return _answered(fact, "acknowledged", comment)
        case review_answering.ReviewDisagreed(comment=comment):
            return _answered(fact, "disagreed", comment)
        case review_answering.AppealLodged() as event:
            return {"appealed": "yes", "appeals": [*document["appeals"], _appeal(fact, event)]}
        case review_answering.AppealUpheld(after_sealing=after_sealing):
            decided = _decided(document, fact, "upheld")
            return decided if after_sealing else decided | {"status": "upheld", "calibration": None}
        case review_answering.AppealDismissed():
            return _decided(document, fact, "dismissed")
        case review.ReviewWithdrawn():
            return {"status": "withdrawn"}
        case _:
            return _after_sealing(document, fact)


def _calibrated(document: Document, points: Any) -> str | None:
    total = document["card"]["exact_total"]
    return None if total is None else places(number(total) + Fraction(points))


def _answered(fact: Recorded[Any], kind: str, comment: str | None) -> Document:
    answer = {"kind": kind, "comment": comment, "at": utc(fact.occurred_at)}
    return {"status": kind, "answer": answer}


def _appeal(fact: Recorded[Any], event: review_answering.AppealLodged) -> Document:
    return {
        "number": event.number,
        "figures": list(event.figures),
        "facts": [str(position) for position in event.facts],
        "text": event.text,
        "lodged_at": utc(fact.occurred_at),
        "decide_by": utc(event.decide_by),
        "after_sealing": event.after_sealing,
        "decision": None,
    }


def _decided(document: Document, fact: Recorded[Any], what: str) -> Document:
    *before, last = document["appeals"]
    decision = {"what": what, "late": fact.event.late, **_signed(fact)}
    return {"appealed": None, "appeals": [*before, {**last, "decision": decision}]}


def _after_sealing(document: Document, fact: Recorded[Any]) -> Document:
    match fact.event:
        case review.ReviewSealed() as event:
            seal = {
                "hash": event.hash,
                "card_hash": event.card_hash,
                "policy_hash": event.policy_hash,
                "position": str(event.position),
                "adjustment": places(Fraction(event.adjustment)),
                "authors": [str(each) for each in event.authors],
                "calibrators": [str(each) for each in event.calibrators],
                "sealer_id": str(event.sealer_id),
            }
            first = _version(fact, 1, event.total, event.position, event.hash, "sealed")
            return {"status": "sealed", "seal": seal, "versions": [first]}
        case review.ReviewSupplemented(number=n, card=card) as event:
            version = _version(fact, n, card.total, card.position, event.hash, event.because)
            later = {**version, "card": shown_card(card)}
            return {"status": "supplemented", "versions": [*document["versions"], later]}
        case review.ImpactNoted() as event:
            noted = {
                "position": str(event.position),
                "total": rounded(event.total),
                "delta": rounded(event.delta),
                "follow_up": event.follow_up,
                "changed": list(event.changed),
                **_signed(fact),
            }
            return {"impacts": [*document["impacts"], noted]}
        case review.OutcomeDecided(kind=kind, text=said):
            outcome = {"kind": kind, "text": said, **_signed(fact)}
            return {"outcomes": [*document["outcomes"], outcome]}
        case review.HelpPlanAgreed(text=said, until=until):
            plan = {"text": said, "until": until.isoformat(), **_signed(fact)}
            return {"help_plans": [*document["help_plans"], plan]}
        case _:
            return {}


def _version(  # noqa: PLR0913, PLR0917 - one for each field
    fact: Recorded[Any], n: int, total: str | None, position: int, seal: str, because: str
) -> Document:
    return {
        "number": n,
        "total": rounded(total),
        "position": str(position),
        "hash": seal,
        "because": because,
        "card": None,
        **_signed(fact),
    }


REVIEWS = ReadModel(
    name="reviews",
    version=2,
    subject="review",
    fold=fold,
    fields=(
        "member_id", "department_id", "cycle_id", "author_id", "status", "appealed", "from", "to",
        "opened_at", *ASKED,
    ),
    row={
        "department_id": "department_id",
        "holder_id": "holder_id",
        "kept_from_id": "kept_from_id",
        **{name: name for name in ASKED},
    },
    personal=True,
)  # fmt: skip
