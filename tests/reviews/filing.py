"""A review and the people around it, each with a key of their own."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.ids import MemberId
from tests.web.client import Answer, Api
from tests.web.stories_reviews import PERIOD, WHY, acting, policy
from web.commands.accounts import create_key, enrolled, grant


@dataclass
class File:
    """A review, the people around it with their keys, and the version seen last."""

    company: Any
    department: str
    keys: dict[str, Api]
    ids: dict[str, str]
    path: str = ""
    seen: Answer | None = None

    def ask(self, who: str, verb: str, body: dict[str, Any] | None = None) -> Answer:
        return self.keys[who].post(f"{self.path}/{verb}", body or {}, seen=self.seen)

    def does(self, who: str, verb: str, body: dict[str, Any] | None = None) -> Answer:
        self.seen = self.ask(who, verb, body).went_well()
        return self.seen

    def shows(self, who: str) -> Answer:
        return self.keys[who].get(self.path, after=self.seen)

    def manager_says(self, rating: str, *, by: str, on: str = "2025-02-03T09:00:00Z") -> Answer:
        """Somebody gives feedback as a manager; what it rests on is that the reviewee joined."""
        (joined, *_) = self.company.api.get(f"/members/{self.ids['reviewee']}/history").json[
            "items"
        ]
        body = {
            "source": "manager",
            "rating": rating,
            "evidence": [joined["id"]],
            "occurred_at": on,
        }
        told = self.company.api.post(
            f"/members/{self.ids['reviewee']}/feedback", body, headers=acting(self.ids[by])
        )
        self.company.api.get("/feedback", after=told.went_well(), limit=1)  # then a card counts it
        return told


ROLES = {
    "author": "team-lead",
    "first": "team-lead",
    "second": "team-lead",
    "judge": "team-lead",
    "sealer": "hr",
    "reviewee": "sales",
    "colleague": "sales",
}


def begun(running: Any, company: Any) -> File:
    """A review that was opened by a lead in Sales."""
    department, keys, ids = company.department().id, {}, {}
    for name, role in ROLES.items():
        joined = company.member(department_id=department)
        member = MemberId(UUID(joined.id))
        where = {} if role == "hr" else {"department_id": UUID(department)}
        grant(running.crm, enrolled(running.crm, member), role, **where)
        keys[name] = running.api.acting_as(create_key(running.crm, name, member).text)
        ids[name] = joined.id
    company.api.get("/members", after=joined, limit=1).went_well()
    found = File(company, department, keys, ids)
    body = {"member_id": ids["reviewee"], "policy_id": policy(company)} | PERIOD
    found.seen = keys["author"].post("/reviews", body).went_well()
    found.path = f"/reviews/{found.seen.id}"
    return found


def lead(running: Any, file: File, department: str) -> Api:
    """Somebody else who leads a department."""
    joined = file.company.member(department_id=department)
    member = MemberId(UUID(joined.id))
    account = enrolled(running.crm, member)
    grant(running.crm, account, "team-lead", department_id=UUID(department))
    file.company.api.get("/members", after=joined, limit=1).went_well()
    return running.api.acting_as(create_key(running.crm, "lead", member).text)


def agreed(file: File) -> File:
    file.manager_says("4", by="author")
    file.does("author", "draft")
    file.does("author", "collect-inputs")
    file.does("first", "calibrate", {"adjustment": "-2.5"} | WHY)
    file.does("second", "confirm", WHY)
    return file


def sealed(file: File) -> File:
    agreed(file).does("author", "share")
    file.does("reviewee", "disagree", {"comment": "Chen saw it otherwise"})
    file.does("sealer", "seal")
    return file
