"""Everybody's scorecards at once: the bytes are those of one replay, however they are made."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, islice
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from application.crm import Crm
from application.demo import facts as sample
from application.store.codec import encode
from application.store.log import Window
from application.store.recorder import LogRecorder
from application.store.rows import copy_rows, facts_of, whose
from domain.customers.customer import CustomerMerged, CustomerUnmerged
from domain.ids import CustomerId
from domain.kernel import Actor, Channel, Envelope, Fact, Recorded
from domain.reviews.card import Card
from domain.reviews.scoring_rules import Rules, Term
from projections.reports.period import Period
from projections.scoring.asked import Terms
from projections.scoring.catalogue import METRICS
from projections.scoring.many import Manner, scorecards
from projections.scoring.parts import EVERYWHERE, apart, families, part_of
from projections.scoring.scoring import Scored, count, gather, scored
from projections.scoring.sources import STAFF
from tests.bench.workforce import BEGAN, RULES, Workforce
from tests.spec import sample_id

SHANGHAI = ZoneInfo("Asia/Shanghai")
QUARTER = Terms(period=Period(date(2026, 1, 1), date(2026, 4, 1), SHANGHAI), rules=RULES)
AUTUMN = Period(date(2026, 8, 1), date(2026, 10, 1), SHANGHAI)
FACTS = 4_000
PART = 900
"""So few facts a part that there are several."""


def written(cards: Iterator[Card] | list[Card]) -> bytes:
    return b"\n".join(msgspec.json.encode(card) for card in cards)


def one_by_one(crm: Crm, terms: Terms, window: Window | None = None) -> list[Card]:
    """Return the cards as one replay in one process has them."""
    return cards_of(scored(crm.facts, terms, window or Window()))


def cards_of(found: Scored) -> list[Card]:
    staff = found.material[STAFF]
    teams = sorted({team for each in staff.by_id for team in staff.teams_of(each)})
    members = [found.member(each) for each in sorted(staff.by_id)]
    return members + [found.department(each) for each in teams]


def stored(facts: list[Fact[object]]) -> list[StoredEvent]:
    return [StoredEvent(each.stream_id, each.version, each.name, encode(each)) for each in facts]


def year(facts: int = FACTS, members: int = 12) -> list[Fact[object]]:
    return list(islice(Workforce(members).facts(), facts))


@pytest.fixture
def told_year(crm: Crm) -> Crm:
    LogRecorder(crm.pool).insert_events(stored(year()))
    return crm


def test_however_many_processes_the_bytes_are_those_of_one_replay(told_year: Crm) -> None:
    expected = written(one_by_one(told_year, QUARTER))
    assert expected.count(b'"measured"') > 50
    for processes in (1, 2, 3, 1):
        manner = Manner(processes=processes, part=PART)
        cards = scorecards(told_year.facts, QUARTER, departments=True, manner=manner)
        assert written(cards) == expected


@pytest.mark.parametrize("part", [400, 1_000, 100_000])
def test_however_large_the_parts_the_bytes_are_those_of_one_replay(crm: Crm, part: int) -> None:
    crm.append(sample())
    terms = Terms(period=AUTUMN, rules=every_metric())
    cards = scorecards(crm.facts, terms, departments=True, manner=Manner(processes=1, part=part))
    assert written(cards) == written(one_by_one(crm, terms))


def every_metric() -> Rules:
    weight = Decimal(100) / len(METRICS)
    return Rules(
        terms=tuple(
            Term(
                metric=each.name,
                weight=weight,
                floor=Decimal(0),
                target=Decimal(100),
                aspect="overall" if each.of_aspect else None,
            )
            for each in METRICS.values()
        )
    )


def test_a_card_at_a_position_and_without_some_facts_is_that_of_one_replay(told_year: Crm) -> None:
    head = told_year.facts.head()
    paid = [
        fact.position for page in told_year.facts.pages(names=["order.paid"]) for fact in page[:20]
    ]
    terms = Terms(period=QUARTER.period, rules=RULES, struck=frozenset(paid))
    window = Window(position=head - 500)
    manner = Manner(processes=1, part=PART)
    cards = written(scorecards(told_year.facts, terms, window, departments=True, manner=manner))
    assert cards == written(one_by_one(told_year, terms, window))
    assert cards != written(one_by_one(told_year, QUARTER, window))


def test_progress_goes_up_to_the_end(told_year: Crm) -> None:
    seen: list[tuple[int, int]] = []
    manner = Manner(processes=1, part=PART, progress=lambda *at: seen.append(at))
    for _ in scorecards(told_year.facts, QUARTER, manner=manner):
        pass
    done, all_ = zip(*seen, strict=True)
    assert list(done) == list(range(1, len(seen) + 1))
    assert set(all_) == {len(seen)}


def test_a_metric_that_is_none_is_told_before_the_work(told_year: Crm) -> None:
    luck = Term(metric="luck", weight=Decimal(100), floor=Decimal(0), target=Decimal(1))
    rules = Rules(terms=(luck,))
    with pytest.raises(LookupError):
        next(scorecards(told_year.facts, Terms(period=QUARTER.period, rules=rules)))


# --- The parts ------------------------------------------------------------------------------------

SOME = tuple(UUID(int=number) for number in range(1, 9))
NAMES = (
    "order.paid",
    "ownership.claimed",
    "survey.answered",
    "customer.retracted",
    "request.opened",
)


def merged(one: UUID, into: UUID, *, undone: bool = False) -> Recorded[object]:
    event: object = CustomerMerged(into_id=CustomerId(into))
    if undone:
        event = CustomerUnmerged(from_id=CustomerId(into))
    return Recorded(
        stream_id=one,
        version=1,
        event=event,
        envelope=Envelope(occurred_at=BEGAN, actor=Actor.system("test"), channel=Channel.API),
        position=1,
        recorded_at=BEGAN,
    )


@given(
    merges=st.lists(st.tuples(st.sampled_from(SOME), st.sampled_from(SOME), st.booleans())),
    facts=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(SOME), st.uuids())),
    parts=st.integers(1, 7),
)
def test_each_fact_lies_in_one_part_with_all_of_whom_it_is_about(
    merges: list[tuple[UUID, UUID, bool]], facts: list[tuple[str, UUID, UUID]], parts: int
) -> None:
    together = families(
        merged(one, into, undone=undone) for one, into, undone in merges if one != into
    )
    where: dict[UUID, set[int | None]] = {}
    for name, customer, thing in facts:
        stream = customer if name.startswith("customer.") else thing
        place = part_of(name, str(stream), str(customer), parts, together)
        assert place is not None
        assert 0 <= place < parts
        where.setdefault(customer, set()).add(place)
    assert all(len(places) == 1 for places in where.values())
    for one, into, undone in merges:
        if one != into and not undone and {one, into} <= where.keys():
            assert where[one] == where[into]


@given(st.uuids(), st.integers(1, 9))
def test_who_works_here_lies_in_every_part(id_: UUID, parts: int) -> None:
    for name in ("member.joined", "calendar.published", "sla-policy.published", "customer.merged"):
        assert part_of(name, str(id_), None, parts, {}) is None


def test_what_is_no_customers_lies_where_its_thing_does() -> None:
    id_ = str(sample_id(1))
    found = {part_of(name, id_, None, 5, {}) for name in ("survey.sent", "survey.answered")}
    assert len(found) == 1


def test_metrics_that_count_customers_apart_need_nothing_that_is_not_theirs() -> None:
    for metric in METRICS.values():
        if metric.by_customer:
            for source in metric.needs:
                assert all(apart(name) for name in source.names), metric.name
    assert not apart("feedback.given")


def test_a_line_tells_whose_fact_it_is_and_is_read_as_the_log_reads_it(crm: Crm) -> None:
    crm.append(sample())
    facts = {fact.position: fact for page in crm.facts.pages() for fact in page}
    lines: list[bytes] = []
    names = sorted({fact.name for fact in facts.values()})
    copy_rows(crm.facts, 0, crm.facts.head(), names, lines.append)
    assert len(lines) == len(facts)
    read = list(facts_of(line.rstrip(b"\n") for line in lines))
    for line, brief in zip(lines, read, strict=True):
        fact = facts[brief.position]
        assert (brief.event, brief.stream_id, brief.name) == (fact.event, fact.stream_id, fact.name)
        assert (brief.occurred_at, brief.recorded_at) == (fact.occurred_at, fact.recorded_at)
        assert brief.envelope.performer == fact.envelope.performer
        assert (brief.kind, brief.retracts) == (fact.kind, fact.retracts)
        assert brief.version == fact.version
        if apart(fact.name) and fact.name not in EVERYWHERE:
            name, thing, customer = whose(line)
            told = getattr(fact.event, "customer_id", None)
            assert (name, thing) == (fact.name, str(fact.stream_id))
            if not fact.name.startswith("customer."):
                assert customer == (None if told is None else str(told))


# --- The order in which facts arrive --------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_facts_recorded_in_another_order_give_the_same_figures(seed: int) -> None:
    """Of one thing they arrive in their order, as they must; all else is shuffled."""
    facts = year()
    lives: dict[UUID, Iterator[Fact[object]]] = {
        id_: iter(list(life)) for id_, life in groupby(sorted(facts, key=_stream), key=_stream)
    }
    turns = [fact.stream_id for fact in facts]
    Random(seed).shuffle(turns)
    shuffled = [next(lives[id_]) for id_ in turns]
    assert shuffled != facts
    assert figures(in_order(shuffled)) == figures(in_order(facts))


def _stream(fact: Fact[object]) -> UUID:
    return fact.stream_id


def in_order(facts: list[Fact[object]]) -> list[Card]:
    """Return the cards of a log that has facts in this order."""
    known_at = BEGAN + timedelta(days=400)
    log = [
        Recorded(
            stream_id=fact.stream_id,
            version=fact.version,
            event=fact.event,
            envelope=fact.envelope,
            position=position,
            recorded_at=known_at,
        )
        for position, fact in enumerate(facts, start=1)
    ]
    material = gather(QUARTER, log)
    counted = count(QUARTER, material, known_at)
    return cards_of(Scored(QUARTER, len(log), known_at, material, counted))


def figures(cards: list[Card]) -> list[object]:
    """Return what cards say beside the places of facts in the log."""
    return [
        (
            card.member_id,
            card.department_id,
            card.total,
            card.coverage,
            [
                (each.term, each.status, each.value, each.numerator, each.denominator, each.n,
                 each.score, sorted(proof.share for proof in each.evidence),
                 sorted(out.reason for out in each.excluded))
                for each in card.figures
            ],
        )
        for card in cards
    ]  # fmt: skip
