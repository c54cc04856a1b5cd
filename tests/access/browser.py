"""People and their browsers."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from itertools import count
from typing import Any

from uuid_utils.compat import uuid7

from application.crm import Crm
from domain.access.principal import EnrolPerson, GrantAccess, principal_id
from domain.access.sign_in import SetPassword, sign_in_id
from domain.ids import GrantId, MemberId
from domain.kernel import Actor, Channel, Envelope
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember, LeaveMember
from tests.web.client import Answer, Api
from web.access.passwords import hashed

PASSWORD = "correct horse battery staple"
WRONG = "incorrect horse battery staple"

_numbers = count(1)


def now() -> Envelope:
    """Said by the operator, now."""
    return Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.CLI
    )


@dataclass(frozen=True)
class Person:
    """A member, and how they sign in."""

    crm: Crm
    api: Api
    member_id: MemberId
    login: str
    password: str = PASSWORD

    def leaves(self) -> None:
        """They leave the company."""
        self.crm.handle(LeaveMember(id=self.member_id), now())

    def browser(self) -> "Browser":
        """A browser of theirs in which they have signed in."""
        browser = Browser(self.api)
        browser.sign_in(self.login, self.password).went_well()
        return browser


@dataclass
class Browser:
    """Keeps its cookies and sends them along, and its page's token with what changes."""

    api: Api
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str | None = None
    secure: bool = False

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Ask as a page does."""
        headers = dict(more.pop("headers", {}))
        if self.cookies:
            held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers.setdefault("Cookie", held)
        if self.csrf is not None:
            headers.setdefault("X-CSRF-Token", self.csrf)
        if self.secure:  # as a proxy on this machine says it
            headers["X-Forwarded-Proto"] = "https"
        answer = self.api.acting_as(None).ask(method, path, body, headers=headers, **more)
        for name, cookie in set_cookies(answer).items():
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
        return answer

    def get(self, path: str, **more: Any) -> Answer:
        """Read."""
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        """Change."""
        return self.ask("POST", path, body, **more)

    def sign_in(self, login: str, password: str) -> Answer:
        """Sign in, and keep the page's token."""
        answer = self.post("/session", {"login": login, "password": password})
        if answer.status == 200:
            self.csrf = answer.json["csrf_token"]
        return answer

    def is_in(self) -> bool:
        """Whether there is a session."""
        return self.get("/session").status == 200


def set_cookies(answer: Answer) -> Any:
    """The cookies an answer sets."""
    found: Any = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie", []):
        found.load(line)
    return found


def hired(crm: Crm) -> MemberId:
    """Somebody new, who may work with customers."""
    code, member_id = f"entrance-{next(_numbers)}", MemberId(uuid7())
    where = department_id(code)
    crm.handle(CreateDepartment(id=where, code=code, name="Sales", kind=DepartmentKind.CORE), now())
    joined = JoinMember(id=member_id, name="Ana", department_id=where, role="agent")
    crm.handle(joined, now())
    who = principal_id(member_id)
    crm.handle(EnrolPerson(id=who, member_id=member_id), now())
    granted = GrantAccess(id=who, grant_id=GrantId(uuid7()), role="sales", department_id=where)
    crm.handle(granted, now())
    return member_id


def with_password(running: Any) -> Person:
    """Somebody new with a login name and a password."""
    member_id, login = hired(running.crm), f"ana.{next(_numbers)}"
    command = SetPassword(
        id=sign_in_id(login), member_id=member_id, login=login, hash=hashed(PASSWORD)
    )
    running.crm.handle(command, now())
    return Person(running.crm, running.api, member_id, login)
