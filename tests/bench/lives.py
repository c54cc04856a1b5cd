"""Long lives: a command on a customer with 20,000 facts, by the side of one with 20."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from figures import Sheet, Target
from place import Place

from application.crm import Crm
from domain.customers.customer import (
    ChangeCustomerDetails,
    CustomerDetails,
    CustomerDetailsChanged,
    RegisterCustomer,
)
from domain.ids import CustomerId
from domain.kernel import Actor, Channel, Envelope, Fact

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
LENGTHS = (20, 20_000)
COMMANDS = 100
SAME = Target(2.0, at_least=False)
"""The time on the long life, in times that on the short one."""


def measure(sheet: Sheet, place: Place, *, rounds: int) -> None:
    """Measure commands in a process that knows the customer, and the first one in a new process."""
    dsn = place.database("lives")
    crm = Crm(dsn)
    known: dict[int, list[float]] = {length: [] for length in LENGTHS}
    fresh: dict[int, list[float]] = {length: [] for length in LENGTHS}
    sheet.say(f"Commands on lives of {LENGTHS[0]:,} and {LENGTHS[1]:,} facts")
    try:
        customers = {length: _life(crm, length) for length in LENGTHS}
        for customer in customers.values():
            _rename(crm, customer)
        for _ in range(rounds):
            for length, customer in customers.items():
                known[length].append(1000 * _rename(crm, customer, COMMANDS))
                fresh[length].append(1000 * _first(dsn, customer))
    finally:
        crm.close()
    for title, found in (("known to the process", known), ("met for the first time", fresh)):
        group = f"A command on a customer {title}"
        short, long = (
            sheet.add(group, f"{length:,} facts", "ms", found[length]) for length in LENGTHS
        )
        sheet.compare(long, short, SAME)


def _life(crm: Crm, length: int) -> CustomerId:
    id_ = CustomerId(uuid4())
    crm.handle(RegisterCustomer(id=id_, details=CustomerDetails(name="Harbour 1")), _told())
    names = range(2, length + 1)
    crm.append(
        [
            Fact(
                stream_id=id_,
                version=number,
                event=CustomerDetailsChanged(details=CustomerDetails(name=f"Harbour {number}")),
                envelope=_told(number),
            )
            for number in names
        ]
    )
    return id_


def _told(minutes: int = 0) -> Envelope:
    return Envelope(
        occurred_at=BEGAN + timedelta(minutes=minutes),
        actor=Actor.system("bench"),
        channel=Channel.CLI,
    )


def _rename(crm: Crm, customer: CustomerId, commands: int = 1) -> float:
    """Return the seconds a command took."""
    began = time.perf_counter()
    for _ in range(commands):
        details = CustomerDetails(name=f"Harbour {uuid4()}")
        crm.handle(ChangeCustomerDetails(id=customer, details=details), _told(100_000))
    return (time.perf_counter() - began) / commands


def _first(dsn: str, customer: CustomerId) -> float:
    crm = Crm(dsn)
    try:
        _rename(crm, CustomerId(_life(crm, 1)))  # connections and plans are another matter
        return _rename(crm, customer)
    finally:
        crm.close()
