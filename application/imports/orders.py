"""Other systems' sales: a file with a row for each order → customers, orders, payments.

A row says who bought, on which date and for how much; each becomes an order placed and paid on
that date, at noon. The same row imported twice is known by its id: the fingerprint of what it says
and of its number among equal rows.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from application.crm import Crm
from application.deciding import Loaded, follow_up
from application.imports.files import BadRow, sha256_of
from application.imports.history import derived
from application.imports.importer import ATTEMPTS, ROWS_AT_ONCE, ImportReport
from application.imports.mapping import ImportProblem
from application.imports.parties import IMPORTER
from application.imports.rows import BAD_ROWS_SHOWN, Progress
from application.imports.streams import Streams, loaded, read_streams
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.customers.customer_rules import CUSTOMER
from domain.exchange.import_run import (
    IMPORT_RUN,
    FinishImport,
    Running,
    StartImport,
    Tally,
    import_id,
)
from domain.ids import CustomerId, ImportId, OrderId, PaymentId, named_id
from domain.kernel import Actor, Channel, Decider, Envelope, Fact, Imported
from domain.money import CURRENCIES, LARGEST, Money, digits
from domain.sales.order import OrderLine, PlaceOrder, RecordPayment
from domain.sales.order_rules import ORDER
from domain.values import NAME, SHORT

NOON = time(12)
"""The file does not say the hour; noon is on the same date everywhere near."""
REQUIRED = frozenset({"customer", "date", "amount"})
COLUMNS = REQUIRED | {"quantity", "number", "product", "_"}
"""What a column may be; ``_`` is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """How a file of orders is written: its columns one after the other, and what it leaves out.

    ``delimiter``: None where blanks stand between the cells.
    """

    source: str
    columns: tuple[str, ...]
    currency: str
    zone: tzinfo
    delimiter: str | None = None

    def check(self) -> None:
        """Raise ``ImportProblem`` where the columns make no order."""
        strange = [name for name in self.columns if name not in COLUMNS]
        if strange:
            known = ", ".join(sorted(COLUMNS))
            raise ImportProblem(f"A column cannot be {strange[0]!r}; it can be one of {known}.")
        named = [name for name in self.columns if name != "_"]
        if len(set(named)) < len(named) or not set(named) >= REQUIRED:
            raise ImportProblem("Name customer, date and amount among the columns, each once.")
        if self.currency not in CURRENCIES:
            raise ImportProblem(f"{self.currency!r} is not a currency of ISO 4217, such as CNY.")
        if not self.source or len(self.source) > SHORT or self.delimiter == "":
            raise ImportProblem("Name the source in a word; a delimiter is not empty.")

    @property
    def sha256(self) -> str:
        """The fingerprint of the form."""
        told = (self.source, *self.columns, self.currency, str(self.zone), str(self.delimiter))
        return hashlib.sha256("\x1f".join(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Sale:
    """One row: who bought, when, for how much."""

    line: int
    mark: str
    customer: str
    day: date
    amount: Money
    quantity: Decimal
    product: str
    number: str | None


class _Bad(Exception):
    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


@dataclass
class _Reading:
    sales: dict[str, list[Sale]] = field(default_factory=lambda: defaultdict(list))
    """By customer, in the file's order."""
    rows: int = 0
    bad: list[BadRow] = field(default_factory=list)
    equal: Counter[str] = field(default_factory=Counter)


# --- Reading --------------------------------------------------------------------------------------


def _read(file: Path, form: OrderForm) -> _Reading:
    reading = _Reading()
    try:
        with file.open(encoding="utf-8-sig") as content:
            for number, line in enumerate(content, start=1):
                if line.strip():
                    reading.rows += 1
                    _take(reading, form, number, line)
    except OSError as error:
        raise ImportProblem(f"{file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ImportProblem(f"{file.name}: it is not written in UTF-8: {error}.") from error
    return reading


def _take(reading: _Reading, form: OrderForm, number: int, line: str) -> None:
    cells = line.rstrip("\r\n").split(form.delimiter)
    if len(cells) != len(form.columns):
        reading.bad.append(
            BadRow(number, None, f"It has {len(cells)} cells, not {len(form.columns)}.")
        )
        return
    told = {name: cell.strip() for name, cell in zip(form.columns, cells, strict=True)}
    try:
        sale = _sale(told, number, form, reading.equal)
    except _Bad as bad:
        reading.bad.append(BadRow(number, bad.column, bad.why))
    else:
        reading.sales[sale.customer].append(sale)


def _sale(told: Mapping[str, str], number: int, form: OrderForm, equal: Counter[str]) -> Sale:
    customer = told["customer"]
    if not customer or len(customer) > NAME or not customer.isprintable():
        raise _Bad("customer", "It names no customer.")
    sale = Sale(
        line=number,
        mark="",
        customer=customer,
        day=_day(told["date"]),
        amount=_amount(told["amount"], form.currency),
        quantity=_quantity(told.get("quantity") or "1"),
        product=_word(told, "product") or "Order",
        number=_word(told, "number"),
    )
    said = "\x1f".join((customer, str(sale.day), sale.amount.amount, *map(str, _rest(sale))))
    equal[said] += 1
    numbered = f"{said}\x1f{equal[said]}".encode()
    return replace(sale, mark=hashlib.blake2b(numbered, digest_size=10).hexdigest())


def _rest(sale: Sale) -> tuple[Any, ...]:
    return sale.quantity, sale.product, sale.number


def _word(told: Mapping[str, str], column: str) -> str | None:
    word = told.get(column) or None
    if word and (len(word) > SHORT or not word.isprintable()):
        raise _Bad(column, f"It is longer than {SHORT} characters, or no text.")
    return word


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)  # 1997-01-31 and 19970131
    except ValueError:
        raise _Bad("date", f"{written[:60]!r} is no date, such as 19970131.") from None


def _amount(written: str, currency: str) -> Money:
    exact = _number(written, "amount") * 10 ** digits(currency)
    if exact != int(exact) or not 0 <= exact <= LARGEST:
        raise _Bad("amount", f"{written[:60]!r} is no amount of {currency}.")
    return Money(int(exact), currency)


def _quantity(written: str) -> Decimal:
    quantity = _number(written, "quantity")
    if quantity <= 0:
        raise _Bad("quantity", "It must be above zero.")
    return quantity


def _number(written: str, column: str) -> Decimal:
    try:
        number = Decimal(written)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number.adjusted()) > 18:  # noqa: PLR2004 - nobody means it
        raise _Bad(column, f"{written[:60]!r} is no number.")
    return number


# --- Recording ------------------------------------------------------------------------------------


def _quiet(_done: int, _total: int) -> None:
    pass


def import_orders(
    crm: Crm, file: Path, form: OrderForm, by: Actor, progress: Progress = _quiet
) -> ImportReport:
    """Import a file of orders; ``by`` is who asks for it. The same row again adds nothing.

    ``progress`` is told (rows recorded, rows to record). Raises ``ImportProblem`` where the file
    cannot be read or its columns make no order; nothing is written then.
    """
    form.check()
    started, digest = perf_counter(), sha256_of(file)
    reading = _read(file, form)
    start = StartImport(
        id=import_id(form.source, digest),
        source=form.source,
        file=file.name,
        file_sha256=digest,
        map_sha256=form.sha256,
    )
    tally = _Importer(crm, form, start, by).run(reading, progress)
    return ImportReport(
        import_id=start.id,
        tally=tally,
        unmapped={},
        bad_rows=tuple(reading.bad[:BAD_ROWS_SHOWN]),
        seconds=perf_counter() - started,
    )


@dataclass
class _Importer:
    """One run over one file."""

    crm: Crm
    form: OrderForm
    start: StartImport
    by: Actor

    def run(self, reading: _Reading, progress: Progress) -> Tally:
        """Record what is not known yet, customer by customer."""
        total = sum(map(len, reading.sales.values()))
        done = added = facts = 0
        for batch in _batches(reading.sales):
            new, recorded = self._record(batch)
            added, facts, done = added + new, facts + recorded, done + len(batch)
            progress(done, total)
        tally = Tally(
            rows=reading.rows,
            added=added,
            facts=facts,
            known=total - added,
            unmapped=0,
            bad=len(reading.bad),
            as_steps=0,
        )
        if isinstance(self.crm.load(IMPORT_RUN, self.start.id).state, Running):
            self.crm.handle(FinishImport(id=self.start.id, tally=tally), self._now())
        return tally

    def _record(self, sales: list[Sale]) -> tuple[int, int]:
        for _ in range(ATTEMPTS):
            facts = self._told(sales)
            if not facts:
                return 0, 0
            self.crm.handle(self.start, self._now())  # does nothing where it runs already
            try:
                self.crm.append(facts)
            except IntegrityError:  # somebody was faster with the same customer or order
                continue
            return len({fact.stream_id for fact in facts if fact.kind == "order"}), len(facts)
        raise ImportProblem(
            "Others keep importing the same orders. What is imported stays; run it again later."
        )

    def _told(self, sales: list[Sale]) -> list[Fact[Any]]:
        customers = {sale.customer: self._customer_id(sale.customer) for sale in sales}
        orders = {sale.mark: self._id("order", sale.mark) for sale in sales}
        streams = read_streams(self.crm, {*customers.values(), *orders.values()})
        facts: list[Fact[Any]] = []
        met: set[str] = set()
        for sale in sorted(sales, key=lambda sale: (sale.day, sale.line)):
            if streams[orders[sale.mark]]:
                continue  # it was imported before
            if sale.customer not in met:
                met.add(sale.customer)
                facts += self._introduce(sale, streams)
            facts += self._sell(sale)
        return facts

    def _introduce(self, sale: Sale, streams: Streams) -> list[Fact[Any]]:
        id_ = self._customer_id(sale.customer)
        here = loaded(CUSTOMER, streams[id_])
        if here.state != CUSTOMER.initial:
            return []
        command = RegisterCustomer(id=id_, details=CustomerDetails(name=sale.customer))
        return follow_up(CUSTOMER, command, here, derived(self._envelope(sale)))

    def _sell(self, sale: Sale) -> list[Fact[Any]]:
        id_ = OrderId(self._id("order", sale.mark))
        place = PlaceOrder(
            id=id_,
            customer_id=self._customer_id(sale.customer),
            number=sale.number,
            currency=self.form.currency,
            lines=(_line(sale),),
            split=(),
            due_on=None,
            due_at=None,
            opportunity_id=None,
            contract_id=None,
            channel=None,
        )
        placed, here = _add(ORDER, place, Loaded(ORDER.initial, 0), self._envelope(sale))
        if not sale.amount.minor:
            return placed  # what costs nothing is paid already
        pay = RecordPayment(
            id=id_,
            payment_id=PaymentId(self._id("payment", sale.mark)),
            amount=sale.amount,
            method=None,
            reference=None,
        )
        return placed + _add(ORDER, pay, here, derived(self._envelope(sale)))[0]

    def _customer_id(self, name: str) -> CustomerId:
        return CustomerId(self._id("customer", name))

    def _id(self, kind: str, word: str) -> UUID:
        return named_id(self.form.source, kind, word)

    def _envelope(self, sale: Sale) -> Envelope:
        return Envelope(
            occurred_at=datetime.combine(sale.day, NOON, self.form.zone).astimezone(UTC),
            actor=IMPORTER,
            channel=Channel.IMPORT,
            imported=Imported(ImportId(self.start.id), sale.line, sale.mark, "order"),
        )

    def _now(self) -> Envelope:
        return Envelope(occurred_at=datetime.now(UTC), actor=self.by, channel=Channel.IMPORT)


def _add(
    decider: Decider[Any, Any, Any], command: Any, here: Loaded, envelope: Envelope
) -> tuple[list[Fact[Any]], Loaded]:
    facts = follow_up(decider, command, here, envelope)
    return facts, here.followed(decider, facts)


def _line(sale: Sale) -> OrderLine:
    """Return the row as a line of its order; a price that is no whole cent is that of the lot."""
    each = Decimal(sale.amount.minor) / sale.quantity
    if each == int(each):
        price = Money(int(each), sale.amount.currency)
        return OrderLine(sale.product, None, sale.quantity, price, None)
    lot = f"{sale.product}, {sale.quantity:f} together"
    return OrderLine(lot, None, Decimal(1), sale.amount, None)


def _batches(sales: Mapping[str, list[Sale]]) -> Iterator[list[Sale]]:
    """Yield the rows of whole customers, about so many at once."""
    batch: list[Sale] = []
    for rows in sales.values():
        if batch and len(batch) + len(rows) > ROWS_AT_ONCE:
            yield batch
            batch = []
        batch += rows
    if batch:
        yield batch
