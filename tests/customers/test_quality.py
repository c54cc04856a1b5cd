"""The field dictionary and the quality of the master records."""

from typing import Any

import pytest
from spec import sample_id

from application.crm import Crm
from domain.confidential import FieldClass
from domain.customers import customer
from domain.customers.customer import BusinessPhase, CustomerDetails
from domain.ids import ContactId, CustomerId
from projections.customers.quality import quality
from projections.exchange.dictionary import entries
from projections.reader import Reader

pytest_plugins = ["tests.web.fixtures"]


def entry(kind: str, name: str) -> Any:
    (found,) = (each for each in entries() if (each["kind"], each["name"]) == (kind, name))
    return found


def test_a_field_with_its_codes_and_the_events_that_carry_it():
    assert entry("customer", "details.phase") == {
        "kind": "customer",
        "name": "details.phase",
        "type": "code",
        "codes": [each.value for each in BusinessPhase],
        "optional": True,
        "personal": False,
        "class": None,
        "events": ["customer.registered", "customer.details-changed"],
    }
    assert entry("customer", "email") == {
        "kind": "customer",
        "name": "email",
        "type": "text",
        "codes": None,
        "optional": True,
        "personal": True,
        "class": FieldClass.CONTACT,
        "events": ["customer.contact-added", "customer.contact-changed"],
    }
    assert entry("customer", "into_id")["type"] == "id of a customer"


def test_every_field_has_a_type_and_no_secret_is_named():
    assert [each for each in entries() if each["type"].endswith("structure")] == []
    assert [each["name"] for each in entries() if "secret" in each["name"]] == []


@pytest.fixture
def told(crm: Crm, projections: Any, envelope: Any) -> Reader:
    """Four customers: one whole, a double of it, one with all that is wrong, and one merged."""
    whole = CustomerDetails(
        name="云河科技有限公司",
        short_name="云河",
        industry="it",
        business="software",
        employees=9,
        phase=BusinessPhase.NEW,
        address="上海",
        region="east",
        phone="+86 21 64515099",
        website="yunhe.example",
        tax_id="91350100M000100Y43",
    )
    wrong = CustomerDetails(name="Nord", phone="12", website="none", tax_id="1")
    details = [whole, CustomerDetails(name="云河科技集团"), wrong, CustomerDetails(name="Gone")]
    ids = [CustomerId(sample_id(0xF00 + number)) for number in range(4)]
    for id_, each in zip(ids, details, strict=True):
        crm.handle(customer.RegisterCustomer(id=id_, details=each), envelope())
    contact = customer.AddContact(id=ids[0], contact_id=ContactId(sample_id(0xE1)), name="Li Na")
    crm.handle(contact, envelope())
    merge = customer.MergeCustomer(id=ids[3], into_id=ids[2])
    crm.handle(merge, envelope(reason="The same"))
    projections.catch_up()
    return Reader(crm.pool)


def test_the_quality_of_a_few_records_by_hand(told):
    report = quality(told)
    by_name = {each["name"]: each for each in report["fields"]}
    assert report["customers"] == 3
    assert by_name["name"] == {"name": "name", "filled": 3, "share": "1.0000", "invalid": None}
    assert by_name["phone"] == {"name": "phone", "filled": 2, "share": "0.6667", "invalid": 1}
    assert by_name["contacts"]["filled"] == 1
    assert [by_name[name]["invalid"] for name in ("phone", "website", "tax_id")] == [1, 1, 1]
    # 12 fields of the whole one, 1 of its double, 4 of the wrong one: 17 of 36. Six values are
    # checked, three are wrong. Two of three share a name.
    assert report["duplicates"] == 2
    assert report["shares"] == {"filled": "0.4722", "valid": "0.5000", "unique": "0.3333"}
    assert report["score"] == 45  # 23.61 + 15 + 6.67 = 45.28


def test_without_customers_there_is_no_score(projections, crm):
    projections.catch_up()
    report = quality(Reader(crm.pool))
    assert (report["customers"], report["score"]) == (0, None)
    assert set(report["shares"].values()) == {None}


def test_over_http(api, company):
    made = company.customer()
    told = api.get("/fields", kind="customer").went_well().json["items"]
    assert {each["kind"] for each in told} == {"customer"}
    api.get("/fields", kind="nothing").refused(422, "fields.invalid", "kind")
    report = api.get("/reports/data-quality", after=made).went_well().json
    assert report["customers"] > 0
    assert 0 <= report["score"] <= 100
