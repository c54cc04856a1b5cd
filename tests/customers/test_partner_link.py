"""A partner link: made once in each way, on both timelines, and ended."""

import pytest
from spec import HARBOUR, YUNHE, sample_id, spec

from domain.confidential import FieldClass, confidential_fields
from domain.customers.partner_link import (
    PARTNER_LINK,
    Ended,
    EndPartnerLink,
    Link,
    Linked,
    LinkPartner,
    PartnerLinked,
    PartnerLinkEnded,
    partner_link_id,
)
from domain.kernel import Reference, references
from tests.web.stories_relations import partner

ID = partner_link_id(HARBOUR, Link.SUPPLIER, YUNHE, None)

LINK = LinkPartner(
    id=ID, customer_id=HARBOUR, link=Link.SUPPLIER, partner_id=YUNHE, note="Maps for ships"
)
END = EndPartnerLink(id=ID)

LINKED = PartnerLinked(
    customer_id=HARBOUR,
    partner_id=YUNHE,
    partner_name=None,
    link=Link.SUPPLIER,
    note="Maps for ships",
)
ENDED = PartnerLinkEnded(customer_id=HARBOUR, partner_id=YUNHE)

# --- Rules ------------------------------------------------------------------------------------


def test_the_two_are_linked_in_each_way_once():
    ways = {partner_link_id(HARBOUR, link, YUNHE, None) for link in Link}
    assert len(ways) == len(Link) == 7
    assert partner_link_id(YUNHE, Link.SUPPLIER, HARBOUR, None) not in ways


def test_a_partner_known_by_name_is_the_same_however_it_is_written():
    names = ["Bank of the Harbour", " bank  of the HARBOUR", "Bank of China"]
    ids = [partner_link_id(HARBOUR, Link.BANK, None, name) for name in names]
    assert ids[0] == ids[1] != ids[2]


def test_two_customers_are_linked():
    spec(PARTNER_LINK).when(LINK).then(LINKED).then_state(Linked(HARBOUR, YUNHE))


def test_or_a_customer_with_a_company_that_is_none_of_ours():
    named = LinkPartner(id=ID, customer_id=HARBOUR, link=Link.BANK, partner_name="Bank of China")
    (
        spec(PARTNER_LINK)
        .when(named)
        .then(
            PartnerLinked(
                customer_id=HARBOUR,
                partner_id=None,
                partner_name="Bank of China",
                link=Link.BANK,
                note=None,
            )
        )
        .then_state(Linked(HARBOUR, None))
    )


@pytest.mark.parametrize("told", [{}, {"partner_id": YUNHE, "partner_name": "云河科技"}])
def test_either_a_customer_or_a_name(told):
    link = LinkPartner(id=ID, customer_id=HARBOUR, link=Link.BANK, **told)
    spec(PARTNER_LINK).when(link).then_rejected("partner-link.which-partner", field="partner_id")


def test_no_customer_is_its_own_partner():
    own = LinkPartner(id=ID, customer_id=HARBOUR, link=Link.PARENT, partner_id=HARBOUR)
    spec(PARTNER_LINK).when(own).then_rejected("partner-link.with-itself", field="partner_id")


def test_what_is_linked_is_not_linked_again():
    spec(PARTNER_LINK).given(LINKED).when(LINK).then_rejected("partner-link.exists")


def test_a_link_ends_and_may_begin_anew():
    told = spec(PARTNER_LINK).given(LINKED)
    told.when(END).then(ENDED).then_state(Ended(HARBOUR))
    spec(PARTNER_LINK).given(LINKED, ENDED).when(LINK).then(LINKED)


@pytest.mark.parametrize(
    ("history", "code"), [((), "partner-link.unknown"), ((LINKED, ENDED), "partner-link.ended")]
)
def test_what_is_not_linked_does_not_end(history, code):
    spec(PARTNER_LINK).given(*history).when(END).then_rejected(code)


def test_both_must_be_customers_we_serve():
    assert references(LinkPartner)[1:] == (
        Reference("customer_id", "customer", must_be_active=True),
        Reference("partner_id", "customer", must_be_active=True),
    )


def test_what_colleagues_note_of_it_is_theirs():
    assert confidential_fields(LINKED) == {"note": FieldClass.NOTES}


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_link_shows_on_both_timelines_over_http(api, company):
    customer, supplier = company.customer().id, company.customer().id
    body = {"link": "supplier", "partner_id": supplier, "note": "Maps for ships"}
    made = api.post(f"/customers/{customer}/partners", body).went_well()
    shown = api.get(f"/partners/{made.id}", after=made).went_well().json
    assert shown == {
        "id": made.id,
        "version": 1,
        "customer_id": customer,
        "partner_id": supplier,
        "partner_name": None,
        "link": "supplier",
        "note": "Maps for ships",
        "status": "linked",
        "linked_at": shown["linked_at"],
        "ended_at": None,
    }
    twice = api.post(f"/customers/{customer}/partners", body)
    twice.refused(409, "partner-link.exists")
    ended = api.post(f"/partners/{made.id}/end", {}, seen=made).went_well()
    for each in (customer, supplier):
        told = api.get(f"/customers/{each}/timeline", after=ended).json["items"]
        assert [one["name"] for one in told[:2]] == ["partner-link.ended", "partner-link.made"]
    assert api.get(f"/partners/{made.id}").json["status"] == "ended"
    assert api.get(f"/partners/{made.id}", position=made.position).json == shown
    api.post(f"/partners/{made.id}/end", {}, seen=ended).refused(409, "partner-link.ended")
    again = api.post(f"/customers/{customer}/partners", body).went_well()
    assert (again.id, again.version) == (made.id, 3)


def test_the_partner_map_over_http(api, company):
    customer, mother = company.customer().id, company.customer().id
    parent = partner(company, customer=customer, partner_id=mother, link="parent")
    bank = partner(company, customer=customer, partner_name="Bank of China", link="bank")
    other = partner(company, partner_id=mother, link="parent")
    last = company.do(f"/partners/{other.id}/end", {}, seen=other)

    def found(**filters):
        asked = {f"filter[{name}]": value for name, value in filters.items()}
        return set(api.get("/partners", after=last, **asked).went_well().ids)

    assert found(customer_id=customer) == {parent.id, bank.id}
    assert found(partner_id=mother) == {parent.id, other.id}
    assert found(partner_id=mother, status="linked") == {parent.id}
    assert found(customer_id=customer, link="bank") == {bank.id}
    assert found(customer_id=customer, partner_id="") == {bank.id}


def test_what_cannot_be_linked_over_http(api, company):
    customer = company.customer().id
    path = f"/customers/{customer}/partners"
    api.post(path, {"link": "bank"}).refused(409, "partner-link.which-partner", "/partner_id")
    own = api.post(path, {"link": "parent", "partner_id": customer})
    own.refused(409, "partner-link.with-itself", "/partner_id")
    # The path names the customer, the body somebody else: each is blamed for itself.
    nobody = str(sample_id(9))
    strange = api.post(path, {"link": "parent", "partner_id": nobody})
    strange.refused(422, "customer.unknown", "/partner_id")
    gone = api.post(f"/customers/{nobody}/partners", {"link": "parent", "partner_id": customer})
    gone.refused(404, "not-found")
    made = partner(company, customer=customer, occurred_at="2025-03-05T09:00:00Z")
    early = {"occurred_at": "2025-03-01T09:00:00Z"}
    before = api.post(f"/partners/{made.id}/end", early, seen=made)
    before.refused(409, "fact.before-its-beginning", "/occurred_at")
