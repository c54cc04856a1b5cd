"""Money: whole minor units (fen, cents) of one currency, so that no rounding ever loses any."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from domain.kernel import Rejected

_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = {**dict.fromkeys(_WHOLE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}
"""How many digits a currency has after its point (ISO 4217), where they are not two."""
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD"
    " GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD"
    " MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP"
    " PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS"
    " TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
CURRENCIES = frozenset((*_TWO.split(), *_DIGITS))
"""The currencies of ISO 4217 that money is counted in."""
LARGEST = 10**15
"""The most minor units one amount may have."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency; below zero is owed the other way."""

    minor: int
    currency: str

    @staticmethod
    def of(amount: str, currency: str) -> "Money":
        """Return what people write as ``amount``, with at most the currency's digits."""
        return Money(int(Decimal(amount).scaleb(digits(currency))), currency)

    @property
    def amount(self) -> str:
        """Return it as people write it, with the currency's digits: ``"6451.50"``."""
        return f"{Decimal(self.minor).scaleb(-digits(self.currency)):f}"

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency. Raises ``Rejected`` money.other-currency."""
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Take an amount of the same currency away. Raises ``Rejected`` money.other-currency."""
        return Money(self.minor - self._same(other).minor, self.currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise Rejected(
                "money.other-currency",
                f"{other.currency} and {self.currency} cannot be put together;"
                f" say it in {self.currency}.",
            )
        return other


def digits(currency: str) -> int:
    """Return how many digits a currency has after its point."""
    return _DIGITS.get(currency, 2)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add amounts up; of none at all it is zero. Raises ``Rejected`` money.other-currency."""
    found = Money(0, currency)
    for amount in amounts:
        found += amount
    return found


K = TypeVar("K")


def shared(amount: Money, percent: Mapping[K, Decimal]) -> dict[K, Money]:
    """Divide an amount by percentages so that the parts add up to it, to the last minor unit.

    Largest remainders first; of equal ones whoever is named first. Percentages sum to 100.
    """
    exact = {key: Decimal(amount.minor) * each / 100 for key, each in percent.items()}
    whole = {key: int(each // 1) for key, each in exact.items()}
    left = amount.minor - sum(whole.values())
    by_rest = sorted(exact, key=lambda key: whole[key] - exact[key])
    for key in by_rest[:left]:
        whole[key] += 1
    return {key: Money(minor, amount.currency) for key, minor in whole.items()}
