"""Searching: every fragment of what is known finds its customer, and nothing one may not see."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from spec import sample_id

from application.crm import Crm
from domain.access.conditions import EVERYTHING, Condition, only, without
from domain.customers import customer, ownership
from domain.customers.customer import CustomerDetails
from domain.ids import ContactId, CustomerId, MemberId
from domain.teams import department, member
from projections.customers import search as searching
from projections.customers.customers import CUSTOMERS
from projections.customers.search import Search, Sought
from projections.customers.search_index import NOBODYS, OWNERS, SEARCH, buckets
from projections.customers.spelling import words
from projections.reader import Reader
from tests.web.client import wait_until
from web.commands.accounts import create_key, grant

pytest_plugins = ["tests.web.fixtures"]

NAMES = [
    "Harbour Foods Ltd",
    "Harbour Master GmbH",
    "Old Harbour Inn",
    "云河科技（上海）有限公司",
    "上海云天食品有限公司",
    "Müller & Söhne",
    "3M中国有限公司",
    "A",
]
IDS = {name: CustomerId(sample_id(0xD00 + number)) for number, name in enumerate(NAMES)}
HARBOUR = NAMES[0]
TOLD = CustomerDetails(
    name=HARBOUR,
    short_name="HaFo",
    phone="+86 21 6451-5099",
    website="https://www.seafood.example",
    tax_id="91350100M000100Y43",
)


@pytest.fixture
def search(crm: Crm, projections: Any, envelope: Any) -> Search:
    for name, id_ in IDS.items():
        details = TOLD if name == HARBOUR else CustomerDetails(name=name)
        crm.handle(customer.RegisterCustomer(id=id_, details=details), envelope())
    crm.handle(
        customer.AddContact(
            id=IDS[HARBOUR],
            contact_id=ContactId(sample_id(0xE0)),
            name="李娜 Costa",
            email="lina.c@post.example",
            phone="138 0013 8000",
        ),
        envelope(),
    )
    projections.catch_up()
    return Search(Reader(crm.pool))


def found(
    search: Search, text: str, condition: Condition = EVERYTHING, *, people: bool = True
) -> list[str]:
    names = {id_: name for name, id_ in IDS.items()}
    sought = Sought(text=text, condition=condition, people=people, limit=20)
    return [names[CustomerId(key)] for key in search.found(sought)]


@pytest.mark.parametrize(
    "text",
    [
        "Harbour Foods Ltd", "harbour foods", "HARBOUR  foo", "ｈａｒｂｏｕｒ ｆｏ", "foods harb",
        "arbour ood", "harbourfoods", "hafo", "李娜", "娜", "costa", "lina.c@post.example",
        "13800138000", "138 0013 8000", "8000", "0138", "64515099", "5099", "91350100m000100y43",
        "100y43", "seafood.example", "www.seafood", "李娜 foods 5099 post",
    ],
)  # fmt: skip
def test_every_fragment_finds_it(search, text):
    assert found(search, text) == [HARBOUR]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("云", [NAMES[3], NAMES[4]]),
        ("上海", [NAMES[3], NAMES[4]]),
        ("云河", [NAMES[3]]),
        ("有限公司", [NAMES[3], NAMES[4], NAMES[6]]),
        ("上海 科技", [NAMES[3]]),
        ("muller", [NAMES[5]]),
        ("Söhne", [NAMES[5]]),
        ("3m", [NAMES[6]]),
        ("海云", [NAMES[4]]),
        ("河技", []),
        ("harbourx", []),
        ("%", []),
        ("_", []),
        ("' or 1=1 --", []),
    ],
)
def test_what_is_found(search, text, names):
    assert sorted(found(search, text)) == sorted(names)


def test_first_of_that_name_then_whose_names_begin_so_then_others(search):
    assert found(search, "harbour") == [NAMES[0], NAMES[1], NAMES[2]]
    assert found(search, "a")[0] == "A"
    assert found(search, "harbour master gmbh") == [NAMES[1]]


@pytest.mark.parametrize("text", ["13800138000", "8000", "lina.c@post", "post.example"])
def test_how_people_are_reached_is_found_by_those_who_are_shown_it(search, text):
    assert found(search, text, people=False) == []
    assert found(search, "李娜", people=False) == [HARBOUR]
    assert found(search, "5099", people=False) == [HARBOUR]


WAYS = {
    "few customers": {},
    "many customers": {"FEW": 0},
}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch) -> str:
    """Each way of looking for what somebody may see, whatever is found."""
    for name, value in WAYS[request.param].items():
        monkeypatch.setattr(searching, name, value)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_nothing_is_found_that_one_may_not_see(search):
    mine = only("customer_id", str(IDS[NAMES[2]]), str(IDS[NAMES[3]]))
    assert found(search, "harbour", mine) == [NAMES[2]]
    assert found(search, "上海", mine) == [NAMES[3]]
    assert found(search, "foods", mine) == []
    assert found(search, "harbour", only("owner_id", None)) == NAMES[:3]
    assert found(search, "harbour", Condition()) == []


@pytest.mark.usefixtures("way")
def test_a_department_finds_its_own_as_soon_as_they_are(search, crm, projections, envelope):
    """Owned by one, then by the other, then by nobody; the two of a department, and nobody's."""
    code = department.department_id("sales")
    founded = department.CreateDepartment(
        id=code, code="sales", name="Sales", kind=department.DepartmentKind.CORE
    )
    crm.handle(founded, envelope())
    ana, bo = (MemberId(sample_id(0xAA00 + number)) for number in range(2))
    for who in (ana, bo):
        joined = member.JoinMember(id=who, name="Ana", department_id=code, role="sales")
        crm.handle(joined, envelope())
    id_ = ownership.ownership_id(IDS[HARBOUR])
    mine, others = only("owner_id", str(ana)), only("owner_id", None, str(bo))

    def seen() -> tuple[list[str], list[str]]:
        projections.catch_up()
        return found(search, "foods", mine), found(search, "foods", others)

    assert seen() == ([], [HARBOUR])
    claim = ownership.ClaimCustomer(id=id_, customer_id=IDS[HARBOUR], member_id=ana)
    crm.handle(claim, envelope())
    assert seen() == ([HARBOUR], [])
    moved = ownership.TransferOwnership(id=id_, to_id=bo)
    crm.handle(moved, envelope(reason="Ana is away"))
    assert seen() == ([], [HARBOUR])
    crm.handle(ownership.ReleaseCustomer(id=id_), envelope(reason="No demand"))
    assert seen() == ([], [HARBOUR])


