"""A segment: what customers have in common, and who they are when somebody asks."""

from datetime import UTC, datetime, timedelta

import pytest
from spec import ANA, sample_id, spec

from domain.customers.customer import BusinessPhase
from domain.customers.segment import (
    SEGMENT,
    ChangeSegment,
    Defined,
    DefineSegment,
    RetireSegment,
    SegmentChanged,
    SegmentCriteria,
    SegmentDefined,
    SegmentRetired,
)
from domain.ids import SegmentId
from domain.kernel import Reference, references
from domain.teams.department import department_id
from domain.values import Tier
from tests.web.stories_tiers import segment

ID = SegmentId(sample_id(0x5E))
MARKETING = department_id("marketing")
BIG = SegmentCriteria(tiers=(Tier.STRATEGIC, Tier.KEY))
QUIET = SegmentCriteria(contact_age_from=90, contact_age_to=365)
DEFINED = SegmentDefined(name="Big ones", department_id=MARKETING, criteria=BIG)
CHANGED = SegmentChanged(name="Quiet ones", department_id=MARKETING, criteria=QUIET)
RETIRED = SegmentRetired(department_id=MARKETING)


def define(criteria=BIG):
    return DefineSegment(id=ID, name="Big ones", department_id=MARKETING, criteria=criteria)


def change(criteria=QUIET, name="Quiet ones"):
    return ChangeSegment(id=ID, name=name, criteria=criteria)


# --- Rules ------------------------------------------------------------------------------------


def test_a_segment_is_defined_for_a_department():
    told = spec(SEGMENT).when(define()).then(DEFINED)
    told.then_state(Defined("Big ones", MARKETING, BIG))


def test_it_is_defined_once():
    spec(SEGMENT).given(DEFINED).when(define()).then_rejected("segment.exists")


def test_it_is_changed_and_stays_its_departments():
    told = spec(SEGMENT).given(DEFINED).when(change()).then(CHANGED)
    told.then_state(Defined("Quiet ones", MARKETING, QUIET))


def test_the_same_again_changes_nothing():
    spec(SEGMENT).given(DEFINED).when(change(BIG, "Big ones")).then_nothing()


@pytest.mark.parametrize("command", [define(SegmentCriteria()), change(SegmentCriteria())])
def test_a_segment_of_everybody_is_none(command):
    history = [DEFINED] if isinstance(command, ChangeSegment) else []
    spec(SEGMENT).given(*history).when(command).then_rejected(
        "segment.no-criteria", field="criteria"
    )


@pytest.mark.parametrize(
    "criteria",
    [
        SegmentCriteria(contact_age_from=9, contact_age_to=8),
        SegmentCriteria(contact_age_from=-1),
        SegmentCriteria(contact_age_to=36_501),
    ],
)
def test_ages_go_from_the_youngest_to_the_oldest(criteria):
    spec(SEGMENT).when(define(criteria)).then_rejected("segment.contact-age", field="criteria")


@pytest.mark.parametrize(
    "criteria",
    [
        SegmentCriteria(contact_age_from=8, contact_age_to=8),
        SegmentCriteria(contact_age_to=0),
        SegmentCriteria(regions=("north",)),
        SegmentCriteria(industries=("food",)),
        SegmentCriteria(phases=(BusinessPhase.GROWING,)),
        SegmentCriteria(owner_ids=(ANA,)),
    ],
)
def test_each_criterion_is_enough(criteria):
    defined = SegmentDefined(name="Big ones", department_id=MARKETING, criteria=criteria)
    spec(SEGMENT).when(define(criteria)).then(defined)


def test_a_retired_segment_stays_as_it_was():
    told = spec(SEGMENT).given(DEFINED)
    told.when(RetireSegment(id=ID)).then(RETIRED)
    after = told.given(RETIRED)
    assert not after.active
    for command in (change(), RetireSegment(id=ID)):
        after.when(command).then_rejected("segment.retired")
    after.when(define()).then_rejected("segment.exists")


@pytest.mark.parametrize("command", [change(), RetireSegment(id=ID)])
def test_what_is_not_there_is_neither_changed_nor_retired(command):
    spec(SEGMENT).when(command).then_rejected("segment.unknown")


def test_it_is_a_department_that_is_open_for_whom_it_is_defined():
    assert Reference("department_id", "department", must_be_active=True) in references(
        DefineSegment
    )


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


