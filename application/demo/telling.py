"""Telling the story into a log, all of it or what is still missing; and where to look in it."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from application.crm import Crm
from application.demo.companies import CONTESTED, DISPUTED, companies
from application.demo.people import ANA_SOUZA, PEOPLE, SERVICE
from application.demo.story import facts
from domain.ids import CustomerId, DepartmentId, MemberId, RequestId
from domain.kernel import Fact, Rejected
from domain.support.request import RequestQueued
from domain.support.request_rules import REQUEST
from domain.support.request_states import Open
from domain.teams.department import department_id

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Told:
    """How much the story tells, and a few ids worth asking for."""

    facts: int
    departments: int
    members: int
    customers: int
    requests: int
    interactions: int
    hand_offs: int
    """Requests put into a department's queue by another."""
    customer_id: CustomerId
    """The customer with the longest timeline."""
    disputed_customer_id: CustomerId
    """Whose owner was contested, and the dispute settled."""
    contested_customer_id: CustomerId
    """Whose owner is contested still."""
    request_id: RequestId
    """The open request that was handed from department to department most often."""
    department_id: DepartmentId
    """After-sales service."""
    member_id: MemberId
    """Ana Souza, an account manager."""


def tell(crm: Crm, progress: Callable[[int, int], None] | None = None) -> Told:
    """Tell the story, or what is missing of it where an earlier telling was cut off.

    ``progress(done, total)`` hears how many facts are there. Raises ``Rejected``: demo.not-empty,
    where the log holds somebody's real facts: the story could never be taken out of it again.
    """
    if not _begun(crm):
        _refuse_real_data(crm)
    missing = _missing(crm)
    total = len(facts())
    for start in range(0, len(missing), BATCH):
        _report(progress, total - len(missing) + start, total)
        crm.append(missing[start : start + BATCH])
    _report(progress, total, total)
    return landmarks()


def is_told(crm: Crm) -> bool:
    """Tell whether the whole story is in the log."""
    return _begun(crm) and not _missing(crm)


@cache
def landmarks() -> Told:
    """Return how much the story tells and where to look; needs no log."""
    story = facts()
    names = Counter(fact.name for fact in story)
    merged = names["customer.merged"] - names["customer.unmerged"]
    return Told(
        facts=len(story),
        departments=names["department.created"],
        members=names["member.joined"],
        customers=names["customer.registered"] - merged,
        requests=names["request.opened"],
        interactions=names["interaction.logged"],
        hand_offs=names["request.queued"],
        customer_id=_richest(story),
        disputed_customer_id=companies()[DISPUTED].id,
        contested_customer_id=companies()[CONTESTED].id,
        request_id=_much_travelled(story),
        department_id=department_id(SERVICE),
        member_id=ANA_SOUZA.id,
    )


def _report(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _missing(crm: Crm) -> list[Fact[Any]]:
    story = facts()
    with crm.pool.reading() as cursor:
        cursor.execute(
            "select stream_id, max(version) from log.events where stream_id = any(%s)"
            " group by stream_id",
            (list({fact.stream_id for fact in story}),),
        )
        told: dict[UUID, int] = dict(cursor.fetchall())
    return [fact for fact in story if fact.version > told.get(fact.stream_id, 0)]


def _begun(crm: Crm) -> bool:
    # By a member, not a department: "sales" has the same id in a real company.
    return bool(crm.facts.stream(PEOPLE[0].id, upto_version=1))


def _refuse_real_data(crm: Crm) -> None:
    with crm.pool.reading() as cursor:
        # Keys and what they are granted may come first.
        cursor.execute(
            "select exists (select from log.events"
            " where split_part(name, '.', 1) not in ('key', 'principal'))"
        )
        if cursor.fetchone() == (True,):
            raise Rejected(
                "demo.not-empty",
                "The sample company can only be told into an empty log; this one is in use.",
            )


def _richest(story: tuple[Fact[Any], ...]) -> CustomerId:
    mentions = Counter(
        subject.id for fact in story for subject in fact.subjects if subject.kind == "customer"
    )
    return CustomerId(mentions.most_common(1)[0][0])


def _much_travelled(story: tuple[Fact[Any], ...]) -> RequestId:
    lives = defaultdict[UUID, list[Fact[Any]]](list)
    for fact in story:
        if fact.kind == REQUEST.kind:
            lives[fact.stream_id].append(fact)
    queued = {
        id_: sum(isinstance(fact.event, RequestQueued) for fact in life)
        for id_, life in lives.items()
        if isinstance(REQUEST.fold(life), Open)
    }
    return RequestId(max(queued, key=lambda id_: queued[id_]))
