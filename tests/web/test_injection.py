"""What people write is kept as they wrote it: no database, header, page or log line obeys it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.operations import OPERATIONS, changes, ready

pytest_plugins = ["tests.web.fixtures"]

WRITTEN = {
    "SQL": "'; drop table log.events; -- \" or 1=1 /* */ \\x27 $$ %s %(name)s {} ? :1 @x",
    "headers": "Harbour\r\nX-Evil: 1\r\n\r\n<h1>200 OK</h1>\tSet-Cookie: a=b",
    "pages and templates": "<script>alert(1)</script> {{7*7}} ${jndi:ldap://x} =1+1 @SUM(A1) |calc",
    "other scripts": "云河科技 \u202eesrever\u202c e\u0301 👩\u200d💻 \ud55c\uae00 \\u0041 \\n",
}
# Every field in which people write what they like; "/" goes into an object.
FIELDS = """
POST /departments name
PATCH /departments/{id_} name
POST /members name
PATCH /members/{id_} name
POST /members/{id_}/rejoin name
POST /customers details/name details/short_name details/industry details/business details/address \
details/region details/phone details/website details/tax_id
PATCH /customers/{id_} details/region
POST /customers/{id_}/tier reason
POST /customers/{id_}/contacts name title phone
POST /customers/{id_}/merge reason
POST /customers/{id_}/unmerge reason
POST /customers/{id_}/duplicates/dismiss reason
POST /customers/{id_}/duplicates/restore reason
PUT /customers/{id_}/contacts/{contact_id} name
POST /customers/{id_}/ownership/transfer reason
POST /customers/{id_}/ownership/dispute reason
POST /customers/{id_}/ownership/settle reason
POST /customers/{id_}/ownership/offer note
POST /customers/{id_}/ownership/offer/accept note
POST /customers/{id_}/ownership/offer/decline reason
POST /customers/{id_}/ownership/share part
POST /pools name region
POST /members/{id_}/hand-over reason
POST /customers/{id_}/interactions summary
POST /interactions/{id_}/retract reason
POST /requests title
POST /requests/{id_}/reply text
POST /requests/{id_}/customer-message text
POST /requests/{id_}/step step
POST /requests/{id_}/inform text
POST /requests/{id_}/resolve resolution
POST /requests/{id_}/void reason
POST /sharing/objections reason
POST /sharing/agreements reason
POST /campaigns name aim
PUT /campaigns/{id_} name aim
POST /campaigns/{id_}/cost what
POST /campaigns/{id_}/retract reason
POST /markets name scope
POST /markets/{id_}/size source
POST /markets/{id_}/withdraw-size reason
POST /competitors name website
POST /competitors/{id_}/observe note
POST /customers/{id_}/orders number channel
POST /orders/{id_}/pay method reference
POST /orders/{id_}/void reason
POST /customers/{id_}/contracts number title
POST /contracts/{id_}/change number title
POST /contracts/{id_}/retract reason
POST /value-models name
POST /pipelines name
PUT /pipelines/{id_} name
POST /leads name source_detail contact_name phone need
POST /leads/{id_}/qualify budget authority need timing
POST /leads/{id_}/disqualify reason
POST /customers/{id_}/opportunities title
POST /opportunities/{id_}/hand-over reason
POST /opportunities/{id_}/amend title
POST /opportunities/{id_}/proposal title
POST /opportunities/{id_}/lose competitor reason
POST /opportunities/{id_}/reopen reason
POST /quotes/{id_}/decline reason
POST /quotes/{id_}/withdraw reason
POST /customers/{id_}/needs what product
POST /needs/{id_}/change what product
POST /needs/{id_}/meet how
POST /needs/{id_}/drop reason
POST /customers/{id_}/preferences topic choice
POST /customers/{id_}/behaviours what item url
POST /behaviours/{id_}/retract reason
POST /customers/{id_}/partners partner_name note
POST /customers/{id_}/referrals referred_name referred_contact
POST /referrals/{id_}/lapse reason
POST /customers/{id_}/points/redeem what
POST /customers/{id_}/points/take-back reason
POST /customers/{id_}/disputes about
POST /disputes/{id_}/settle terms reason
POST /service-plans promises/response_note promises/owner_role
POST /segments name
POST /segments/{id_}/change name
POST /customers/{id_}/offers title text
POST /offers/{id_}/decline reason
POST /offers/{id_}/withdraw reason
POST /survey-forms questions/english questions/chinese
POST /survey-forms/{id_}/redraft questions/english questions/chinese
POST /survey-programmes/{id_}/end reason
POST /surveys/{id_}/void reason
POST /requests/{id_}/complaint/acknowledge text
POST /requests/{id_}/complaint/escalate reason
POST /requests/{id_}/complaint/classify detail
POST /requests/{id_}/complaint/decline-compensation reason
POST /requests/{id_}/complaint/settle words
POST /customers/{id_}/follow-ups about
POST /follow-ups/{id_}/move reason
POST /follow-ups/{id_}/finish outcome note
POST /follow-ups/{id_}/call-off reason
POST /complaint-summaries conclusions
POST /improvements finding
POST /improvements/{id_}/measures measure
POST /improvements/{id_}/extend reason
POST /improvements/{id_}/close reason
POST /audit/events/{position}/corrections reason
POST /corrections/{id_}/replace reason
POST /corrections/{id_}/withdraw reason
POST /reviews/{id_}/collect-inputs summary
POST /reviews/{id_}/calibrate reason
POST /reviews/{id_}/confirm reason
POST /reviews/{id_}/disagree comment
POST /reviews/{id_}/appeal text
POST /reviews/{id_}/uphold reason
POST /reviews/{id_}/dismiss reason
POST /reviews/{id_}/supplement reason
POST /reviews/{id_}/decide-outcome text reason
POST /reviews/{id_}/agree-help-plan text
POST /reviews/{id_}/withdraw reason
POST /review-policies/{id_}/retire reason
POST /members/{id_}/feedback text
POST /review-cycles name
"""
BY_OPERATION = {
    f"{method} {path}": fields
    for method, path, *fields in (line.split() for line in FIELDS.strip().split("\n"))
}
TAKEN = {(operation, field) for operation, fields in BY_OPERATION.items() for field in fields}


SHORT = {"phone", "tax_id", "owner_role", "part"}


def placed(body: dict[str, Any], field: str, text: str) -> dict[str, Any]:
    first, _, rest = field.partition("/")
    return body | {first: placed(body[first], rest, text) if rest else text}


def texts(told: Any) -> Iterator[str]:
    """All texts in what was told, however deep."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict | list):
        for inner in told.values() if isinstance(told, dict) else told:
            yield from texts(inner)


