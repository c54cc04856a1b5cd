"""``concord key``: keys are created, given new secrets and revoked here, and seen at a glance."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import click

from application import settings as configuration
from application.crm import Crm
from application.deciding import UnknownReference
from application.store.codec import recorded
from domain.access.api_key import ALL_SCOPES, KEY, OLD_FOR, Active, Key, KeyCreated, Scope
from domain.days import end_of
from domain.ids import DepartmentId, KeyId, MemberId
from domain.kernel import Recorded, Rejected
from domain.teams.member import MEMBER
from web.commands import accounts
from web.commands.terminal import console, fail, note, opened, print_json

_OPTIONS = {
    "label": "LABEL",
    "acts_as_id": "--member",
    "scopes": "--scope",
    "expires_at": "--expires",
    "old_for": "--old-until",
    "role": "--role",
    "role_id": "--role",
    "department_id": "--department",
}
"""What people call a command's field."""
_PERIOD = re.compile(r"([0-9]{1,6})([hd])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _period(_context: Any, _option: Any, value: str | None) -> timedelta | None:
    if value is None:
        return None
    found = _PERIOD.fullmatch(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is not a number of hours or days, such as 24h or 3d.")
    number = int(found[1])
    return timedelta(hours=number) if found[2] == "h" else timedelta(days=number)


def ending(context: Any, option: Any, value: str | None) -> datetime | None:
    """Read when something ends: after a period, or with a day."""
    if value is None:
        return None
    try:
        if _DAY.fullmatch(value):
            # With the day, not before it: until the one after it begins, where we are.
            return end_of(date.fromisoformat(value), configuration.load().zone)
        if _PERIOD.fullmatch(value) and (period := _period(context, option, value)) is not None:
            return datetime.now(UTC) + period
    except (ValueError, OverflowError):
        pass  # 30 February, or beyond all calendars
    raise click.BadParameter(f"{value!r} is neither a period such as 90d nor a day to come.")


@contextmanager
def naming(options: Mapping[str, str]) -> Iterator[None]:
    """Let what the rules refuse name the option it came from."""
    try:
        yield
    except (Rejected, UnknownReference) as error:
        if error.field is None or error.field not in options:
            raise
        fail(f"{options[error.field]}: {error}")


@click.group()
def key() -> None:
    """API keys: shown once, kept only as a hash, opening what they are for until they end.

    A key is used as the header `Authorization: Bearer ck_…`.
    """


@key.command()
@click.argument("label")
@click.option(
    "--member",
    metavar="ID",
    type=click.UUID,
    help="Whose own key it is: what it does is done by them. None: a service account's.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([str(scope) for scope in Scope]),
    help="What it may be used for; give it again for more. None: everything.",
)
@click.option(
    "--expires",
    "expires_at",
    metavar="90d|2027-01-31",
    callback=ending,
    help="When it ends by itself: after so many days (or hours: 12h), or with that day in"
    " CONCORD_TIMEZONE. None: never.",
)
@click.option(
    "--role",
    "roles",
    metavar="ROLE",
    multiple=True,
    help="What it is granted (concord access roles); give it again for more. None: nothing yet.",
)
@click.option(
    "--department",
    metavar="ID",
    type=click.UUID,
    help="Where its roles hold. None: in the whole company.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    label: str,
    member: UUID | None,
    scopes: tuple[str, ...],
    expires_at: datetime | None,
    as_json: bool,
    **granted: Any,
) -> None:
    """Create an API key and print it, once. LABEL says who uses it.

    \b
    read     look at everything: GET
    change   record facts: every other method
    operate  watch Concord itself: /metrics

    \b
    concord key create "warehouse system" --role logistics
    concord key create "Prometheus" --scope operate
    concord key create "Li Na" --member 01954d00-… --scope read --expires 90d

    With --member the roles are granted to the member, whatever key they come with.
    """  # noqa: D301 - click's mark for lines to leave as they are
    from web.commands import granting  # noqa: PLC0415 - it uses what is here

    chosen = tuple(Scope(scope) for scope in scopes) or ALL_SCOPES
    acts_as = MemberId(member) if member else None
    roles, department = granted["roles"], granted["department"]
    if department and not roles:
        raise click.UsageError("Give --department with the --role that holds there.")
    where = DepartmentId(department) if department else None
    with opened() as (settings, crm), naming(_OPTIONS):
        granting.check_grantable(crm, roles, where)  # all of it, or no key
        made = accounts.create_key(crm, label, acts_as, scopes=chosen, expires_at=expires_at)
        for role in roles:
            granting.give(crm, made.account, role, department_id=where)
        may = granting.in_force(crm, made.account)
    if as_json:
        scope_names = [str(scope) for scope in chosen]
        told = {"scopes": scope_names, "expires_at": expires_at, "roles": may}
        print_json({"id": str(made.id), "key": made.text} | told)
        return
    console.print(made.text, highlight=False, soft_wrap=True)
    until = f"until {local(expires_at, settings.zone)}" if expires_at else "until it is revoked"
    note(f"It is for {' and '.join(chosen)}, {until}.")
    if may:
        note(f"It may what these roles permit: {', '.join(may)}.")
    else:
        note(f"Nothing is permitted yet: concord access grant ROLE --key {made.id}")
    note(f"Keep it: it is not shown again. Revoke it by: concord key revoke {made.id}")


@key.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
@click.option(
    "--old-until",
    "old_for",
    metavar="24h|3d",
    callback=_period,
    help="How long the old secret goes on working, at most 7d. None: 24h.",
)
@click.option("--at-once", is_flag=True, help="The old secret opens nothing any more.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rotate(key_id: UUID, old_for: timedelta | None, at_once: bool, as_json: bool) -> None:
    """Give the key ID a new secret and print it, once.

    Label, member, scopes and expiry stay. Until the old secret ends, both open the door: put the
    new key where the old one is used meanwhile. Only the last two secrets ever work.
    """
    if at_once and old_for is not None:
        raise click.UsageError("Give --old-until or --at-once, not both.")
    period = timedelta(0) if at_once else OLD_FOR if old_for is None else old_for
    with opened() as (settings, crm), naming(_OPTIONS):
        made = accounts.rotate_key(crm, KeyId(key_id), period)
        state = crm.load(KEY, made.id).state
    old = state.old.until if isinstance(state, Active) and state.old else None
    if as_json:
        print_json({"id": str(made.id), "key": made.text, "old_secret_until": old})
        return
    console.print(made.text, highlight=False, soft_wrap=True)
    works = f"works until {local(old, settings.zone)}" if old else "opens nothing any more"
    note(f"The old secret {works}. Keep the new one: it is not shown again.")
    note("Next: put it where the old one is used.")


@key.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
def revoke(key_id: UUID) -> None:
    """Revoke the key ID with all its secrets: at once, for good."""
    with opened() as (_, crm):
        accounts.revoke_key(crm, KeyId(key_id))
    console.print(f"The key {key_id} opens nothing any more.")


# --- The list -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A key as it is listed: everything but its secret."""

    id: UUID
    label: str
    member_id: UUID | None
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    old_secret_until: datetime | None
    state: str
    """active, expired, revoked, or member-left: it opens nothing until they are back."""


def listed(crm: Crm, now: datetime) -> list[Listed]:
    """Return every key there ever was, the oldest first."""
    with crm.pool.reading() as cursor:
        # Not only what no running transaction can still change: a key just revoked is shown so.
        cursor.execute(
            "select id, stream_id, version, name, state, recorded_at from log.events"
            " where name = any(%s) order by stream_id, version",
            ([event.__event_name__ for event in KEY.event_types],),
        )
        facts = [recorded(*row) for row in cursor]
        cursor.execute("select key_id, used_at from log.key_use")
        used = dict(cursor.fetchall())
    lives = [list(life) for _, life in groupby(facts, key=lambda fact: fact.stream_id)]
    people = {life[0].event.acts_as_id for life in lives} - {None}
    states = crm.states.look([(MEMBER, id_) for id_ in people])
    gone = {id_ for id_ in people if not MEMBER.active(states[MEMBER.kind, id_].state)}
    keys = [_listed(life, used, gone, now) for life in lives]
    return sorted(keys, key=lambda each: (each.created_at, each.id))


def _listed(
    life: list[Recorded[Any]], used: dict[UUID, datetime], gone: set[UUID], now: datetime
) -> Listed:
    first, key = life[0], KEY.fold(life)
    created: KeyCreated = first.event
    old = key.old.until if isinstance(key, Active) and key.old else None
    state = _state(key, created.acts_as_id in gone, now)
    return Listed(
        id=first.stream_id,
        label=created.label,
        member_id=created.acts_as_id,
        scopes=created.scopes,
        created_at=first.recorded_at,
        expires_at=created.expires_at,
        last_used_at=used.get(first.stream_id),
        old_secret_until=old if old and state == "active" and now < old else None,
        state=state,
    )


def _state(key: Key, member_left: bool, now: datetime) -> str:
    if not isinstance(key, Active):
        return "revoked"
    if key.expired(now):
        return "expired"
    return "member-left" if member_left else "active"


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, times in UTC.")
def list_keys(as_json: bool) -> None:
    """List every key and how it stands, never a secret.

    Whose it is, what for, how long, and when it was last used (noted once a minute). Its state is
    active, expired, revoked or member-left. Times are in CONCORD_TIMEZONE.
    """
    with opened() as (settings, crm):
        keys = listed(crm, datetime.now(UTC))
    if as_json:
        print_json(keys)
        return
    for each in keys:
        for line in _lines(each, settings.zone):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    note("Next: concord key rotate ID, concord key revoke ID" if keys else "There is no key yet.")
    if not keys:
        note("Next: concord key create LABEL")


def _lines(each: Listed, zone: Any) -> Iterator[str]:
    label = "".join(letter if letter.isprintable() else "\ufffd" for letter in each.label)
    yield f"{each.id}  {each.state}  {label}"
    whose = f"member {each.member_id}" if each.member_id else "service account"
    yield f"    {whose}; for {' and '.join(each.scopes)}"
    expires = f"expires {local(each.expires_at, zone)}" if each.expires_at else "never expires"
    used = f"last used {local(each.last_used_at, zone)}" if each.last_used_at else "never used"
    yield f"    created {local(each.created_at, zone)}; {expires}; {used}"
    if each.old_secret_until:
        yield f"    its old secret works until {local(each.old_secret_until, zone)}"


def local(time: datetime, zone: Any) -> str:
    """Write a time as people here read it."""
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M %Z}"
