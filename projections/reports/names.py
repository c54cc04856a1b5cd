"""What members and departments were called, replayed like everything else in a report."""

from typing import Any

from application.store.log import Log, Window
from domain.teams.department import DepartmentCreated, DepartmentRenamed
from domain.teams.member import MemberDetailsChanged, MemberJoined
from projections.reports.replaying import shown

_NAMING: tuple[Any, ...] = (
    MemberJoined,
    MemberDetailsChanged,
    DepartmentCreated,
    DepartmentRenamed,
)


def names_in(log: Log, window: Window) -> dict[str, str]:
    """Return the names of members and departments, by id, as the window shows them."""
    wanted = [event.__event_name__ for event in _NAMING]
    return {str(fact.stream_id): fact.event.name for fact in shown(log, window, wanted)}
