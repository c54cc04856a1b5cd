"""Two hundred customers, sixteen who want them all: each is won once, and every loser knows why."""

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Barrier
from time import perf_counter

import pytest
from uuid_utils.compat import uuid7

from application.catalogue import BY_COMMAND
from application.deciding import follow_up
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.customers.ownership import ClaimRejected, CustomerClaimed, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import CustomerId
from domain.kernel import Actor, Channel, Envelope
from tests.web.client import API
from tests.web.stories_ownership import by_lead

pytest_plugins = ["tests.web.fixtures"]

CUSTOMERS, CLAIMANTS = 200, 16


@pytest.fixture(scope="module")
def customers(running, company) -> list[CustomerId]:
    """Registered all at once, past the API: their beginnings are not what is raced for."""
    made = [CustomerId(uuid7()) for _ in range(CUSTOMERS)]
    around = Envelope(
        occurred_at=by_lead().occurred_at, actor=Actor.system("test"), channel=Channel.CLI
    )
    facts = []
    for id_ in made:
        details = CustomerDetails(name=company.word("Raced"))
        command = RegisterCustomer(id=id_, details=details)
        decider = BY_COMMAND[RegisterCustomer]
        facts += follow_up(decider, command, running.crm.load(decider, id_), around)
    running.crm.append(facts)
    return made


@pytest.fixture(scope="module")
def race(running, company, customers):
    """Each claimant claims every customer, in an order of their own; their answers."""
    members = [company.member().id for _ in range(CLAIMANTS)]
    start = Barrier(CLAIMANTS)

    def claims(number: int) -> list[tuple[str, str, int, dict]]:
        order = random.Random(number).sample(customers, len(customers))
        body = json.dumps({"member_id": members[number]}).encode()
        headers = {
            "Authorization": f"Bearer {running.api.key}",
            "Content-Type": "application/json",
        }
        connection = HTTPConnection("127.0.0.1", running.api.port, timeout=60)
        found = []
        start.wait()
        for customer in order:
            path = f"{API}/customers/{customer}/ownership/claim"
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            found.append((customer, members[number], response.status, json.load(response)))
        connection.close()
        return found

    began = perf_counter()
    with ThreadPoolExecutor(CLAIMANTS) as pool:
        answers = [each for found in pool.map(claims, range(CLAIMANTS)) for each in found]
    print(f"{len(answers)} claims in {perf_counter() - began:.1f} s")  # noqa: T201
    return answers


def test_every_customer_is_won_exactly_once(race):
    assert Counter(status for *_, status, _ in race) == {200: CUSTOMERS, 409: 3000}
    winners = Counter(customer for customer, _, status, _ in race if status == 200)
    assert len(winners) == CUSTOMERS
    assert set(winners.values()) == {1}


def test_every_loser_is_told_who_owns_it(race):
    owner = {customer: member for customer, member, status, _ in race if status == 200}
    for customer, member, status, told in race:
        if status == 409:
            assert told["code"] == "ownership.taken"
            assert owner[customer] in told["detail"]
            assert owner[customer] != member


def test_every_claim_is_a_fact(race, running, customers):
    streams = [ownership_id(customer) for customer in customers]
    counted = running.query(
        "select name, count(*) from log.events where stream_id = any(%s) group by name", streams
    )
    assert dict(counted) == {"ownership.claimed": CUSTOMERS, "ownership.claim-rejected": 3000}


def test_the_first_in_the_log_has_it_and_the_others_follow(race, running, customers):
    owner = {customer: member for customer, member, status, _ in race if status == 200}
    for customer in customers:
        first, *others = running.crm.facts.stream(ownership_id(customer))
        assert isinstance(first.event, CustomerClaimed)
        assert str(first.event.owner_id) == owner[customer]
        assert all(isinstance(each.event, ClaimRejected) for each in others)
        told = {(str(each.event.owner_id), each.event.customer_id) for each in others}
        assert told == {(owner[customer], customer)}
        claimants = {first.event.owner_id, *(each.event.claimant_id for each in others)}
        assert len(claimants) == CLAIMANTS
        now = OWNERSHIP.fold([first, *others])
        assert running.crm.load(OWNERSHIP, ownership_id(customer)).state == now
        assert str(now.owner_id) == owner[customer]


def test_the_picture_shows_the_same_owner(race, running, api, customers):
    owner = {customer: member for customer, member, status, _ in race if status == 200}
    last = running.crm.facts.last()
    for customer in customers[:20]:
        shown = api.get(f"/customers/{customer}/ownership", after=last).went_well()
        assert (shown.json["owner_id"], shown.json["version"]) == (owner[customer], CLAIMANTS)
        assert shown.headers["ETag"] == f'"{CLAIMANTS}"'
