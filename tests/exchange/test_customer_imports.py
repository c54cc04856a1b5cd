"""Customers from a file: dry runs, runs and undoing, over HTTP and by the command line."""

import json
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import pytest

from application.crm import Crm
from application.imports import undo_import
from application.imports.customer_rows import read_customers
from application.imports.customers import CustomerFile, CustomerImport
from application.imports.sheets import read_sheet
from domain.customers.interaction import Direction, LogInteraction
from domain.ids import CustomerId, InteractionId, MemberId
from domain.kernel import Actor, Channel, Envelope
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember
from domain.values import ContactChannel
from tests.exchange.sheets import FORMS, TYPES, made
from tests.web.client import Api
from tests.web.test_exports import EVIL
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

BY = Envelope(
    occurred_at=datetime(2025, 3, 3, 9, tzinfo=UTC),
    actor=Actor.system("operator"),
    channel=Channel.IMPORT,
)


# --- The run --------------------------------------------------------------------------------------


def run(crm: Crm, content: bytes, owner_of=lambda _: None, *, dry: bool = False):
    found = read_customers(read_sheet(content, "csv"), owner_of)
    file = CustomerFile(name="customers.csv", sha256=str(hash(content)), table=found)
    importing = CustomerImport(crm, file, BY)
    return importing.rehearse() if dry else importing.run()


def count(crm: Crm, name: str = "%") -> int:
    with crm.pool.reading() as cursor:
        cursor.execute("select count(*) from log.events where name like %s", (name,))
        return int(cursor.fetchone()[0])


def test_a_dry_run_tells_all_and_writes_nothing(crm):
    content = made("csv", ["name", "tier"], ["Harbour", ""], ["Harbour", ""], ["Yunhe", "gold"])
    report = run(crm, content, dry=True)
    assert (report.tally.rows, report.tally.added, report.tally.known, report.tally.bad) == (
        3, 1, 1, 1,
    )  # fmt: skip
    assert [(row.line, row.column) for row in report.bad_rows] == [(4, "tier")]
    assert count(crm) == 0
    done = run(crm, content)
    assert (done.tally.added, done.tally.known, done.tally.bad) == (1, 1, 1)
    assert count(crm, "customer.registered") == 1


def test_the_same_row_goes_in_once_from_whichever_file(crm):
    rows = [["name"], *([f"Harbour {number}"] for number in range(1200))]
    first = run(crm, made("csv", *rows))
    assert (first.tally.added, first.tally.facts) == (1200, 1200)
    facts = count(crm)
    assert facts == 1202  # and that it began and ended
    again = run(crm, made("csv", *rows))
    assert (again.tally.added, again.tally.known) == (0, 1200)
    assert count(crm) == facts
    more = run(crm, made("csv", *rows, ["Another"]))
    assert (more.tally.added, more.tally.known) == (1, 1200)


def hired(crm: Crm) -> MemberId:
    sales, member = department_id("sales"), MemberId(uuid4())
    crm.handle(CreateDepartment(id=sales, code="sales", name="Sales", kind=DepartmentKind.CORE), BY)
    crm.handle(JoinMember(id=member, name="Ana", email=None, department_id=sales, role="a"), BY)
    return member


def test_an_import_is_taken_back_its_owners_too_but_not_what_was_worked_on(crm):
    ana = hired(crm)
    content = made("csv", ["name", "owner"], ["Harbour", "ana"], ["Yunhe", "ana"], ["Wharf", ""])
    report = run(crm, content, lambda _: ana)
    assert (report.tally.added, report.tally.facts) == (3, 5)
    imported = [
        fact
        for page in crm.facts.pages()
        for fact in page
        if fact.envelope.imported and not fact.envelope.imported.derived
    ]
    assert [fact.envelope.imported.line for fact in sorted(
        imported, key=lambda fact: fact.envelope.imported.line)] == [2, 3, 4]  # fmt: skip
    worked_on = next(fact.stream_id for fact in imported if fact.event.details.name == "Yunhe")
    crm.handle(
        LogInteraction(
            id=InteractionId(uuid4()),
            customer_id=CustomerId(worked_on),
            channel=ContactChannel.PHONE,
            direction=Direction.INBOUND,
            summary="Hello",
        ),
        BY,
    )
    taken = undo_import(crm, report.import_id, Actor.system("operator"), "Wrong file")
    assert taken == (2, 1)
    assert count(crm, "customer.retracted") == 2
    assert count(crm, "ownership.released") == 1
    again = run(crm, content, lambda _: ana)
    assert (again.tally.added, again.tally.known, again.tally.facts) == (2, 1, 3)
    assert undo_import(crm, report.import_id, Actor.system("operator"), "Again") == (2, 1)


