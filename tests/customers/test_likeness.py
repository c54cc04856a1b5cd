"""Customers that look alike: suggested with reasons, told apart by people, suggested again."""

from uuid import UUID

import pytest
from spec import HARBOUR, YUNHE, sample_id, spec

from domain.customers.likeness import (
    LIKENESS,
    Dismissed,
    DismissLikeness,
    LikenessDismissed,
    LikenessRestored,
    Open,
    RestoreLikeness,
    likeness_id,
)
from domain.ids import CustomerId
from projections.customers.lookalikes import scored
from projections.customers.spelling import core, digits, domain, is_tax_id, resemblance, words
from web.commands.accounts import create_key, grant

pytest_plugins = ["tests.web.fixtures"]

ID = likeness_id(HARBOUR, YUNHE)
DISMISS = DismissLikeness(id=ID, customer_id=HARBOUR, other_id=YUNHE)
RESTORE = RestoreLikeness(id=ID, customer_id=YUNHE, other_id=HARBOUR)
DISMISSED = LikenessDismissed(customer_id=HARBOUR, other_id=YUNHE)
RESTORED = LikenessRestored(customer_id=YUNHE, other_id=HARBOUR)

# --- Rules ------------------------------------------------------------------------------------


def test_a_pair_is_one_in_whatever_order_it_is_named():
    assert likeness_id(HARBOUR, YUNHE) == likeness_id(YUNHE, HARBOUR)
    assert likeness_id(HARBOUR, YUNHE) != likeness_id(HARBOUR, CustomerId(sample_id(0xC3)))


def test_two_are_found_not_to_be_the_same_and_may_be_after_all():
    told = spec(LIKENESS)
    told.when(DISMISS, reason="Two families").then(DISMISSED).then_state(Dismissed(HARBOUR, YUNHE))
    told.given(DISMISSED).when(RESTORE).then(RESTORED).then_state(Open())
    told.given(DISMISSED, RESTORED).when(DISMISS, reason="No").then(DISMISSED)


def test_what_was_said_already_is_not_said_again():
    spec(LIKENESS).given(DISMISSED).when(DISMISS, reason="Again").then_nothing()
    spec(LIKENESS).when(RESTORE).then_rejected("likeness.not-dismissed", field="other_id")
    spec(LIKENESS).given(DISMISSED, RESTORED).when(RESTORE).then_rejected(
        "likeness.not-dismissed", field="other_id"
    )


@pytest.mark.parametrize("reason", [None, ""])
def test_one_says_how_one_knows(reason):
    spec(LIKENESS).when(DISMISS, reason=reason).then_rejected(
        "likeness.reason-missing", field="reason"
    )


def test_nobody_is_like_themselves():
    alone = DismissLikeness(id=ID, customer_id=HARBOUR, other_id=HARBOUR)
    spec(LIKENESS).when(alone, reason="No").then_rejected(
        "likeness.same-customer", field="other_id"
    )


# --- How names and numbers are compared -------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbour Foods Ltd", "ＨＡＲＢＯＵＲ　foods, Inc."),
        ("Müller & Söhne GmbH", "MULLER SOHNE AG"),
        ("云河科技（上海）有限公司", "云河科技上海股份有限公司"),
        ("云河科技集团", "云河科技有限责任公司"),
        ("Yunhe 云河 Co., Ltd.", "yunhe云河"),
    ],
)
def test_names_that_differ_in_their_spelling_only_have_one_core(one, other):
    assert core(one) == core(other)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Harbour Foods", "Harbor Foods", 0.8, 0.9),
        ("云河科技", "云河科枝", 0.6, 0.7),
        ("Harbour Foods", "Nordlicht Stahl", 0.0, 0.1),
        ("云河科技", "海天食品", 0.0, 0.0),
    ],
)
def test_how_alike_names_are(one, other, least, most):
    assert least <= resemblance(core(one), core(other)) <= most
    assert resemblance(core(one), core(other)) == resemblance(core(other), core(one))


def test_resemblance_by_hand():
    """night/nacht share one pair of four each: 2·1/8, as in the textbook."""
    assert resemblance("night", "nacht") == 0.25
    assert resemblance("a", "a") == 1
    assert resemblance("a", "b") == 0


def test_words_numbers_and_addresses():
    assert words("Yunhe云河 3M/中国") == ["yunhe", "云河", "3m", "中国"]
    assert digits("＋86 (21) 6451-50") == "8621645150"
    for told in ("https://www.Harbour.example/en?x", "harbour.example", "maria@harbour.example"):
        assert domain(told) == "harbour.example"
    for told in (None, "", "harbour", "no site", "http://"):
        assert domain(told) is None


