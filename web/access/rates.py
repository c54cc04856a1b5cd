"""How often somebody may ask: signing in by guessing is slow, and nobody takes all for themselves.

Counted in a window that moves, in the memory of each process: several web processes together let
through so many times more.
"""

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from environs import Env, EnvError
from flask import Flask, current_app, g, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from domain.access.sign_in import login_name
from web.problems import Problem


class Rate(StrEnum):
    """What is counted together; the setting of each is ``CONCORD_RATE_`` and its name."""

    SIGN_IN = "sign-in"
    """Attempts to sign in, by where they come from."""
    LOGIN = "login"
    """Attempts to sign in, by login name."""
    LISTS = "lists"
    """Lists and searches, by who asks."""
    EXPORTS = "exports"
    """What reads much of the log, by who asks."""
    LINKS = "links"
    """Looking at surveys and answering them by their links, by where it comes from."""


DEFAULTS: Mapping[Rate, str] = {
    Rate.SIGN_IN: "10/minute",
    Rate.LOGIN: "5/minute",
    Rate.LISTS: "6000/minute",
    Rate.EXPORTS: "600/minute",
    Rate.LINKS: "120/minute",
}

LIMITED: Mapping[str, Rate] = {
    "sign-in.begin_session": Rate.SIGN_IN,
    "sign-in.change_password": Rate.SIGN_IN,
    "sign-in.start_oidc": Rate.SIGN_IN,
    "sign-in.finish_oidc": Rate.SIGN_IN,
    "teams.get_queue": Rate.LISTS,
    "ownership.get_ledger": Rate.LISTS,
    "identity.search_customers": Rate.LISTS,
    "identity.get_duplicates": Rate.LISTS,
    "identity.list_duplicates": Rate.EXPORTS,
    "segments.get_segment_customers": Rate.LISTS,
    "tiering.get_tiering": Rate.EXPORTS,
    "tiering.get_what_if": Rate.EXPORTS,
    "dictionary.get_data_quality": Rate.EXPORTS,
    "satisfaction.get_satisfaction": Rate.EXPORTS,
    "survey-links.get_survey_link": Rate.LINKS,
    "survey-links.answer_survey_link": Rate.LINKS,
}
"""Which endpoint is counted as what."""
_BY_NAME: Mapping[str, Rate] = {"list_": Rate.LISTS, "export_": Rate.EXPORTS}
"""And which are by how their names begin, whoever adds one."""
_BY_PART: Mapping[str, Rate] = {
    "reports": Rate.EXPORTS,
    "receivables": Rate.LISTS,
    "boards": Rate.LISTS,
}
"""Or by the part of the API that they are of."""

MOST_REMEMBERED = 100_000
"""How many callers a process counts at once; beyond that, it forgets those who left."""
_BY_ADDRESS = {Rate.SIGN_IN, Rate.LINKS}
"""What is asked by those whom nobody knows yet."""


def rate_of(endpoint: str) -> Rate | None:
    """Return what an endpoint is counted as, if it is."""
    if endpoint in LIMITED:
        return LIMITED[endpoint]
    part, _, name = endpoint.rpartition(".")
    named = (rate for start, rate in _BY_NAME.items() if name.startswith(start))
    return next(named, _BY_PART.get(part))


# --- Settings -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RateSettings:
    """How often each may be asked, and how many proxies stand between a client and us."""

    rates: Mapping[Rate, RateLimitItem]
    proxies: int = 0


def settings() -> RateSettings:
    """Read the limits from the environment.

    Raises ``environs.EnvError`` with a sentence that names the variable.
    """
    env = Env()
    with env.prefixed("CONCORD_"):
        rates = {rate: _rate(env, rate) for rate in Rate}
        proxies = env.int("PROXIES", 0)
    if proxies < 0:
        raise EnvError("CONCORD_PROXIES: there cannot be fewer than none.")
    return RateSettings(rates, proxies)


def _rate(env: Env, rate: Rate) -> RateLimitItem:
    name = f"RATE_{rate.name}"
    text = str(env.str(name, DEFAULTS[rate]))
    try:
        return parse(text)
    except ValueError as error:
        raise EnvError(f"CONCORD_{name}: {text!r} is no limit such as 10/minute.") from error


# --- Counting -------------------------------------------------------------------------------------


class Rates:
    """Who has asked how often of late."""

    def __init__(self, configured: RateSettings) -> None:
        self.settings = configured
        self._storage = MemoryStorage()
        self._windows = MovingWindowRateLimiter(self._storage)

    def check(self, rate: Rate, who: str) -> None:
        """Count once more. Raises ``Problem`` 429 where that is too often."""
        item = self.settings.rates[rate]
        if self._windows.hit(item, rate, who):
            self._tidy()
            return
        again = self._windows.get_window_stats(item, rate, who).reset_time - time.time()
        seconds = max(1, math.ceil(again))
        raise Problem(
            429,
            "rate.limited",
            f"That is too often: {item}. Ask again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )

    def _tidy(self) -> None:
        # The library empties a caller's window, but keeps their name: strangers choose login names.
        known = self._storage.events
        if len(known) > MOST_REMEMBERED:
            for who in [name for name, events in list(known.items()) if not events]:
                self._storage.clear(who)


def check_login(login: str) -> None:
    """Count an attempt with a login name. Raises ``Problem`` 429."""
    named = hashlib.sha256(login_name(login).encode()).hexdigest()
    _rates().check(Rate.LOGIN, named)


def _rates() -> Rates:
    return cast("Rates", current_app.extensions["concord-rates"])


# --- Who asks -------------------------------------------------------------------------------------


def client(proxies: int) -> str:
    """Return where a request comes from, as far as one can know.

    Only what our own proxies add to ``X-Forwarded-For`` is believed. Who has an IPv6 address has
    billions: the first half of it counts.
    """
    told = ",".join(request.headers.getlist("X-Forwarded-For")).split(",") if proxies else []
    text = told[-proxies].strip() if proxies and len(told) >= proxies else request.remote_addr or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return request.remote_addr or ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False))


def _caller() -> str:
    asking, session = g.get("asking"), g.get("session")
    if asking is not None and asking.credential is not None:
        return f"key {asking.credential.id}"
    return f"session {session.token_sha256.hex()}" if session is not None else "nobody"


def register(app: Flask) -> None:
    """Count every request that is counted, when it is known who asks and before it is answered."""
    rates = Rates(settings())
    app.extensions["concord-rates"] = rates
    by_address: Callable[[], str] = lambda: client(rates.settings.proxies)  # noqa: E731

    def check() -> None:
        rate = rate_of(request.endpoint or "")
        # Looking up what may be asked (OPTIONS) is no asking.
        if rate is not None and request.method != "OPTIONS":
            rates.check(rate, by_address() if rate in _BY_ADDRESS else _caller())

    app.before_request(check)
