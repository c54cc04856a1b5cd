"""A short fuzzing of the whole API (``make fuzz-quick``); ``make fuzz`` goes on for longer."""

import pytest

from tests.fuzz.fuzzing import fuzz, prepare

pytest_plugins = ["tests.web.fixtures"]


PAGES_OF_THE_PAST = r"(?<!/customers/\{id_\})/(timeline|history)$"
"""Every kind of thing has these by the same code: here they are asked of customers."""


@pytest.mark.campaign
def test_whatever_is_asked_is_answered_as_the_document_says(serve, dsn, tmp_path):
    with serve(dsn) as running:
        options = ("--phases", "fuzzing,stateful", "--max-examples", "1", "--seed", "1")
        options += ("--exclude-path-regex", PAGES_OF_THE_PAST)
        result = fuzz(running, tmp_path, prepare(running), *options)
    assert result.failures == []
    assert result.complete
    assert result.cases > 100
