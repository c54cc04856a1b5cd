"""A review explains itself, opens every fact behind it, and is computed again by anyone."""

import html.parser
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from projections import scoring
from projections.scoring.catalogue import METRICS
from projections.scoring.reasons import REASONS
from tests.reviews.filing import File, agreed, sealed
from tests.web.stories_reviews import WHY

QUOTED = '"([a-z]+(?:_[a-z]+)*)"'
pytest_plugins = ["tests.web.fixtures"]


def explained(file: File, who: str, **query):
    return file.keys[who].get(f"{file.path}/explanation", after=file.seen, **query)


def test_every_point_is_told_in_the_readers_language(file):
    agreed(file).does("author", "share")
    told = explained(file, "reviewee", language="en").went_well().json
    (figure,) = told["figures"]
    assert figure["title"] == METRICS["feedback_manager"].en
    assert figure["sentences"][0] == "It comes to 4.00, from 1 fact."
    assert "this is 75.00 points" in figure["sentences"][1]
    assert "75.00 points" in told["total"]
    assert "ten business days" in told["right_to_appeal"]
    other = explained(file, "reviewee", language="zh").went_well().json
    assert other["figures"][0]["title"] == METRICS["feedback_manager"].zh
    assert "4.00" in other["figures"][0]["sentences"][0]
    assert "申诉" in other["right_to_appeal"]
    assert len(other["figures"][0]["sentences"]) == len(figure["sentences"])


def test_the_browsers_language_is_taken_where_none_is_named(file):
    agreed(file)
    reader = {"Accept-Language": "zh-CN"}
    told = explained(file, "author", headers=reader).went_well().json
    assert told["language"] == "zh"


def test_its_links_lead_to_the_facts(file):
    given = file.manager_says("5", by="author", on="2024-12-31T09:00:00Z")
    agreed(file).does("author", "share")
    (figure,) = explained(file, "reviewee").json["figures"]
    (proof,), (left,) = figure["evidence"], figure["excluded"]
    assert (left["position"], left["reason"]) == (given.position, "outside_period")
    for link, counted in ((proof, {"share": "1", "reason": None}), (left, {"share": None})):
        path = link["href"].removeprefix("/api/v1")
        (fact,) = file.keys["reviewee"].get(path).went_well().json["items"]
        assert fact["id"] == link["position"]
        assert fact["name"] == "feedback.given"
        (told,) = fact["counted"]
        assert counted.items() <= told.items()


def test_who_said_it_is_told_to_nobody_who_may_not_know(file):
    agreed(file).does("author", "share")
    path = f"{file.path}/evidence"
    (shown,) = file.keys["reviewee"].get(path, after=file.seen).went_well().json["items"]
    assert (shown["stream"], shown["data"]) == (None, {})
    assert file.ids["author"] not in json.dumps(shown)
    (whole,) = file.keys["sealer"].get(path, after=file.seen).went_well().json["items"]
    assert whole["data"]["holder_id"] == file.ids["author"]


def test_evidence_comes_in_pages_and_by_metric(file):
    said = [file.manager_says(str(rating), by="author") for rating in (2, 3, 5)]
    agreed(file)
    pages = file.keys["author"].pages(f"{file.path}/evidence", limit=2)
    found = [item["id"] for page in pages for item in page.json["items"]]
    assert [len(page.json["items"]) for page in pages] == [2, 2]
    assert found[:3] == [each.position for each in said]
    none = file.keys["author"].get(f"{file.path}/evidence", metric="sales_amount").went_well()
    assert none.json["items"] == []
    file.keys["author"].get(f"{file.path}/evidence", metric="luck").refused(
        422, "fields.invalid", "metric"
    )


def test_nothing_is_explained_before_there_is_a_card(file):
    explained(file, "author").refused(409, "review.not-drafted")
    explained(file, "reviewee").refused(404, "not-found")


def test_a_replay_gives_the_same_card_and_what_is_known_now(file):
    sealed(file)
    path = f"{file.path}/replay"
    before = file.keys["reviewee"].get(path, after=file.seen).went_well().json
    assert before["same"] is True
    assert before["why"] is None
    assert before["kept"] == before["replayed"]
    assert (before["now"]["delta"], before["now"]["follow_up"]) == ("0.00", "none")
    file.manager_says("5", by="author", on="2025-03-01T09:00:00Z")
    after = file.keys["reviewee"].get(path).went_well().json
    assert after["kept"] == before["kept"] == after["replayed"]
    # The later word replaces the earlier one: 5 is 100 points, 25 more than 75.
    assert (after["now"]["total"], after["now"]["delta"]) == ("100.00", "25.00")
    assert (after["now"]["follow_up"], after["now"]["changed"]) == (
        "supplement",
        ["feedback_manager"],
    )


class Page(html.parser.HTMLParser):
    """Counts what a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag, _attrs):
        self.tags[tag] += 1


def test_it_prints(file):
    sealed(file)
    answer = explained(file, "reviewee", language="zh", format="html").went_well()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert (
        "script" not in answer.headers["Content-Security-Policy"]
        or "'none'" in (answer.headers["Content-Security-Policy"])
    )
    text = answer.body.decode()
    page = Page(text)
    assert page.tags["script"] == 0
    assert page.tags["table"] >= 2
    assert "75.00" in text
    assert file.shows("reviewee").json["seal"]["hash"] in text


def test_every_reason_for_leaving_out_has_words_in_both_languages():
    folder = Path(scoring.__file__).parent
    lines = (line for file in folder.rglob("*.py") for line in file.read_text().splitlines())
    emitted = {word for line in lines if "reason" in line for word in re.findall(QUOTED, line)}
    assert {"voided", "outside_period", "superseded", "not_first", "pending"} <= emitted
    assert emitted <= REASONS.keys()
    assert len({told["zh"] for told in REASONS.values()}) == len(REASONS)


@pytest.mark.parametrize("rating", ["1", "5"])
def test_an_appeal_by_letter_is_written_down_by_somebody_else(file, rating):
    sealed(file)
    body = {"figures": ["feedback_manager"], "text": "By post", "by_letter": True}
    file.ask("author", "appeal", body).refused(409, "review.four-eyes")
    file.does("sealer", "appeal", body)
    file.does("judge", "uphold", WHY)
    file.manager_says(rating, by="author", on="2025-03-02T09:00:00Z")
    file.does("sealer", "supplement", WHY)
    versions = file.shows("reviewee").json["versions"]
    assert [each["total"] for each in versions] == ["75.00", {"1": "0.00", "5": "100.00"}[rating]]
