"""``concord access``: who may what, granted, reviewed and taken back here, and seen at a glance."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import click
from rich.table import Table

from application import settings as configuration
from application.crm import Crm
from application.deciding import UnknownReference
from application.store.codec import recorded
from domain.access.api_key import KEY, Active
from domain.access.principal import Enrolled, Grant, ReviewAccess, RevokeAccess, ServiceEnrolled
from domain.access.principal_rules import PRINCIPAL
from domain.access.role import ROLE, lines, role_id
from domain.access.roles import ROLES, Reach, Role
from domain.days import begin_of
from domain.ids import CustomerId, DepartmentId, GrantId, KeyId, MemberId, PrincipalId
from domain.kernel import Rejected
from domain.teams.department import DEPARTMENT
from domain.teams.member import MEMBER
from projections.access.accounts import permitted
from web.commands import accounts
from web.commands.keys import ending, local, naming
from web.commands.terminal import console, fail, note, opened, print_json

_OPTIONS = {
    "role": "ROLE",
    "role_id": "ROLE",
    "department_id": "--department",
    "customer_id": "--customer",
    "member_id": "--member",
    "ends_at": "--until",
}
"""What people call a command's field."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _beginning(_context: Any, _option: Any, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        if _DAY.fullmatch(value):
            return begin_of(date.fromisoformat(value), configuration.load().zone)
    except (ValueError, OverflowError):
        pass  # 30 February, or beyond all calendars
    raise click.BadParameter(f"{value!r} is not a day, such as 2027-01-31.")


# --- For other commands ---------------------------------------------------------------------------


def check_grantable(crm: Crm, roles: Iterable[str], department: DepartmentId | None) -> None:
    """Check that roles may be granted in a place, before anything is done.

    Raises ``Rejected`` role.unknown, and ``UnknownReference``.
    """
    for role in roles:
        if role not in ROLES and not ROLE.active(crm.load(ROLE, role_id(role)).state):
            raise Rejected(
                "role.unknown",
                f"There is no role {role!r}. Built in are {', '.join(ROLES)};"
                " concord access roles shows them all.",
                field="role",
            )
    if department is not None:
        loaded = crm.load(DEPARTMENT, department)
        if not DEPARTMENT.active(loaded.state):
            known = loaded.version > 0
            raise UnknownReference("department_id", "department", department, known=known)


def give(crm: Crm, who: PrincipalId, role: str, **place: Any) -> GrantId:
    """Grant a role, built in or the company's own, as the operator does."""
    own = None if role in ROLES else role_id(role)
    return accounts.grant(crm, who, role, role_id=own, **place)


def in_force(crm: Crm, who: PrincipalId) -> list[str]:
    """Return the roles that somebody has now."""
    state = crm.load(PRINCIPAL, who).state
    held = state.granted(datetime.now(UTC)) if isinstance(state, Enrolled) else []
    return sorted({grant.role for grant in held})


# --- Granting -------------------------------------------------------------------------------------


@click.group()
def access() -> None:
    """Who may what: accounts are granted roles, in the company, a department or for a customer.

    \b
    concord access roles            what each role permits
    concord access grant ROLE …     grant one
    concord access list             who has what, and what is due for review

    What no grant permits is refused. Whoever looks after Concord grants the first roles here.
    """  # noqa: D301 - click's mark for lines to leave as they are


@access.command()
@click.argument("role")
@click.option("--member", metavar="ID", type=click.UUID, help="To whom: a member.")
@click.option(
    "--key", metavar="ID", type=click.UUID, help="To whom: whoever this API key stands for."
)
@click.option(
    "--principal", metavar="ID", type=click.UUID, help="To whom: an account by its own id."
)
@click.option("--department", metavar="ID", type=click.UUID, help="It holds there only.")
@click.option("--customer", metavar="ID", type=click.UUID, help="It holds for this customer only.")
@click.option(
    "--from",
    "starts_at",
    metavar="2027-01-31",
    callback=_beginning,
    help="It begins with that day in CONCORD_TIMEZONE. None: now.",
)
@click.option(
    "--until",
    "ends_at",
    metavar="90d|2027-01-31",
    callback=ending,
    help="It ends by itself: after so many days (or hours: 12h), or with that day in"
    " CONCORD_TIMEZONE. None: it holds until it is revoked.",
)
def grant(role: str, **told: Any) -> None:
    """Grant ROLE to a member, or to the program that uses an API key.

    Without --department and --customer it holds in the whole company. It is to be reviewed half a
    year later: concord access list says when.

    \b
    concord access grant administrator --member 01954d00-…
    concord access grant service --member 01954d00-… --department 0195…
    concord access grant logistics --key 01954d00-… --until 90d
    """  # noqa: D301
    with opened() as (settings, crm), naming(_OPTIONS):
        department = told["department"] and DepartmentId(told["department"])
        check_grantable(crm, [role], department)
        who = _account(crm, told)
        place = {
            "department_id": department,
            "customer_id": told["customer"] and CustomerId(told["customer"]),
        }
        times = {name: told[name] for name in ("starts_at", "ends_at")}
        grant_id = give(crm, who, role, **place, **times)
        working = PRINCIPAL.active(crm.load(PRINCIPAL, who).state)
        until = local(told["ends_at"], settings.zone) if told["ends_at"] else "it is revoked"
    console.print(f"{grant_id}", highlight=False)
    note(f"{role} is granted until {until}.")
    note(f"Revoke it by: concord access revoke {grant_id}")
    if not working:
        note("The account is suspended: it may do nothing all the same.")


