"""The log as one file: out, and back into an empty database, byte for byte."""

import gzip
from pathlib import Path

import psycopg2
import pytest

from application.archive import ArchiveProblem, export_log, import_log
from application.crm import Crm
from application.demo import facts
from tests.databases import fresh_database


@pytest.fixture
def archive(crm, tmp_path) -> Path:
    crm.append(facts()[:1500])
    assert export_log(crm.pool, tmp_path / "log.gz") == 1500
    return tmp_path / "log.gz"


@pytest.fixture
def empty(dsn, server, template):
    """Another, empty database on the same server, where transactions are counted on."""
    name = psycopg2.extensions.parse_dsn(dsn)["dbname"] + "_restored"
    with fresh_database(server, template, name) as restored:
        yield restored


def rows(dsn):
    connection = psycopg2.connect(dsn)
    try:
        cursor = connection.cursor()
        cursor.execute("select * from log.events order by id")
        return cursor.fetchall()
    finally:
        connection.close()


def test_everything_comes_back_as_it_was_and_the_order_goes_on(crm, dsn, archive, empty):
    assert import_log(empty, archive) == 1500
    assert rows(empty) == rows(dsn)
    restored = Crm(empty)
    try:
        head = restored.facts.head()
        assert head == crm.facts.head()
        restored.append(facts()[1500:1510])
        page = restored.facts.page(head)
        assert [fact.event for fact in page] == [fact.event for fact in facts()[1500:1510]]
    finally:
        restored.close()


def test_a_log_with_facts_takes_no_archive(dsn, archive):
    before = rows(dsn)
    with pytest.raises(ArchiveProblem, match="empty"):
        import_log(dsn, archive)
    assert rows(dsn) == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-200],
        lambda content: gzip.compress(gzip.decompress(content)[:-80]),
        lambda content: gzip.compress(gzip.decompress(content).replace(b"Ana", b"Eve", 1)),
        lambda content: gzip.compress(gzip.decompress(content) * 2),
        lambda _: b"no archive",
    ],
    ids=["cut off", "without its end", "changed", "doubled", "something else"],
)
def test_an_archive_that_is_not_whole_is_refused_and_nothing_is_written(archive, empty, spoil):
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(ArchiveProblem):
        import_log(empty, archive)
    assert rows(empty) == []


def test_an_export_that_was_cut_short_leaves_no_file_of_that_name(crm, tmp_path, monkeypatch):
    crm.append(facts()[:300])
    monkeypatch.setattr("application.archive.PAGE", 100)

    def stop(_done, _all):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_log(crm.pool, tmp_path / "log.gz", stop)
    assert not (tmp_path / "log.gz").exists()
