import pytest

from tests.reviews.filing import File, begun


@pytest.fixture
def file(running, company) -> File:
    """A review that was opened by a lead in Sales."""
    return begun(running, company)
