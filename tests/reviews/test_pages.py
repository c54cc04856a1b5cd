"""A scorecard as a page: whole, escaped, in two languages, readable where nothing but it is."""

import base64
import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from spec import ANA, BO, FRIDAY, LI_NA, SALES, sample_id

from domain.ids import MemberId
from domain.reviews.card import Card, Status, digest
from domain.reviews.review import (
    CalibrationConfirmed,
    ReviewCalibrated,
    ReviewOpened,
    ReviewSealed,
    ReviewShared,
    ScorecardDrafted,
)
from projections.reviews.cards import shown_card
from projections.reviews.reviews import fold
from projections.scoring.explaining import explained
from tests.reviews.cards import (
    CYCLE,
    FIRST,
    HASH,
    LAST,
    POLICY,
    THE_REVIEW,
    ZONE,
    card,
    measured,
    unmeasured,
)
from tests.reviews.recorded import Telling
from web.reviews.pages import Line, scorecard_page
from web.reviews.printing import SECURITY, Page, Section, Table, printed

CHEN = MemberId(sample_id(0xC3))
EVIL = '<script>alert("1")</script> & Söhne'
NAMES = {str(LI_NA): EVIL, str(ANA): "Ana", str(BO): "Bo", str(CHEN): "陈静"}
CARD = card(
    "70",
    measured("sales_amount", "60", "70", 7, 9),
    unmeasured("feedback_peer", "40", Status.HIDDEN),
)
FACTS = {
    "7": Line(datetime(2025, 2, 3, 16, 30, tzinfo=UTC), "Order paid"),
    "9": Line(datetime(2025, 2, 5, 3, tzinfo=UTC), "Order refunded"),
    "99": Line(datetime(2025, 2, 6, 3, tzinfo=UTC), "<b>Order</b> voided"),
}


