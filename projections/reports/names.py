"""What members and departments were called, replayed like everything else in a report."""

from typing import Any

from application.store.log import Log, Window
from domain.teams.department import DepartmentCreated, DepartmentRenamed
from domain.teams.member import MemberDetailsChanged, MemberJoined

_NAMING: tuple[Any, ...] = (
    MemberJoined,
    MemberDetailsChanged,
    DepartmentCreated,
    DepartmentRenamed,
)


def names_in(log: Log, window: Window) -> dict[str, str]:
    """Return the names of members and departments, by id, as the window shows them."""
    names = {}
    wanted = [event.__event_name__ for event in _NAMING]
    for page in log.pages(names=wanted, upto=window.position):
        for fact in page:
            if window.shows(fact):
                names[str(fact.stream_id)] = fact.event.name
    return names
