"""A contract: signed, changed, renewed, and ended by time or by somebody's word."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import MAXYEAR, datetime
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import ContractId, CustomerId, OpportunityId, QuoteId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, PartOf, Rejected, command, event
from domain.money import Money

MOST_MONTHS = 1200
"""The longest that a contract renews itself for at once."""


class Renewal(StrEnum):
    """What happens when a contract's time is up."""

    NONE = "none"
    AUTOMATIC = "automatic"
    BY_AGREEMENT = "by-agreement"


class EndedBecause(StrEnum):
    """Why a contract ended."""

    EXPIRED = "expired"
    TERMINATED = "terminated"
    SUPERSEDED = "superseded"


# --- Events -----------------------------------------------------------------------------------


@event("contract.signed", zh="合同签订")
class ContractSigned:
    """Contract signed."""

    customer_id: CustomerId
    number: str | None
    title: str
    value: Annotated[Money | None, Confidential(FieldClass.MONEY)]
    starts_at: datetime
    ends_at: datetime | None
    renewal: Renewal
    renewal_months: int | None
    opportunity_id: OpportunityId | None
    quote_id: QuoteId | None


@event("contract.changed", zh="合同变更")
class ContractChanged:
    """Contract's number, title or value changed."""

    customer_id: CustomerId
    number: str | None
    title: str
    value: Annotated[Money | None, Confidential(FieldClass.MONEY)]


@event("contract.renewed", zh="合同续约")
class ContractRenewed:
    """Contract renewed."""

    customer_id: CustomerId
    ends_at: datetime | None


@event("contract.ended", zh="合同终止")
class ContractEnded:
    """Contract ended."""

    customer_id: CustomerId
    ended_at: datetime
    because: EndedBecause


@event("contract.retracted", zh="合同撤回", retracts=True)
class ContractRetracted:
    """Contract taken back as recorded by mistake."""

    customer_id: CustomerId


Event = ContractSigned | ContractChanged | ContractRenewed | ContractEnded | ContractRetracted

# --- Commands ---------------------------------------------------------------------------------


@command
class SignContract:
    """Record a contract that a customer signed."""

    id: ContractId
    customer_id: Annotated[CustomerId, MustBeActive()]
    number: str | None
    title: str
    value: Money | None
    starts_at: datetime
    ends_at: datetime | None
    renewal: Renewal
    renewal_months: int | None
    opportunity_id: Annotated[OpportunityId | None, PartOf("customer_id")]
    quote_id: Annotated[QuoteId | None, PartOf("customer_id")]


@command
class ChangeContract:
    """Correct a contract's number, title or value."""

    id: ContractId
    number: str | None
    title: str
    value: Money | None


@command
class RenewContract:
    """Let a contract run longer: until a later time, or without an end."""

    id: ContractId
    ends_at: datetime | None


@command
class EndContract:
    """End a contract, now or at a time that notice was given for."""

    id: ContractId
    ended_at: datetime
    because: EndedBecause


@command
class PassContractEnd:
    """Do what was agreed for the end of a contract's time, where that has come."""

    id: ContractId


@command
class RetractContract:
    """Take back a contract that was recorded by mistake."""

    id: ContractId


