"""What happened to a request, as its clocks see it: opened, held, answered, waiting, resolved."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from domain.business_hours import seconds_of
from domain.ids import MemberId
from domain.kernel import Fact
from domain.support.promise import Promise
from domain.support.request import (
    CustomerWrote,
    RequestAssigned,
    RequestClosed,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestRetiered,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.words import ReplyKind, WaitingOn


class Span(NamedTuple):
    """A time from an instant up to another one; None: it is not over."""

    start: int
    end: int | None

    def until(self, instant: int) -> tuple[int, int]:
        """Return it as it is at an instant: what is not over lasts until then."""
        return self.start, instant if self.end is None else min(self.end, instant)


class Happening(NamedTuple):
    """What the clocks keep of one fact: when, its event's class, and what that told them."""

    at: int
    what: type[Any]
    told: Any = None


_MINDED = frozenset(
    {
        CustomerWrote,
        RequestAssigned,
        RequestClosed,
        RequestOpened,
        RequestQueued,
        RequestReopened,
        RequestReplied,
        RequestResolved,
        RequestRetiered,
        WaitingEnded,
        WaitingStarted,
    }
)


def happening(fact: Fact[Any]) -> Happening | None:
    """Return what the clocks keep of a fact of a request; None where they do not mind it."""
    event: Any = fact.event
    if type(event) not in _MINDED:
        return None
    told: Any = None
    match event:
        case RequestReplied(kind=ReplyKind.PUBLIC) | RequestResolved() | RequestClosed():
            told = fact.envelope.performer
        case RequestQueued() | CustomerWrote() | RequestReopened():
            pass
        case WaitingStarted(on=on, contracted=contracted):
            told = on, on is WaitingOn.CUSTOMER or contracted
        case WaitingEnded(on=on):
            told = on
        case RequestAssigned(member_id=member_id):
            told = member_id
        case RequestOpened(promise=promise, holder_id=holder_id):
            told = promise, holder_id
        case RequestRetiered(promise=promise):
            told = promise
        case _:
            return None
    return Happening(seconds_of(fact.occurred_at), type(event), told)


class Reply(NamedTuple):
    """When somebody answered or resolved, and who; None: no member of ours."""

    at: int
    by: MemberId | None


class Cycle(NamedTuple):
    """A time in which the customer had written and was not answered."""

    start: int
    stopped: Reply | None


class Promised(NamedTuple):
    """What holds from an instant on."""

    at: int
    promise: Promise


class Held(NamedTuple):
    """Who holds the request from an instant on; None: nobody, it is in a queue."""

    at: int
    holder: MemberId | None


@dataclass(slots=True)
class Life:
    """What happened to a request until an instant, as its clocks see it."""

    opened_at: int
    until: int
    promises: list[Promised] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    first_reply: Reply | None = None
    cycles: list[Cycle] = field(default_factory=list)
    resolved: list[Span] = field(default_factory=list)
    resolvers: list[Reply] = field(default_factory=list)
    waits: list[Span] = field(default_factory=list)
    """Those that rest the clock."""
    waiting: dict[WaitingOn, tuple[int, bool]] = field(default_factory=dict)
    """What is waited for: since when, and whether that rests the clock."""

    @property
    def is_resolved(self) -> bool:
        """Whether it is resolved now."""
        return bool(self.resolved) and self.resolved[-1].end is None

    @property
    def rests(self) -> bool:
        """Whether it waits now for something that rests the clock."""
        return any(rests for _, rests in self.waiting.values())

    @property
    def promise(self) -> Promise | None:
        """What is promised now."""
        return self.promises[-1].promise if self.promises else None

    def holder_at(self, instant: int) -> MemberId | None:
        """Return who holds it from an instant on: being given it at that very instant counts."""
        return self.held[bisect_right(self.held, instant, key=attrgetter("at")) - 1].holder


def life(happenings: Iterable[Happening], until: int) -> Life | None:
    """Tell what happened to a request until an instant; None where it was not opened by then.

    They may come in any order: what counts is when each happened (equal times: the order in which
    they are given). What is dated before the opening counts as at the opening.
    """
    told = sorted([each for each in happenings if each.at <= until], key=attrgetter("at"))
    opened = next((each for each in told if each.what is RequestOpened), None)
    if opened is None:
        return None
    promise, holder = opened.told
    found = Life(opened.at, until, held=[Held(opened.at, holder)])
    if promise is not None:
        found.promises.append(Promised(opened.at, promise))
    for each in told:
        if each is not opened:
            _take(found, each if each.at >= opened.at else each._replace(at=opened.at))
    rests = [Span(since, None) for since, rests in found.waiting.values() if rests]
    found.waits.extend(rests)
    return found


def _take(life: Life, each: Happening) -> None:
    at, what, told = each
    if what is RequestReplied:
        reply = Reply(at, told)
        life.first_reply = life.first_reply or reply
        _answered(life, reply)
    elif what is CustomerWrote:
        if not life.cycles or life.cycles[-1].stopped is not None:
            life.cycles.append(Cycle(at, None))
    elif what is WaitingStarted:
        on, rests = told
        life.waiting.setdefault(on, (at, rests))
    elif what is WaitingEnded:
        _no_longer(life, told, at)
    elif what in (RequestResolved, RequestClosed):
        if not life.is_resolved:
            reply = Reply(at, told)
            life.resolved.append(Span(at, None))
            life.resolvers.append(reply)
            _answered(life, reply)
        for on in list(life.waiting):
            _no_longer(life, on, at)
    elif what is RequestReopened:
        if life.is_resolved:
            life.resolved[-1] = life.resolved[-1]._replace(end=at)
    elif what is RequestRetiered:
        life.promises.append(Promised(at, told))
    elif what in (RequestAssigned, RequestQueued):
        life.held.append(Held(at, told))


def _answered(life: Life, reply: Reply) -> None:
    if life.cycles and life.cycles[-1].stopped is None:
        life.cycles[-1] = life.cycles[-1]._replace(stopped=reply)


def _no_longer(life: Life, on: WaitingOn, at: int) -> None:
    if waited := life.waiting.pop(on, None):
        since, rests = waited
        if rests:
            life.waits.append(Span(since, at))