def test_who_sees_some_owners_customers_is_asked_for_a_few_buckets_only():
    ana, bo = (str(sample_id(0xAA00 + number)) for number in range(2))
    mine = buckets(only("owner_id", None, ana))
    assert len(mine) == 1 + NOBODYS
    assert set(mine) < set(buckets(only("owner_id", ana) | only("holder_id", bo)))
    everywhere = buckets(EVERYTHING)
    assert len(set(everywhere)) == OWNERS + NOBODYS
    for condition in (without("owner_id", ana), only("owner_id", ana) | only("customer_id", bo)):
        assert buckets(condition) == everywhere


def test_whose_a_customer_is_stands_beside_its_fragments_as_in_its_document(told, projections):
    projections.catch_up()
    with told.pool.reading() as cursor:
        cursor.execute(
            "select count(*), count(nullif(owner_id, '')),"
            " count(*) filter (where owner_id <> coalesce(c.body->>'owner_id', ''))"
            " from views.search_1 s join views.customers_1 c using (key)"
        )
        (customers, owned, wrong) = cursor.fetchone()
    assert customers > owned > 0
    assert wrong == 0
    assert SEARCH.row.keys() == CUSTOMERS.row.keys()


@pytest.mark.usefixtures("way")
def test_a_merged_customers_name_finds_the_one_that_stays(search, crm, projections, envelope):
    merge = customer.MergeCustomer(id=IDS[NAMES[2]], into_id=IDS[NAMES[5]])
    crm.handle(merge, envelope(reason="The same"))
    projections.catch_up()
    assert found(search, "old harbour") == [NAMES[5]]
    assert found(search, "inn", only("customer_id", str(IDS[NAMES[5]]))) == [NAMES[5]]
    assert found(search, "inn", only("customer_id", str(IDS[NAMES[2]]))) == []
    crm.handle(customer.UnmergeCustomer(id=IDS[NAMES[2]]), envelope(reason="They are not"))
    projections.catch_up()
    assert found(search, "old harbour") == [NAMES[2]]


