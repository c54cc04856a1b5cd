"""What a customer may be recognised by, beside its name: who claims one learns of a double."""

import re
import unicodedata
from typing import Any
from uuid import UUID

from domain.customers import customer, ownership
from domain.kernel import Recorded
from projections.documents import Document, ReadModel

_DIGITS = re.compile(r"\D+")
_SHORTEST_NUMBER = 7
_LONGEST_NUMBER = 11
"""Of a telephone number only the last digits count: the country's code is left out at times."""


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a customer into its signs."""
    match fact.event:
        case customer.CustomerRegistered(details=details):
            return _with({"id": str(key), "owner_id": None, "contacts": {}}, details=_of(details))
        case customer.CustomerRetracted():
            return None
        case _ if document is None:
            return None
        case customer.CustomerDetailsChanged(details=details):
            return _with(document, details=_of(details))
        case customer.ContactAdded() | customer.ContactChanged() as contact:
            reached = [*_phone(contact.phone), *_mail(contact.email)]
            contacts = document["contacts"] | {str(contact.contact_id): reached}
            return _with(document, contacts=contacts)
        case customer.ContactRemoved(contact_id=contact_id):
            left = {k: v for k, v in document["contacts"].items() if k != str(contact_id)}
            return _with(document, contacts=left)
        case (
            ownership.CustomerClaimed(owner_id=owner_id)
            | ownership.OwnershipTransferred(owner_id=owner_id)
            | ownership.OwnershipSettled(owner_id=owner_id)
        ):
            return {"owner_id": str(owner_id)}
        case ownership.CustomerReleased() | ownership.CustomerReclaimed():
            return {"owner_id": None}
        case _:
            return {}


def _with(document: Document, **changes: Any) -> Document:
    after = {**document, **changes}
    reached = [sign for signs in after["contacts"].values() for sign in signs]
    return {**after, "signs": sorted({*after["details"], *reached})}


def _of(details: customer.CustomerDetails) -> list[str]:
    region = _plain(details.region or "")
    tax_id = _plain(details.tax_id or "")
    site = re.sub(r"^https?://|^www\.", "", (details.website or "").casefold().strip())
    site = re.split(r"[/:?#]", site.removeprefix("www."))[0]
    return [
        f"name:{_plain(details.name)}@{region}",
        *([f"tax:{tax_id}"] if tax_id else []),
        *([f"site:{site}"] if "." in site else []),
        *_phone(details.phone),
    ]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _phone(text: str | None) -> list[str]:
    digits = _DIGITS.sub("", text or "")
    long_enough = len(digits) >= _SHORTEST_NUMBER
    return [f"phone:{digits[-_LONGEST_NUMBER:]}"] if long_enough else []


def _mail(text: str | None) -> list[str]:
    return [f"mail:{text.casefold().strip()}"] if text else []


SIGNS = ReadModel(
    name="signs",
    version=1,
    subject="customer",
    fold=fold,
    notices=(
        ownership.CustomerClaimed,
        ownership.OwnershipTransferred,
        ownership.OwnershipSettled,
        ownership.CustomerReleased,
        ownership.CustomerReclaimed,
    ),
    sets=("signs",),
    personal=True,
)
"""For no list and no page: whoever claims is told only of what they may see."""
