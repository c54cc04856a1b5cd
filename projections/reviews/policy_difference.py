"""What is different between two texts of a review policy, term by term and field by field."""

from collections.abc import Iterable, Mapping
from typing import Any

from projections.documents import Document

_TERM = ("version", "weight", "floor", "target", "direction", "minimum_sample", "credit")
_AROUND = ("cap", "minimum_coverage", "missing", "currency")
_BLEND = ("individual", "team")


def difference(before: Document, after: Document) -> Document:
    """Compare two texts (drafts or versions): terms added, removed and changed, and what is around.

    A term is the same one where its metric and aspect are. What is only told in another order is
    no difference.
    """
    old, new = _by_name(before), _by_name(after)
    both = [name for name in new if name in old]
    changed = [
        {"metric": metric, "aspect": aspect, "fields": found}
        for metric, aspect in both
        if (found := _changes(old[metric, aspect], new[metric, aspect], _TERM))
    ]
    return {
        "added": [term for name, term in new.items() if name not in old],
        "removed": [term for name, term in old.items() if name not in new],
        "changed": changed,
        "around": [
            *_changes(before["rules"], after["rules"], _AROUND),
            *_changes(before["blend"], after["blend"], _BLEND),
        ],
    }


def _by_name(text: Document) -> dict[tuple[str, str | None], Document]:
    return {(term["metric"], term["aspect"]): term for term in text["rules"]["terms"]}


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Iterable[str]
) -> list[Document]:
    return [
        {"field": name, "before": _text(before[name]), "after": _text(after[name])}
        for name in names
        if before[name] != after[name]
    ]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
