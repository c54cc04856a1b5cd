"""The shop that tests of corrections share."""

from collections.abc import Iterator

import pytest
from spec import ANA

from application.crm import Crm
from application.store.embedded import Server
from domain.audit.correction import (
    WithdrawCorrection,
    correction_id,
)
from projections.reports.corrected import Corrections
from tests.audit.shop import Shop, story
from tests.databases import fresh_database


@pytest.fixture(scope="module")
def told(server: Server, template: str) -> Iterator[Shop]:
    with fresh_database(server, template, "corrected_reports") as dsn:
        crm = Crm(dsn, pool_size=2)
        shop = Shop(crm, {})
        for name, (command, when) in story(crm):
            who = ANA if name in {"resolved", "feedback"} else None
            shop.at[name] = shop.do(command, when, on_behalf_of=who)
        yield shop
        crm.close()


@pytest.fixture
def shop(told: Shop) -> Iterator[Shop]:
    """The shop without a correction that holds."""
    yield told
    for position in Corrections.known(told.crm.facts).by_target:
        withdraw = WithdrawCorrection(id=correction_id(position))
        told.do(withdraw, reason="The test is over")