def test_what_changed_is_found_as_it_is_now(search, crm, projections, envelope):
    contact = ContactId(sample_id(0xE0))
    crm.handle(customer.RemoveContact(id=IDS[HARBOUR], contact_id=contact), envelope())
    other = CustomerDetails(name="Nordlicht")
    crm.handle(customer.ChangeCustomerDetails(id=IDS[HARBOUR], details=other), envelope())
    projections.catch_up()
    assert [found(search, text) for text in ("李娜", "8000", "foods", "6451")] == [[]] * 4
    assert found(search, "nordl") == [HARBOUR]


def test_of_the_sample_company_as_much_is_found_as_by_reading_all_names(told, projections):
    """Compared with a plain look through every name, for fragments of all of them."""
    projections.catch_up()
    search = Search(Reader(told.pool))
    with told.pool.reading() as cursor:
        cursor.execute("select key, body->>'name' from views.customers_1")
        names = dict(cursor.fetchall())
    fragments = {word[start : start + 3] for name in names.values() for word in words(name)
                 for start in range(0, len(word), 2)}  # fmt: skip
    for fragment in sorted(fragments)[:150]:
        begins = len(fragment) == 1 and fragment.isascii()
        plainly = {
            key for key, name in names.items()
            if any(word.startswith(fragment) if begins else fragment in word
                   for word in words(name))
        }  # fmt: skip
        sought = Sought(text=fragment, condition=EVERYTHING, people=False, limit=1000)
        assert plainly <= set(search.found(sought)), fragment


# --- Over HTTP --------------------------------------------------------------------------------


def test_over_http_as_much_as_one_may_see(running, company):
    word = company.word("Seesucht")
    first, second = company.customer(f"{word} 食品"), company.customer(f"{word} Zwei")
    phone = {"name": "Maria", "phone": f"139 {word.rpartition('-')[2]:0>8}"}
    last = company.do(f"/customers/{first.id}/contacts", phone, seen=1)
    digits = phone["phone"].replace(" ", "")

    def look(key, text: str, **more: Any) -> Any:
        path = f"/customers/search?q={quote(text)}"
        return running.api.acting_as(key).get(path, after=last, **more).went_well().json

    def ids(told: Any) -> list[str]:
        return [each["id"] for each in told["items"]]

    everything = running.api.key
    assert ids(look(everything, word)) == [second.id, first.id]
    assert ids(look(everything, f"{word} 食品")) == [first.id]
    assert ids(look(everything, digits)) == [first.id]
    assert look(everything, word, limit=1)["more"] is True
    assert look(everything, word, limit=2)["more"] is False

    team = create_key(running.crm, "team")
    grant(running.crm, team.account, "sales", customer_id=UUID(second.id))
    assert ids(look(team.text, word)) == [second.id]
    assert ids(look(team.text, digits)) == []
    marketing = create_key(running.crm, "marketing")
    grant(running.crm, marketing.account, "marketing")
    assert ids(look(marketing.text, digits)) == []
    told = look(marketing.text, f"{word} 食品")
    assert told["items"][0]["contacts"][0]["phone"] is None
    nobody = create_key(running.crm, "nobody")
    running.api.acting_as(nobody.text).get("/customers/search", q=word).refused(
        403, "access.refused"
    )


def test_whose_documents_were_found_is_recorded(running, company):
    word = company.word("Angeschaut")
    made = company.customer(word)
    member = company.member().id
    key = running.new_key(member=member)
    running.api.acting_as(key.text).get("/customers/search", q=word, after=made).went_well()

    def told() -> bool:
        views = running.api.get("/access/views", subject=f"customer:{made.id}").went_well()
        return member in views.body.decode()

    wait_until(told)


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": " "}, {"q": "x" * 201}, {"q": "x", "z": 1}])
def test_what_cannot_be_meant(api, query):
    assert api.get("/customers/search", **query).status == 422
