"""Who may decide on access, over HTTP: on others', on their own, and on what is shared."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.ids import DepartmentId
from tests.access.accounts import do
from tests.web.operations import OPERATIONS, ready, untouched

pytest_plugins = ["tests.web.fixtures"]

OWN = {"GET /principals"}
"""Where everybody finds their own account, and no other."""
TERMS = {
    "GET /sharing",
    "POST /sharing/objections",
    "POST /sharing/agreements",
    "POST /sharing/objections/withdraw",
    "GET /sharing/{id_}/timeline",
    "GET /sharing/{id_}/history",
}
"""What is team leads' to settle, and everybody's to know."""
ON_KINDS = [
    "POST /principals",
    "GET /access/reviews",
    "GET /roles",
    "POST /roles",
]
ON_ONE = [
    operation
    for operation in OPERATIONS
    if operation.split()[1].startswith(("/principals", "/roles"))
    and operation not in {*ON_KINDS, *OWN}
]


def decides_on_nobodys_access(running, company, header):
    """Every change of somebody's access is refused, and nothing is written."""
    requests = [(each, untouched(company, each)) for each in (*ON_KINDS, *ON_ONE)]
    facts = running.facts()
    for operation, request in requests:
        answer = request.send(headers=header)
        if operation in ON_KINDS:
            answer.refused(403, "access.refused")
        else:
            answer.refused(404, "not-found")
    assert running.facts() == facts


@pytest.mark.parametrize("roles", [(), ("sales",), ("team-lead",), ("hr",)])
def test_ordinary_people_decide_on_nobodys_access(roles, running, company, person):
    one = person(*roles)
    header = {"Authorization": f"Bearer {one.api.key}"}
    decides_on_nobodys_access(running, company, header)
    own = one.api.get("/principals", after=company.department())
    if roles:
        assert own.went_well().ids == [str(one.account)]
    else:
        own.refused(403, "access.refused")


def test_everybody_lets_a_colleague_act_for_them(company, person):
    one, other = person("sales"), person("sales")
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    soon = {"to_id": company.member().id, "ends_at": until}
    path = f"/principals/{one.account}/delegations"
    done = do(one.api, path, soon).went_well()
    shown = one.api.get(f"/principals/{one.account}", after=done).went_well()
    (delegation,) = shown.json["delegations"]
    do(other.api, path, soon).refused(404, "not-found")
    do(other.api, f"{path}/{delegation['id']}/end", {}).refused(404, "not-found")
    do(one.api, f"{path}/{delegation['id']}/end", {}).went_well()


@pytest.mark.parametrize("roles", [("sales",), ("hr",), ("administrator",)])
def test_the_terms_of_sharing_are_everybodys_to_know_and_team_leads_to_settle(
    roles, company, person
):
    one = person(*roles)
    header = {"Authorization": f"Bearer {one.api.key}"}
    for operation in sorted(TERMS):
        answer = ready(company, operation).send(headers=header)
        if operation.startswith("GET"):
            answer.went_well()
        else:
            answer.refused(403, "access.refused")


def test_a_team_lead_objects_for_their_own_department_and_settles_others(company, person):
    mine, theirs = company.department().id, company.department().id
    lead = person("team-lead", department_id=DepartmentId(UUID(mine)))
    other = person("team-lead", department_id=DepartmentId(UUID(theirs)))
    about = {"department_id": mine, "dataset": "requests", "reason": "They call our customers"}
    body = about | {"from_ids": [theirs]}
    do(other.api, "/sharing/objections", body).refused(403, "access.refused")
    do(lead.api, "/sharing/objections", body).went_well()
    agreed = about | {"withheld_from": []}
    do(lead.api, "/sharing/agreements", agreed).refused(409, "sharing.own")
    do(other.api, "/sharing/agreements", agreed).went_well()


def test_an_auditor_sees_all_of_it_and_changes_nothing(running, company, person):
    one = person("auditor")
    header = {"Authorization": f"Bearer {one.api.key}"}
    for operation in (*ON_KINDS, *ON_ONE):
        answer = ready(company, operation).send(headers=header)
        if operation.startswith("GET"):
            answer.went_well()
        else:
            answer.refused(403, "access.refused")


def test_an_administrator_decides_on_access_and_nothing_else(company, person):
    one = person("administrator")
    for role in ("sales", "team-lead"):
        do(one.api, f"/principals/{person().account}/grants", {"role": role}).went_well()
    one.api.post("/principals", {"member_id": company.member().id}).went_well()
    one.api.get("/customers").refused(403, "access.refused")


def test_an_administrator_of_one_department_decides_on_nobodys_access(running, company, person):
    here = DepartmentId(UUID(company.department().id))
    header = {"Authorization": f"Bearer {person('administrator', department_id=here).api.key}"}
    decides_on_nobodys_access(running, company, header)
