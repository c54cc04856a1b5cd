"""What who asks may see: one verdict for the thing asked for, its lists, its past and its facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, cast
from uuid import UUID

from flask import g

from application.access import Authority, NotPermitted, Sight, standing
from application.catalogue import BY_KIND
from application.permissions import resource_of
from domain.access.conditions import Condition
from domain.access.policy import Standpoint, Verdict, decide
from domain.access.record import Thing
from domain.access.roles import Action, Resource
from domain.access.sharing import Dataset
from domain.audit.correction import CORRECTION
from domain.confidential import FieldClass, confidential_fields
from domain.ids import DepartmentId, MemberId
from domain.kernel import Recorded, personal_fields
from projections.catalogue import MODELS
from projections.customers.customers import CUSTOMERS
from projections.customers.merging import Family
from projections.documents import Document, ReadModel
from projections.teams.teams import MEMBERS
from web.running import Concord, concord

Masks = Mapping[tuple[str, ...], FieldClass]
"""Which fields are of a class that not everybody is shown, by the path to them."""


@dataclass
class Access:
    """What one caller may see, at the time they asked."""

    here: Concord
    authority: Authority
    sight: Sight
    shown: set[Thing] = field(default_factory=set)
    """Whose personal data the answer holds: the access log tells."""
    survivors: dict[UUID, UUID] = field(default_factory=dict)
    """Whose customers that were merged are: who may see the one sees what is said of the other."""
    _verdicts: dict[tuple[Action, Resource], Verdict] = field(default_factory=dict)

    @cached_property
    def standpoint(self) -> Standpoint:
        """Who asks, with their grants as they are, and who works beside them."""
        alone = standing(self.authority, self.sight)
        places = {grant.department_id for grant in alone.grants() if grant.department_id}
        withholding = alone.withheld.get(Dataset.CUSTOMERS, frozenset())
        return replace(
            alone, colleagues={each: self._members_of(each) for each in places | withholding}
        )

    def _members_of(self, department_id: DepartmentId) -> frozenset[MemberId]:
        keys = self.here.reader.keys(MEMBERS, "department_id", str(department_id))
        return frozenset(MemberId(key) for key in keys)

    def verdict(self, action: Action, resource: Resource) -> Verdict:
        """Return what they may reach with an action."""
        asked = action, resource
        if asked not in self._verdicts:
            self._verdicts[asked] = decide(self.standpoint, action, resource)
        return self._verdicts[asked]

    def require(self, action: Action, resource: Resource, *, everywhere: bool = False) -> None:
        """Check that there is anything they may, or (``everywhere``) that they may in all places.

        Raises ``NotPermitted``.
        """
        verdict = self.verdict(action, resource)
        if verdict.condition.never or (everywhere and not verdict.condition.always):
            raise NotPermitted(action, resource)

    def reading(self, model: ReadModel) -> Condition:
        """Return which documents they may see."""
        return self.verdict(Action.READ, resource_of(model.kind)).condition

    # --- Single things ---

    def readable(self, kind: str, id_: UUID) -> bool:
        """Tell whether they may know of a thing."""
        condition = self.verdict(Action.READ, resource_of(kind)).condition
        if condition.always:
            return True
        place = self._place_of(kind, id_)
        return place is not None and place[1] in self.here.reader.covered(
            place[0], [place[1]], condition
        )

    def _place_of(self, kind: str, id_: UUID) -> tuple[ReadModel, UUID] | None:
        if model := MODELS.get(kind):
            return model, id_
        if decider := BY_KIND.get(kind):
            customer_id = getattr(self.here.crm.load(decider, id_).state, "customer_id", None)
            return (CUSTOMERS, customer_id) if customer_id else None
        return None

    def stand_in(self, merged: Family) -> None:
        """Let whoever may see a customer see what was recorded of those merged into it."""
        self.survivors.update(dict.fromkeys(merged.others, merged.survivor))

    # --- Masks ---

    def unmasked(self, model: ReadModel) -> bool:
        """Tell whether they are shown all fields of all documents they may see."""
        return not self._hidden(model)

    def hides(self, model: ReadModel, kind: FieldClass) -> bool:
        """Tell whether a class of fields is not shown to them of all documents they may see."""
        return kind in self._hidden(model)

    def _hidden(self, model: ReadModel) -> list[FieldClass]:
        verdict = self.verdict(Action.READ, resource_of(model.kind))
        return [kind for kind in sorted(set(model.masks.values())) if verdict.hides(kind)]

    def masked(self, model: ReadModel, documents: Iterable[Document]) -> list[Document]:
        """Return documents with only what they are shown; what is not is null, its class named."""
        shown = list(documents)
        verdict = self.verdict(Action.READ, resource_of(model.kind))
        for kind in self._hidden(model):
            keys = [UUID(document["id"]) for document in shown]
            condition = verdict.showing(kind)
            covered = self.here.reader.covered
            seen = set() if condition.never else covered(model, keys, condition)
            for key, document in zip(keys, shown, strict=True):
                if key not in seen:
                    mask(model.masks, document, kind)
        return shown

    def unless_hidden(self, resource: Resource, masks: Masks, document: Document) -> Document:
        """Return figures over everything with only what they are shown everywhere."""
        verdict = self.verdict(Action.READ, resource)
        for kind in sorted(set(masks.values())):
            if verdict.hides(kind):
                mask(masks, document, kind)
        return document

    # --- Facts ---

    def visible(self, facts: Iterable[Recorded[Any]]) -> list[tuple[Recorded[Any], frozenset[str]]]:
        """Return the facts they may see, each with the fields of it that are masked."""
        told = list(facts)
        seen = Covered(self, told)
        found = []
        for fact in told:
            if seen.reads(fact):
                secret = confidential_fields(fact.event).items()
                masked = frozenset(name for name, kind in secret if not seen.shows(fact, kind))
                found.append((fact, masked))
                if personal_fields(cast("Any", type(fact.event))).keys() - masked:
                    self._tell_of(fact)
        return found

    # --- The access log ---

    def tell(self, model: ReadModel, keys: Iterable[UUID]) -> None:
        """Keep whose documents are shown, where they hold personal data."""
        if model.personal:
            self.shown.update(Thing(model.subject, key) for key in keys)

    def _tell_of(self, fact: Recorded[Any]) -> None:
        if place := _place(fact):
            self.shown.add(Thing(place[0].subject, place[1]))
        else:
            self.shown.add(Thing(fact.kind, fact.stream_id))


def mask(masks: Masks, document: Document, kind: FieldClass) -> None:
    """Blank the fields of a class, and name it."""
    for path, of in masks.items():
        if of is kind:
            _blank(document, path)
    document["masked"] = [*document.get("masked", []), kind]


def _blank(place: Any, path: tuple[str, ...]) -> None:
    if place is None:
        return  # there is nothing to hide
    if isinstance(place, list):
        for each in place:
            _blank(each, path)
    elif len(path) == 1:
        place[path[0]] = None
    else:
        _blank(place[path[0]], path[1:])


class Covered:
    """Which of a page's facts somebody may see: one question for each kind of document at most."""

    def __init__(self, access: Access, facts: Iterable[Recorded[Any]]) -> None:
        self._access = access
        self._keys: dict[str, set[UUID]] = {}
        self._found: dict[tuple[str, Resource, FieldClass | None], set[UUID]] = {}
        for fact in facts:
            if place := self._place(fact):
                self._keys.setdefault(place[0].name, set()).add(place[1])

    def reads(self, fact: Recorded[Any]) -> bool:
        """Tell whether the thing it happened to may be seen."""
        return self._covers(fact, None)

    def shows(self, fact: Recorded[Any], kind: FieldClass) -> bool:
        """Tell whether a class of fields is shown of that thing."""
        return self._covers(fact, kind)

    def _place(self, fact: Recorded[Any]) -> tuple[ReadModel, UUID] | None:
        if (place := _place(fact)) and place[0] is CUSTOMERS:
            return CUSTOMERS, self._access.survivors.get(place[1], place[1])
        return place

    def _covers(self, fact: Recorded[Any], kind: FieldClass | None) -> bool:
        resource = resource_of(_thing(fact).kind)
        verdict = self._access.verdict(Action.READ, resource)
        if kind is not None and not verdict.hides(kind):
            kind = None  # it is shown of all that may be seen
        condition = verdict.condition if kind is None else verdict.showing(kind)
        if condition.always:
            return True
        place = self._place(fact)
        if condition.never or place is None:
            return False
        model, key = place
        asked = model.name, resource, kind
        if (found := self._found.get(asked)) is None:
            found = self._access.here.reader.covered(model, self._keys[model.name], condition)
            self._found[asked] = found
        return key in found


class _Thing(NamedTuple):
    """Who may see a fact is decided by this, and by the customer it is about."""

    kind: str
    id: UUID
    customer_id: UUID | None


def _thing(fact: Recorded[Any]) -> _Thing:
    """Return what a fact happened to; of a correction, what the corrected fact happened to."""
    if fact.kind != CORRECTION.kind:
        return _Thing(fact.kind, fact.stream_id, getattr(fact.event, "customer_id", None))
    first, *others = fact.event.about
    customer_id = next((each.id for each in others if each.kind == CUSTOMERS.subject), None)
    return _Thing(first.kind, first.id, customer_id)


def _place(fact: Recorded[Any]) -> tuple[ReadModel, UUID] | None:
    """Return the document that stands for what a fact happened to, or the customer it is about."""
    thing = _thing(fact)
    if model := MODELS.get(thing.kind):
        return model, thing.id
    return None if thing.customer_id is None else (CUSTOMERS, thing.customer_id)


def access() -> Access:
    """Return what the caller of this request may see."""
    if "access" not in g:
        here = concord()
        # What was looked at when they came in is as it is; anything else is looked up.
        g.access = Access(here, g.asking.authority, Sight(here.crm.states.look, g.seen))
    return cast("Access", g.access)
