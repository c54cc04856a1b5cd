"""Whoever is not sure that a change arrived may send it again; of many at once, one wins."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.web.client import Answer
from tests.web.operations import changes, ready

pytest_plugins = ["tests.web.fixtures"]

THREADS = 8


def key(company) -> dict[str, str]:
    """A header with a key of its own."""
    return {"Idempotency-Key": company.word("key")}


def at_once(ask: Callable[[int], Answer]) -> list[Answer]:
    """The answers to eight requests sent in the same moment."""
    start = Barrier(THREADS)

    def send(number: int) -> Answer:
        start.wait()
        return ask(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(send, range(THREADS)))


def essence(answer: Answer) -> tuple[Any, ...]:
    """All of an answer that must be the same each time."""
    names = ("ETag", "Location", "Concord-Position", "Content-Type")
    return answer.status, answer.body, [answer.headers[name] for name in names]


# --- One after the other ----------------------------------------------------------------------


@pytest.mark.parametrize("operation", changes())
def test_the_same_again_gets_the_same_answer_and_another_is_refused(operation, company, running):
    # Whichever version it is of: If-Match "*" lets every change through.
    request, headers = ready(company, operation), key(company) | {"If-Match": "*"}
    first = request.send(seen=None, headers=headers).went_well()
    facts = running.facts()
    again = [request.send(seen=None, headers=headers) for _ in range(3)]
    assert [essence(one) for one in again] == [essence(first)] * 3
    body = request.body | {"reason": "Another one"}
    other = request.send(body=body, seen=None, headers=headers)
    other.refused(422, "idempotency.reused", "Idempotency-Key")
    elsewhere = company.api.post(
        "/members",
        {"name": "Ana", "department_id": company.department().id, "role": "agent"},
        headers=headers,
    )
    elsewhere.refused(422, "idempotency.reused", "Idempotency-Key")
    assert running.facts() == facts + 1  # the department


def test_an_old_answer_stays_what_it_was(company):
    customer, headers = company.customer().id, key(company)
    path, body = f"/customers/{customer}", {"details": {"region": "north"}}
    first = company.api.patch(path, body, seen=1, headers=headers).went_well()
    later = company.api.patch(path, {"details": {"region": "south"}}, seen=2).went_well()
    again = company.api.patch(path, body, seen=1, headers=headers)
    assert essence(again) == essence(first)
    assert company.api.get(path, after=later).json["region"] == "south"


def test_what_changed_nothing_changes_nothing_later_either(company, running):
    department, headers = company.department(name="Sales").id, key(company)
    path = f"/departments/{department}"
    first = company.api.patch(path, {"name": "Sales"}, seen=1, headers=headers).went_well()
    assert (first.version, first.position) == (1, None)
    company.api.patch(path, {"name": "Accounts"}, seen=1).went_well()
    facts = running.facts()
    again = company.api.patch(path, {"name": "Sales"}, seen=1, headers=headers)
    assert essence(again) == essence(first)
    assert running.facts() == facts


def test_what_was_refused_may_be_mended_under_the_same_key(company):
    headers = key(company)
    wrong = company.api.post("/departments", {"code": "Not a code", "name": "x"}, headers=headers)
    wrong.refused(422, "fields.invalid", "/code")
    mended = {"code": company.word("mended"), "name": "x"}
    company.api.post("/departments", mended, headers=headers).went_well()


def test_two_programs_may_use_the_same_key(company, running):
    headers = key(company)
    other = running.api.acting_as(running.new_key().text)
    body = {"details": {"name": "Harbour"}}
    first = company.api.post("/customers", body, headers=headers).went_well()
    second = other.post("/customers", body, headers=headers).went_well()
    assert first.id != second.id


def test_a_key_may_have_200_characters(company):
    headers = {"Idempotency-Key": company.word("~" * 190)[:200]}
    body = {"details": {"name": "Harbour"}}
    first = company.api.post("/customers", body, headers=headers).went_well()
    assert company.api.post("/customers", body, headers=headers).body == first.body


# --- At once ----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["POST /customers", "POST /requests/{id_}/reply"])
@pytest.mark.parametrize("round_", range(5))
def test_of_the_same_at_once_one_is_carried_out(operation, round_, company, running):
    request, headers = ready(company, operation), key(company)
    facts = running.facts()
    answers = at_once(lambda _: request.send(headers=headers))
    assert running.facts() == facts + 1
    done = [answer for answer in answers if answer.status != 409]
    for answer in answers:
        if answer.status == 409:
            answer.refused(409, "idempotency.in-flight")
            assert answer.headers["Retry-After"] == "1"
    assert done
    assert {essence(answer)[:2] for answer in done} == {essence(done[0].went_well())[:2]}
    assert request.send(headers=headers).body == done[0].body


def test_of_changes_of_one_version_at_once_one_wins(company, running):
    customer = company.customer().id
    facts = running.facts()
    answers = at_once(
        lambda number: company.api.patch(
            f"/customers/{customer}", {"details": {"employees": number + 1}}, seen=1
        )
    )
    assert sorted(answer.status for answer in answers) == [200] + [412] * (THREADS - 1)
    assert {answer.headers["ETag"] for answer in answers} == {'"2"'}
    assert running.facts() == facts + 1


def test_of_claims_at_once_one_wins(company):
    customer = company.customer().id
    members = [company.member().id for _ in range(THREADS)]
    answers = at_once(
        lambda number: company.api.post(
            f"/customers/{customer}/ownership/claim", {"member_id": members[number]}
        )
    )
    assert sorted(answer.status for answer in answers) == [200] + [409] * (THREADS - 1)
    for answer in answers:
        if answer.status == 409:
            answer.refused(409, "ownership.taken")
    (winner,) = [one for one, answer in zip(members, answers, strict=True) if answer.status == 200]
    position = next(answer for answer in answers if answer.status == 200)
    shown = company.api.get(f"/customers/{customer}/ownership", after=position).json
    assert shown["owner_id"] == winner


def test_of_departments_with_one_code_at_once_one_is_created(company):
    body = {"code": company.word("contested"), "name": "Ours"}
    answers = at_once(lambda _: company.api.post("/departments", body))
    assert sorted(answer.status for answer in answers) == [201] + [409] * (THREADS - 1)
    for answer in answers:
        if answer.status == 409:
            answer.refused(409, "department.exists", "/code")


def test_all_departments_log_at_once_without_waiting_for_another(company):
    customer = company.customer().id
    body = {"channel": "phone", "direction": "inbound"}
    answers = at_once(
        lambda number: company.api.post(
            f"/customers/{customer}/interactions", body | {"summary": f"Call {number}"}
        )
    )
    assert [answer.status for answer in answers] == [201] * THREADS
    last = max(answers, key=lambda answer: int(answer.position or 0))
    shown = company.api.get(f"/customers/{customer}", after=last).json
    assert shown["totals"]["interactions"] == THREADS
