"""Review policies as a log tells them: by which version work of a period is scored."""

from dataclasses import dataclass
from datetime import date

from application.store.log import Log, Window
from domain.ids import ReviewPolicyId
from domain.reviews.review_policy import (
    REVIEW_POLICY,
    Absent,
    Policy,
    ReviewPolicy,
    ReviewPolicyPublished,
)
from projections.reports.replaying import Report, shown
from projections.scoring.asked import PolicyRef

NAMES = tuple(event.__event_name__ for event in REVIEW_POLICY.event_types)


class NoPolicy(LookupError):
    """There is no such review policy, or no version of it for the period."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A version of a policy that work is scored by; ``in_force``: or what-if it had been."""

    id: ReviewPolicyId
    policy: Policy
    version: ReviewPolicyPublished
    in_force: bool

    @property
    def ref(self) -> PolicyRef | None:
        """The version as cards name it; None where it is a what-if."""
        if not self.in_force:
            return None
        return PolicyRef(self.id, self.version.version, self.version.hash)

    def told(self) -> Report:
        """Return which version of which policy it is."""
        return {
            "policy_id": str(self.id),
            "code": self.policy.code,
            "role": self.policy.role,
            "version": self.version.version,
            "hash": self.version.hash,
            "official": self.in_force,
        }


@dataclass(frozen=True, slots=True)
class Policies:
    """Every review policy."""

    by_id: dict[ReviewPolicyId, Policy]

    @staticmethod
    def known(log: Log, window: Window) -> "Policies":
        """Return all policies that a window of the log shows."""
        found: dict[ReviewPolicyId, ReviewPolicy] = {}
        for fact in shown(log, window, NAMES):
            id_ = ReviewPolicyId(fact.stream_id)
            found[id_] = REVIEW_POLICY.evolve(found.get(id_, Absent()), fact)
        return Policies({id_: each for id_, each in found.items() if isinstance(each, Policy)})

    def chosen(self, id_: ReviewPolicyId, day: date, number: int | None = None) -> Chosen:
        """Return the version for a period that begins on a day, or the one of a number.

        Raises ``NoPolicy``.
        """
        policy = self.by_id.get(id_)
        if policy is None:
            raise NoPolicy("There is no such review policy.")
        due = policy.in_force(day)
        version = due if number is None else policy.version(number)
        if version is None:
            raise NoPolicy(
                "None of its versions was published for a period that begins then; name a version."
                if number is None
                else f"It has no version {number}."
            )
        return Chosen(id_, policy, version, in_force=version == due)

    def of_role(self, role: str, day: date) -> Chosen | None:
        """Return the version by which a role is scored in a period that begins on a day.

        Of several policies for one role the one that took effect last; None: the role has none.
        """
        found = [
            Chosen(id_, policy, version, in_force=True)
            for id_, policy in self.by_id.items()
            if policy.role == role and (policy.retired_on is None or day <= policy.retired_on)
            if (version := policy.in_force(day)) is not None
        ]
        found.sort(key=lambda each: (each.version.effective_from, each.policy.code))
        return found[-1] if found else None
