"""The map of an import: what the columns and words of another system's file mean to us (TOML).

``docs/import.md`` explains every key.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from domain.support.words import ReplyKind, RequestKind, WaitingOn
from domain.teams.department import DepartmentKind
from domain.values import NAME, SHORT, ContactChannel


class ImportProblem(Exception):
    """A map or a file that cannot be used, or an import that cannot go on; a sentence says why."""


class Means(StrEnum):
    """What a row says happened to the request."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    WAITING = "waiting"
    WAITING_ENDED = "waiting-ended"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    REPLIED = "replied"
    CUSTOMER_WROTE = "customer-wrote"
    STEP = "step"


class Format(StrEnum):
    """The kinds of files that can be imported."""

    CSV = "csv"
    XES = "xes"
    JSONL = "jsonl"


Word = Annotated[str, msgspec.Meta(min_length=1, max_length=SHORT, pattern=r"^[^\x00-\x1f]*$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME, pattern=r"^[^\x00-\x1f]*$")]
Column = Annotated[str, msgspec.Meta(min_length=1)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the map; a key it does not know is a mistake."""


class FileForm(Section, frozen=True, kw_only=True):
    """``[file]``: how the file is written, where its name does not say it."""

    format: Format | None = None
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8-sig"


class Columns(Section, frozen=True, kw_only=True):
    """``[columns]``: which column says what."""

    case: Column
    time: Column
    step: Column
    customer: Column
    actor: Column | None = None
    queue: Column | None = None
    title: Column | None = None
    kind: Column | None = None
    channel: Column | None = None
    text: Column | None = None
    resolution: Column | None = None

    @property
    def mapped(self) -> dict[str, str]:
        """The columns the map names, by what they say."""
        return {role: column for role, column in msgspec.structs.asdict(self).items() if column}


class TimeForm(Section, frozen=True, kw_only=True):
    """``[time]``: how times are written, and where, if they do not say it."""

    format: str | None = None
    timezone: str | None = None


class RequestForm(Section, frozen=True, kw_only=True):
    """``[request]``: what every request of the file has in common."""

    title: Name = "{case}"
    kind: RequestKind = RequestKind.SUPPORT
    channel: ContactChannel = ContactChannel.OTHER
    holder: Literal["actor", "assigned"] = "actor"


class Names(Section, frozen=True, kw_only=True):
    """``[names]``: what to call the people and departments that the file names."""

    customer: Name = "{value}"
    member: Name = "{value}"
    department: Name = "{value}"


class DepartmentForm(Section, frozen=True, kw_only=True):
    """``[department]``: where a row belongs that names no queue."""

    code: Word
    name: Name
    kind: DepartmentKind = DepartmentKind.CORE


class MemberForm(Section, frozen=True, kw_only=True):
    """``[member]``: what every member of the file has in common."""

    role: Word = "agent"


class Step(Section, frozen=True, kw_only=True):
    """What one value of the step column means, with the details of that meaning."""

    means: Means
    on: WaitingOn | None = None
    contracted: bool = False
    reply: ReplyKind = ReplyKind.PUBLIC
    work: bool = False

    @property
    def is_work(self) -> bool:
        """Whether who does this is at work on the request: it waits no more, it is open."""
        return self.work or self.means is Means.ASSIGNED


@dataclass(frozen=True, kw_only=True)
class ImportMap:
    """A checked map."""

    source: str
    sha256: str
    file: FileForm
    columns: Columns
    time: TimeForm
    request: RequestForm
    names: Names
    department: DepartmentForm
    member: MemberForm
    steps: Mapping[str, Step]
    kinds: Mapping[str, RequestKind]
    channels: Mapping[str, ContactChannel]


# --- Reading ----------------------------------------------------------------------------------

_DETAILS: Mapping[Means, frozenset[str]] = MappingProxyType(
    {
        Means.WAITING: frozenset({"on", "contracted"}),
        Means.WAITING_ENDED: frozenset({"on"}),
        Means.REPLIED: frozenset({"reply"}),
        Means.STEP: frozenset({"work"}),
    }
)
_SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {
        "file": FileForm,
        "columns": Columns,
        "time": TimeForm,
        "request": RequestForm,
        "names": Names,
        "member": MemberForm,
    }
)
_KEYS = {"source", "department", "steps", "kinds", "channels", *_SECTIONS}
T = TypeVar("T")


def read_map(path: Path) -> ImportMap:
    """Read and check a map. Raises ``ImportProblem``, whose sentence names the key at fault."""
    try:
        written = path.read_bytes()
        table = tomllib.loads(written.decode())
        return _map(table, hashlib.sha256(written).hexdigest())
    except OSError as error:
        raise ImportProblem(f"The map {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportProblem(f"The map {path} is not TOML: {error}.") from error
    except ImportProblem as problem:
        raise ImportProblem(f"The map {path}: {problem}") from None


def _map(table: dict[str, Any], sha256: str) -> ImportMap:
    for key in table.keys() - _KEYS:
        raise ImportProblem(f"{key!r} is no key of a map.")
    source = _convert(table.get("source"), Word, "source")
    sections: dict[str, Any] = {
        name: _convert(table.get(name, {}), form, name) for name, form in _SECTIONS.items()
    }
    _check_time(sections["time"])
    _check_file(sections["file"])
    _check_templates(sections["names"], sections["request"])
    return ImportMap(
        source=source,
        sha256=sha256,
        department=_department(table.get("department", {}), source),
        steps=_steps(table.get("steps")),
        kinds=_words(table.get("kinds", {}), RequestKind, "kinds"),
        channels=_words(table.get("channels", {}), ContactChannel, "channels"),
        **sections,
    )


def _convert(value: Any, form: Any, key: str) -> Any:
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$")
        said = said.removeprefix("Object ").replace("required field", "key")
        said = said.replace("unknown field", "the unknown key").replace("`null`", "nothing")
        raise ImportProblem(f"{key}{where.rstrip('`')}: {said[:1].lower()}{said[1:]}.") from None


def _department(table: Any, source: str) -> DepartmentForm:
    said = _convert(table, dict[str, Any], "department")
    usual = {"code": source, "name": source}
    form: DepartmentForm = _convert(usual | said, DepartmentForm, "department")
    return form


def _words(table: Any, form: type[T], key: str) -> dict[str, T]:
    words = _convert(table, dict[str, Any], key)
    return {word: _convert(meaning, form, f"{key}.{word!r}") for word, meaning in words.items()}


def _steps(table: Any) -> dict[str, Step]:
    steps = {}
    for word, written in _convert(table, dict[str, Any], "steps").items():
        key = f"steps.{word!r}"
        details = written if isinstance(written, dict) else {"means": written}
        step: Step = _convert(details, Step, key)
        for extra in details.keys() - {"means"} - _DETAILS.get(step.means, frozenset()):
            raise ImportProblem(f"{key}.{extra} says nothing about {step.means.value!r}.")
        if step.means is Means.WAITING and step.on is None:
            raise ImportProblem(f"{key}.on must say whom it waits for: customer or third-party.")
        steps[word] = step
    if not steps:
        raise ImportProblem("steps must say what at least one value of the step column means.")
    return steps


def _check_time(form: TimeForm) -> None:
    if form.format is not None:
        try:
            datetime.strptime(datetime(2000, 1, 1).strftime(form.format), form.format)  # noqa: DTZ001, DTZ007
        except ValueError as error:
            raise ImportProblem(f"time.format is not understood: {error}.") from None
    if form.timezone is not None:
        try:
            ZoneInfo(form.timezone)
        except (LookupError, ValueError, OSError):
            raise ImportProblem(
                f"time.timezone: there is no time zone {form.timezone!r} (one is 'Europe/Rome')."
            ) from None


def _check_file(form: FileForm) -> None:
    if form.delimiter in '\r\n"':
        raise ImportProblem(f"file.delimiter: {form.delimiter!r} can separate nothing.")
    try:
        "é中".encode(form.encoding, "ignore")
    except (LookupError, ValueError):
        raise ImportProblem(f"file.encoding: there is no encoding {form.encoding!r}.") from None


def _check_templates(names: Names, request: RequestForm) -> None:
    for role, template in msgspec.structs.asdict(names).items():
        if set(re.findall(r"\{(.*?)\}", template)) != {"value"}:
            raise ImportProblem(f"names.{role} must contain {{value}} and no other braces.")
    if not set(re.findall(r"\{(.*?)\}", request.title)) <= {"case"}:
        raise ImportProblem("request.title may contain {case} and no other braces.")
