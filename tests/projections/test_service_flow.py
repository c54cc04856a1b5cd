"""The service-flow report: hand-overs, waits and cycle times, counted again from the log."""

import io
import json
from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, SALES, SERVICE, sample_id

from application.imports import read_map, run_import
from application.store.log import Window
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.ids import ImportId, MemberId, RequestId
from domain.kernel import Actor, Channel, Envelope, Fact, Imported, Recorded
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    EndWaiting,
    OpenRequest,
    QueueRequest,
    ReopenRequest,
    RequestAssigned,
    RequestClosed,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestResolved,
    RequestRetracted,
    RequestVoided,
    ResolveRequest,
    RetractRequest,
    StartWaiting,
    StepTaken,
    VoidRequest,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.words import RequestKind, WaitingOn
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember
from domain.values import ContactChannel
from projections.reports.drawing import BAR, WORDS, draw, hundredths
from projections.reports.flow import Cases, Cause, Wait, collapsed, ping_pongs, waited
from projections.reports.service_flow import DAY, as_json, days, report, service_flow

LATE = RequestId(sample_id(1))
STUCK = RequestId(sample_id(2))
SPAM = RequestId(sample_id(3))
MISTAKEN = RequestId(sample_id(4))

HOUR = timedelta(hours=1)
DAYS = {"mon": 0, "tue": 24, "wed": 48, "thu": 72, "fri": 96}


def moment(text):
    """The hour of a day in the story: "tue 18"; everything begins on Monday at nine."""
    day, hour = text.split()
    return MONDAY + (DAYS[day] + int(hour) - 9) * HOUR


def opening(id_, kind, department):
    return OpenRequest(
        id=id_,
        customer_id=HARBOUR,
        department_id=department,
        kind=kind,
        channel=ContactChannel.EMAIL,
        title="Delivery",
    )


def assign(id_, member):
    return AssignRequest(id=id_, member_id=member)


def queue(id_, department):
    return QueueRequest(id=id_, department_id=department)


def wait(id_, on, *, contracted=False):
    return StartWaiting(id=id_, on=on, contracted=contracted)


def resolve(id_):
    return ResolveRequest(id=id_, resolution="Delivered")


CUSTOMER, THIRD_PARTY = WaitingOn.CUSTOMER, WaitingOn.THIRD_PARTY
COMPLAINT, SUPPORT, ENQUIRY = RequestKind.COMPLAINT, RequestKind.SUPPORT, RequestKind.ENQUIRY

STORY = [
    # Late: from Ana to Bo, through the sales queue to Bo again, and back to Ana.
    ("mon 9", opening(LATE, COMPLAINT, SERVICE)),
    ("mon 10", assign(LATE, ANA)),
    ("mon 12", wait(LATE, CUSTOMER)),
    ("tue 9", assign(LATE, BO)),
    ("tue 12", wait(LATE, THIRD_PARTY, contracted=True)),
    ("tue 18", EndWaiting(id=LATE, on=CUSTOMER)),
    ("wed 9", queue(LATE, SALES)),
    ("wed 10", assign(LATE, BO)),
    ("wed 11", assign(LATE, ANA)),
    ("thu 9", resolve(LATE)),
    ("thu 10", ReopenRequest(id=LATE)),
    ("thu 12", wait(LATE, CUSTOMER)),
    ("fri 9", resolve(LATE)),
    ("fri 10", CloseRequest(id=LATE)),
    # Stuck: from queue to queue and back, and still waiting.
    ("mon 9", opening(STUCK, SUPPORT, SALES)),
    ("tue 9", queue(STUCK, SERVICE)),
    ("tue 10", assign(STUCK, LI_NA)),
    ("tue 12", wait(STUCK, THIRD_PARTY)),
    ("tue 15", queue(STUCK, SALES)),
    # Spam does not count, though it was handed over and waited for.
    ("mon 9", opening(SPAM, ENQUIRY, SALES)),
    ("mon 10", assign(SPAM, ANA)),
    ("mon 11", assign(SPAM, BO)),
    ("mon 12", wait(SPAM, CUSTOMER)),
    ("fri 18", VoidRequest(id=SPAM)),
    # Mistaken was taken back, and recorded again as it was.
    ("mon 9", opening(MISTAKEN, COMPLAINT, SALES)),
    ("mon 10", assign(MISTAKEN, ANA)),
    ("mon 11", assign(MISTAKEN, BO)),
    ("tue 9", RetractRequest(id=MISTAKEN)),
    ("wed 9", opening(MISTAKEN, ENQUIRY, SERVICE)),
    ("wed 10", assign(MISTAKEN, LI_NA)),
    ("wed 15", resolve(MISTAKEN)),
]


