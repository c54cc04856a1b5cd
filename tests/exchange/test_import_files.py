"""The files and maps an import reads, and the sentences about those it cannot."""

import gzip
import json
from pathlib import Path

import pytest
from exchange.importing import (
    HEADER,
    MAP,
    OPERATOR,
    rows_in_log,
)

from application.imports import BadRow, ImportProblem, read_map, run_import
from application.imports.files import Line, read_lines
from application.imports.mapping import FileForm, Format, Means, Section
from domain.customers.customer_rules import CUSTOMER
from domain.ids import named_id
from domain.teams.member import MEMBER

# --- Files ------------------------------------------------------------------------------------

XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xmlns="http://www.xes-standard.org/">
  <global scope="event"><string key="concept:name" value="default"/></global>
  <trace>
    <string key="concept:name" value="案 7"/>
    <event>
      <string key="concept:name" value="A &amp; B">
        <string key="concept:name" value="inner"/>
      </string>
      <date key="time:timestamp" value="2012-10-09T14:50:17+02:00"/>
    </event>
    <event><int key="cost" value="3"/></event>
  </trace>
  <event><string key="concept:name" value="alone"/></event>
</log>
"""
WANTED = ["case:concept:name", "concept:name", "time:timestamp", "cost"]


def lines(file, wanted, form=FileForm()):  # noqa: B008 - it is frozen
    return list(read_lines(file, form, wanted))


@pytest.mark.parametrize("zipped", [False, True])
def test_an_xes_log_is_read_event_by_event(tmp_path, zipped):
    file = tmp_path / ("log.xes.gz" if zipped else "log.xes")
    file.write_bytes(gzip.compress(XES.encode()) if zipped else XES.encode())
    case = {"case:concept:name": "案 7"}
    assert lines(file, WANTED) == [
        Line(6, case | {"concept:name": "A & B", "time:timestamp": "2012-10-09T14:50:17+02:00"}),
        Line(12, case | {"cost": "3"}),
        Line(14, {"concept:name": "alone"}),
    ]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("encoding", "form"),
    [("utf-8", FileForm()), ("utf-8-sig", FileForm(encoding="UTF-8")),
     ("gb18030", FileForm(encoding="gb18030")), ("utf-16", FileForm(encoding="utf-16"))],
)  # fmt: skip
def test_a_csv_file_is_read_row_by_row(tmp_path, zipped, encoding, form):
    file = tmp_path / ("rows.csv.gz" if zipped else "rows.csv")
    content = '客户,说\n云河,"一\n二"\n\nHarbour\nAnna,"a ""b"" c"\n'.encode(encoding)
    file.write_bytes(gzip.compress(content) if zipped else content)
    assert lines(file, ["说", "客户"], form) == [
        Line(2, {"客户": "云河", "说": "一\n二"}),
        Line(5, {"客户": "Harbour"}),
        Line(6, {"客户": "Anna", "说": 'a "b" c'}),
    ]


@pytest.mark.parametrize("zipped", [False, True])
def test_json_lines_are_read_one_by_one_and_a_bad_one_is_a_bad_row(tmp_path, zipped):
    file = tmp_path / ("rows.jsonl.gz" if zipped else "rows.ndjson")
    content = '﻿{"a": "甲", "b": 1}\n\n{"a": NaN}\n[1]\n{"a": null, "c": 2}\n{"a": "\ud83d'
    written = content.encode("utf-8", "surrogatepass")
    file.write_bytes(gzip.compress(written) if zipped else written)
    first, nan, array, null, cut = lines(file, ["a", "b"])
    assert first == Line(1, {"a": "甲", "b": 1})
    assert null == Line(5, {"a": None})
    assert array == BadRow(4, None, "It is not a JSON object.")
    assert (nan.line, cut.line) == (3, 6)
    assert nan.why.startswith("It is not JSON: ")


def test_json_cells_may_be_numbers_but_not_lists(crm, shop, tmp_path):
    row = {"case": 7, "at": "2025-03-03T09:00Z", "what": "new", "customer": 12.5,
           "who": True, "team": None, "text": ""}  # fmt: skip
    rows = [row, row | {"customer": ["H"]}, row | {"who": "\ud800"}]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    report = run_import(crm, file, shop, OPERATOR)
    assert report.bad_rows[0] == BadRow(2, "customer", "It is neither a text nor a number.")
    assert report.bad_rows[1].line == 3  # half a character: no text at all
    assert crm.load(CUSTOMER, named_id("shop", "customer", "12.5")).state.details.name == "12.5"
    assert crm.load(MEMBER, named_id("shop", "member", "true")).state.name == "true"


BROKEN = [
    pytest.param("a.csv", b"", "the header lacks the column 'a'; it has nothing", id="empty"),
    pytest.param("a.csv", b"b,c\n1,2\n", "the header lacks the column 'a'; it has b, c", id="csv"),
    pytest.param("a.csv", b"a,a\n1,2\n", "the column 'a' more than once", id="twice"),
    pytest.param("a.csv", b'a\n1\n"2\n3\n', "the CSV breaks at line 4", id="open quote"),
    pytest.param("a.csv", b"a\n\xff\xfe\n", "not written in the encoding", id="encoding"),
    pytest.param("a.csv.gz", b"a\n1\n", "named .gz but is not gzipped", id="not gzip"),
    pytest.param(
        "a.csv.gz", gzip.compress(b"a\n" + bytes(99))[:-9], "the gzip file is broken", id="cut gzip"
    ),
    pytest.param("a.xes", b"<log><trace>", "the XML breaks at line 1", id="cut xml"),
    pytest.param("a.xes", b"", "the XML breaks at line 1: no element found", id="no xml"),
    pytest.param("a.xes", b"<html></html>", "its root is <html>, not <log>", id="no log"),
    pytest.param(
        "a.xes",
        b'<!DOCTYPE log [<!ENTITY x "y">]><log><trace/></log>',
        "its XML declares entities",
        id="entities",
    ),
    pytest.param(
        "a.xes",
        b'<log><trace><event><string key="b" value="1"/></event></trace></log>',
        "no row has the column 'a' that the map names",
        id="xes column",
    ),
    pytest.param("a.jsonl", b'{"b": 1}\n', "no row has the column 'a'", id="json column"),
    pytest.param("a.txt", b"a\n1\n", "say file.format", id="format"),
]


@pytest.mark.parametrize(("name", "content", "sentence"), BROKEN)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, name, content, sentence):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ImportProblem) as problem:
        lines(file, ["a"])
    assert sentence in str(problem.value)
    assert str(problem.value).startswith(name)


def test_the_map_may_say_the_format(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("a\n1\n")
    assert lines(file, ["a"], FileForm(format=Format.CSV)) == [Line(2, {"a": "1"})]


def test_a_missing_file_and_one_that_breaks_in_the_middle_write_nothing(crm, shop, tmp_path):
    with pytest.raises(ImportProblem, match="cannot be read: No such file"):
        run_import(crm, tmp_path / "none.csv", shop, OPERATOR)
    file = tmp_path / "cut.csv"
    file.write_text(HEADER + "C1,2025-03-03T09:00Z,new,H,,,\n" * 3000 + 'C2,"')
    with pytest.raises(ImportProblem, match="the CSV breaks at line 3002"):
        run_import(crm, file, shop, OPERATOR)
    assert rows_in_log(crm) == 0


def test_a_column_that_is_no_case_is_noticed(crm, shop, tmp_path, monkeypatch):
    monkeypatch.setattr("application.imports.rows.ROWS_OF_A_CASE", 5)
    file = tmp_path / "one.csv"
    file.write_text(HEADER + "C1,2025-03-03T09:00Z,new,H,,,\n" * 6)
    with pytest.raises(ImportProblem, match="the case 'C1' has 6 rows; is 'case' really"):
        run_import(crm, file, shop, OPERATOR)


# --- Maps -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('source = "shop"', "", "source: expected `str`, got nothing."),
        ('source = "shop"', "source = 3", "source: expected `str`, got `int`."),
        ('source = "shop"', 'source = "s"\nsorce = "t"', "'sorce' is no key of a map."),
        ('case = "case"', "", "columns: missing key `case`."),
        ('case = "case"', "case = 1", "columns.case: expected `str`, got `int`."),
        ('case = "case"', 'case = "c"\nid = "d"', "columns: contains the unknown key `id`."),
        ('new = "opened"', 'new = "born"', "steps.'new'.means: invalid enum value 'born'."),
        ('on = "customer"', 'on = "god"', "steps.'hold'.on: invalid enum value 'god'."),
        (', on = "customer"', "", "steps.'hold'.on must say whom it waits for"),
        ('"assigned"', '{ means = "assigned", on = "customer" }',
         "steps.'take'.on says nothing about 'assigned'."),
        ("[steps]", '[time]\nformat = "%Q"\n[steps]', "time.format is not understood"),
        ("[steps]", '[time]\ntimezone = "Mars/North"\n[steps]',
         "time.timezone: there is no time zone 'Mars/North'"),
        ("[steps]", '[file]\nencoding = "klingon"\n[steps]', "file.encoding: there is no"),
        ("[steps]", '[file]\ndelimiter = "\\n"\n[steps]', "file.delimiter: '\\n' can separate"),
        ("[steps]", '[names]\ncustomer = "Customer"\n[steps]', "names.customer must contain"),
        ("[steps]", '[request]\ntitle = "{id}"\n[steps]', "request.title may contain {case}"),
        ("[steps]", '[kinds]\nbug = "bug"\n[steps]', "kinds.'bug': invalid enum value 'bug'."),
        ("[steps]", "[steps", "is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_map_names_the_key(tmp_path, old, new, sentence):
    file = tmp_path / "wrong.toml"
    file.write_text(MAP.replace(old, new, 1))
    with pytest.raises(ImportProblem) as problem:
        read_map(file)
    assert sentence in str(problem.value)
    assert str(file) in str(problem.value)


def test_a_map_without_steps_or_without_a_file_is_refused(tmp_path):
    file = tmp_path / "none.toml"
    file.write_text(MAP.partition("[steps]")[0] + "[steps]\n")
    with pytest.raises(ImportProblem, match="steps must say"):
        read_map(file)
    with pytest.raises(ImportProblem, match=r"none\.txt cannot be read: No such file"):
        read_map(tmp_path / "none.txt")


def test_what_a_map_leaves_out_has_a_usual_value(tmp_path):
    file = tmp_path / "short.toml"
    file.write_text(MAP + '[department]\nkind = "support"\n')
    short = read_map(file)
    assert (short.department.code, short.department.name) == ("shop", "shop")
    assert short.department.kind == "support"
    assert (short.request.title, short.request.holder) == ("{case}", "actor")


def test_every_key_of_a_map_and_every_meaning_is_documented():
    reference = (Path(__file__).parents[2] / "docs" / "import.md").read_text()
    keys = {name for form in Section.__subclasses__() for name in form.__struct_fields__}
    words = keys - {"means"} | set(Means) | {"source", "[steps]", "[kinds]", "[channels]"}
    assert sorted(word for word in words if f"`{word}" not in reference) == []
