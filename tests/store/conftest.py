"""What tests of the store may ask for: the owner, a company, and who visits its PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock, local

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, SALES, SERVICE

from application.crm import Crm, StaleVersion
from application.store.appending import KeyInFlight
from application.store.embedded import embedded_server
from application.store.pool import connect
from domain.customers.customer import RegisterCustomer
from domain.kernel import Rejected
from domain.teams.department import CreateDepartment, DepartmentKind
from tests.store.small_company import details, join
from tests.store.visits import UNTIL_TOLD, Visitor, answers, leaves_nothing_running, open_folder


@pytest.fixture
def owner(dsn):
    """A connection as the owner, who migrates the database."""
    connection = connect(dsn, role=None)
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture
def company(crm, envelope) -> Crm:
    """A Concord with two departments, three members and a customer."""
    for command in (
        CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE),
        CreateDepartment(id=SERVICE, code="service", name="Service", kind=DepartmentKind.CORE),
        join(ANA, "Ana"),
        join(BO, "Bo", SERVICE),
        join(LI_NA, "李娜", role="lead"),
        RegisterCustomer(id=HARBOUR, details=details("Harbour Foods")),
    ):
        crm.handle(command, envelope())
    return crm


@pytest.fixture
def nothing_more(company):
    """Checks that the test appends nothing."""
    before = company.facts.page(0)
    assert len(before) == 6
    yield
    assert company.facts.page(0) == before


@pytest.fixture
def racing(company, monkeypatch) -> Callable[[list], tuple[list, int]]:
    """Handle commands in a thread each, all loaded before the first appends.

    Returns what came of each, and how often facts were appended, in vain or not.
    """

    def race(calls: list) -> tuple[list, int]:
        everybody, first_time, lock = Barrier(len(calls)), local(), Lock()
        appended = 0
        append = company.append

        def together(facts, **kwargs):
            nonlocal appended
            if not hasattr(first_time, "over"):
                first_time.over = True
                everybody.wait(10)
            with lock:
                appended += 1
            return append(facts, **kwargs)

        def call(args):
            command, envelope, kwargs = args
            try:
                return company.handle(command, envelope, **kwargs)
            except (Rejected, StaleVersion, KeyInFlight) as answer:
                return answer

        monkeypatch.setattr(company, "append", together)
        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(call, calls)), appended

    return race


@pytest.fixture
def room() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder
        leaves_nothing_running(folder)


@pytest.fixture
def fresh(room: Path) -> Path:
    """Where nothing has been made yet."""
    return room / "it's $HOME's data"


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    with open_folder() as folder:
        with embedded_server(folder / "made", durable=False) as server:
            answers(server, "CREATE TABLE note (text text)")
        yield folder / "made"


@pytest.fixture
def data(made: Path) -> Iterator[Path]:
    """Data made before, the same for all tests: most of their time would go into making it."""
    yield made
    leaves_nothing_running(made.parent)


@pytest.fixture
def visit(data) -> Iterator[Callable[..., Visitor]]:
    """Let another process use the server of some data."""
    visitors: list[Visitor] = []

    def enter(data: Path, stay: str = UNTIL_TOLD, uid: int | None = None) -> Visitor:
        visitors.append(Visitor(data, stay, uid))
        return visitors[-1]

    yield enter
    for visitor in visitors:
        visitor.kill()
