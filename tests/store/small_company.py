"""A small company for commands on a real log, and what its log holds."""

from spec import SALES

from application.crm import Crm
from application.store.appending import IdempotencyKey
from domain.customers.customer import CustomerDetails
from domain.ids import MemberId
from domain.teams.department import RenameDepartment
from domain.teams.member import JoinMember

KEY = IdempotencyKey("ana's key", "2025-03-03/1", "sha256 of the request")
RENAME = RenameDepartment(id=SALES, name="Key accounts")


def join(member: MemberId, name: str, department=SALES, role: str = "agent") -> JoinMember:
    return JoinMember(id=member, name=name, department_id=department, role=role)


def details(name: str) -> CustomerDetails:
    return CustomerDetails(name=name)


def events(crm: Crm, stream_id) -> list:
    return [fact.event for fact in crm.facts.stream(stream_id)]


def keys(crm: Crm) -> int:
    with crm.pool.reading() as cursor:
        cursor.execute("select count(*) from log.idempotency")
        return cursor.fetchone()[0]
