"""How old shapes of events are read today: one small function for each change of shape.

When the fields of an event change, raise its ``shape`` and add the step from the old one here::

    @upcast("customer.registered", shape=1)
    def _region_is_optional(body):
        return {"region": None} | body

The log is never rewritten; ``tests/golden/events.json`` pins every shape, so that a change
without its upcast fails.
"""

from collections.abc import Callable
from typing import Any

Upcast = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTS: dict[tuple[str, int], Upcast] = {}
"""The step that lifts an event (by name) from a shape to the next one."""


def upcast(name: str, *, shape: int) -> Callable[[Upcast], Upcast]:
    """Register the step from ``shape`` to ``shape + 1`` of the event ``name``."""

    def register(step: Upcast) -> Upcast:
        UPCASTS[name, shape] = step
        return step

    return register


@upcast("key.created", shape=1)
def _keys_had_no_scopes(body: dict[str, Any]) -> dict[str, Any]:
    # They opened everything, for good: so they go on.
    return body | {"scopes": ["read", "change", "operate"], "expires_at": None}


@upcast("ownership.claimed", shape=1)
@upcast("ownership.transferred", shape=1)
@upcast("customer.tiered", shape=1)
@upcast("request.opened", shape=1)
@upcast("request.assigned", shape=1)
@upcast("request.queued", shape=1)
@upcast("request.voided", shape=1)
def _what_came_later_may_be_left_out(body: dict[str, Any]) -> dict[str, Any]:
    return body