Command = (
    SignContract | ChangeContract | RenewContract | EndContract | PassContractEnd | RetractContract
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such contract has been recorded, or it was taken back."""


@dataclass(frozen=True)
class Running:
    """A contract that holds."""

    customer_id: CustomerId
    number: str | None
    title: str
    value: Money | None
    starts_at: datetime
    ends_at: datetime | None
    renewal: Renewal
    renewal_months: int | None
    agreed_end: datetime | None
    """The last end that people agreed on: what it renews itself by is counted from there."""


@dataclass(frozen=True)
class Ended:
    """A contract that no longer holds."""

    customer_id: CustomerId


Contract = Absent | Running | Ended

# --- Rules ------------------------------------------------------------------------------------


def months_later(time: datetime, months: int) -> datetime | None:
    """Return the same day and clock so many months later, or the month's last day before it.

    By the calendar of the offset that the time is told with; None beyond all calendars.
    """
    years, month = divmod(time.month - 1 + months, 12)
    if time.year + years > MAXYEAR:
        return None
    last = monthrange(time.year + years, month + 1)[1]
    return time.replace(year=time.year + years, month=month + 1, day=min(time.day, last))


def next_end(contract: Running) -> datetime | None:
    """Return until when a contract that renews itself runs next; None for one that does not.

    Counted from what was agreed: a contract until the 31st does not creep to the 28th for good.
    """
    agreed, ends_at, months = contract.agreed_end, contract.ends_at, contract.renewal_months or 0
    if contract.renewal is not Renewal.AUTOMATIC or agreed is None or ends_at is None:
        return None
    step, later = months, agreed
    while months > 0 and later <= ends_at:
        found = months_later(agreed, step)
        if found is None:
            return None
        step, later = step + months, found
    return later if later > ends_at else None


def decide(command: Command, contract: Contract, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: contract.exists, contract.unknown, contract.ended,
    contract.ends-before-start, contract.renewal-incomplete, contract.not-later.
    """
    match command:
        case SignContract():
            if not isinstance(contract, Absent):
                raise Rejected("contract.exists", "This contract is recorded already.")
            return [_sign(command)]
        case RetractContract():
            if isinstance(contract, Absent):
                raise Rejected("contract.unknown", "There is no such contract.")
            return [ContractRetracted(customer_id=contract.customer_id)]
        case PassContractEnd():
            return _pass_end(contract, envelope)
        case ChangeContract(number=number, title=title, value=value):
            here = _running(contract)
            if (here.number, here.title, here.value) == (number, title, value):
                return []
            return [
                ContractChanged(
                    customer_id=here.customer_id, number=number, title=title, value=value
                )
            ]
        case RenewContract(ends_at=ends_at):
            here = _running(contract)
            if here.ends_at is None or (ends_at is not None and ends_at <= here.ends_at):
                raise Rejected(
                    "contract.not-later",
                    "A renewed contract runs longer than it did before.",
                    field="ends_at",
                )
            return [ContractRenewed(customer_id=here.customer_id, ends_at=ends_at)]
        case EndContract(ended_at=ended_at, because=because):
            here = _running(contract)
            if ended_at < here.starts_at:
                raise Rejected(
                    "contract.ends-before-start",
                    "A contract ends after it starts; one signed by mistake is retracted.",
                    field="ended_at",
                )
            return [ContractEnded(customer_id=here.customer_id, ended_at=ended_at, because=because)]
        case _:
            assert_never(command)


def _sign(command: SignContract) -> ContractSigned:
    if command.ends_at is not None and command.ends_at <= command.starts_at:
        raise Rejected(
            "contract.ends-before-start", "A contract ends after it starts.", field="ends_at"
        )
    if command.renewal is Renewal.AUTOMATIC:
        if command.ends_at is None:
            raise Rejected(
                "contract.renewal-incomplete",
                "What renews itself has an end to renew it at.",
                field="ends_at",
            )
        if command.renewal_months is None or not 1 <= command.renewal_months <= MOST_MONTHS:
            raise Rejected(
                "contract.renewal-incomplete",
                f"Say by how many months it renews itself, 1 to {MOST_MONTHS}.",
                field="renewal_months",
            )
    return ContractSigned(
        customer_id=command.customer_id,
        number=command.number,
        title=command.title,
        value=command.value,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        renewal=command.renewal,
        renewal_months=command.renewal_months,
        opportunity_id=command.opportunity_id,
        quote_id=command.quote_id,
    )


def _pass_end(contract: Contract, envelope: Envelope) -> list[Event]:
    if not isinstance(contract, Running) or contract.ends_at is None:
        return []
    if envelope.occurred_at < contract.ends_at:
        return []
    if contract.renewal is not Renewal.AUTOMATIC:
        return [
            ContractEnded(
                customer_id=contract.customer_id,
                ended_at=contract.ends_at,
                because=EndedBecause.EXPIRED,
            )
        ]
    later = next_end(contract)
    return (
        [] if later is None else [ContractRenewed(customer_id=contract.customer_id, ends_at=later)]
    )


def _running(contract: Contract) -> Running:
    match contract:
        case Running():
            return contract
        case Absent():
            raise Rejected("contract.unknown", "There is no such contract.")
        case Ended():
            raise Rejected("contract.ended", "The contract has ended; sign a new one.")
        case _:
            assert_never(contract)


def evolve(contract: Contract, fact: Fact[Event]) -> Contract:
    """Fold one fact into the state."""
    it = fact.event
    if isinstance(it, ContractSigned):
        return Running(
            customer_id=it.customer_id,
            number=it.number,
            title=it.title,
            value=it.value,
            starts_at=it.starts_at,
            ends_at=it.ends_at,
            renewal=it.renewal,
            renewal_months=it.renewal_months,
            agreed_end=it.ends_at,
        )
    if isinstance(it, ContractRetracted):
        return Absent()
    if not isinstance(contract, Running):
        return contract
    match it:
        case ContractChanged(number=number, title=title, value=value):
            return replace(contract, number=number, title=title, value=value)
        case ContractRenewed(ends_at=ends_at):
            by_itself = ends_at is not None and ends_at == next_end(contract)
            agreed = contract.agreed_end if by_itself else ends_at
            return replace(contract, ends_at=ends_at, agreed_end=agreed)
        case ContractEnded():
            return Ended(contract.customer_id)
        case _:
            assert_never(it)


def active(contract: Contract) -> bool:
    """Tell whether the contract holds."""
    return isinstance(contract, Running)


CONTRACT: Decider[Command, Contract, Event] = Decider(
    kind="contract",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