@pytest.fixture
def tell(crm):
    """Carry out a command at a moment of the story."""

    def carry_out(when, command):
        at = moment(when)
        actor = Actor.system("test")
        envelope = Envelope(occurred_at=at, actor=actor, channel=Channel.API, reason="a test")
        return crm.handle(command, envelope)

    return carry_out


@pytest.fixture
def company(tell):
    """Two departments, three members and a customer, who are in the log too."""
    for code, id_ in (("sales", SALES), ("service", SERVICE)):
        made = CreateDepartment(id=id_, code=code, name=code, kind=DepartmentKind.CORE)
        tell("mon 8", made)
    for name, id_ in (("Ana", ANA), ("Bo", BO), ("李娜", LI_NA)):
        tell("mon 8", JoinMember(id=id_, name=name, department_id=SERVICE, role="agent"))
    tell("mon 8", RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour Foods")))


@pytest.fixture
def story(tell, company, crm):
    """The whole story, told by commands; the log it stands in."""
    for when, command in STORY:
        tell(when, command)
    return crm.facts


def pair(giver, receiver, count=1):
    return {"from": str(giver), "to": str(receiver), "count": count}


def waiting(seconds, waits, running, cases):
    return {"seconds": seconds, "waits": waits, "running": running, "cases": cases}


def test_the_whole_story_is_counted(story):
    told = service_flow(story)
    assert told == {
        "report": "service-flow",
        "position": str(story.head()),
        "as_of": None,
        "measured_to": "2025-03-07T18:00:00.000000Z",  # when the spam was voided
        "facts": 31,
        "cases": 3,
        "events": 14 + 5 + 3,
        "activities": {
            "request.opened": 3,
            "request.assigned": 4 + 1 + 1,
            "request.queued": 1 + 2,
            "request.waiting-started": 3 + 1,
            "request.waiting-ended": 1,
            "request.resolved": 2 + 1,
            "request.reopened": 1,
            "request.closed": 1,
        },
        "states": {"open": 1, "resolved": 1, "closed": 1, "voided": 1, "reopened": 1},
        "by_member": {
            "handovers": 2,
            "cases_with_handover": 1,
            "ping_pongs": 1,
            "cases_with_ping_pong": 1,
            "members": 3,
            "pairs": [pair(ANA, BO), pair(BO, ANA)],
        },
        "by_queue": {
            "handovers": 1 + 2,
            "cases_with_handover": 2,
            "ping_pongs": 1,
            "cases_with_ping_pong": 1,
            "departments": 2,
            "pairs": [pair(SERVICE, SALES, 2), pair(SALES, SERVICE, 1)],
        },
        "waiting": {
            "by_cause": [
                # Monday 12 to Tuesday 18, Thursday 12 to Friday 9
                {"cause": "customer"} | waiting((30 + 21) * 3600, 2, 0, 1),
                # Tuesday 12 to Friday 18, where the log ends
                {"cause": "third-party"} | waiting(78 * 3600, 1, 1, 1),
                # Tuesday 12 to Thursday 9, when it was resolved
                {"cause": "contracted-third-party"} | waiting(45 * 3600, 1, 0, 1),
            ],
            # Monday 12 to Thursday 9, then the 21 and the 78 hours
            "total": waiting((69 + 21 + 78) * 3600, 4, 1, 2),
        },
        "cycle_times": {
            # 97, 30 and 6 hours
            "first_to_last_fact": {"cases": 3, "median_days": "1.2500", "mean_days": "1.8472"},
            # 96 and 6 hours
            "opening_to_resolution": {
                "cases": 2,
                "median_days": "2.1250",
                "mean_days": "2.1250",
            },
        },
        "by_kind": [
            group("kind", "complaint", closed=1, median="4.0417"),
            group("kind", "enquiry", resolved=1, median="0.2500"),
            group("kind", "support", open=1, median="1.2500"),
        ],
        "by_department": sorted(
            [
                group("department", str(SALES), open=1, closed=1, median="2.6458"),
                group("department", str(SERVICE), resolved=1, median="0.2500"),
            ],
            key=lambda each: each["department"],
        ),
        "promises": {
            "clocks": [
                {
                    "clock": clock,
                    "met": 0,
                    "breached": 0,
                    "pending": 0,
                    "percent_met": None,
                    "median_seconds": None,
                    "p90_seconds": None,
                }
                for clock in CLOCKS
            ],
            "evidence": [
                {"clock": clock, "met": [], "breached": [], "pending": []} for clock in CLOCKS
            ],
        },
    }


CLOCKS = ("first-response", "next-response", "resolution")


def group(by, value, *, median, **states):
    counts = {"open": 0, "resolved": 0, "closed": 0} | states
    return {by: value, "cases": sum(counts.values()), **counts, "median_days": median}


# --- What the window shows ----------------------------------------------------------------------


def test_the_same_log_and_window_give_the_same_bytes(story):
    once, again, thrice = (as_json(service_flow(story)) for _ in range(3))
    assert once == again == thrice
    assert orjson.loads(once)["cases"] == 3


def test_what_is_recorded_later_does_not_change_what_was_known(story, tell):
    head = story.head()
    before = as_json(service_flow(story))
    tell("mon 15", assign(STUCK, BO))  # learned late: it occurred before much of the story
    tell("fri 20", RetractRequest(id=LATE))
    assert as_json(service_flow(story, Window(position=head))) == before
    assert as_json(service_flow(story)) != before


def test_a_position_beyond_the_log_is_where_the_log_ends(story):
    told = service_flow(story, Window(position=2**61))
    assert told == service_flow(story)


def test_as_of_a_moment_what_came_later_has_not_happened(story):
    told = service_flow(story, Window(as_of=moment("tue 20")))
    assert told["as_of"] == told["measured_to"] == "2025-03-04T20:00:00.000000Z"
    # Late, stuck and spam, not voided yet; mistaken was taken back on Tuesday morning.
    assert told["states"] == {"open": 3, "resolved": 0, "closed": 0, "voided": 0, "reopened": 0}
    assert told["facts"] == 6 + 5 + 4 + 4
    assert told["by_member"]["handovers"] == 2  # late and spam, each from Ana to Bo
    assert told["by_member"]["pairs"] == [pair(ANA, BO, 2)]
    assert told["by_member"]["ping_pongs"] == 0
    by_cause = {row.pop("cause"): row for row in told["waiting"]["by_cause"]}
    assert by_cause == {
        "customer": waiting((30 + 32) * 3600, 2, 1, 2),
        "third-party": waiting(8 * 3600, 1, 1, 1),
        "contracted-third-party": waiting(8 * 3600, 1, 1, 1),
    }
    nothing = {"cases": 0, "median_days": None, "mean_days": None}
    assert told["cycle_times"]["opening_to_resolution"] == nothing


def test_what_was_taken_back_never_was_as_soon_as_that_is_known(story, tell):
    early = Window(as_of=moment("mon 20"))
    assert service_flow(story, early)["cases"] == 3  # mistaken was taken back on Tuesday only
    known = story.head()
    tell("fri 20", RetractRequest(id=STUCK))
    assert service_flow(story, early)["cases"] == 2
    assert service_flow(story, Window(position=known, as_of=early.as_of))["cases"] == 3


def test_what_is_taken_back_leaves_no_trace_in_any_figure(story, tell):
    before = service_flow(story)
    odd = RequestId(sample_id(5))
    for when, command in [
        ("mon 9", opening(odd, COMPLAINT, SALES)),
        ("fri 23", assign(odd, BO)),
        ("fri 23", wait(odd, CUSTOMER)),
        ("fri 23", RetractRequest(id=odd)),
    ]:
        tell(when, command)
    same = {"facts": before["facts"], "position": before["position"]}
    assert service_flow(story) | same == before


def test_a_running_wait_is_measured_to_the_moment_asked_for(story):
    told = service_flow(story, Window(as_of=moment("fri 18") + 10 * HOUR))
    assert told["waiting"]["by_cause"][1]["seconds"] == (78 + 10) * 3600


def test_before_everything_there_is_nothing(story):
    told = service_flow(story, Window(as_of=moment("mon 8")))
    assert (told["facts"], told["cases"], told["events"], told["activities"]) == (0, 0, 0, {})
    nothing = {"cases": 0, "median_days": None, "mean_days": None}
    assert told["cycle_times"] == {"first_to_last_fact": nothing, "opening_to_resolution": nothing}
    assert told["waiting"]["total"] == waiting(0, 0, 0, 0)
    assert told["by_kind"] == told["by_department"] == told["by_member"]["pairs"] == []


def test_an_empty_log_gives_an_empty_report(crm):
    told = service_flow(crm.facts)
    assert (told["position"], told["measured_to"], told["cases"]) == ("0", None, 0)


def test_progress_reaches_the_position(story):
    seen = []
    service_flow(story, progress=lambda done, whole: seen.append((done, whole)))
    head = story.head()
    assert seen[-1] == (head, head)
    assert [whole for _, whole in seen] == [head] * len(seen)


# --- Rules, by facts alone ------------------------------------------------------------------------

OPENED = RequestOpened(
    customer_id=HARBOUR,
    department_id=SERVICE,
    kind=COMPLAINT,
    channel=ContactChannel.EMAIL,
    title="Delivery",
)
RESOLVED = RequestResolved(customer_id=HARBOUR, resolution="Delivered")
REOPENED = RequestReopened(customer_id=HARBOUR)
CLOSED = RequestClosed(customer_id=HARBOUR)
STEP = StepTaken(customer_id=HARBOUR, step="Called the carrier")


def assigned(member):
    return RequestAssigned(customer_id=HARBOUR, member_id=member)


def queued(department):
    return RequestQueued(customer_id=HARBOUR, department_id=department)


def waits(on, *, contracted=False):
    return WaitingStarted(customer_id=HARBOUR, on=on, contracted=contracted)


def ended(on):
    return WaitingEnded(customer_id=HARBOUR, on=on)


def gathered(*told, imported=None):
    """Gather (hour, event) of one request, or (hour, event, request), in order of recording."""
    cases = Cases()
    for position, (hour, event, *which) in enumerate(told, start=1):
        envelope = Envelope(
            occurred_at=MONDAY + hour * HOUR,
            actor=Actor.system("test"),
            channel=Channel.IMPORT,
            imported=(imported or {}).get(position),
        )
        cases.take(
            Recorded(
                stream_id=which[0] if which else LATE,
                version=position,
                event=event,
                envelope=envelope,
                position=position,
                recorded_at=MONDAY,
            )
        )
    return cases


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


def test_the_order_of_arrival_does_not_matter_in_a_log(crm, company):
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


# --- Another system's log -------------------------------------------------------------------------


def test_an_imported_log_has_its_reference_figures(crm, shared):
    """The ticket log of an Italian software company, by replay of our own events."""
    file = shared / "data" / "helpdesk" / "helpdesk.xes.gz"
    map_ = read_map(Path(__file__).parents[1] / "exchange" / "maps" / "helpdesk.toml")
    imported = run_import(crm, file, map_, Actor.system("test"))
    assert (imported.tally.added, imported.tally.bad) == (imported.tally.rows, 0)

    told = service_flow(crm.facts)
    figures = json.loads((shared / "data" / "figures.json").read_text())["helpdesk"]
    times = told["cycle_times"]["first_to_last_fact"]
    assert {
        "cases": told["cases"],
        "events": told["events"],
        "handovers": told["by_member"]["handovers"],
        "cases_with_handover": told["by_member"]["cases_with_handover"],
        "ping_pongs": told["by_member"]["ping_pongs"],
        "cases_with_ping_pong": told["by_member"]["cases_with_ping_pong"],
        "resources": told["by_member"]["members"],
        "median_days": float(times["median_days"]),
        "mean_days": float(times["mean_days"]),
        "activities": {name: told["activities"][name] for name in figures["activities"]},
    } == figures
    assert sum(told["activities"].values()) == told["events"]
    assert as_json(service_flow(crm.facts)) == as_json(told)


# --- Drawn ----------------------------------------------------------------------------------------

NAMES = {str(ANA): "Ana", str(BO): "Bo", str(SALES): "Sales", str(SERVICE): "Service"}


def drawn(told, language="en", names=NAMES, *, width=120, encoding="utf-8"):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    draw(told, Console(file=file, width=width, legacy_windows=False), language, names)
    file.seek(0)
    return file.read()


def told_by_hand(*, position="7", as_of=None, **other):
    facts = gathered((0, OPENED), (1, assigned(ANA)), (2, assigned(BO)), (3, assigned(ANA)))
    return {"position": position, "as_of": as_of, "promises": KEPT} | report(facts) | other


KEPT = {
    "clocks": [
        {"clock": "resolution", "met": 8, "breached": 2, "pending": 1, "percent_met": "80.00"},
        {"clock": "next-response", "met": 0, "breached": 0, "pending": 0, "percent_met": None},
    ]
}


def test_promised_times_are_drawn_where_there_are_any():
    text = drawn(told_by_hand())
    assert line(text, "Resolution")[-4:] == ["8", "2", "1", "80.00"]
    assert "Next response" not in text


def line(text, start):
    return next(each.split() for each in text.splitlines() if each.strip().startswith(start))


def test_drawn_for_people(story):
    text = drawn(service_flow(story))
    assert f"Log position {story.head()} · measured to 2025-03-07T18:00:00.000000Z" in text
    assert "facts replayed: 31 · events: 22 · requests: 3 · voided, left out: 1" in text
    assert line(text, "Closed") == ["Closed", "1", "█" * (BAR // 3)]
    assert line(text, "Opening to resolution")[3:] == ["2", "2.1250", "2.1250"]
    assert line(text, "Total")[3:] == ["7.00", "4", "1", "2", "█" * BAR]
    assert line(text, "Ping-pongs")[-2:] == ["1", "1"]
    assert line(text, "Ana")[:3] == ["Ana", "Bo", "1"]
    assert line(text, "Service  ")[:3] == ["Service", "Sales", "2"]
    assert line(text, "Complaint")[1:6] == ["1", "0", "0", "1", "4.0417"]
    assert line(text, "Request put into a member's hands")[6:] == ["6", "█" * BAR]


def test_drawn_in_chinese(story):
    text = drawn(service_flow(story), "zh", NAMES | {str(SERVICE): "服务部"})
    assert "服务流转" in text
    assert line(text, "服务部")[:3] == ["服务部", "Sales", "2"]
    assert line(text, "请求分派到人")[1:] == ["6", "█" * BAR]
    assert line(text, "投诉")[1] == "1"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 200])
def test_no_line_is_wider_than_the_terminal(story, language, width):
    text = drawn(service_flow(story), language, {}, width=width)
    assert all(cell_len(each) <= width for each in text.splitlines())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_number_is_cut_in_a_usual_terminal(language):
    told = told_by_hand(activities={"Wait": 1_234_567_890})
    told["by_kind"] = [group("kind", "complaint", open=98_765, median="12345.6789")]
    text = drawn(told, language, {}, width=80)
    assert {"1,234,567,890", "98,765", "12345.6789"} <= set(text.split())
    assert "\N{HORIZONTAL ELLIPSIS}" not in text


def test_without_names_the_whole_id_is_shown():
    text = drawn(told_by_hand(), names={})
    assert f"{ANA} " in text
    assert f" {BO} " in text


def test_nothing_is_said_in_one_sentence():
    nothing = {"position": "0", "as_of": None} | report(Cases())
    assert drawn(nothing).splitlines() == [
        "Service flow",
        "Log position 0",
        "facts replayed: 0 · events: 0 · requests: 0 · voided, left out: 0",
        "No requests.",
    ]


def test_as_of_is_said():
    told = told_by_hand(as_of="2025-03-04T20:00:00.000000Z")
    assert "as of 2025-03-04T20:00:00.000000Z" in drawn(told)


def test_a_terminal_without_unicode_gets_plain_bars():
    assert line(drawn(told_by_hand(), encoding="ascii"), "Complaint")[-1] == "#" * BAR


def test_names_from_elsewhere_cannot_steer_the_terminal():
    text = drawn(
        told_by_hand(activities={"[red]Wait[/red]\x1b[2J": 1}), names={str(ANA): "A\u202ena"}
    )
    assert "[red]Wait[/red]\N{REPLACEMENT CHARACTER}[2J" in text
    assert "A\N{REPLACEMENT CHARACTER}na" in text


def test_many_activities_are_summed_up():
    text = drawn(
        told_by_hand(activities={f"Step {number:02}": 100 - number for number in range(20)})
    )
    assert "Step 14" in text
    assert "Step 15" not in text
    assert line(text, "others") == ["others:", "5", str(85 + 84 + 83 + 82 + 81)]


def test_every_word_is_there_in_both_languages():
    holes = {
        key: (english.count("{}"), chinese.count("{}")) for key, (english, chinese) in WORDS.items()
    }
    assert all(english == chinese for english, chinese in holes.values())
    assert {str(kind) for kind in RequestKind} | {str(each) for each in Cause} <= WORDS.keys()
