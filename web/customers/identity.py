"""Which customer is meant, over HTTP: searching, and customers that may be the same."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from application.crm import StaleVersion
from application.deciding import UnknownReference
from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from domain.customers import likeness
from domain.customers.customer_rules import CUSTOMER
from domain.ids import CustomerId
from domain.values import NAME
from projections.customers.customers import CUSTOMERS
from projections.customers.likeness import LIKENESSES
from projections.customers.lookalikes import POINTS, Lookalikes, Pair
from projections.customers.search import Search, Sought
from projections.customers.search_index import SEARCH
from projections.documents import Document
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.changes import carry_out, envelope, expected_version
from web.customers.customers import CustomerSchema
from web.customers.merged import family_of
from web.fields import Change, Id, OutcomeSchema, Text, Whole
from web.openapi import FIRST_COME
from web.problems import not_found, stale
from web.running import concord, json_response
from web.views import await_position

bp = Routes("identity", "customers", description="Customers, who owns them, and every contact.")

HITS, MOST_HITS = 20, 200

# --- Schemas --------------------------------------------------------------------------------------


class SearchQuery(ma.Schema):
    """What to look for."""

    q = Text(
        NAME,
        required=True,
        metadata={
            "description": "Fragments of names (the customer's, its contacts'), of the telephone,"
            " tax id or website; all words must be found, up to six. E-mail and telephone of"
            " contacts are looked through for those who are shown them of all customers they see."
        },
    )
    limit = Whole(load_default=HITS, validate=validate.Range(1, MOST_HITS))


class SearchSchema(ma.Schema):
    """Customers found: first of this name, then whose names begin so, then others."""

    items = fields.List(fields.Nested(CustomerSchema), required=True)
    more = fields.Boolean(
        required=True, metadata={"description": "There may be more: say more of the name."}
    )


class NamedSchema(ma.Schema):
    """A customer by its name."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


_WHY = [*POINTS, "similar-name"]


class LikenessSchema(ma.Schema):
    """What speaks for two customers being the same."""

    points = fields.Integer(
        required=True,
        metadata={
            "description": "100 at most: tax-id 60; name 50, similar-name 30 to 50; phone,"
            " contact-email, contact-phone 40 each; website 25."
        },
    )
    why = fields.List(fields.String(validate=validate.OneOf(_WHY)), required=True)
    version = fields.Integer(
        required=True,
        metadata={"description": "Of what was said about the pair, for If-Match; 0: nothing."},
    )


class CandidateSchema(LikenessSchema):
    """A customer that may be the same."""

    customer = fields.Nested(NamedSchema, required=True)


class CandidatesSchema(ma.Schema):
    """Customers that may be the same, and those that somebody found not to be."""

    items = fields.List(fields.Nested(CandidateSchema), required=True)
    dismissed = fields.List(fields.Nested(CandidateSchema), required=True)


class PairSchema(LikenessSchema):
    """Two customers that may be the same."""

    customers = fields.List(fields.Nested(NamedSchema), required=True)


class PairsSchema(ma.Schema):
    """Pairs of customers that may be the same, the likeliest first."""

    items = fields.List(fields.Nested(PairSchema), required=True)


class PairsQuery(ma.Schema):
    """How many pairs."""

    limit = Whole(load_default=HITS, validate=validate.Range(1, MOST_HITS))


class OtherSchema(Change):
    """Which other customer, and how one knows."""

    other_id = Id(required=True)


# --- Searching ------------------------------------------------------------------------------------


@bp.get("/customers/search")
@bp.arguments(SearchQuery, location="query")
@bp.response(200, SearchSchema, description="Customers.")
def search_customers(args: dict[str, Any]) -> Response:
    """Find customers by fragments of what is known of them."""
    seeing = access()
    seeing.require(Action.READ, Resource.CUSTOMER)
    position = min(await_position(SEARCH.name), await_position(CUSTOMERS.name))
    limit: int = args["limit"]
    sought = Sought(
        text=args["q"],
        condition=seeing.reading(CUSTOMERS),
        people=_shown_people(),
        limit=limit + 1,
    )
    found = Search(concord().reader).found(sought)
    documents = _documents(found[:limit])
    seeing.tell(CUSTOMERS, (UUID(each["id"]) for each in documents))
    told = {"items": seeing.masked(CUSTOMERS, documents), "more": len(found) > limit}
    return _answer(told, position)