def _account(crm: Crm, told: Mapping[str, Any]) -> PrincipalId:
    """Return the one account that is named; a member's is enrolled now if it was not."""
    match told["member"], told["key"], told["principal"]:
        case UUID() as member, None, None:
            return accounts.enrolled(crm, MemberId(member))
        case None, UUID() as key, None:
            state = crm.load(KEY, key).state
            if not isinstance(state, Active):
                fail("--key: there is no such API key, or it is revoked.")
            return accounts.account_of(KeyId(key), state.acts_as_id)
        case None, None, UUID() as account:
            return PrincipalId(account)
    raise click.UsageError("Say to whom: give one of --member, --key and --principal.")


@access.command()
@click.argument("grant_id", metavar="GRANT", type=click.UUID)
def revoke(grant_id: UUID) -> None:
    """Take a grant back: from the next request on it opens nothing."""
    with opened() as (_, crm):
        found = _found(crm, grant_id)
        crm.handle(
            RevokeAccess(id=found.principal_id, grant_id=found.grant_id), accounts.by_operator()
        )
    console.print(f"{found.who} has {found.grant.role} no more.", highlight=False, markup=False)


@access.command()
@click.argument("grant_id", metavar="GRANT", type=click.UUID)
def review(grant_id: UUID) -> None:
    """Confirm that a grant is still needed; it is due again half a year from now.

    One that is not needed any more is revoked instead: concord access revoke GRANT
    """
    with opened() as (settings, crm):
        found = _found(crm, grant_id)
        crm.handle(
            ReviewAccess(id=found.principal_id, grant_id=found.grant_id), accounts.by_operator()
        )
        again = _found(crm, grant_id).grant.review_due_at
    due = local(again, settings.zone)
    told = f"{found.who} keeps {found.grant.role}; due for review again {due}."
    console.print(told, highlight=False, markup=False)


def _found(crm: Crm, grant_id: UUID) -> "Held":
    found = next((each for each in held(crm) if each.grant_id == grant_id), None)
    if found is None:
        fail("There is no such grant, or it is revoked. concord access list shows them all.")
    return found


# --- The list -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A grant, and who has it."""

    principal_id: PrincipalId
    account: Enrolled
    who: str
    grant_id: GrantId
    grant: Grant

    def state(self, at: datetime) -> str:
        """Return how it stands: active, suspended, to-come or over."""
        if self.grant.ends_at is not None and self.grant.ends_at <= at:
            return "over"
        if at < self.grant.starts_at:
            return "to-come"
        return "suspended" if self.account.suspended else "active"

    def overdue(self, at: datetime) -> bool:
        """Tell whether somebody should have confirmed by now that it is needed."""
        return self.state(at) != "over" and self.grant.review_due_at <= at


def held(crm: Crm) -> list[Held]:
    """Return every grant that was not revoked, the one to review first at the top."""
    with crm.pool.reading() as cursor:
        # Not only what no running transaction can still change: what is just revoked is gone.
        cursor.execute(
            "select id, stream_id, version, name, state, recorded_at from log.events"
            " where name = any(%s) order by stream_id, version",
            ([event.__event_name__ for event in PRINCIPAL.event_types],),
        )
        facts = [recorded(*row) for row in cursor]
    lives = [list(life) for _, life in groupby(facts, key=lambda fact: fact.stream_id)]
    accounts = [(life[0], PRINCIPAL.fold(life)) for life in lives]
    names = _names(crm, [each.member_id for _, each in accounts if isinstance(each, Enrolled)])
    found = [
        Held(PrincipalId(first.stream_id), account, _who(first.event, account, names), id_, grant)
        for first, account in accounts
        if isinstance(account, Enrolled)
        for id_, grant in account.grants.items()
    ]
    return sorted(found, key=lambda each: (each.grant.review_due_at, each.grant_id))


