"""Every operation the OpenAPI document names goes well at least once, and there is no other."""

import pytest
from marshmallow import RAISE

from tests.web.client import API
from tests.web.documented import described, fits
from tests.web.operations import OPERATIONS, changes, reads, ready, untouched
from web.fields import OutcomeSchema

pytest_plugins = ["tests.web.fixtures"]


def test_the_document_names_exactly_the_operations_that_are_tried_here(api):
    document = api.get("/openapi.json").json
    named = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert named == set(OPERATIONS)


@pytest.mark.parametrize("operation", changes())
def test_a_change_goes_well_and_is_answered_as_the_document_says(
    operation, running, company, document
):
    request = ready(company, operation)
    before, seen = running.facts(), request.seen
    done = request.send()
    assert done.status in {200, 201}, done.body
    told = done.json
    assert running.facts() == before + 1
    assert set(told) == {"id", "version", "position"}
    assert told["version"] == (seen or 0) + 1
    assert done.headers["ETag"] == f'"{told["version"]}"'
    assert done.headers["Concord-Position"] == told["position"]
    assert told["position"].isdecimal()
    fact = company.api.get(f"/audit/events/{told['position']}").went_well().json
    assert (fact["stream"]["id"], fact["stream"]["version"]) == (told["id"], told["version"])
    if done.status == 201:
        assert done.headers["Location"].startswith(API)
        assert company.api.get(f"/{done.headers['Location']}", after=done).status == 200
    else:
        assert done.headers["Location"] is None
    said = described(document, operation)["responses"][str(done.status)]
    fits(document, said["content"]["application/json"]["schema"], told)
    for name in said["headers"]:
        assert done.headers[name]
    OutcomeSchema().load(told, unknown=RAISE)


@pytest.mark.parametrize("operation", reads())
def test_a_question_is_answered(operation, company):
    answer = ready(company, operation).send()
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]
    assert answer.json


def test_without_a_key_nothing_is_answered_but_what_needs_none(company):
    for operation in OPERATIONS:
        request = untouched(company, operation)
        answer = request.send(headers={"Authorization": ""})
        answer.refused(401, "key.invalid")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    anybody = company.api.acting_as(None)
    assert anybody.get("/openapi.json").status == 200
    assert anybody.get("/docs/").status == 200
    assert anybody.get("//health").status == 200
    anybody.get("//metrics").refused(401, "key.invalid")