@pytest.fixture(scope="module")
def market(company):
    """Customers of one region by a short name, and what was last told."""
    region, now = company.word("region"), datetime.now(UTC)
    told = {
        "big food": ({"industry": "food", "phase": "growing"}, "strategic", 3),
        "key food": ({"industry": "food", "phase": "mature"}, "key", 40),
        "key ship": ({"industry": "ship", "phase": "growing"}, "key", None),
        "small ship": ({"industry": "ship"}, "normal", 100),
        "small": ({}, "normal", 0),
    }
    found, last = {}, None
    for name, (details, tier, days) in told.items():
        begun = (now - timedelta(days=200)).isoformat()
        last = company.customer(
            name, details=details | {"region": region}, tier=tier, occurred_at=begun
        )
        found[name] = last.id
        if days is not None:
            at = (now - timedelta(days=days)).isoformat()
            last = company.interaction(customer=last.id, occurred_at=at)
    owner = company.member().id
    last = company.do(f"/customers/{found['big food']}/ownership/claim", {"member_id": owner})
    return region, owner, found, last


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({}, {"big food", "key food", "key ship", "small ship", "small"}),
        ({"tiers": ["strategic", "key"]}, {"big food", "key food", "key ship"}),
        ({"tiers": ["key"], "industries": ["ship", "air"]}, {"key ship"}),
        ({"phases": ["growing"]}, {"big food", "key ship"}),
        ({"owner_ids": "owner"}, {"big food"}),
        ({"contact_age_from": 30}, {"key food", "key ship", "small ship"}),
        ({"contact_age_from": 0, "contact_age_to": 30}, {"big food", "small"}),
        ({"contact_age_from": 40, "contact_age_to": 40}, {"key food"}),
        ({"contact_age_from": 41, "contact_age_to": 99}, set()),
        ({"contact_age_to": 0}, {"small"}),
    ],
)
def test_a_segment_finds_who_has_it_all_in_common(criteria, names, api, company, market):
    region, owner, found, last = market
    told = {"regions": [region]} | criteria
    if "owner_ids" in told:
        told["owner_ids"] = [owner]
    made = segment(company, criteria=told)
    path = f"/segments/{made.id}/customers"
    api.get("/customers", after=last).went_well()
    expected = {found[name] for name in names}
    api.get(f"/segments/{made.id}", after=made).went_well()
    assert set(api.get(path).went_well().ids) == expected
    pages = api.pages(path, limit=2, sort="-name")
    shown = [item["name"] for page in pages for item in page.json["items"]]
    assert shown == sorted(names, reverse=True)
    # And the same from the log, as of now, as from the read model.
    position = made.position
    assert set(api.get(path, position=position).went_well().ids) == expected


def test_who_belongs_to_it_changes_with_the_customers(api, company):
    region = company.word("region")
    customer = company.customer(details={"region": region})
    made = segment(company, criteria={"regions": [region], "tiers": ["key"]})
    path = f"/segments/{made.id}/customers"
    assert api.get(path, after=made).went_well().ids == []
    body = {"tier": "key", "reason": "Grown"}
    tiered = company.do(f"/customers/{customer.id}/tier", body, seen=1)
    assert api.get(path, after=tiered).ids == [customer.id]
    assert api.get(path, position=made.position).ids == []
    elsewhere = {"name": "Elsewhere", "criteria": {"regions": [company.word("region")]}}
    changed = company.do(f"/segments/{made.id}/change", elsewhere, seen=made)
    api.get(f"/segments/{made.id}", after=changed).went_well()
    assert api.get(path, after=changed).ids == []
    assert api.get(path, position=tiered.position).ids == [customer.id]


def test_segments_are_refused_over_http(api, company):
    told = {"name": "Nobody's", "department_id": company.department().id}
    api.post("/segments", told | {"criteria": {}}).refused(409, "segment.no-criteria", "/criteria")
    ages = {"contact_age_from": 9, "contact_age_to": 8}
    api.post("/segments", told | {"criteria": ages}).refused(
        409, "segment.contact-age", "/criteria"
    )
    made = segment(company)
    retired = company.do(f"/segments/{made.id}/retire", {}, seen=made)
    api.post(f"/segments/{made.id}/retire", {}, seen=retired).refused(409, "segment.retired")
    shown = api.get("/segments", after=retired, **{"filter[status]": "retired"}, limit=200)
    assert made.id in shown.went_well().ids