def _names(crm: Crm, members: Sequence[MemberId | None]) -> dict[MemberId, str]:
    wanted = [(MEMBER, id_) for id_ in members if id_ is not None]
    states = crm.states.look(wanted) if wanted else {}
    return {MemberId(id_): getattr(each.state, "name", "") for (_, id_), each in states.items()}


def _who(first: Any, account: Enrolled, names: dict[MemberId, str]) -> str:
    if account.member_id is not None:
        return f"{names[account.member_id]} (member {account.member_id})"
    return f"{first.label} (service account)" if isinstance(first, ServiceEnrolled) else "?"


@access.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, times in UTC.")
def list_grants(as_json: bool) -> None:
    """List every grant: who has which role, where, how long, and by when it is to be reviewed.

    The one to be reviewed first stands at the top. A grant is active, to-come, over, or suspended
    with its account. Times are in CONCORD_TIMEZONE.
    """
    now = datetime.now(UTC)
    with opened() as (settings, crm):
        grants = held(crm)
    if as_json:
        print_json([_as_dict(each, now) for each in grants])
        return
    for each in grants:
        for line in _told(each, now, settings.zone):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    if any(each.overdue(now) for each in grants):
        note("Overdue: keep it by concord access review GRANT, or concord access revoke GRANT")
    elif not grants:
        note("Nothing is granted yet. Next: concord access grant ROLE --member ID")


def _as_dict(each: Held, now: datetime) -> dict[str, Any]:
    grant = each.grant
    return {
        "grant_id": str(each.grant_id),
        "principal_id": str(each.principal_id),
        "who": each.who,
        "member_id": each.account.member_id,
        "role": grant.role,
        "department_id": grant.department_id,
        "customer_id": grant.customer_id,
        "starts_at": grant.starts_at,
        "ends_at": grant.ends_at,
        "review_due_at": grant.review_due_at,
        "state": each.state(now),
        "overdue": each.overdue(now),
    }


def _told(each: Held, now: datetime, zone: Any) -> Iterator[str]:
    grant = each.grant
    yield f"{each.grant_id}  {each.state(now)}  {grant.role}"
    who = "".join(letter if letter.isprintable() else "\ufffd" for letter in each.who)
    yield f"    {who}; {_place(grant)}"
    until = f"until {local(grant.ends_at, zone)}" if grant.ends_at else "until it is revoked"
    due = f"review due {local(grant.review_due_at, zone)}"
    late = " (overdue)" if each.overdue(now) else ""
    yield f"    since {local(grant.starts_at, zone)}; {until}; {due}{late}"


def _place(grant: Grant) -> str:
    customer = f"for customer {grant.customer_id}" if grant.customer_id else ""
    department = f"in department {grant.department_id}" if grant.department_id else ""
    return " ".join(each for each in (department, customer) if each) or "in the whole company"


# --- Roles ----------------------------------------------------------------------------------------


@access.command("roles")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_roles(as_json: bool) -> None:
    """Show what each built-in role permits, and which classes of fields it shows.

    Everything holds within the place of the grant, but what is marked: (own) what one holds
    oneself, (everywhere) whatever the place. The company's own roles are at GET /api/v1/roles.
    """
    if as_json:
        told = [
            {"name": name, "permissions": permitted(lines(role)), "shows": sorted(role.shows)}
            for name, role in ROLES.items()
        ]
        print_json(told)
        return
    table = Table("Role", "May", "Shows", show_lines=True)
    for name, role in ROLES.items():
        table.add_row(name, "\n".join(_permissions(role)), "\n".join(sorted(role.shows)) or "-")
    console.print(table)


def _permissions(role: Role) -> Iterator[str]:
    marks = {
        Reach.PLACE: "",
        Reach.OWN: " (own)",
        Reach.SELF: " (one's own, anywhere)",
        Reach.ASKED: " (what one is asked for, anywhere)",
        Reach.COMPANY: " (everywhere)",
    }
    in_order = sorted(lines(role), key=lambda line: (line.resource, line.reach, line.action))
    for (resource, reach), some in groupby(in_order, key=lambda line: (line.resource, line.reach)):
        yield f"{resource}: {', '.join(line.action for line in some)}{marks[reach]}"
