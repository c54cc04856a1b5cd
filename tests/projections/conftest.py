"""A log worth projecting: the first weeks of the sample company."""

import pytest

from application.crm import Crm
from application.demo import facts

FACTS = 1500
"""How much of the sample company's log these tests tell."""


@pytest.fixture
def told(crm: Crm) -> Crm:
    """A log with the beginning of the sample company's story."""
    crm.append(facts()[:FACTS])
    return crm
