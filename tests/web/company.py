"""A company told over HTTP: what a test needs to have happened before its own story begins."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from application.crm import Crm
from domain.exchange.import_run import FinishImport, StartImport, Tally, import_id
from domain.kernel import Actor, Channel, Envelope
from tests.web.client import Answer, Api


@dataclass(frozen=True)
class Company:
    """Makes departments, people, customers and requests, each new and with a name of its own."""

    api: Api
    crm: Crm
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def word(self, stem: str = "word") -> str:
        """A word nobody has used yet."""
        return f"{stem}-{next(self.numbers)}"

    def department(self, **told: Any) -> Answer:
        """Create a department."""
        usual = {"code": self.word("department"), "name": "Sales"}
        return self.api.post("/departments", usual | told).went_well()

    def member(self, **told: Any) -> Answer:
        """Let somebody join a department, a new one unless it is given."""
        if "department_id" not in told:
            told["department_id"] = self.department().id
        usual = {"name": self.word("Ana"), "role": "agent"}
        return self.api.post("/members", usual | told).went_well()

    def customer(self, name: str | None = None, **told: Any) -> Answer:
        """Register a customer."""
        details = {"name": name or self.word("Harbour")} | told.pop("details", {})
        return self.api.post("/customers", {"details": details} | told).went_well()

    def owned(self) -> tuple[str, str]:
        """A customer and the member who owns it, as everybody can see by now."""
        customer, owner = self.customer().id, self.member().id
        claimed = self.api.post(f"/customers/{customer}/ownership/claim", {"member_id": owner})
        claimed.went_well()
        self.api.get(f"/customers/{customer}/ownership", after=claimed).went_well()
        return customer, owner

    def disputed(self) -> tuple[str, str, str]:
        """A customer, the member who owns it, and the one who contests that."""
        customer, owner = self.owned()
        claimant = self.member().id
        self.do(
            f"/customers/{customer}/ownership/dispute",
            {"claimant_id": claimant, "reason": "I met them first"},
            seen=1,
        )
        return customer, owner, claimant

    def contact(self, customer: str) -> str:
        """Add a contact to a customer nobody has changed yet, and return the contact's id."""
        added = self.do(f"/customers/{customer}/contacts", {"name": "Maria Costa"}, seen=1)
        shown = self.api.get(f"/customers/{customer}", after=added).went_well()
        return str(shown.json["contacts"][-1]["id"])

    def interaction(self, **told: Any) -> Answer:
        """Log an interaction, with a new customer unless one is given."""
        customer = told.pop("customer", None) or self.customer().id
        usual = {"channel": "phone", "direction": "inbound", "summary": "Asked for a price"}
        path = f"/customers/{customer}/interactions"
        return self.api.post(path, usual | told).went_well()

    def request(self, *steps: tuple[str, dict[str, Any]], **told: Any) -> Answer:
        """Open a request and take these steps with it; return the last answer."""
        usual: dict[str, Any] = {"kind": "support", "channel": "email", "title": "Where is it?"}
        if "customer_id" not in told:
            usual["customer_id"] = self.customer().id
        if "department_id" not in told:
            usual["department_id"] = self.department().id
        answer = self.api.post("/requests", usual | told).went_well()
        for step, body in steps:
            answer = self.do(f"/requests/{answer.id}/{step}", body, seen=answer)
        return answer

    def imported(self) -> Answer:
        """Take a file in, as the command line does, and return its import as the API shows it."""
        told = {"source": self.word("helpdesk"), "file_sha256": "5e" * 32}
        started = StartImport(
            id=import_id(*told.values()), file="log.csv", map_sha256="3a" * 32, **told
        )
        tally = Tally(rows=3, added=2, facts=2, known=0, unmapped=1, bad=0, as_steps=0)
        by = Envelope(
            occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.CLI
        )
        self.crm.handle(started, by)
        finished = self.crm.handle(FinishImport(id=started.id, tally=tally), by)
        self.api.get("/audit/events", after=finished).went_well()  # shown there too
        return self.api.get(f"/imports/{started.id}", after=finished).went_well()

    def do(self, path: str, body: dict[str, Any], **more: Any) -> Answer:
        """Do something that must go well."""
        return self.api.post(path, body, **more).went_well()

    def one_of_each(self) -> dict[str, str]:
        """Return the id of one thing of each kind."""
        customer = self.customer().id
        return {
            "customers": customer,
            "contacts": self.contact(customer),
            "departments": self.department().id,
            "members": self.member().id,
            "requests": self.request().id,
            "interactions": self.interaction().id,
            "imports": self.imported().json["id"],
        }
