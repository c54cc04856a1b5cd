"""Somebody with whatever was granted to them."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from domain.ids import MemberId
from tests.web.client import Api
from web.commands.accounts import create_key, grant


@dataclass(frozen=True)
class Person:
    """A member with a key of their own, and whatever was granted to them."""

    member: str
    account: str
    api: Api


@pytest.fixture
def person(running, company):
    """Hire somebody and grant them roles, in a department perhaps."""

    def hire(*roles, **place):
        member = company.member().id
        key = create_key(running.crm, "own", MemberId(UUID(member)))
        for role in roles:
            grant(running.crm, key.account, role, **place)
        return Person(member, str(key.account), running.api.acting_as(key.text))

    return hire