def _documents(keys: Iterable[UUID]) -> list[Document]:
    """Return what the caller may see of these, in their order; for merged ones whom they are."""
    reader = concord().reader
    generation = reader.generation(CUSTOMERS.name)
    first = CUSTOMERS.load(reader.pool, generation, list(keys))
    ids = dict.fromkeys(
        family_of(key, None).survivor if first.get(key, {}).get("merged_into") else key
        for key in keys
    )
    others = [key for key in ids if key not in first]
    known = first | CUSTOMERS.load(reader.pool, generation, others)
    seen = reader.covered(CUSTOMERS, ids, access().reading(CUSTOMERS))
    return [known[key] for key in ids if key in seen and key in known]


def _shown_people() -> bool:
    # Whoever is shown it of some customers only could find out about the others by searching.
    return not access().verdict(Action.READ, Resource.CUSTOMER).hides(FieldClass.CONTACT)


def _answer(told: Mapping[str, Any], position: int) -> Response:
    response = json_response(orjson.dumps(told))
    response.headers["Concord-Position"] = str(position)
    return response


# --- Customers that may be the same ---------------------------------------------------------------


@bp.get("/customers/<uuid:id_>/duplicates")
@bp.arguments(NoQuery, location="query")
@bp.response(200, CandidatesSchema, description="Who may be the same.")
def get_duplicates(_args: dict[str, Any], id_: UUID) -> Response:
    """Show which customers may be the same as this one, and why."""
    position = _await_all()
    one = family_of(id_, None).survivor
    if not access().readable("customer", one):
        raise not_found()
    pairs = _lookalikes().of(one)
    names = _names([one, *(pair.other for pair in pairs)])
    if one not in names:
        raise not_found()
    shown = [
        _likeness(pair) | {"customer": {"id": str(pair.other), "name": names[pair.other]}}
        for pair in pairs
    ]
    told: dict[str, list[Document]] = {"items": [], "dismissed": []}
    for pair, document in zip(pairs, shown, strict=True):
        told["dismissed" if pair.dismissed else "items"].append(document)
    return _answer(told, position)


@bp.get("/duplicates")
@bp.arguments(PairsQuery, location="query")
@bp.response(200, PairsSchema, description="Pairs.")
def list_duplicates(args: dict[str, Any]) -> Response:
    """List pairs of customers that share a key and may be the same, the likeliest first."""
    access().require(Action.READ, Resource.CUSTOMER)
    position = _await_all()
    pairs = _lookalikes().everywhere(args["limit"])
    names = _names({key for pair in pairs for key in (pair.one, pair.other)})
    shown = [
        _likeness(pair)
        | {"customers": [{"id": str(key), "name": names[key]} for key in (pair.one, pair.other)]}
        for pair in pairs
    ]
    return _answer({"items": shown}, position)


@bp.post("/customers/<uuid:id_>/duplicates/dismiss")
@bp.doc(**{FIRST_COME: True})
@bp.arguments(OtherSchema)
@bp.response(200, OutcomeSchema)
def dismiss_duplicate(body: dict[str, Any], id_: UUID) -> Response:
    """Say that another customer is not the same; the two are not suggested any more."""
    given = envelope(body)
    return carry_out(_about(likeness.DismissLikeness, id_, body), given)


@bp.post("/customers/<uuid:id_>/duplicates/restore")
@bp.arguments(OtherSchema)
@bp.response(200, OutcomeSchema)
def restore_duplicate(body: dict[str, Any], id_: UUID) -> Response:
    """Take that back: the two are suggested again."""
    expected = expected_version()
    given = envelope(body)
    for field, named in (("customer_id", id_), ("other_id", body["other_id"])):
        if not concord().crm.load(CUSTOMER, named).version:
            raise UnknownReference(field, CUSTOMER.kind, named, known=False)
    try:
        return carry_out(_about(likeness.RestoreLikeness, id_, body), given, expected=expected)
    except StaleVersion as error:  # a pair nobody spoke of is version 0, and not unknown
        raise stale(error.current) from error


def _about(command: Any, id_: UUID, body: dict[str, Any]) -> Any:
    one, other = CustomerId(id_), CustomerId(body["other_id"])
    return command(id=likeness.likeness_id(one, other), customer_id=one, other_id=other)


def _await_all() -> int:
    return min(await_position(model.name) for model in (SEARCH, CUSTOMERS, LIKENESSES))


def _lookalikes() -> Lookalikes:
    condition = access().reading(CUSTOMERS)
    return Lookalikes(concord().reader, condition, people=_shown_people())


def _names(keys: Iterable[UUID]) -> dict[UUID, str]:
    reader = concord().reader
    access().tell(CUSTOMERS, keys)
    documents = CUSTOMERS.load(reader.pool, reader.generation(CUSTOMERS.name), list(keys))
    return {key: document["name"] for key, document in documents.items()}


def _likeness(pair: Pair) -> Document:
    return {"points": pair.points, "why": list(pair.why), "version": pair.version}
