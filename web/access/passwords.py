"""Passwords: kept as argon2id hashes, proven at the same cost whoever asks, few times in a row."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from application.crm import Crm
from application.store.pool import Pool
from domain.access.sign_in import SIGN_IN, LockSignIn, SignInId, WithPassword
from domain.kernel import Actor, Channel, Envelope, Rejected

SHORTEST = 12
LONGEST = 200

WRONG_AT_MOST = 5
"""So many wrong passwords within ``WITHIN`` lock a login name for ``LOCKED_FOR``."""
WITHIN = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=15)

HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1, type=Type.ID)
"""What OWASP's password storage cheat sheet asks for at the least: 19 MiB, twice over."""


def check_length(password: str) -> None:
    """Refuse what is too short to be one, or too long. Nothing else makes passwords better.

    Raises ``Rejected``: password.too-short, password.too-long.
    """
    length = len(_same(password))
    if length < SHORTEST:
        raise Rejected(
            "password.too-short",
            f"A password has at least {SHORTEST} characters.",
            field="password",
        )
    if length > LONGEST:
        raise Rejected(
            "password.too-long", f"A password has at most {LONGEST} characters.", field="password"
        )


def hashed(password: str) -> str:
    """Return the hash to keep of a password; each has a salt of its own."""
    return HASHER.hash(_same(password))


def fits(kept: str, password: str) -> bool:
    """Tell whether a password is the one of a hash; a hash that is none fits nothing."""
    try:
        return HASHER.verify(kept, _same(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made at another cost than today's."""
    return HASHER.check_needs_rehash(kept)


def _same(password: str) -> str:
    # The same password however a keyboard puts its characters together (NIST SP 800-63B).
    return unicodedata.normalize("NFKC", password)


_NOBODYS = hashed("nobody's, and long enough")
"""What is compared with where there is no password, so that it takes as long as ever."""


# --- Attempts -------------------------------------------------------------------------------------


class Attempts:
    """Attempts of late, by login name, whether there is such a name or not."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def begin(self, id_: SignInId, now: datetime) -> int:
        """Count an attempt before it is made; return how many there were, with it.

        Counted first, so that many at once are not each the first.
        """
        with self.pool.reading() as cursor:
            cursor.execute(
                "insert into log.sign_in_failures as known (sign_in_id, failed_at)"
                " values (%(id)s, array[%(now)s::timestamptz])"
                " on conflict (sign_in_id) do update set failed_at ="
                "  (array(select each from unnest(known.failed_at) each"
                "   where each > %(since)s order by each))[1:%(most)s] || %(now)s::timestamptz"
                " returning cardinality(failed_at)",
                {"id": id_, "now": now, "since": now - WITHIN, "most": WRONG_AT_MOST},
            )
            row = cursor.fetchone()
            return int(row[0]) if row else 0

    def forget(self, id_: SignInId, now: datetime) -> None:
        """Begin counting from nothing, and forget all that is long ago."""
        with self.pool.reading() as cursor:
            cursor.execute(
                "delete from log.sign_in_failures where sign_in_id = %s"
                " or failed_at[cardinality(failed_at)] < %s",
                (id_, now - WITHIN),
            )


# --- Proving --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of an attempt: whose way in it is, or nobody's; and whether it was one too many."""

    id: SignInId
    way: WithPassword | None
    too_many: bool


def prove(crm: Crm, id_: SignInId, password: str, now: datetime) -> Proof:
    """Try a password: one look, one count and one hash, whatever is known by then.

    How long it takes tells nobody whether there is such a login name, or whether it is locked.
    """
    found = crm.load(SIGN_IN, id_).state
    way = found if isinstance(found, WithPassword) else None
    attempts = Attempts(crm.pool).begin(id_, now)
    right = fits(way.hash if way else _NOBODYS, password)
    if way is not None and way.locked(now):
        # It ends when it ends: not earlier, and with nothing counted.
        return Proof(id_, None, too_many=True)
    if way is not None and right and attempts <= WRONG_AT_MOST:
        return Proof(id_, way, too_many=False)
    return Proof(id_, None, too_many=attempts >= WRONG_AT_MOST)


def settle(crm: Crm, proof: Proof, now: datetime) -> None:
    """Draw the consequences: after the right one all is forgotten, after too many it is locked.

    After a wrong one this is best done when the answer is on its way: it takes longer where there
    is a login name to lock.
    """
    if proof.too_many:
        found = crm.load(SIGN_IN, proof.id).state
        if isinstance(found, WithPassword) and not found.locked(now):
            crm.handle(LockSignIn(id=proof.id, until=now + LOCKED_FOR), _by_concord(now))
    if proof.too_many or proof.way is not None:
        Attempts(crm.pool).forget(proof.id, now)


def _by_concord(now: datetime) -> Envelope:
    return Envelope(occurred_at=now, actor=Actor.system("sign-in"), channel=Channel.API)


def utc_now() -> datetime:
    """Return the time; the one place where signing in reads a clock."""
    return datetime.now(UTC)