def test_a_run_that_stopped_between_a_customer_and_its_owner_is_finished_by_the_next(crm):
    ana = hired(crm)
    content = made("csv", ["name", "owner"], ["Harbour", "ana"])
    found = read_customers(read_sheet(content, "csv"), lambda _: ana)
    file = CustomerFile(name="x.csv", sha256="5e", table=found)
    stopped = CustomerImport(crm, file, BY)
    stopped._start()
    stopped._claim = lambda *_: None  # type: ignore[method-assign]
    stopped._registered(found.good[0])
    assert count(crm, "ownership.claimed") == 0
    report = CustomerImport(crm, file, BY).run()
    assert (report.tally.added, report.tally.known) == (0, 1)
    assert count(crm, "ownership.claimed") == 1
    assert count(crm, "import.finished") == 1
    CustomerImport(crm, file, BY).run()
    assert count(crm, "ownership.claimed") == 1


# --- Over HTTP ------------------------------------------------------------------------------------


def send(api: Api, content: bytes, form: str = "csv", **query):
    kind = {"Content-Type": TYPES[form]}
    return api.post("/imports/customers", None, raw=content, headers=kind, format=form, **query)


@pytest.mark.parametrize("form", FORMS)
def test_what_was_exported_comes_in_again_as_it_was(form, api, company):
    region = company.word("round-trip")
    names = [f"{name}{company.word()}" for name in (*EVIL, "云河科技", "'quoted'", "O'Neill")]
    phones = [("+86 21 5888", "-1", "=2", "'+3", "021")[each % 5] for each in range(len(names))]
    owner = company.member(email=f"{company.word('li')}@x.example")
    for name, phone in zip(names, phones, strict=True):
        last = company.customer(
            name, details={"region": region, "phone": phone, "short_name": "云"}
        )
    claimed = company.api.post(
        f"/customers/{last.id}/ownership/claim", {"member_id": owner.id}
    ).went_well()
    query = {"filter[region]": region, "format": form}
    api.get("/members", after=claimed, limit=1)
    file = api.get("/exports/customers", after=claimed, **query).went_well().body
    told = send(api, file, form).went_well()
    assert told.json["errors"] == []
    assert told.json["tally"]["added"] == len(names)
    page = api.get(
        "/customers", after=told.headers["Concord-Position"], limit=200,
        **{"filter[region]": region},
    )  # fmt: skip
    found = [(each["name"], each["details"], each["owner_id"]) for each in page.json["items"]]
    assert len(found) == 2 * len(names)
    for name, phone in zip(names, phones, strict=True):
        twins = [each for each in found if each[0] == name]
        assert len(twins) == 2
        assert twins[0] == twins[1]
        assert twins[0][1]["phone"] == phone
    again = send(api, file, form).went_well()
    assert again.json["tally"]["added"] == 0


def test_a_dry_run_over_http_writes_nothing_and_names_each_error(api, company, running):
    before = running.facts()
    name = company.word("Dry")
    content = made("csv", ["名称", "等级", "负责人"], [name, "", ""], ["B", "gold", "x@y.example"])
    told = send(api, content, dry_run="true").went_well().json
    assert told["dry_run"] is True
    assert (told["tally"]["added"], told["tally"]["bad"]) == (1, 1)
    assert [(each["line"], each["column"]) for each in told["errors"]] == [
        (3, "tier"),
        (3, "owner"),
    ]
    assert running.facts() == before


