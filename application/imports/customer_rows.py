"""What the rows of a table of customers say: read by the names of their columns, and checked."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from application.imports.files import BadRow
from application.imports.mapping import ImportProblem
from application.imports.sheets import SheetRow
from domain.customers.customer import BusinessPhase, CustomerDetails
from domain.ids import MemberId
from domain.values import NAME, SHORT, Tier

COLUMNS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "name": ("名称", "客户名称"),
        "short_name": ("简称",),
        "industry": ("行业",),
        "business": ("主营业务",),
        "employees": ("员工数",),
        "phase": ("阶段",),
        "region": ("地区",),
        "address": ("地址",),
        "phone": ("电话",),
        "website": ("网站",),
        "tax_id": ("税号",),
        "tier": ("等级",),
        "owner": ("owner_id", "负责人"),
    }
)
"""What a table may say of a customer, and how else its columns may be called."""
LEFT_OUT = frozenset(
    {"id", "编号", "registered_at", "登记时间", "last_contact_at", "最近联系",
     "contacts.name", "联系人", "contacts.email", "联系人邮箱", "contacts.phone", "联系人电话"}
)  # fmt: skip
"""What an export has beside them: an import leaves it out."""

MOST_EMPLOYEES = 100_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TIERS = {"战略": Tier.STRATEGIC, "重点": Tier.KEY, "普通": Tier.NORMAL}
_PHASES = {
    "潜在": BusinessPhase.PROSPECT,
    "新": BusinessPhase.NEW,
    "成长": BusinessPhase.GROWING,
    "成熟": BusinessPhase.MATURE,
    "衰退": BusinessPhase.DECLINING,
}
_SHORT = {"phone", "tax_id"}

OwnerOf = Callable[[str], MemberId | None]
"""Finds a member by their e-mail address or id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """A customer as one row tells of it; ``mark`` is the fingerprint of what it tells."""

    line: int
    mark: str
    details: CustomerDetails
    tier: Tier
    owner_id: MemberId | None


@dataclass(frozen=True, kw_only=True)
class CustomerTable:
    """What a table holds: the rows that can be registered, and what is wrong with the others."""

    rows: int
    good: tuple[CustomerRow, ...]
    errors: tuple[BadRow, ...]
    owner_column: str | None

    @property
    def bad(self) -> int:
        """How many rows have an error."""
        return self.rows - len(self.good)


class _Wrong(Exception):
    pass


def read_customers(sheet: Sequence[SheetRow], owner_of: OwnerOf) -> CustomerTable:
    """Read a table, its header first. Raises ``ImportProblem`` where its header does not fit."""
    head, *rows = sheet
    places = _places(head)
    good, errors = [], []
    for row in rows:
        found = _Row(row, places, owner_of)
        if found.errors:
            errors += found.errors
        else:
            good.append(found.told())
    owner = places.get("owner")
    return CustomerTable(
        rows=len(rows),
        good=tuple(good),
        errors=tuple(errors),
        owner_column=None if owner is None else head.cells[owner].strip(),
    )


def _places(head: SheetRow) -> dict[str, int]:
    """Return where each field stands."""
    known = {other: name for name, others in COLUMNS.items() for other in (name, *others)}
    places: dict[str, int] = {}
    for place, written in enumerate(head.cells):
        name = re.sub(r"[\s-]+", "_", written.strip().casefold())
        if not name or name in LEFT_OUT:
            continue
        if name not in known:
            several = ", ".join(COLUMNS)
            raise ImportProblem(
                f"The header has the column {written.strip()[:60]!r}, which says nothing of a"
                f" customer; there are {several}."
            )
        if known[name] in places:
            raise ImportProblem(f"The header has the column {known[name]!r} more than once.")
        places[known[name]] = place
    if "name" not in places:
        raise ImportProblem("The header lacks the column 'name' (名称).")
    return places


class _Row:
    """One row while it is read; each of its cells may be wrong for itself."""

    def __init__(self, row: SheetRow, places: Mapping[str, int], owner_of: OwnerOf) -> None:
        self.errors: list[BadRow] = []
        self._row, self._places, self._owner_of = row, places, owner_of
        self._told = {name: self._read(name) for name in places}

    def told(self) -> CustomerRow:
        told: dict[str, Any] = dict(self._told)
        tier, owner = told.pop("tier", None) or Tier.NORMAL, told.pop("owner", None)
        details = CustomerDetails(**told)
        said = [asdict(details), tier, str(owner)]
        mark = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return CustomerRow(
            line=self._row.line, mark=mark, details=details, tier=tier, owner_id=owner
        )

    def _read(self, name: str) -> Any:
        place = self._places[name]
        written = self._row.cells[place] if place < len(self._row.cells) else ""
        try:
            return self._value(name, written) if written.strip() else _nothing(name)
        except _Wrong as wrong:
            self.errors.append(BadRow(self._row.line, name, str(wrong)))
            return None

    def _value(self, name: str, written: str) -> Any:
        match name:
            case "employees":
                return _number(written.strip())
            case "tier":
                return _word(written, Tier, _TIERS)
            case "phase":
                return _word(written, BusinessPhase, _PHASES)
            case "owner":
                if (owner := self._owner_of(written.strip())) is None:
                    raise _Wrong("It is no e-mail address or id of anybody who works here.")
                return owner
            case _:
                return _text(written, SHORT if name in _SHORT else NAME)


def _nothing(name: str) -> None:
    if name == "name":
        raise _Wrong("A customer needs a name.")


def _number(written: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", written) or int(written) > MOST_EMPLOYEES:
        raise _Wrong(f"It is no whole number up to {MOST_EMPLOYEES:,}.")
    return int(written)


def _word(written: str, words: Any, chinese: Mapping[str, Any]) -> Any:
    told = written.strip().casefold()
    if told in chinese:
        return chinese[told]
    if told not in set(words):
        raise _Wrong(f"It is none of {', '.join(words)}, {'、'.join(chinese)}.")
    return words(told)


def _text(written: str, limit: int) -> str:
    if _CONTROL.search(written):
        raise _Wrong("Control characters are not text.")
    if len(written) > limit:
        raise _Wrong(f"It is longer than {limit} characters.")
    return written
