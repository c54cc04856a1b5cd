"""Customers from CSV and XLSX files by ``concord import-customers``, and what HTTP shares of it."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import orjson

from application.imports import ImportProblem, ImportReport
from application.imports.customer_rows import OwnerOf, read_customers
from application.imports.customers import CustomerFile, CustomerImport
from application.imports.sheets import FORMS, LARGEST_FILE, read_sheet
from domain.access.conditions import EVERYTHING
from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope
from projections.documents import Document
from projections.reader import ListQuery, Reader
from projections.teams.teams import MEMBERS
from web.commands import importing
from web.commands.terminal import bar, console, opened, prepare, print_json

SHOWN = 1000
"""How many errors an answer names."""

# --- Who owns them --------------------------------------------------------------------------------


def owners(members: Callable[[], Iterator[Document]]) -> OwnerOf:
    """Return what finds a member by e-mail address or id; they are read when first asked for."""
    known: dict[str, MemberId] = {}
    read = False

    def find(written: str) -> MemberId | None:
        nonlocal read
        if not read:
            read = True
            for each in members():
                if each["status"] != "active":
                    continue
                known[each["id"]] = MemberId(UUID(each["id"]))
                if each["email"]:
                    known[each["email"].casefold()] = known[each["id"]]
        return known.get(written.casefold())

    return find


def members_of(reader: Reader, query: ListQuery) -> Iterator[Document]:
    """Read the members that a question asks for, page by page."""
    while True:
        page = reader.documents(MEMBERS, query)
        yield from (orjson.loads(item) for item in page.items)
        if page.next is None:
            return
        query = replace(query, after=page.next)


# --- The file -------------------------------------------------------------------------------------


def customer_file(name: str, content: bytes, form: str, find: OwnerOf) -> CustomerFile:
    """Read a file of customers. Raises ``ImportProblem``."""
    table = read_customers(read_sheet(content, form), find)
    return CustomerFile(name=name, sha256=hashlib.sha256(content).hexdigest(), table=table)


def as_told(report: ImportReport, *, dry_run: bool) -> dict[str, Any]:
    """Return a report as JSON has it."""
    tally = importing.as_dict(report)["tally"]
    return {
        "import_id": str(report.import_id),
        "dry_run": dry_run,
        "tally": tally,
        "errors": [
            {"line": each.line, "column": each.column, "detail": each.why}
            for each in report.bad_rows[:SHOWN]
        ],
    }


# --- By the command line --------------------------------------------------------------------------


@click.command("import-customers")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would come of it; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_customers_file(file: Path, dry_run: bool, as_json: bool) -> None:
    """Register the customers of FILE (CSV or XLSX), one for each row.

    The first row names the columns, in English or Chinese: name (名称), short_name (简称), industry
    (行业), business (主营业务), employees (员工数), phase (阶段), region (地区), address (地址),
    phone (电话), website (网站), tax_id (税号), tier (等级), owner (负责人: e-mail address or id).
    A row that is wrong is named with its line and column, and the others go in. The same row is
    never registered twice; `concord undo-import` takes the whole file back.
    """
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise ImportProblem(f"{file.name} ends neither in .csv nor in .xlsx.")
    if file.stat().st_size > LARGEST_FILE:
        raise ImportProblem(f"{file.name} is larger than {LARGEST_FILE // 2**20} MiB; divide it.")
    envelope = Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.IMPORT
    )
    with opened() as (_, crm), bar(f"Importing {file.name}") as progress:
        prepare(crm.pool.dsn)
        everybody = ListQuery(sort="name", limit=1000, condition=EVERYTHING)
        find = owners(lambda: members_of(Reader(crm.pool), everybody))
        run = CustomerImport(crm, customer_file(file.name, file.read_bytes(), form, find), envelope)
        report = run.rehearse() if dry_run else run.run(progress)
    if as_json:
        print_json(as_told(report, dry_run=dry_run))
    else:
        _draw(report, dry_run=dry_run)


def _draw(report: ImportReport, *, dry_run: bool) -> None:
    tally = report.tally
    went = "would be registered" if dry_run else "registered"
    lines = [f"Read {tally.rows:,} rows: {tally.added:,} customers {went}."]
    if tally.known:
        lines.append(f"There already, by the same row: {tally.known:,}.")
    if tally.bad:
        lines.append(f"Not registered: {tally.bad:,} rows.")
    lines += [f"  {row}" for row in report.bad_rows[: importing.SHOWN]]
    if len(report.bad_rows) > importing.SHOWN:
        lines.append("  … (--json names more)")
    if tally.added and not dry_run:
        lines.append(f"To take it back: concord undo-import {report.import_id} --reason '…'")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
