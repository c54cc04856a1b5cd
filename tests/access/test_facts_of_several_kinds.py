"""A page of facts about things of several kinds that are one resource: none hides the others."""

from uuid import UUID

import pytest

from domain.ids import MemberId
from tests.web.stories_pipeline import opportunity, quote
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]


@pytest.mark.parametrize("quoted_first", [True, False])
def test_a_department_sees_all_that_was_sold_to_its_customer(running, company, quoted_first):
    department = company.department().id
    owner = company.member(department_id=department).id
    customer = company.customer().id
    body = {"member_id": owner}
    company.api.post(f"/customers/{customer}/ownership/claim", body).went_well()
    for make in (quote, opportunity) if quoted_first else (opportunity, quote):
        last = make(company, customer=customer)
    grant(
        running.crm,
        enrolled(running.crm, MemberId(UUID(owner))),
        "sales",
        department_id=UUID(department),
    )
    for path in ("/quotes", "/opportunities", "/customers", "/members"):
        company.api.get(path, after=last, limit=1).went_well()
    seller = company.api.acting_as(create_key(running.crm, "seller", MemberId(UUID(owner))).text)
    told = seller.get(f"/customers/{customer}/timeline", after=last).went_well().json["items"]
    assert {"quote.issued", "opportunity.opened"} <= {fact["name"] for fact in told}
