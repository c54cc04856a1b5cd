"""Hand-overs in bulk over HTTP: a member leaves, a colleague takes over, and it can be undone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response, g
from marshmallow import fields, validate

from application.access import Check, NotPermitted, Sight
from application.crm import StaleVersion
from application.deciding import Loaded
from domain.access.roles import Action, Resource
from domain.customers import hand_over
from domain.customers.hand_over import HAND_OVER, Kept, KeptCustomer, hand_over_id
from domain.customers.ownership import Disputed, Owned, TransferOwnership, Unowned, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import CustomerId, HandOverId, MemberId
from domain.kernel import Envelope, Rejected
from domain.teams import member
from domain.teams.member import MEMBER
from projections.customers.customers import CUSTOMERS
from projections.customers.ownership import HAND_OVERS
from projections.reader import Behind
from web.access.seeing import access
from web.bodies import Routes
from web.changes import answer, envelope, expected_version, handled, idempotency_key
from web.fields import Change, Id, Moment, OutcomeSchema
from web.problems import Problem, not_found
from web.running import concord
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("hand-overs", "ownership", description="All customers of one who leaves, at once.")

WAIT_SECONDS = 5.0
"""How long a hand-over waits at most until all that the member owns is known."""
ATTEMPTS = 5
_SHOWN = "hand-overs.get_hand_over"
_OVERTAKEN = {"ownership.disputed", "ownership.unowned", "ownership.same-owner"}

# --- Schemas ------------------------------------------------------------------------------------


class KeptSchema(ma.Schema):
    """A customer that was not moved, and why."""

    customer_id = fields.UUID(required=True)
    because = fields.Enum(Kept, by_value=True, required=True)


class HandOverSchema(ma.Schema):
    """A hand-over, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    from_id = fields.UUID(required=True)
    to_id = fields.UUID(required=True)
    customers = fields.List(fields.UUID(), required=True)
    left_out = fields.List(fields.Nested(KeptSchema), required=True)
    customer_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Where it was one customer only."}
    )
    status = fields.String(required=True, validate=validate.OneOf(["carried-out", "undone"]))
    carried_out_at = Moment()
    given_back = fields.List(fields.UUID(), required=True)
    kept = fields.List(fields.Nested(KeptSchema), required=True)


class HandOverBodySchema(Change):
    """To whom, and why."""

    to_id = Id(required=True)


HandOverQuery = list_schema(
    HAND_OVERS,
    {
        "from_id": Id(),
        "to_id": Id(),
        "status": fields.String(validate=validate.OneOf(["carried-out", "undone"])),
    },
    sort="-carried_out_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/members/<uuid:id_>/hand-over")
@bp.arguments(HandOverBodySchema)
@bp.response(201, OutcomeSchema)
def hand_over_customers(body: dict[str, Any], id_: UUID) -> Response:
    """Hand all customers of a member over to another; sent again, it goes on where it stopped."""
    given, from_id, to_id = envelope(body), MemberId(id_), MemberId(body["to_id"])
    if (key := idempotency_key()) and (done := concord().crm.answered(key)):
        return answer(done, _SHOWN)
    if isinstance(concord().crm.load(MEMBER, from_id).state, member.Absent):
        raise not_found()
    run = _next(from_id, to_id)
    theirs, moved = run.customers()
    _check_permitted(theirs | moved)
    hand_over.check(from_id, to_id, len(theirs | moved), given)
    left_out = run.move(theirs, given)
    there = (theirs | moved) - {each.customer_id for each in left_out}
    command = hand_over.CarryOutHandOver(
        id=run.id,
        from_id=from_id,
        to_id=to_id,
        customers=tuple(sorted(there)),
        left_out=tuple(left_out),
    )
    return answer(handled(command, given), _SHOWN)


@bp.get("/hand-overs")
@bp.arguments(HandOverQuery, location="query")
@bp.response(200, page_of(HandOverSchema), description="A page of hand-overs.")
def list_hand_overs(args: dict[str, Any]) -> Response:
    """List hand-overs."""
    return show_list(HAND_OVERS, args)


