"""The customers, members and departments a file names: created where it first mentions them.

Their ids follow from the source and the file's own word, so that the next file means the same ones.
Who exists already is left as it is.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from application.deciding import Loaded, follow_up
from application.imports.mapping import ImportMap
from application.imports.rows import Row
from application.imports.streams import Streams, loaded
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.customers.customer_rules import CUSTOMER
from domain.ids import CustomerId, DepartmentId, ImportId, MemberId, named_id
from domain.kernel import Actor, Channel, Decider, Envelope, Fact, Imported
from domain.teams import member
from domain.teams.department import DEPARTMENT, CreateDepartment, department_id
from domain.teams.member import MEMBER, JoinMember
from domain.values import SHORT

IMPORTER = Actor.system("import")


@dataclass(frozen=True, slots=True)
class _Party:
    """Somebody the file names: the command that creates them, and the row that names them first."""

    decider: Decider[Any, Any, Any]
    command: Any
    first: Row


class Parties:
    """Everybody a file names, and how much of them Concord knows."""

    def __init__(self, map_: ImportMap, import_id: ImportId, rows: Iterable[Row]) -> None:
        self.actor_holds = map_.request.holder == "actor"
        self._map = map_
        self._import = import_id
        self._here: dict[UUID, Loaded] = {}
        self._departments: dict[str | None, _Party] = {}
        self._members: dict[str, _Party] = {}
        self._customers: dict[str, _Party] = {}
        for row in sorted(rows, key=lambda row: (row.time, row.line)):
            self._mention(row)
        self._deciders = {
            party.command.id: party.decider
            for parties in (self._departments, self._members, self._customers)
            for party in parties.values()
        }

    def _mention(self, row: Row) -> None:
        if row.queue not in self._departments:
            self._departments[row.queue] = self._department(row)
        if row.actor is not None and row.actor not in self._members:
            self._members[row.actor] = self._member(row.actor, row)
        if row.customer not in self._customers:
            self._customers[row.customer] = self._customer(row)

    def _department(self, row: Row) -> _Party:
        if row.queue is None:
            code, name = self._map.department.code, self._map.department.name
        else:
            code = self._code(row.queue)
            name = self._map.names.department.replace("{value}", row.queue)
        command = CreateDepartment(
            id=department_id(code), code=code, name=name, kind=self._map.department.kind
        )
        return _Party(DEPARTMENT, command, row)

    def _code(self, queue: str) -> str:
        code = f"{self._map.source}-{queue}"
        if len(code) <= SHORT:
            return code
        digest = hashlib.blake2b(code.encode(), digest_size=10).hexdigest()
        return f"{code[: SHORT - len(digest) - 1]}-{digest}"

    def _member(self, actor: str, row: Row) -> _Party:
        command = JoinMember(
            id=MemberId(named_id(self._map.source, "member", actor)),
            name=self._map.names.member.replace("{value}", actor),
            department_id=self.department_id(row.queue),
            role=self._map.member.role,
        )
        return _Party(MEMBER, command, row)

    def _customer(self, row: Row) -> _Party:
        name = self._map.names.customer.replace("{value}", row.customer)
        command = RegisterCustomer(
            id=CustomerId(named_id(self._map.source, "customer", row.customer)),
            details=CustomerDetails(name=name),
        )
        return _Party(CUSTOMER, command, row)

    # --- Ids ---

    def customer_id(self, value: str) -> CustomerId:
        """Return the id of the customer the file calls so."""
        return CustomerId(self._customers[value].command.id)

    def member_id(self, value: str) -> MemberId:
        """Return the id of the member the file calls so."""
        return MemberId(self._members[value].command.id)

    def department_id(self, queue: str | None) -> DepartmentId:
        """Return the id of the department whose queue the file calls so."""
        return DepartmentId(self._departments[queue].command.id)

    # --- What Concord knows ---

    def unseen(self, rows: Iterable[Row]) -> set[UUID]:
        """Return the ids of those the rows name that have not been looked up yet."""
        return {party.command.id for party in self._named_by(rows)} - self._here.keys()

    def learn(self, ids: Iterable[UUID], streams: Streams) -> None:
        """Take in what the log says about those unseen."""
        for id_ in ids:
            self._here[id_] = loaded(self._deciders[id_], streams[id_])

    def forget(self) -> None:
        """Look everybody up again: somebody else has changed the log."""
        self._here.clear()

    def introduce(self, rows: Iterable[Row]) -> list[Fact[Any]]:
        """Create those the rows name that Concord does not know: nobody, or one taken back."""
        facts: list[Fact[Any]] = []
        for party in self._named_by(rows):
            here = self._here[party.command.id]
            if here.state != party.decider.initial:
                continue
            new = follow_up(party.decider, party.command, here, self._introduction(party.first))
            self._here[party.command.id] = here.followed(party.decider, new)
            facts += new
        return facts

    def _named_by(self, rows: Iterable[Row]) -> Iterator[_Party]:
        """Yield each party once, in an order in which they can be created."""
        departments: dict[str | None, None] = {}
        members: dict[str, None] = {}
        customers: dict[str, None] = {}
        for row in rows:
            departments[row.queue] = None
            customers[row.customer] = None
            if row.actor is not None:
                members[row.actor] = None
                departments[self._members[row.actor].first.queue] = None
        yield from (self._departments[queue] for queue in departments)
        yield from (self._members[actor] for actor in members)
        yield from (self._customers[customer] for customer in customers)

    # --- Envelopes ---

    def _introduction(self, row: Row) -> Envelope:
        # The file does not say who registered them: the import did.
        return Envelope(
            occurred_at=row.time,
            actor=IMPORTER,
            channel=Channel.IMPORT,
            imported=self._origin(row, derived=True),
        )

    def envelope(self, row: Row) -> Envelope:
        """Put around the row's main fact who did it, when, and where the file says so."""
        common = partial(
            Envelope,
            occurred_at=row.time,
            channel=Channel.IMPORT,
            imported=self._origin(row, derived=False),
        )
        if row.actor is None:
            return common(actor=IMPORTER)
        id_ = self.member_id(row.actor)
        match self._here[id_].state:
            case member.Active(department_id=department, role=role):
                return common(actor=Actor.member(id_), department_id=department, role=role)
            case _:
                return common(actor=Actor.member(id_))

    def _origin(self, row: Row, *, derived: bool) -> Imported:
        return Imported(self._import, row.line, row.mark, row.step, derived)
