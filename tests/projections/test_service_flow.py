"""The service-flow report: hand-overs, waits and cycle times, counted again from the log."""

import json
from pathlib import Path

import orjson
from spec import ANA, BO, SALES, SERVICE, sample_id

from application.imports import read_map, run_import
from application.store.log import Window
from domain.ids import RequestId
from domain.kernel import Actor
from domain.support.request import RetractRequest
from projections.reports.service_flow import as_json, service_flow
from tests.projections.service_story import (
    COMPLAINT,
    CUSTOMER,
    HOUR,
    LATE,
    STUCK,
    assign,
    group,
    moment,
    opening,
    pair,
    wait,
    waiting,
)


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