@bp.get("/hand-overs/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, HandOverSchema, description="The hand-over, and what became of each customer.")
def get_hand_over(args: dict[str, Any], id_: UUID) -> Response:
    """Show a hand-over: what moved, and once it is undone what came back and what did not."""
    return show(HAND_OVERS, id_, args)


@bp.post("/hand-overs/<uuid:id_>/undo")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def undo_hand_over(body: dict[str, Any], id_: UUID) -> Response:
    """Give back every customer that is with the receiver still and unchanged since."""
    expected = expected_version()
    given, crm = envelope(body), concord().crm
    if (key := idempotency_key()) and (done := crm.answered(key)):
        return answer(done)
    loaded = crm.load(HAND_OVER, id_)
    nothing = hand_over.UndoHandOver(id=HandOverId(id_), given_back=(), kept=())
    if g.asking.authority is not None:
        Check(g.asking.authority, Sight(crm.states.look)).check(HAND_OVER, nothing)
    if expected is not None and loaded.version != expected:
        raise StaleVersion(loaded.version)
    HAND_OVER.decide(nothing, loaded.state, given)  # refused before anything moves
    run = _Run(HandOverId(id_), loaded.state.from_id, loaded.state.to_id)
    run.check_sender()
    kept = run.give_back(loaded.state.customers, given)
    gone = {each.customer_id for each in kept}
    command = hand_over.UndoHandOver(
        id=run.id,
        given_back=tuple(each for each in loaded.state.customers if each not in gone),
        kept=tuple(kept),
    )
    return answer(handled(command, given, expected=expected))


# --- Moving ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """One hand-over being carried out or undone, customer by customer."""

    id: HandOverId
    from_id: MemberId
    to_id: MemberId

    def customers(self) -> tuple[frozenset[UUID], frozenset[UUID]]:
        """Return what is to be moved, and what this hand-over has moved before it broke off."""
        here = concord()
        written = here.log.last()
        if here.reader.wait(CUSTOMERS.name, written, WAIT_SECONDS) < written:
            raise Behind("What the member owns is not known yet.")
        theirs = here.reader.keys(CUSTOMERS, "owner_id", str(self.from_id))
        return theirs, here.reader.keys(CUSTOMERS, "hand_over_id", str(self.id))

    def move(self, customers: Iterable[UUID], given: Envelope) -> list[KeptCustomer]:
        """Hand customers over; return those that are not the member's to hand over any more."""
        found = ((each, self._moved(each, self.from_id, self.to_id, given)) for each in customers)
        return [KeptCustomer(each, because) for each, because in found if because]

    def give_back(self, customers: Iterable[UUID], given: Envelope) -> list[KeptCustomer]:
        """Give customers back; return those that stay where they are, and why."""
        found = ((each, self._moved(each, self.to_id, self.from_id, given)) for each in customers)
        return [KeptCustomer(each, because) for each, because in found if because]

    def check_sender(self) -> None:
        """Refuse to give customers back to somebody who has left. Raises ``Problem``."""
        if not isinstance(concord().crm.load(MEMBER, self.from_id).state, member.Active):
            raise Problem(
                409,
                "hand-over.sender-left",
                "They have left, so nothing can be given back to them; let them rejoin first.",
            )

    def _moved(self, key: UUID, from_id: MemberId, to_id: MemberId, given: Envelope) -> Kept | None:
        """Move one customer, once; return why it was not moved."""
        crm, id_ = concord().crm, ownership_id(CustomerId(key))
        command = TransferOwnership(id=id_, to_id=to_id, hand_over=self.id)
        around = replace(given, reason=given.reason or "Hand-over undone")
        for _ in range(ATTEMPTS):
            loaded = crm.load(OWNERSHIP, id_)
            if self._there(loaded, to_id):
                return None  # before this broke off
            if because := self._kept(loaded, from_id):
                return because
            try:
                crm.handle(command, around, expected=loaded.version, by=g.asking)
            except StaleVersion:
                continue  # somebody else did something with it: look again
            except Rejected as refusal:
                if refusal.code not in _OVERTAKEN:
                    raise
                continue
            return None
        return Kept.CHANGED

    def _there(self, loaded: Loaded, to_id: MemberId) -> bool:
        state = loaded.state
        by_this = isinstance(state, Owned) and state.hold.hand_over_id == self.id
        return by_this and state.owner_id == to_id

    def _kept(self, loaded: Loaded, from_id: MemberId) -> Kept | None:
        state = loaded.state
        if isinstance(state, Disputed):
            return Kept.DISPUTED
        if isinstance(state, Unowned) or state.owner_id != from_id:
            return Kept.MOVED_ON
        giving_back = from_id == self.to_id
        return Kept.CHANGED if giving_back and state.hold.hand_over_id != self.id else None


def _next(from_id: MemberId, to_id: MemberId) -> _Run:
    """Return the hand-over between them that is not recorded yet."""
    crm = concord().crm
    ids = (hand_over_id(from_id, to_id, number) for number in count(1))
    free = next(id_ for id_ in ids if not crm.load(HAND_OVER, id_).version)
    return _Run(free, from_id, to_id)


def _check_permitted(customers: Collection[UUID]) -> None:
    """Check that who asks may settle who owns each of these, before the first one moves."""
    seeing, reader = access(), concord().reader
    may_read = seeing.verdict(Action.READ, Resource.OWNERSHIP).condition
    may_settle = seeing.verdict(Action.SETTLE, Resource.OWNERSHIP).condition
    if may_read.never or (customers and not reader.covered(CUSTOMERS, customers, may_read)):
        raise not_found()
    if may_settle.never or len(reader.covered(CUSTOMERS, customers, may_settle)) < len(customers):
        raise NotPermitted(Action.SETTLE, Resource.OWNERSHIP)
