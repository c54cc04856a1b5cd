"""What the OpenAPI document forbids is refused, found by ``make fuzz`` and kept from then on."""

import re
import sys

import pytest
from marshmallow import ValidationError

from tests.web.operations import reads, ready
from web.fields import Text

pytest_plugins = ["tests.web.fixtures"]

PATTERN = re.compile(Text().metadata["pattern"])


@pytest.mark.parametrize(
    "time",
    ["2025-03-03T12:00Z", "2025-03-03 12:00:00Z", "20250303T120000Z", "2025-W10-1T12:00:00Z",
     "2025-03-03T12:00:00,5Z", "2025-03-03T12Z", "2025-03-03T12:00:00+08"],
)  # fmt: skip
def test_a_time_is_written_as_rfc_3339_has_it(time, api):
    api.get("/customers", as_of=time).refused(422, "fields.invalid", "as_of")
    api.post("/departments", {"code": "x", "name": "X", "occurred_at": time}).refused(
        422, "fields.invalid", "/occurred_at"
    )


@pytest.mark.parametrize("number", ["1_0", "+1", " 1", "1 ", "٣", "0x1"])
def test_a_number_in_a_query_is_digits(number, api):
    api.get("/customers", limit=number).refused(422, "fields.invalid", "limit")


@pytest.mark.parametrize("spoil", ["{{{}}}", "urn:uuid:{}", "{}\n", " {}"])
def test_an_id_is_written_as_everywhere(spoil, company):
    department = company.department().id
    for wrong in (spoil.format(department), department.replace("-", "")):
        company.api.get("/members", **{"filter[department_id]": wrong}).refused(
            422, "fields.invalid", "filter[department_id]"
        )
        company.api.get("/customers", **{"filter[owner_id]": wrong}).refused(
            422, "fields.invalid", "filter[owner_id]"
        )
        company.api.get("/audit/events", subject=f"department:{wrong}").refused(
            422, "fields.invalid", "subject"
        )
        body = {"name": "Ana", "role": "agent", "department_id": wrong}
        company.api.post("/members", body).refused(422, "fields.invalid", "/department_id")


@pytest.mark.parametrize("operation", reads())
def test_every_question_that_may_wait_refuses_what_is_no_position(operation, company):
    answer = ready(company, operation).send(after="soon")
    answer.refused(400, "position.malformed", "Concord-Min-Position")


@pytest.mark.parametrize("path", ["/customers", "/customers/{}", "/customers/{}/timeline"])
def test_so_does_a_question_about_the_past(path, company):
    path = path.format(company.customer().id)
    answer = company.api.get(path, as_of="2099-01-01T00:00:00Z", after="soon")
    answer.refused(400, "position.malformed", "Concord-Min-Position")


def test_a_question_about_the_past_sees_ones_own_write(company):
    for _ in range(20):
        made = company.customer()
        company.api.get(
            f"/customers/{made.id}", as_of="2099-01-01T00:00:00Z", after=made
        ).went_well()


def test_the_document_and_the_server_agree_on_what_text_is():
    for number in range(sys.maxunicode + 1):
        if 0xD800 <= number < 0xE000:
            continue  # half of a pair: no text in JSON
        assert bool(PATTERN.search(chr(number))) is _taken(chr(number)), hex(number)
    for text in (" a ", "a\x00", "\n\u3000", "a\nb", "\ta", "a\u2028"):
        assert bool(PATTERN.search(text)) is _taken(text), repr(text)


def _taken(text: str) -> bool:
    try:
        Text().deserialize(text)
    except ValidationError:
        return False
    return True


def test_the_document_says_where_one_can_go_from_what_was_created(company):
    document = company.api.get("/openapi.json").json
    linked = document["paths"]["/api/v1/requests"]["post"]["responses"]["201"]["links"]
    assert linked["assign_request"]["parameters"] == {
        "path.id_": "$response.body#/id",
        "header.If-Match": "$response.header.ETag",
    }
    assert linked["get_request"]["parameters"] == {
        "path.id_": "$response.body#/id",
        "header.Concord-Min-Position": "$response.header.Concord-Position",
    }


def test_every_link_leads_to_an_operation(company):
    operations = [
        operation
        for methods in company.api.get("/openapi.json").json["paths"].values()
        for method, operation in methods.items()
        if method != "parameters"
    ]
    ids = {operation["operationId"] for operation in operations}
    answers = [each for operation in operations for each in operation["responses"].values()]
    led = [link["operationId"] for each in answers for link in each.get("links", {}).values()]
    assert len(led) > 50
    assert set(led) <= ids
