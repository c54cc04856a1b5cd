"""Which customers are one: ids of merged customers keep working wherever a customer is named."""

from collections.abc import Sequence
from uuid import UUID

from application.store.log import Window
from projections.customers.customers import CUSTOMERS
from projections.customers.merging import Family, family
from projections.documents import Document
from web.running import concord


def family_of(id_: UUID, seen: Window | None) -> Family:
    """Return the customer that an id stands for and those merged into it, now or as known then.

    What it is read from must have come as far as the caller needs.
    """
    here = concord()

    def now(keys: Sequence[UUID]) -> dict[UUID, Document]:
        return CUSTOMERS.load(here.reader.pool, here.reader.generation(CUSTOMERS.name), keys)

    def then(keys: Sequence[UUID]) -> dict[UUID, Document]:
        window = seen or Window()
        documents = {key: here.history.document(CUSTOMERS, key, window) for key in keys}
        return {key: document for key, document in documents.items() if document is not None}

    return family(id_, now if seen is None else then)
