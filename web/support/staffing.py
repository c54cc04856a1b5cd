"""What a change of a request asks of departments and members: rules to route by, who is away."""

from datetime import UTC, datetime

from domain.ids import DepartmentId, MemberId
from domain.kernel import Rejected
from domain.support.routing import ROUTING, InForce, routing_id
from domain.teams.member import MEMBER, Active
from web.running import concord


def is_routed(department_id: DepartmentId) -> bool:
    """Tell whether a department has rules that find who takes its requests."""
    return isinstance(concord().crm.load(ROUTING, routing_id(department_id)).state, InForce)


def check_there(member_id: MemberId) -> None:
    """Check that a member is not away now. Raises ``Rejected``: member.away."""
    state = concord().crm.load(MEMBER, member_id).state
    if not isinstance(state, Active):
        return  # the command's check says so
    if absence := state.abilities.away_at(datetime.now(UTC)):
        raise Rejected(
            "member.away",
            f"They are away until {absence.ends_at.isoformat()}; choose somebody else, or say"
            " even_if_away to leave it for then.",
            field="member_id",
        )