class Reading(HTMLParser):
    """A page as a program reads it: its tags, its rows of cells, and its headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.said: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"th", "td"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag  # every element is closed, and in its order

    def handle_data(self, data: str) -> None:
        if text := data.strip():
            self.said.append((self.open[-1], text))
            if self.open[-1] in {"th", "td"}:
                self.rows[-1][-1] = text

    def of(self, tag: str) -> list[str]:
        return [text for where, text in self.said if where == tag]


def sealed(made: Card) -> dict[str, Any]:
    """The document of a review that Dao sealed."""
    telling = Telling()
    opened = ReviewOpened(
        member_id=LI_NA, department_id=SALES, cycle_id=CYCLE, author_id=ANA, first=FIRST,
        last=LAST, zone=ZONE, policy_id=POLICY, policy_version=1, policy_hash=HASH,
    )  # fmt: skip
    points = Decimal("1.50")
    for event, who in (
        (opened, ANA),
        (ScorecardDrafted(card=made, card_hash=digest(made)), ANA),
        (ReviewCalibrated(adjustment=points), BO),
        (CalibrationConfirmed(adjustment=points), CHEN),
        (ReviewShared(sealable_from=FRIDAY), ANA),
        (
            ReviewSealed(
                card_hash=digest(made), policy_hash=HASH, position=40, total="70",
                adjustment=points, authors=(ANA,), calibrators=(BO, CHEN), sealer_id=CHEN,
                hash="aa" * 32,
            ),
            CHEN,
        ),
    ):  # fmt: skip
        telling.say(THE_REVIEW, event, by=who)
    document: dict[str, Any] = {}
    for fact in telling.facts:
        document |= fold(document or None, fact, THE_REVIEW) or {}
    return document


def page(language: str = "en", made: Card = CARD, review: Any = None) -> str:
    return scorecard_page(shown_card(made), explained(made, language), NAMES, FACTS, review)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_is_whole_and_in_its_language(language):
    found = Reading(page(language, review=sealed(CARD)))
    assert found.open == []
    assert ("html", {"lang": {"en": "en", "zh": "zh-Hans"}[language]}) in found.tags
    assert ("meta", {"charset": "utf-8"}) in found.tags
    told = explained(CARD, language)
    sentences = [text for each in told["figures"] for text in each["sentences"]]
    assert {*sentences, told["summary"], told["total"], told["right_to_appeal"]} <= set(
        found.of("p")
    )
    assert [each["title"] for each in told["figures"]] == found.of("h3")


def test_names_and_facts_are_escaped():
    html = page()
    assert "<script" not in html
    assert "<b>Order" not in html
    found = Reading(html)
    assert found.of("h1") == [f"Scorecard: {EVIL}"]
    assert any("<b>Order</b> voided" in row for row in found.rows)


def test_the_figures_are_those_of_the_card():
    found = Reading(page())
    row = next(each for each in found.rows if each[0] == "Sales amount")
    assert row == ["Sales amount", "Measured", "0.00", "2", "0.00", "100.00", "70.00", "60 %"]
    hidden = next(each for each in found.rows if each[1] == "Hidden")
    assert hidden[-2:] == ["–", "40 %"]


def test_evidence_stands_with_positions_and_local_dates():
    found = Reading(page())
    name = "Sales amount"
    assert ["7", "2025-02-04", "Order paid", name, "1"] in found.rows  # half past midnight there
    assert ["9", "2025-02-05", "Order refunded", name, "1"] in found.rows
    left_out = next(each for each in found.rows if each[0] == "99")
    assert left_out[-1] == "does not count: it was voided"


def test_signatures_and_hashes_of_what_is_sealed():
    said = Reading(page(review=sealed(CARD))).of("dd")
    for told in ("Ana", "Bo, 陈静", "陈静", "aa" * 32, HASH, digest(CARD), "1.50", "sealed"):
        assert told in said
    alone = Reading(page()).of("dd")
    assert "Ana" not in alone
    assert digest(CARD) in alone


def test_what_is_not_there_is_a_dash():
    nothing = card(None, unmeasured("sales_amount", "100"), coverage="0")
    found = Reading(page(made=nothing))
    assert next(each for each in found.rows if each[0] == "Sales amount")[2] == "–"
    assert "–" in found.of("dd")


def test_tables_can_be_read_aloud():
    found = Reading(page(review=sealed(CARD)))
    tables = sum(tag == "table" for tag, _ in found.tags)
    assert tables == sum(tag == "caption" for tag, _ in found.tags) == 2
    scopes = [attrs.get("scope") for tag, attrs in found.tags if tag == "th"]
    assert set(scopes) == {"col", "row"}
    headings = [tag for tag, _ in found.tags if tag in {"h1", "h2", "h3"}]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    labels = {attrs["aria-labelledby"] for tag, attrs in found.tags if tag == "section"}
    assert labels == {attrs["id"] for tag, attrs in found.tags if tag == "h2"}


def test_nothing_comes_from_elsewhere_and_the_policy_allows_the_one_style():
    html = page()
    found = Reading(html)
    tags = {tag for tag, _ in found.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "a"}
    assert not any({"style", "src", "href"} & set(attrs) for _, attrs in found.tags)
    (style,) = re.findall("<style>(.*?)</style>", html, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{hashed}'" in SECURITY
    assert SECURITY.startswith("default-src 'none';")


def test_the_style_prints_on_a4_and_repeats_heads():
    (style,) = re.findall("<style>(.*?)</style>", page(), re.DOTALL)
    assert "size: A4" in style
    assert "thead { display: table-header-group; }" in style
    assert ".apart { break-before: page; }" in style
    assert "section:first-of-type { break-before: auto; }" in style  # no sheet of a title alone


# --- In a browser ---------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 60


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to print with")
def test_a_browser_prints_each_part_on_sheets_of_its_own(tmp_path: Path):
    rows = [(f"Row {number}", number) for number in range(120)]
    table = Table("Long", ("What", "How many"), rows, frozenset({1}))
    sections = [Section(f"Member {each}", ("Something",), apart=True) for each in range(3)]
    long = Page("Long", (("Total", "70.00"),), (Section("Table", (table,)), *sections))
    source, target = tmp_path / "page.html", tmp_path / "page.pdf"
    source.write_text(printed(long, "en"), encoding="utf-8")
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
        f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={target}", source.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    pdf = target.read_bytes()
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert pages >= 3 + 2  # the long table takes two at least, each member one
    boxes = {
        tuple(map(float, each.split())) for each in re.findall(rb"/MediaBox\s*\[([^]]+)\]", pdf)
    }
    (box,) = boxes
    assert box[2:] == pytest.approx((595, 842), abs=1.5)  # A4 in points
