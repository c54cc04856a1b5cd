"""An import run again, stopped in the middle, taken back: nothing twice and nothing lost."""

from dataclasses import replace

import pytest
from exchange.importing import (
    ANA,
    BO,
    EXPECTED,
    FRONT,
    HARBOUR,
    HEADER,
    LI_NA,
    LOGISTICS,
    OPERATOR,
    SERVICE,
    T1,
    T2,
    TICKETS,
    YUNHE,
    by_member,
    requests,
    rows_in_log,
    told,
)

from application.imports import run_import, undo_import
from domain.customers.customer_rules import CUSTOMER
from domain.customers.interaction import Direction, LogInteraction
from domain.exchange.import_run import IMPORT_RUN, Finished, Tally, Undone
from domain.ids import InteractionId, named_id
from domain.kernel import Actor, Rejected
from domain.support.request import (
    CustomerWrote,
    ReplyToRequest,
    RequestReopened,
    RequestReplied,
    RequestResolved,
)
from domain.support.words import ReplyKind
from domain.teams.department import DEPARTMENT, CreateDepartment, DepartmentKind, department_id
from domain.teams.member import MEMBER
from domain.values import ContactChannel

# --- Again ------------------------------------------------------------------------------------


def test_a_second_run_of_the_same_file_adds_nothing(crm, tickets):
    run_import(crm, TICKETS, tickets, OPERATOR)
    before = rows_in_log(crm)
    again = run_import(crm, TICKETS, tickets, OPERATOR)
    assert rows_in_log(crm) == before
    assert again.tally == Tally(rows=13, added=0, facts=0, known=12, unmapped=1, bad=0, as_steps=0)


def test_a_file_that_has_grown_adds_its_new_rows(crm, tickets, tmp_path):
    run_import(crm, TICKETS, tickets, OPERATOR)
    before = rows_in_log(crm)
    grown = tmp_path / "tickets.csv"
    grown.write_text(
        TICKETS.read_text()
        + "T-1;06/03/2025 09:00;solved;Harbour Foods;Ana;;;;;\n"
        + "T-2;01/03/2025 09:00;note;云河科技;李娜;;;;;earlier than all the others\n"
        + "T-3;06/03/2025 09:00;created;New Customer;;;;;;\n"
    )
    report = run_import(crm, grown, tickets, OPERATOR)

    assert (report.tally.added, report.tally.known) == (3, 12)
    standing = requests(crm)
    assert [type(fact.event) for fact in standing[T1][12:]] == [RequestResolved]
    # The late row comes last in the log and finds a closed request.
    assert [type(fact.event) for fact in standing[T2][4:]] == [RequestReopened, RequestReplied]
    # Start and finish, three rows, a reopening, a customer.
    assert rows_in_log(crm) - before == 2 + 3 + 1 + 1


def test_a_message_that_turns_up_between_equal_rows_is_the_one_added(crm, shop, tmp_path):
    file = tmp_path / "mails.csv"
    row = "C1,2025-03-03T09:00Z,mail,Harbour,,,{}\n"
    file.write_text(HEADER + row.format("one") + row.format("three"))
    run_import(crm, file, shop, OPERATOR)
    file.write_text(HEADER + row.format("one") + row.format("two") + row.format("three"))
    run_import(crm, file, shop, OPERATOR)
    facts = crm.facts.stream(named_id("shop", "request", "C1"))
    texts = [fact.event.text for fact in facts if isinstance(fact.event, CustomerWrote)]
    assert texts == ["one", "three", "two"]


def test_a_better_map_adds_the_rows_that_were_unmapped(crm, tickets):
    run_import(crm, TICKETS, tickets, OPERATOR)
    better = replace(
        tickets, steps={**tickets.steps, "telepathy": tickets.steps["priority changed"]}
    )
    report = run_import(crm, TICKETS, better, OPERATOR)
    assert (report.tally.added, report.tally.unmapped) == (1, 0)
    assert crm.load(IMPORT_RUN, report.import_id).state == Finished("tickets")


class Killed(Exception):
    pass


@pytest.mark.parametrize("after", [1, 2, 9])
def test_an_import_killed_in_the_middle_is_run_again(crm, tickets, monkeypatch, after):
    monkeypatch.setattr("application.imports.importer.ROWS_AT_ONCE", 2)

    def killing(done, total):
        if total and done >= after:
            raise Killed

    with pytest.raises(Killed):
        run_import(crm, TICKETS, tickets, OPERATOR, killing)
    report = run_import(crm, TICKETS, tickets, OPERATOR)

    assert {id_: told(facts) for id_, facts in requests(crm).items()} == EXPECTED
    assert report.tally.added + report.tally.known == 12
    assert crm.load(IMPORT_RUN, report.import_id).state == Finished("tickets")
    before = rows_in_log(crm)
    run_import(crm, TICKETS, tickets, OPERATOR)
    assert rows_in_log(crm) == before


def test_an_import_killed_before_its_last_word_is_finished_later(crm, tickets):
    seen = []

    def killing(done, total):
        seen.append((done, total))
        if total and done == total:
            raise Killed

    with pytest.raises(Killed):
        run_import(crm, TICKETS, tickets, OPERATOR, killing)
    assert seen[-1] == (12, 12)
    report = run_import(crm, TICKETS, tickets, OPERATOR)
    assert report.tally.added == 0
    assert crm.load(IMPORT_RUN, report.import_id).state == Finished("tickets")


