"""``concord sign-in``: how people get in: login names and passwords, and identities elsewhere."""

import sys
from datetime import UTC, datetime
from uuid import UUID

import click

from application.crm import Crm
from application.deciding import UnknownReference
from domain.access.sign_in import (
    SIGN_IN,
    LinkIdentity,
    RemovePassword,
    SetPassword,
    SignInId,
    UnlinkIdentity,
    UnlockSignIn,
    WithIdentity,
    WithPassword,
    identity_id,
    login_name,
    sign_in_id,
)
from domain.ids import MemberId
from web.commands.accounts import by_operator
from web.commands.terminal import console, fail, note, opened


@click.group("sign-in")
def sign_in() -> None:
    """How people sign in: a login name and a password, or an identity at the company's provider.

    Programs do not sign in: they have keys (`concord key`).
    """


@sign_in.command("set-password")
@click.argument("login")
@click.option("--member", metavar="ID", type=click.UUID, required=True, help="Whose it is.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from a pipe.")
def set_password(login: str, member: UUID, from_stdin: bool) -> None:
    """Give a member the login name LOGIN and its password, or a new password.

    At least 12 characters; nothing else is asked of it. It is unlocked, and every session of the
    member is over.
    """
    from web.access import passwords  # noqa: PLC0415 - hashing only where it is used

    password = _read(from_stdin)
    passwords.check_length(password)
    member_id, id_ = MemberId(member), sign_in_id(login)
    command = SetPassword(id=id_, member_id=member_id, login=login, hash=passwords.hashed(password))
    with opened() as (_, crm):
        try:
            crm.handle(command, by_operator())
        except UnknownReference as error:
            fail(f"--member: {error}")
        passwords.Attempts(crm.pool).forget(id_, datetime.now(UTC))
        _end_sessions(crm, member_id)
    console.print(f"{login_name(login)} signs in as {member}.", highlight=False, markup=False)


def _read(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


@sign_in.command()
@click.argument("login")
def remove(login: str) -> None:
    """Take the login name LOGIN away; every session of its member is over."""
    with opened() as (_, crm):
        way = crm.load(SIGN_IN, sign_in_id(login)).state
        if not isinstance(way, WithPassword):
            fail("There is no such login name.")
        crm.handle(RemovePassword(id=sign_in_id(login)), by_operator())
        _end_sessions(crm, way.member_id)
    console.print("Nobody signs in by it any more.")


@sign_in.command()
@click.argument("login")
def unlock(login: str) -> None:
    """Let the right password of LOGIN open the door again, after too many were wrong."""
    from web.access import passwords  # noqa: PLC0415

    with opened() as (_, crm):
        crm.handle(UnlockSignIn(id=sign_in_id(login)), by_operator())
        passwords.Attempts(crm.pool).forget(sign_in_id(login), datetime.now(UTC))
    console.print("It is unlocked.")


_ISSUER = click.option(
    "--issuer",
    metavar="URL",
    help="The provider, as it names itself. None: the one of CONCORD_OIDC_ISSUER.",
)
_SUBJECT = click.option(
    "--subject", metavar="TEXT", required=True, help="The provider's own id of the person."
)


@sign_in.command()
@_ISSUER
@_SUBJECT
@click.option("--member", metavar="ID", type=click.UUID, required=True, help="Who they are here.")
def link(issuer: str | None, subject: str, member: UUID) -> None:
    """Let a member sign in as somebody whom the provider vouches for."""
    issuer, id_ = _identity(issuer, subject)
    command = LinkIdentity(id=id_, member_id=MemberId(member), issuer=issuer, subject=subject)
    with opened() as (_, crm):
        try:
            crm.handle(command, by_operator())
        except UnknownReference as error:
            fail(f"--member: {error}")
    console.print(f"{subject} signs in as {member}.", highlight=False, markup=False)


@sign_in.command()
@_ISSUER
@_SUBJECT
def unlink(issuer: str | None, subject: str) -> None:
    """Let nobody sign in by an identity any more; every session of its member is over."""
    _, id_ = _identity(issuer, subject)
    with opened() as (_, crm):
        way = crm.load(SIGN_IN, id_).state
        if not isinstance(way, WithIdentity):
            fail("This identity is not linked to anybody.")
        crm.handle(UnlinkIdentity(id=id_), by_operator())
        _end_sessions(crm, way.member_id)
    console.print("Nobody signs in by it any more.")


def _identity(issuer: str | None, subject: str) -> tuple[str, SignInId]:
    if issuer is None:
        from web.access import oidc  # noqa: PLC0415

        configured = oidc.settings()
        if configured is None:
            raise click.UsageError("Give --issuer: there is no CONCORD_OIDC_ISSUER.")
        issuer = configured.issuer
    return issuer, identity_id(issuer, subject)


def _end_sessions(crm: Crm, member_id: MemberId) -> None:
    from web.access.sessions import Sessions  # noqa: PLC0415

    if ended := Sessions(crm.pool).end_all(member_id):
        note(f"Sessions ended: {ended}.")
