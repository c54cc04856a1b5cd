"""How a review stands: who had a hand in it, with which card, and what was sealed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from domain.ids import DepartmentId, MemberId, ReviewCycleId, ReviewPolicyId
from domain.reviews.card import Card
from domain.reviews.review import FollowUp, Grounds


@dataclass(frozen=True)
class Calibration:
    """Points beside the card's total, who proposed them and who confirmed them."""

    adjustment: Decimal
    proposed_by: MemberId
    hands: frozenset[MemberId]
    """Who proposed and confirmed, and for whom."""
    confirmed_by: tuple[MemberId, ...] = ()

    @property
    def signers(self) -> tuple[MemberId, ...]:
        """Who calibrated, the first first."""
        return (self.proposed_by, *self.confirmed_by)


@dataclass(frozen=True)
class Appeal:
    """An appeal that is not decided yet."""

    number: int
    decide_by: datetime


@dataclass(frozen=True)
class Version:
    """What is sealed: the card's total (exact, None: none), its position, and the seal's hash."""

    number: int
    total: str | None
    position: int
    hash: str
    because: Grounds


@dataclass(frozen=True, kw_only=True)
class About:
    """What every review that exists has: whom it is about, by which rules, and who worked on it."""

    member_id: MemberId | None
    department_id: DepartmentId
    cycle_id: ReviewCycleId | None
    first: date
    last: date
    zone: str
    policy_id: ReviewPolicyId
    policy_version: int
    policy_hash: str
    authors: tuple[MemberId, ...]
    """Who opened it, then who else drafted its card."""
    drawn_by: frozenset[MemberId]
    """The same, with those who acted for them."""
    calibrated_by: frozenset[MemberId] = frozenset()
    """Who ever proposed or confirmed a calibration, or acted for them."""
    took_part: frozenset[MemberId] = frozenset()
    """Who did anything else to it, or wrote down an appeal for the reviewee; not the reviewee."""
    judged_by: frozenset[MemberId] = frozenset()
    """Who ever decided an appeal, or acted for them."""
    first_calibrator_id: MemberId | None = None
    second_calibrator_id: MemberId | None = None
    judge_id: MemberId | None = None
    """Who is asked to judge an appeal, where there is one."""
    inputs: bool = False
    """Whether its inputs are collected."""
    seen: bool = False
    """Whether the reviewee was ever shown it."""
    appeals: int = 0

    @property
    def asked_to_calibrate(self) -> frozenset[MemberId]:
        """Who is asked to calibrate it."""
        told = (self.first_calibrator_id, self.second_calibrator_id)
        return frozenset(each for each in told if each is not None)

    @property
    def holder_id(self) -> MemberId | None:
        """Whose it is to see: the reviewee's, once it was shared."""
        return self.member_id if self.seen else None

    @property
    def kept_from_id(self) -> MemberId | None:
        """Who may not know of it yet: the reviewee, until it is shared."""
        return None if self.seen else self.member_id


@dataclass(frozen=True, kw_only=True)
class Carded(About):
    """A review with a card."""

    card: Card

    @property
    def present(self) -> Card:
        """The card that counts now."""
        return self.card


@dataclass(frozen=True, kw_only=True)
class Agreed(Carded):
    """A review whose card is calibrated."""

    calibration: Calibration


@dataclass(frozen=True)
class Absent:
    """No such review."""


@dataclass(frozen=True, kw_only=True)
class Withdrawn(About):
    """A review that is not to be."""


@dataclass(frozen=True, kw_only=True)
class Opened(About):
    """A review that needs a card: a first one, or another one after an appeal."""


@dataclass(frozen=True, kw_only=True)
class Drafted(Carded):
    """A review that nobody has calibrated yet."""


@dataclass(frozen=True, kw_only=True)
class Calibrated(Agreed):
    """A review that is being calibrated, or is."""


@dataclass(frozen=True, kw_only=True)
class Shared(Agreed):
    """A review that the reviewee is shown."""

    sealable_from: datetime
    answered: bool = False
    appeal: Appeal | None = None


@dataclass(frozen=True, kw_only=True)
class Sealed(Agreed):
    """A review that stays as it is; its card is the sealed one."""

    versions: tuple[Version, ...]
    """The sealed one first, then its supplements."""
    latest: Card
    """The last version's card."""
    appeal: Appeal | None = None
    upheld: bool = False
    """Whether an appeal was upheld that no supplement answers yet."""
    impact: FollowUp | None = None
    """What followed from what was last learned since the last version."""

    @property
    def present(self) -> Card:
        """The last version's card."""
        return self.latest


Review = Absent | Withdrawn | Opened | Drafted | Calibrated | Shared | Sealed