def test_somebody_else_may_work_on_the_requests_meanwhile(crm, tickets, tmp_path, monkeypatch):
    run_import(crm, TICKETS, tickets, OPERATOR)
    grown = tmp_path / "tickets.csv"
    grown.write_text(TICKETS.read_text() + "T-1;06/03/2025 09:00;solved;Harbour Foods;Ana;;;;;\n")
    append, calls = crm.append, []

    def slow(facts, **kwargs):
        calls.append(facts)
        if facts[0].stream_id == T1 and len(calls) == 2:  # the first is the start
            reply = ReplyToRequest(id=T1, kind=ReplyKind.PUBLIC, text="Coming!")
            crm.handle(reply, by_member())
        return append(facts, **kwargs)

    monkeypatch.setattr(crm, "append", slow)
    report = run_import(crm, grown, tickets, OPERATOR)
    assert report.tally.added == 1
    assert [type(fact.event) for fact in crm.facts.stream(T1)[12:]] == [
        RequestReplied,
        RequestResolved,
    ]


# --- Taken back -------------------------------------------------------------------------------


def test_an_import_can_be_undone_and_done_again(crm, tickets):
    report = run_import(crm, TICKETS, tickets, OPERATOR)
    done = []

    assert undo_import(
        crm, report.import_id, OPERATOR, "wrong file", lambda *of: done.append(of)
    ) == (2, 0)
    assert done == [(10, 10)]
    assert requests(crm) == {}
    parties = [(CUSTOMER, HARBOUR), (MEMBER, ANA), (DEPARTMENT, SERVICE)]
    for decider, id_ in parties:
        assert crm.load(decider, id_).state == decider.initial
    assert crm.load(IMPORT_RUN, report.import_id).state == Undone("tickets")
    last = crm.facts.stream(report.import_id)[-1]
    assert last.envelope.reason == "wrong file"

    again = run_import(crm, TICKETS, tickets, OPERATOR)
    assert again.tally == report.tally
    assert {id_: told(facts) for id_, facts in requests(crm).items()} == EXPECTED
    for decider, id_ in parties:
        assert decider.active(crm.load(decider, id_).state)
    assert undo_import(crm, report.import_id, OPERATOR, "again") == (2, 0)


def test_what_was_worked_on_since_is_kept_with_everybody_it_names(crm, tickets):
    report = run_import(crm, TICKETS, tickets, OPERATOR)
    crm.handle(ReplyToRequest(id=T1, kind=ReplyKind.PUBLIC, text="On our way."), by_member())

    assert undo_import(crm, report.import_id, OPERATOR, "wrong file") == (1, 1)
    assert set(requests(crm)) == {T1}
    kept = [(CUSTOMER, HARBOUR), (MEMBER, ANA), (MEMBER, BO), (DEPARTMENT, FRONT),
            (DEPARTMENT, SERVICE), (DEPARTMENT, LOGISTICS)]  # fmt: skip
    gone = [(CUSTOMER, YUNHE), (MEMBER, LI_NA)]
    assert all(decider.active(crm.load(decider, id_).state) for decider, id_ in kept)
    assert not any(decider.active(crm.load(decider, id_).state) for decider, id_ in gone)
    # The same file again: the kept request is known, the other one comes back.
    again = run_import(crm, TICKETS, tickets, OPERATOR)
    assert (again.tally.known, again.tally.added) == (9, 3)


def test_what_others_refer_to_is_kept(crm, tickets):
    report = run_import(crm, TICKETS, tickets, OPERATOR)
    call = LogInteraction(
        id=InteractionId(named_id("test")),
        customer_id=YUNHE,
        channel=ContactChannel.PHONE,
        direction=Direction.OUTBOUND,
        summary="About the invoice",
        about_request_id=T2,
    )
    crm.handle(call, by_member())
    assert undo_import(crm, report.import_id, OPERATOR, "wrong file") == (1, 1)
    assert set(requests(crm)) == {T2}
    assert not MEMBER.active(crm.load(MEMBER, BO).state)
    assert MEMBER.active(crm.load(MEMBER, LI_NA).state)


def test_a_colleague_who_has_acted_since_is_kept(crm, tickets):
    report = run_import(crm, TICKETS, tickets, OPERATOR)
    made = CreateDepartment(
        id=department_id("new"), code="new", name="New", kind=DepartmentKind.CORE
    )
    crm.handle(made, by_member(actor=Actor.member(BO)))
    assert undo_import(crm, report.import_id, OPERATOR, "wrong file") == (2, 0)
    assert MEMBER.active(crm.load(MEMBER, BO).state)
    assert DEPARTMENT.active(crm.load(DEPARTMENT, SERVICE).state)  # his
    assert not MEMBER.active(crm.load(MEMBER, ANA).state)


def test_an_undo_killed_in_the_middle_is_run_again_and_counts_all(crm, tickets, monkeypatch):
    monkeypatch.setattr("application.imports.undo.STREAMS_AT_ONCE", 1)
    report = run_import(crm, TICKETS, tickets, OPERATOR)

    def killing(done, _total):
        if done == 1:
            raise Killed

    with pytest.raises(Killed):
        undo_import(crm, report.import_id, OPERATOR, "wrong file", killing)
    assert len(requests(crm)) == 1
    assert undo_import(crm, report.import_id, OPERATOR, "wrong file") == (2, 0)


def test_only_an_import_that_stands_can_be_undone(crm, tickets):
    with pytest.raises(Rejected, match="There is no such import"):
        undo_import(crm, named_id("nothing"), OPERATOR, "why not")
    report = run_import(crm, TICKETS, tickets, OPERATOR)
    undo_import(crm, report.import_id, OPERATOR, "wrong file")
    with pytest.raises(Rejected, match="undone already"):
        undo_import(crm, report.import_id, OPERATOR, "again")
