"""What is worked out sooner is what the long way comes to: owner-days, and promises kept."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business_hours import business_time, seconds_of
from domain.customers.ownership import CustomerClaimed, CustomerReleased
from domain.days import end_of
from domain.ids import CustomerId, MemberId
from domain.kernel import Actor, Channel, Envelope, Recorded
from domain.support.request_life import happening, life
from domain.support.sla import judge, read
from domain.support.words import Clock
from projections.reports.owning import OWNER_DAYS, Owners
from tests.bench.workforce import BEGAN, HOURS, Workforce

OURS = CustomerId(UUID(int=1))
PEOPLE = [MemberId(UUID(int=number)) for number in range(2, 5)]
DAY = date(2026, 4, 10)
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"])
TIMES = st.datetimes(datetime(2025, 12, 1), datetime(2026, 4, 12), timezones=st.just(UTC))  # noqa: DTZ001


def owned(changes: list[tuple[datetime, MemberId | None]]) -> Owners:
    owners = Owners()
    for position, (at, owner) in enumerate(changes, start=1):
        event: object = CustomerReleased(customer_id=OURS, from_id=PEOPLE[0])
        if owner is not None:
            event = CustomerClaimed(customer_id=OURS, owner_id=owner)
        envelope = Envelope(occurred_at=at, actor=Actor.system("test"), channel=Channel.API)
        owners.take(
            Recorded(
                stream_id=UUID(int=9),
                version=position,
                event=event,
                envelope=envelope,
                position=position,
                recorded_at=at,
            )
        )
    return owners


@given(st.lists(st.tuples(TIMES, st.sampled_from([None, *PEOPLE])), max_size=8), ZONES)
def test_owner_days_are_those_of_ninety_questions(
    changes: list[tuple[datetime, MemberId | None]], zone_name: str
) -> None:
    owners, zone = owned(changes), ZoneInfo(zone_name)
    days = (DAY - timedelta(days=each) for each in range(1, OWNER_DAYS + 1))
    asked = (owners.before(OURS, end_of(day, zone)) for day in days)
    expected = Counter(owner for owner in asked if owner is not None)
    found = owners.shares(OURS, DAY, BEGAN + timedelta(days=400), zone).days
    assert dict(found) == dict(expected)


@pytest.mark.parametrize("until", [60, 200, 400])
def test_a_promise_is_judged_as_its_clock_is_read(until: int) -> None:
    known_at = seconds_of(BEGAN + timedelta(days=until))
    hours, judged = business_time(HOURS), 0
    told: dict[UUID, list[object]] = {}
    for fact in islice(Workforce(9).facts(), 3_000):
        if fact.kind == "request" and (found := happening(fact)) is not None:
            told.setdefault(fact.stream_id, []).append(found)
    for happenings in told.values():
        lived = life(happenings, known_at)
        if lived is None:
            continue
        for clock in (Clock.FIRST_RESPONSE, Clock.RESOLUTION):
            reading, verdict = read(lived, hours, clock), judge(lived, hours, clock)
            assert reading is not None
            assert verdict == (reading.met, reading.charged_to)
            judged += reading.met is False
    assert judged > 10