def test_a_tax_id_has_a_sign_to_check():
    """The example of GB 32100-2015, and what is wrong by one."""
    assert is_tax_id("91350100M000100Y43")
    assert is_tax_id(" 91350100m000100y43 ")
    for wrong in ("91350100M000100Y44", "91350100M000100Y4", "91350100M000100O43", "DE123456789"):
        assert not is_tax_id(wrong)


@pytest.mark.parametrize(
    ("shared", "alike", "points", "why"),
    [
        ({"tax-id"}, 0.1, 60, ("tax-id",)),
        ({"tax-id", "name"}, 1.0, 100, ("tax-id", "name")),
        ({"website", "phone"}, 0.59, 65, ("phone", "website")),
        ({"name"}, 0.8, 40, ("similar-name",)),
        (set(), 0.59, 0, ()),
    ],
)
def test_points(shared, alike, points, why):
    assert scored(shared, alike) == (points, why)


# --- Over HTTP --------------------------------------------------------------------------------


def test_who_may_be_the_same_and_why(company):
    word = company.word("Seafare")
    details = {"tax_id": f"91{word}", "website": f"https://{word}.example", "phone": "021 777 888"}
    one = company.customer(f"{word} Foods Ltd", details=details).id
    same = company.customer(f"{word} Foods GmbH", details=details | {"website": None}).id
    similar = company.customer(f"{word} Food").id
    last = company.customer("Nordlicht Stahl")
    told = company.api.get(f"/customers/{one}/duplicates", after=last).went_well().json
    by_id = {each["customer"]["id"]: each for each in told["items"]}
    assert by_id[same]["why"] == ["tax-id", "name", "phone"]
    assert by_id[same]["points"] == 100
    assert by_id[similar]["why"] == ["similar-name"]
    assert 30 <= by_id[similar]["points"] < 50
    assert last.id not in by_id
    assert told["items"][0]["customer"]["id"] == same
    assert told["dismissed"] == []
    pairs = company.api.get("/duplicates", limit=100).went_well().json["items"]
    assert {one, same} in [{each["id"] for each in pair["customers"]} for pair in pairs]


def test_who_was_found_not_to_be_is_not_suggested_any_more_until_restored(company):
    word = company.word("Sternfahrt")
    one, other = company.customer(f"{word} Ltd").id, company.customer(f"{word} Inc")
    path = f"/customers/{one}/duplicates"
    why = {"other_id": other.id, "reason": "Two families"}

    def told(after):
        found = company.api.get(path, after=after).went_well().json
        return [[each["customer"]["id"] for each in found[part]] for part in ("items", "dismissed")]

    assert told(other) == [[other.id], []]
    dismissed = company.do(f"{path}/dismiss", why)
    assert told(dismissed) == [[], [other.id]]
    (shown,) = company.api.get(path).json["dismissed"]
    assert shown["version"] == 1
    restored = company.do(f"{path}/restore", why, seen=shown["version"])
    assert told(restored) == [[other.id], []]
    merged = company.do(
        f"/customers/{other.id}/merge", {"into_id": one, "reason": "The same"}, seen=1
    )
    assert told(merged) == [[], []]


def test_nobody_is_told_of_customers_or_contacts_they_may_not_see(running, company):
    word = company.word("Hidden Harvest")
    one, other = company.customer(f"{word} Ltd").id, company.customer(f"{word} Inc").id
    email = {"name": "Maria", "email": f"maria@{company.word('mail')}.example"}
    third = company.customer().id
    for customer in (one, third):
        last = company.do(f"/customers/{customer}/contacts", email, seen=1)
    team = create_key(running.crm, "team")
    grant(running.crm, team.account, "sales", customer_id=UUID(one))
    marketing = create_key(running.crm, "marketing")
    grant(running.crm, marketing.account, "marketing")

    def found(key) -> set[str]:
        asked = running.api.acting_as(key).get(f"/customers/{one}/duplicates", after=last)
        return {each["customer"]["id"] for each in asked.went_well().json["items"]}

    assert found(running.api.key) == {other, third}
    assert found(team.text) == set()
    assert found(marketing.text) == {other}
    running.api.acting_as(team.text).get(f"/customers/{other}/duplicates").refused(404, "not-found")
    path = f"/customers/{one}/duplicates/dismiss"
    body = {"other_id": other, "reason": "No"}
    running.api.acting_as(marketing.text).post(path, body).refused(403, "access.refused")
