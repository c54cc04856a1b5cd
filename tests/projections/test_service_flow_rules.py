"""What the service-flow report counts, by facts alone and by a second method."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, SALES, SERVICE, sample_id

from domain.ids import ImportId, MemberId
from domain.kernel import Actor, Channel, Envelope, Fact, Imported
from domain.support.request import RequestRetracted, RequestVoided
from domain.support.words import WaitingOn
from projections.reports.drawing import hundredths
from projections.reports.flow import Cause, Wait, collapsed, ping_pongs, waited
from projections.reports.service_flow import DAY, as_json, days, report, service_flow
from tests.projections.service_story import (
    CLOSED,
    CUSTOMER,
    HOUR,
    LATE,
    OPENED,
    REOPENED,
    RESOLVED,
    SPAM,
    STEP,
    STUCK,
    THIRD_PARTY,
    assigned,
    ended,
    gathered,
    moment,
    pair,
    queued,
    waiting,
    waits,
)


def seconds(told):
    return {row["cause"]: row["seconds"] for row in told["waiting"]["by_cause"] if row["waits"]}


def test_a_row_of_an_imported_file_counts_once_by_its_own_word():
    def row(label, *, derived=False):
        return Imported(ImportId(sample_id(9)), 2, "f00d", label, derived)

    told = report(
        gathered(
            (0, OPENED),
            (0, assigned(ANA)),
            (1, waits(CUSTOMER)),
            (2, ended(CUSTOMER)),
            (2, assigned(BO)),
            (3, STEP),
            imported={
                1: row("Assign seriousness"),
                2: row("Assign seriousness", derived=True),
                3: row("Wait"),
                4: row("Take in charge", derived=True),
                5: row("Take in charge"),
            },
        )
    )
    assert told["events"] == 4
    assert told["activities"] == {
        "Assign seriousness": 1,
        "Wait": 1,
        "Take in charge": 1,
        "request.step-taken": 1,
    }
    assert told["facts"] == 6
    assert told["by_member"]["handovers"] == 1  # derived facts say who held it


def test_a_queue_between_the_same_hands_is_no_hand_over():
    told = report(gathered((0, OPENED), (1, assigned(ANA)), (2, queued(SALES)), (3, assigned(ANA))))
    assert told["by_member"]["handovers"] == 0
    assert told["by_queue"]["handovers"] == 1


def test_equal_times_stay_in_the_order_of_recording():
    told = report(gathered((0, OPENED), (1, assigned(ANA)), (1, assigned(BO))))
    assert told["by_member"]["pairs"] == [pair(ANA, BO)]


def test_a_resolution_ends_every_wait_and_a_resolved_request_does_not_wait():
    told = report(
        gathered(
            (0, OPENED),
            (1, waits(CUSTOMER)),
            (2, waits(THIRD_PARTY)),
            (3, RESOLVED),
            (4, waits(CUSTOMER)),
            (9, CLOSED),
        )
    )
    assert seconds(told) == {"customer": 2 * 3600, "third-party": 3600}
    assert told["waiting"]["total"] == waiting(2 * 3600, 2, 0, 1)


def test_the_end_of_another_wait_ends_nothing():
    told = report(gathered((0, OPENED), (1, waits(CUSTOMER)), (2, ended(THIRD_PARTY)), (5, STEP)))
    assert seconds(told) == {"customer": 4 * 3600}


def test_waiting_that_is_recorded_twice_is_one_wait():
    told = report(
        gathered(
            (0, OPENED),
            (1, waits(THIRD_PARTY)),
            (2, waits(THIRD_PARTY, contracted=True)),
            (4, ended(THIRD_PARTY)),
        )
    )
    assert told["waiting"]["total"] == waiting(3 * 3600, 1, 0, 1)
    assert seconds(told) == {"third-party": 3 * 3600}


def test_a_reopened_request_is_open_and_has_no_resolution_time():
    told = report(gathered((0, OPENED), (1, RESOLVED), (2, CLOSED), (3, REOPENED)))
    assert told["states"] == {"open": 1, "resolved": 0, "closed": 0, "voided": 0, "reopened": 1}
    assert told["cycle_times"]["opening_to_resolution"]["median_days"] is None


def test_the_last_resolution_counts():
    told = report(gathered((0, OPENED), (24, RESOLVED), (30, REOPENED), (48, RESOLVED)))
    assert told["cycle_times"]["opening_to_resolution"]["median_days"] == "2.0000"


def test_a_resolution_claimed_before_the_opening_measures_nothing():
    told = report(gathered((5, OPENED), (1, RESOLVED), (6, CLOSED)))
    assert told["states"]["closed"] == 1
    assert told["cycle_times"]["opening_to_resolution"]["cases"] == 0
    assert told["cycle_times"]["first_to_last_fact"]["median_days"] == "0.2083"


def test_what_was_taken_back_is_no_case():
    told = report(
        gathered((0, OPENED), (1, assigned(ANA)), (2, RequestRetracted(customer_id=HARBOUR)))
    )
    assert (told["cases"], told["states"]["voided"], told["facts"]) == (0, 0, 3)


def test_a_voided_request_is_only_counted():
    told = report(
        gathered((0, OPENED), (1, assigned(ANA)), (2, RequestVoided(customer_id=HARBOUR)))
    )
    assert (told["cases"], told["events"], told["by_member"]["members"]) == (0, 0, 0)
    assert told["states"]["voided"] == 1


def test_ten_pairs_are_named_the_most_frequent_first():
    members = [MemberId(sample_id(number)) for number in range(12)]
    chain = [assigned(member) for member in (*members, members[0], members[1])]
    told = report(gathered((0, OPENED), *((hour, each) for hour, each in enumerate(chain))))
    assert told["by_member"]["handovers"] == 13
    assert told["by_member"]["pairs"] == [
        pair(members[0], members[1], 2),
        *(pair(members[number], members[number + 1]) for number in range(1, 10)),
    ]


# --- Counted by a second method -------------------------------------------------------------------

HOLDERS = [None, *(MemberId(sample_id(number)) for number in range(4))]


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(HOLDERS), max_size=12), max_size=5))
def test_hand_overs_are_what_counting_by_hand_gives(cases):
    """None puts a request into a queue."""
    told = [
        (hour, OPENED if hour == 0 else assigned(holder) if holder else queued(SALES), sample_id(n))
        for n, holders in enumerate(cases)
        for hour, holder in enumerate([None, *holders])
    ]
    hand_overs, ping_pong, changed, bounced = 0, 0, 0, 0
    for holders in cases:
        kept = []
        for holder in holders:
            if holder is not None and (not kept or kept[-1] != holder):
                kept.append(holder)
        back = [i for i in range(len(kept) - 2) if kept[i] == kept[i + 2]]
        hand_overs += max(len(kept) - 1, 0)
        ping_pong += len(back)
        changed += len(kept) > 1
        bounced += bool(back)
    counted = report(gathered(*told))["by_member"]
    assert (counted["handovers"], counted["ping_pongs"]) == (hand_overs, ping_pong)
    assert (counted["cases_with_handover"], counted["cases_with_ping_pong"]) == (changed, bounced)
    everybody = {holder for holders in cases for holder in holders if holder}
    assert counted["members"] == len(everybody)


@settings(deadline=None)
@given(st.lists(st.sampled_from("ABC")))
def test_collapsing_keeps_every_change_and_nothing_else(sequence):
    kept = collapsed(sequence)
    assert all(first != second for first, second in pairwise(kept))
    changes = sum(first != second for first, second in pairwise(sequence))
    assert len(kept) == (changes + 1 if sequence else 0)
    assert ping_pongs(kept) == sum(
        first == third for first, third in zip(kept, kept[2:], strict=False)
    )


EVENTS = st.sampled_from(
    [
        *(assigned(member) for member in (ANA, BO, LI_NA)),
        *(queued(department) for department in (SALES, SERVICE)),
        *(waits(on, contracted=contracted) for on in WaitingOn for contracted in (True, False)),
        *(ended(on) for on in WaitingOn),
        RESOLVED,
        REOPENED,
        CLOSED,
        STEP,
    ]
)


@settings(deadline=None)
@given(st.data())
def test_the_order_of_arrival_does_not_matter(data):
    """What occurred when decides; only the opening is always recorded first."""
    hours = data.draw(st.lists(st.integers(1, 99), unique=True, max_size=12))
    told = [(hour, data.draw(EVENTS)) for hour in hours]
    opened = (data.draw(st.integers(0, 100).filter(lambda hour: hour not in hours)), OPENED)
    arrived = data.draw(st.permutations(told))
    in_order = report(gathered(opened, *sorted(told, key=lambda each: each[0])))
    assert as_json(report(gathered(opened, *arrived))) == as_json(in_order)


def test_the_order_of_arrival_does_not_matter_in_a_log(crm, staff):
    """The same three hand-overs, learned of in another order."""
    moments = [("mon 10", ANA), ("tue 10", BO), ("wed 10", ANA)]
    for id_, arrival in ((LATE, (0, 1, 2)), (STUCK, (2, 0, 1)), (SPAM, (1, 2, 0))):
        told = [("mon 9", OPENED)] + [(moments[i][0], assigned(moments[i][1])) for i in arrival]
        crm.append(
            [
                Fact(
                    stream_id=id_,
                    version=version,
                    event=event,
                    envelope=Envelope(
                        occurred_at=moment(when),
                        actor=Actor.system("test"),
                        channel=Channel.API,
                    ),
                )
                for version, (when, event) in enumerate(told, start=1)
            ]
        )
    told = service_flow(crm.facts)
    assert (told["by_member"]["handovers"], told["by_member"]["ping_pongs"]) == (6, 3)
    assert told["cycle_times"]["first_to_last_fact"]["mean_days"] == "2.0417"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20))))
def test_overlapping_waits_count_once(spans):
    hours = {hour for start, length in spans for hour in range(start, start + length)}
    exact = [
        Wait(Cause.CUSTOMER, MONDAY + start * HOUR, MONDAY + (start + length) * HOUR, running=False)
        for start, length in spans
    ]
    assert waited(exact) == len(hours) * HOUR


@settings(deadline=None)
@given(st.integers(0, 10**16), st.integers(1, 1000))
def test_days_are_exact_and_rounded_half_up(microseconds, parts):
    exact = Context(prec=80)
    expected = exact.divide(Decimal(microseconds), Decimal(parts * DAY))
    rounded = expected.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    assert days(Fraction(microseconds, parts)) == str(rounded)


def test_half_a_unit_rounds_up():
    assert days(Fraction(DAY, 20_000)) == "0.0001"
    assert days(Fraction(3 * DAY, 20_000)) == "0.0002"
    assert hundredths(432, 86_400) == "0.01"
    assert hundredths(431, 86_400) == "0.00"
