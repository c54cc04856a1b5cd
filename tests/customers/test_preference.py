"""A preference: what is chosen on a topic; what was said last counts."""

import pytest
from spec import (
    FRIDAY,
    HARBOUR,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    YUNHE,
    at,
    sample_id,
    spec,
)

from domain.customers.preference import (
    PREFERENCE,
    Chosen,
    PreferenceRecorded,
    PreferenceWithdrawn,
    RecordPreference,
    Withdrawn,
    WithdrawPreference,
    preference_id,
)
from domain.ids import ContactId
from domain.kernel import personal_fields
from tests.web.stories_relations import preference

MARIA = ContactId(sample_id(0x3A))
ID = preference_id(HARBOUR, "Language", MARIA)


def record(choice):
    return RecordPreference(
        id=ID, customer_id=HARBOUR, topic="Language", choice=choice, contact_id=MARIA
    )


def recorded(choice):
    return PreferenceRecorded(
        customer_id=HARBOUR, topic="Language", choice=choice, contact_id=MARIA
    )


WITHDRAW = WithdrawPreference(id=ID)
WITHDRAWN = PreferenceWithdrawn(customer_id=HARBOUR)

# --- Rules ------------------------------------------------------------------------------------


def test_a_topic_is_the_same_however_it_is_written():
    assert preference_id(HARBOUR, "Invoice  language ") == preference_id(
        HARBOUR, "invoice Language"
    )


def test_each_topic_of_each_of_them_is_by_itself():
    whose = [
        preference_id(HARBOUR, "language"),
        preference_id(HARBOUR, "language", MARIA),
        preference_id(HARBOUR, "channel"),
        preference_id(YUNHE, "language"),
    ]
    assert len(set(whose)) == 4


def test_a_preference_is_recorded():
    told = spec(PREFERENCE).when(record("中文"), at=TUESDAY)
    told.then(recorded("中文")).then_state(Chosen(HARBOUR, "中文", TUESDAY))


def test_what_is_said_later_counts():
    told = spec(PREFERENCE).given(recorded("中文"))
    told.when(record("English")).then(recorded("English")).then_state(
        Chosen(HARBOUR, "English", TUESDAY)
    )


def test_what_is_chosen_already_is_no_change():
    spec(PREFERENCE).given(recorded("中文")).when(record("中文")).then_nothing()


@pytest.mark.parametrize("command", [record("English"), WITHDRAW])
def test_what_was_said_earlier_and_comes_late_does_not_count(command):
    told = spec(PREFERENCE).given(at(MONDAY, recorded("中文")), at(THURSDAY, recorded("Português")))
    told.when(command, at=WEDNESDAY).then_rejected("preference.overtaken")


def test_nor_after_it_was_withdrawn():
    told = spec(PREFERENCE).given(recorded("中文"), at(THURSDAY, WITHDRAWN))
    told.when(record("English"), at=WEDNESDAY).then_rejected("preference.overtaken")


def test_a_preference_is_withdrawn_and_may_be_recorded_again():
    told = spec(PREFERENCE).given(recorded("中文"))
    told.when(WITHDRAW).then(WITHDRAWN).then_state(Withdrawn(HARBOUR, TUESDAY))
    again = spec(PREFERENCE).given(recorded("中文"), WITHDRAWN)
    again.when(record("中文"), at=FRIDAY).then(recorded("中文"))


@pytest.mark.parametrize(
    ("history", "code"),
    [((), "preference.unknown"), ((recorded("中文"), WITHDRAWN), "preference.withdrawn")],
)
def test_what_is_not_chosen_is_not_withdrawn(history, code):
    spec(PREFERENCE).given(*history).when(WITHDRAW).then_rejected(code)


def test_what_a_person_chose_is_their_personal_data():
    assert personal_fields(PreferenceRecorded) == {"choice": "contact_id"}


def test_it_is_minded_until_it_is_withdrawn():
    assert spec(PREFERENCE).given(recorded("中文")).active
    assert not spec(PREFERENCE).given(recorded("中文"), WITHDRAWN).active


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_preferences_over_http(api, company):
    customer = company.customer().id
    maria = company.contact(customer)
    path = f"/customers/{customer}/preferences"
    theirs = api.post(path, {"topic": "Language", "choice": "中文"}).went_well()
    hers = {"topic": "language", "choice": "Português", "contact_id": maria}
    hers = api.post(path, hers).went_well()
    assert theirs.id != hers.id
    shown = api.get(f"/preferences/{hers.id}", after=hers).went_well().json
    assert shown == {
        "id": hers.id,
        "version": 1,
        "customer_id": customer,
        "contact_id": maria,
        "topic": "language",
        "choice": "Português",
        "status": "chosen",
        "recorded_at": shown["recorded_at"],
        "withdrawn_at": None,
    }
    again = api.post(path, {"topic": "LANGUAGE", "choice": "English"}).went_well()
    assert (again.id, again.version) == (theirs.id, 2)
    assert api.get(f"/preferences/{theirs.id}", after=again).json["choice"] == "English"
    assert api.get(f"/preferences/{theirs.id}", at_version=1).json["choice"] == "中文"
    same = api.post(path, {"topic": "language", "choice": "English"}).went_well()
    assert (same.version, same.position) == (2, None)

    gone = company.do(f"/preferences/{theirs.id}/withdraw", {}, seen=again)
    filters = {"filter[customer_id]": customer}
    found = api.get("/preferences", after=gone, **filters, **{"filter[status]": "chosen"})
    assert found.ids == [hers.id]
    whole = api.get("/preferences", **filters, **{"filter[contact_id]": ""})
    assert whole.ids == [theirs.id]
    assert whole.json["items"][0]["withdrawn_at"] is not None
    twice = api.post(f"/preferences/{theirs.id}/withdraw", {}, seen=gone)
    twice.refused(409, "preference.withdrawn")


def test_only_the_customers_own_people_prefer_over_http(api, company):
    customer, other = company.customer().id, company.customer().id
    body = {"topic": "channel", "choice": "phone", "contact_id": company.contact(other)}
    strange = api.post(f"/customers/{customer}/preferences", body)
    strange.refused(422, "contact.unknown", "/contact_id")


def test_a_preference_said_earlier_comes_too_late_over_http(api, company):
    customer = company.customer().id
    first = preference(company, customer=customer, occurred_at="2025-03-03T09:00:00Z")
    preference(company, customer=customer, choice="English", occurred_at="2025-03-06T09:00:00Z")
    body = {"topic": "language", "choice": "Deutsch", "occurred_at": "2025-03-05T09:00:00Z"}
    late = api.post(f"/customers/{customer}/preferences", body)
    late.refused(409, "preference.overtaken")
    before = body | {"occurred_at": "2025-03-01T09:00:00Z"}
    api.post(f"/customers/{customer}/preferences", before).refused(409, "preference.overtaken")
    then = {"as_of": "2025-03-04T09:00:00Z"}
    assert api.get(f"/preferences/{first.id}", after=first, **then).json["choice"] == "中文"