def test_every_field_that_takes_such_text_is_tried(company):
    """All others refuse it, or it says of them what they are."""
    missed = []
    for operation in changes():
        story = ready(company, operation)
        for name, value in (story.body or {}).items():
            if isinstance(value, str) and (operation, name) not in TAKEN:
                spoilt = story.send(body=placed(story.body, name, WRITTEN["SQL"]))
                if spoilt.status != 422:
                    missed.append((operation, name, spoilt.status))
    assert missed == []


def written(kind: str, field: str) -> str:
    return WRITTEN[kind][: 60 if field.rpartition("/")[2] in SHORT else None]


@pytest.mark.parametrize("turn", range(len(WRITTEN)))
def test_it_is_kept_as_it_was_written(turn, company, running):
    """All fields of a body at once, each of another kind; turn by turn each is of every kind."""
    kinds = list(WRITTEN)
    for operation, fields in BY_OPERATION.items():
        assert operation in OPERATIONS
        story = ready(company, operation)
        body, sent = story.body, {}
        for place, field in enumerate(fields):
            sent[field] = written(kinds[(place + turn) % len(kinds)], field)
            body = placed(body, field, sent[field])
        done = story.send(body=body).went_well()
        assert "X-Evil" not in done.headers
        assert "Set-Cookie" not in done.headers
        shown = company.api.get(f"/audit/events/{done.position}", after=done).went_well()
        assert "X-Evil" not in shown.headers
        told = set(texts(shown.json["data"])) | {shown.json["reason"]}
        assert set(sent.values()) <= told, operation
    for line in running.log_lines():
        assert isinstance(json.loads(line), dict), "No input splits a line of the log."
