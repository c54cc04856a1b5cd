"""What an event is about: personal data, typed ids and subjects."""

from datetime import datetime
from typing import Annotated, NewType
from uuid import UUID

import pytest
from spec import ANA, BO, HARBOUR, sample_id

from domain.customers.ownership import OwnershipTransferred
from domain.ids import CustomerId, KeyId, MemberId, OwnershipId, named_id
from domain.kernel import (
    MustBeActive,
    Personal,
    Reference,
    Subject,
    kind_of,
    personal_fields,
    references,
)
from tests.sample_facts import fact_of, key_created

LampId = NewType("LampId", UUID)
SignalLampId = NewType("SignalLampId", UUID)
Colour = NewType("Colour", str)


def test_personal_fields_are_found_with_the_person_they_belong_to():
    class Visit:
        keeper_id: MemberId
        name: Annotated[str, Personal(of="keeper_id")]
        phone: Annotated[str | None, "as dialled", Personal(of="self")]
        colour: Annotated[str, "of the light"]

    assert personal_fields(Visit) == {"name": "keeper_id", "phone": "self"}


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (CustomerId, "customer"),
        (OwnershipId, "ownership"),
        (SignalLampId, "signal-lamp"),
        (Colour, None),
        (UUID, None),
        (str, None),
    ],
)
def test_a_typed_id_stands_for_a_kind_of_thing(hint, kind):
    assert kind_of(hint) == kind


def test_references_are_the_typed_ids_optional_ones_included():
    class Handover:
        lamp_id: LampId
        lit_at: datetime
        from_id: MemberId | None
        to_id: Annotated[MemberId, MustBeActive()]
        witness_id: Annotated[MemberId | None, MustBeActive()]
        relief_id: Annotated[MemberId, "on Sundays"]
        colour: Colour
        note: str | None
        trace: UUID

    assert references(Handover) == (
        Reference("lamp_id", "lamp", must_be_active=False),
        Reference("from_id", "member", must_be_active=False),
        Reference("to_id", "member", must_be_active=True),
        Reference("witness_id", "member", must_be_active=True),
        Reference("relief_id", "member", must_be_active=False),
    )


def test_a_fact_is_about_the_thing_itself_and_each_typed_id():
    ownership = sample_id(0x0E)
    handed_over = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=BO)
    assert set(fact_of(handed_over, ownership).subjects) == {
        Subject("ownership", ownership),
        Subject("customer", HARBOUR),
        Subject("member", ANA),
        Subject("member", BO),
    }


def test_an_optional_id_is_a_subject_only_where_it_is_given():
    key = KeyId(sample_id(0x4E7))
    service = key_created(None)
    anas_own = key_created(ANA)
    assert fact_of(service, key).subjects == (Subject("key", key),)
    assert fact_of(anas_own, key).subjects == (Subject("key", key), Subject("member", ANA))


def test_a_subject_named_twice_counts_once_and_their_order_is_always_the_same():
    to_oneself = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=ANA)
    assert fact_of(to_oneself, sample_id(1)).subjects == (
        Subject("customer", HARBOUR),
        Subject("member", ANA),
        Subject("ownership", sample_id(1)),
    )


def test_a_subject_reads_as_kind_and_id():
    assert str(Subject("member", ANA)) == "member:01954d00-0000-7000-8000-0000000000a1"


def test_the_id_of_a_name_never_changes():
    assert named_id("department", "sales") == UUID("86b4f0fe-5d36-5b74-a773-84a3f01587cd")


def test_words_do_not_run_together():
    assert named_id("import", "ab", "c") != named_id("import", "a", "bc")
