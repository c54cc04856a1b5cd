"""Runs of a value model: learning by its settings, and the card of one customer by what it learned.

Both are replays: what a run published is enough to come to the same figures again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from application.store.log import Log, Window
from domain.ids import CustomerId
from domain.kernel import Recorded
from domain.money import digits
from domain.sales.value_model import Parameters, Settings
from projections.documents import Document
from projections.reports.customer_value import Question, Valued, customer_value, told
from projections.reports.orders import ORDER_EVENTS, Orders
from projections.reports.replaying import Report, as_json
from projections.value.bg_nbd import BgNbd
from projections.value.gamma_gamma import GammaGamma
from projections.value.model import DIGITS, Horizon, Learned
from projections.value.purchases import by_customer


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to; parameters are None where there was too little to learn from."""

    position: int
    customers: int
    parameters: Parameters | None
    digest: str


def question(settings: Settings) -> Question:
    """Return what a version of a model asks."""
    return Question(
        ZoneInfo(settings.timezone),
        settings.calibration_end,
        Horizon(settings.horizon_weeks, settings.discount),
        settings.currency,
        settings.margin,
    )


def run(log: Log, settings: Settings) -> Run:
    """Compute everybody's value from all that the log holds now."""
    report = customer_value(log, question(settings))
    return Run(
        position=int(report["position"]),
        customers=report["calibration"]["customers"],
        parameters=_parameters(report),
        digest=digest(report),
    )


def digest(report: Report) -> str:
    """Return the fingerprint of a report."""
    return hashlib.sha256(as_json(report)).hexdigest()


def _parameters(report: Report) -> Parameters | None:
    buying, spending = report["bg_nbd"], report["gamma_gamma"]
    if buying is None or spending is None:
        return None
    learned = {**{name: spending[name] for name in ("p", "q", "gamma")}, **buying}
    return Parameters(**{name: Decimal(str(value)) for name, value in learned.items()})


def settings_of(shown: Document) -> Settings:
    """Read settings as documents have them."""
    margin = shown["margin"]
    return Settings(
        calibration_end=date.fromisoformat(shown["calibration_end"]),
        timezone=shown["timezone"],
        currency=shown["currency"],
        horizon_weeks=shown["horizon_weeks"],
        discount=Decimal(shown["discount"]),
        margin=None if margin is None else Decimal(margin),
    )


def window_of(last_run: Document) -> Window:
    """Return the part of the log that a run saw."""
    return Window(position=int(last_run["position"]))


def card(
    customer_id: CustomerId, facts: Iterable[Recorded[Any]], last_run: Document
) -> Document | None:
    """Return one customer's line of a run, from the facts about them that it saw; None without."""
    settings, orders = settings_of(last_run["settings"]), Orders()
    for fact in facts:
        if fact.name in ORDER_EVENTS:
            orders.take(fact)
    counted = [order for order in orders if order.currency == settings.currency]
    asked = question(settings)
    purchases = by_customer(counted, settings.calibration_end, asked.zone)
    learned = _learned(last_run["parameters"], settings.currency)
    valued = Valued(settings.currency, settings.calibration_end, purchases, learned)
    lines = {line["customer_id"]: line for line in told(valued, asked)}
    return lines.get(str(customer_id))


def _learned(parameters: Document, currency: str) -> Learned:
    names = {name: float(value) for name, value in parameters.items()}
    gamma = round(names["gamma"] * 10 ** digits(currency), DIGITS)
    return Learned(
        BgNbd(*(names[name] for name in ("r", "alpha", "a", "b"))),
        GammaGamma(names["p"], names["q"], gamma),
        names["log_likelihood"],
        None,
    )
