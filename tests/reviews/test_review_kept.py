"""A review's state is kept between commands as a snapshot, and read back as it was."""

import pytest

from application import snapshots
from application.deciding import Loaded
from domain.kernel import Fact
from domain.reviews.review_rules import REVIEW
from tests.reviews import test_review as told

STORIES = (
    "BEGUN",
    "WITH_CARD",
    "HEARD",
    "HALF",
    "AGREED",
    "SHOWN",
    "ANSWERED",
    "CONTESTED",
    "WHOLE",
)


@pytest.mark.parametrize("name", STORIES)
def test_every_step_is_read_back_as_it_was(name):
    life: list[Fact] = list(getattr(told, name).facts)
    loaded = Loaded(REVIEW.initial, 0).followed(REVIEW, life)
    read = snapshots.decode("review", loaded.version, snapshots.encode(loaded).decode())
    assert (read.state, read.version) == (loaded.state, len(life))
