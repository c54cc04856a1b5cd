"""The service-flow report as it is drawn for people."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from spec import ANA, BO, SALES, SERVICE

from domain.support.words import RequestKind
from projections.reports.drawing import BAR, WORDS, draw
from projections.reports.flow import Cases, Cause
from projections.reports.service_flow import report, service_flow
from tests.projections.service_story import OPENED, assigned, gathered, group

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