def test_owners_are_found_by_mail_and_by_id(api, company):
    mail = f"{company.word('bo')}@x.example"
    owner = company.member(email=mail)
    api.get("/members", after=owner, limit=1)
    rows = [[company.word("Mail"), mail.upper()], [company.word("Id"), owner.id]]
    told = send(api, made("csv", ["name", "owner"], *rows)).went_well()
    assert told.json["errors"] == []
    assert told.json["tally"]["facts"] == 4
    after = told.headers["Concord-Position"]
    query = {"filter[owner_id]": owner.id}
    assert len(api.get("/customers", after=after, **query).json["items"]) == 2
    shown = api.get(f"/imports/{told.json['import_id']}", after=after).went_well().json
    assert (shown["status"], shown["source"], shown["tally"]["added"]) == (
        "finished",
        "customers",
        2,
    )


def test_bad_files_and_questions_are_refused(api, running):
    before = running.facts()
    send(api, b"phone\n1\n").refused(422, "import.unreadable")
    send(api, b"name\nA\n", "xlsx").refused(422, "import.unreadable")
    send(api, b" " * 10 * 2**20).refused(413, "body.too-large")
    send(api, b"").refused(400, "body.missing")
    api.post("/imports/customers", {"name": "A"}).refused(415, "body.not-a-table")
    send(api, b"name\nA\n", dry_run="perhaps").refused(422, "fields.invalid", "dry_run")
    kind = {"Content-Type": "text/csv"}
    api.post("/imports/customers?format=ods", None, raw=b"name\nA\n", headers=kind).refused(
        422, "fields.invalid", "format"
    )
    assert running.facts() == before


def somebody(running, company, role, **where) -> Api:
    joined = company.member(department_id=company.department().id)
    member = MemberId(UUID(joined.id))
    if role:
        grant(running.crm, enrolled(running.crm, member), role, **where)
    return running.api.acting_as(create_key(running.crm, "x", member).text)


def test_who_may_register_no_customers_may_import_none(running, company):
    content = made("csv", ["name"], [company.word("Denied")])
    before = running.facts()
    for role in (None, "service", "marketing", "auditor"):
        who = somebody(running, company, role)
        facts = running.facts()
        for dry_run in ("true", "false"):
            send(who, content, dry_run=dry_run).refused(403, "access.refused")
        assert running.facts() == facts
    assert running.facts() > before  # only who they are


def test_each_row_needs_what_it_would_need_alone(running, company):
    """In one team only, nobody may register a customer: each row says so, and is not registered."""
    who = somebody(running, company, "sales", customer_id=UUID(company.customer().id))
    told = send(who, made("csv", ["name"], ["A"], ["B"])).went_well().json
    alone = who.post("/customers", {"details": {"name": "A"}}).refused(403, "access.refused")
    assert (told["tally"]["added"], told["tally"]["bad"]) == (0, 2)
    for error in told["errors"]:
        assert alone.json["detail"].startswith(error["detail"])


def test_the_facts_say_who_imported(running, company):
    who = somebody(running, company, "sales")
    told = send(who, made("csv", ["name"], [company.word("Mine")])).went_well()
    page = running.api.get(
        "/audit/events", after=told.headers["Concord-Position"], name="customer.registered", limit=1
    ).json
    (fact,) = page["items"]
    assert fact["actor"]["kind"] == "member"
    assert fact["channel"] == "import"
    assert fact["imported"]["import_id"] == told.json["import_id"]
    assert fact["imported"]["line"] == 2


# --- By the command line --------------------------------------------------------------------------


def test_by_the_command_line(command, dsn, crm, tmp_path):
    file = tmp_path / "customers.xlsx"
    file.write_bytes(made("xlsx", ["名称", "等级"], ["云河科技", ""], ["Harbour", "gold"]))

    concord = partial(command.run, DATABASE_URL=dsn)
    dry = concord("import-customers", str(file), "--dry-run")
    assert "1 customers would be registered" in dry.stdout, dry.stderr
    assert "Line 3, column 'tier'" in dry.stdout
    assert count(crm) == 0
    done = json.loads(concord("import-customers", str(file), "--json").stdout)
    assert done["tally"]["added"] == 1
    undone = concord("undo-import", done["import_id"], "--reason", "Wrong")
    assert "Taken back: 1." in undone.stdout
    wrong = concord("import-customers", str(tmp_path / "x.pdf"))
    assert wrong.returncode == 2
    other = tmp_path / "x.pdf"
    other.write_bytes(b"x")
    wrong = concord("import-customers", str(other))
    assert wrong.returncode == 1
    assert ".csv" in wrong.stderr
