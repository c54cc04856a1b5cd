"""Random lives of a review, against a short model of who may do what when.

Six people with any order at any time; the model is written from the rules in words: four eyes at
each step, the reviewee's rights, and that nothing moves what is sealed.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from spec import ANA, BO, LI_NA, MONDAY, SALES, sample_id

from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope, Fact, Rejected
from domain.reviews.card import digest
from domain.reviews.review import (
    CalibrateReview,
    CollectInputs,
    ConfirmCalibration,
    DecideOutcome,
    DraftScorecard,
    NoteImpact,
    OpenReview,
    OutcomeKind,
    ReviewSealed,
    SealReview,
    ShareReview,
    SupplementReview,
    WithdrawReview,
)
from domain.reviews.review_answering import (
    AcknowledgeReview,
    DisagreeWithReview,
    DismissAppeal,
    LodgeAppeal,
    UpholdAppeal,
)
from domain.reviews.review_rules import REVIEW
from tests.reviews.cards import FIRST, HASH, LAST, POLICY, THE_REVIEW, ZONE, card

CHEN, DAO, EVA = (MemberId(sample_id(number)) for number in (0xC3, 0xDA, 0xE7))
ALL = [ANA, BO, CHEN, DAO, EVA, LI_NA]
WAIT = timedelta(days=7)
SEEN: Counter[tuple[str, bool]] = Counter()
"""How often each order was let through, and refused."""


def somebody(usual: MemberId) -> st.SearchStrategy[MemberId]:
    """Anybody, and every other time whose part it is: random lives come further then."""
    return st.just(usual) | st.sampled_from(ALL)


@dataclass
class Model:
    """What has happened, as somebody would tell it who never saw the code."""

    stage: str = "open"
    """open (needs a card), drafted, agreed upon by ``calibrators``; then shared, sealed, gone."""
    authors: set[MemberId] = field(default_factory=lambda: {ANA})
    calibrators: list[MemberId] = field(default_factory=list)
    ever_calibrated: set[MemberId] = field(default_factory=set)
    inputs: bool = False
    seen: bool = False
    answered: bool = False
    contested: bool = False
    due: bool = False
    upheld: bool = False
    total: int = 70

    def may(self, what: str, who: MemberId, *, late: bool) -> bool:
        if self.stage == "gone":
            return False
        own, author = who == LI_NA, who in self.authors
        before = self.stage in {"open", "drafted"}
        outsider = not own and not author
        match what:
            case "draft":
                return before and not own
            case "collect":
                return self.stage == "drafted" and not self.inputs and not own
            case "calibrate":
                return self.stage == "drafted" and self.inputs and outsider
            case "confirm":
                known = bool(self.calibrators) and who not in self.calibrators
                return self.stage == "drafted" and known and outsider
            case "share":
                return self.stage == "drafted" and len(self.calibrators) > 1 and not own
            case "answer":
                return self.stage == "shared" and not self.answered and own
            case "appeal":
                return self.stage in {"shared", "sealed"} and not self.contested and own
            case "judge":
                return self.contested and outsider and who not in self.ever_calibrated
            case "seal":
                ready = self.answered or late
                return self.stage == "shared" and not self.contested and ready and outsider
            case "note" | "decide":
                return self.stage == "sealed" and not own
            case "supplement":
                return self.stage == "sealed" and (self.due or self.upheld) and outsider
            case _:
                return what == "withdraw" and before and not self.seen and not own


class Lives(RuleBasedStateMachine):
    """One review, with whatever anybody tries."""

    @initialize(steps=st.integers(0, 7))
    def begin(self, steps: int) -> None:
        self.model, self.state, self.version = Model(), REVIEW.initial, 0
        self.now, self.position, self.sealed_hash = MONDAY, 40, None
        self.sealable_from = MONDAY
        told = {"policy_id": POLICY, "policy_version": 1, "policy_hash": HASH}
        period = {"first": FIRST, "last": LAST, "zone": ZONE}
        command = OpenReview(id=THE_REVIEW, member_id=LI_NA, department_id=SALES, **period, **told)
        assert self.ask(command, ANA)
        for step in self.the_way()[:steps]:
            step()

    def the_way(self):
        """From the card to the seal, as it should go: random orders alone hardly get there."""
        return (
            lambda: self.drafts(who=ANA, total=70),
            lambda: self.collects(who=ANA),
            lambda: self.calibrates(who=BO, points=Decimal("1.50")),
            lambda: self.confirms(who=CHEN),
            lambda: self.shares(who=ANA),
            lambda: self.answers(who=LI_NA, agrees=False),
            lambda: self.seals(who=DAO),
        )

    def ask(self, command, who):
        self.now += timedelta(minutes=1)
        around = Envelope(
            occurred_at=self.now, actor=Actor.member(who), channel=Channel.API, reason="So it is"
        )
        try:
            (event,) = REVIEW.decide(command, self.state, around)
        except Rejected:
            return None
        self.version += 1
        fact = Fact(stream_id=THE_REVIEW, version=self.version, event=event, envelope=around)
        self.state = REVIEW.evolve(self.state, fact)
        return event

    def tries(self, what, command, who):
        late = self.now + timedelta(minutes=1) >= self.sealable_from
        may = self.model.may(what, who, late=late)
        event = self.ask(command, who)
        assert (event is not None) == may, (what, self.model)
        SEEN[what, may] += 1
        return event

    @rule(who=somebody(ANA), total=st.integers(60, 80))
    def drafts(self, who, total):
        self.position += 1
        told = card(str(total), position=self.position)
        if self.tries("draft", DraftScorecard(id=THE_REVIEW, card=told), who):
            self.model.stage, self.model.calibrators, self.model.total = "drafted", [], total
            self.model.authors.add(who)

    @rule(who=somebody(ANA))
    def collects(self, who):
        if self.tries("collect", CollectInputs(id=THE_REVIEW), who):
            self.model.inputs = True

    @rule(who=somebody(BO), points=st.decimals(-10, 10, places=2))
    def calibrates(self, who, points):
        command = CalibrateReview(id=THE_REVIEW, adjustment=Decimal(points))
        if self.tries("calibrate", command, who):
            self.model.calibrators = [who]
            self.model.ever_calibrated.add(who)

    @rule(who=somebody(CHEN))
    def confirms(self, who):
        if self.tries("confirm", ConfirmCalibration(id=THE_REVIEW), who):
            self.model.calibrators.append(who)
            self.model.ever_calibrated.add(who)

    @rule(who=somebody(ANA))
    def shares(self, who):
        upto = self.now + WAIT
        if self.tries("share", ShareReview(id=THE_REVIEW, sealable_from=upto), who):
            self.sealable_from = upto
            self.model.stage, self.model.seen, self.model.answered = "shared", True, False

    @rule()
    def time_passes(self):
        self.now += WAIT

    @rule(who=somebody(LI_NA), agrees=st.booleans())
    def answers(self, who, agrees):
        no = DisagreeWithReview(id=THE_REVIEW, comment="No")
        if self.tries("answer", AcknowledgeReview(id=THE_REVIEW) if agrees else no, who):
            self.model.answered = True

    @rule(who=somebody(LI_NA))
    def appeals(self, who):
        command = LodgeAppeal(
            id=THE_REVIEW, facts=(7,), text="It was mine", decide_by=self.now + WAIT
        )
        if self.tries("appeal", command, who):
            self.model.contested = True

    @rule(who=somebody(EVA), upholds=st.booleans())
    def judges(self, who, upholds):
        command = UpholdAppeal(id=THE_REVIEW) if upholds else DismissAppeal(id=THE_REVIEW)
        if self.tries("judge", command, who):
            self.model.contested = False
            if upholds and self.model.stage == "shared":
                self.model.stage, self.model.calibrators = "open", []
            elif upholds:
                self.model.upheld = True

    @rule(who=somebody(DAO))
    def seals(self, who):
        event = self.tries("seal", SealReview(id=THE_REVIEW), who)
        if event:
            assert isinstance(event, ReviewSealed)
            assert event.sealer_id not in event.authors
            assert len(set(event.calibrators)) > 1
            assert not {*event.calibrators} & {*event.authors, LI_NA}
            self.model.stage, self.sealed_hash = "sealed", event.card_hash

    @rule(who=somebody(ANA), total=st.integers(60, 80))
    def notes(self, who, total):
        self.position += 1
        told = card(str(total), position=self.position)
        if self.tries("note", NoteImpact(id=THE_REVIEW, card=told), who):
            self.model.due = abs(total - self.model.total) >= 2

    @rule(who=somebody(DAO), total=st.integers(60, 80))
    def supplements(self, who, total):
        self.position += 1
        told = card(str(total), position=self.position)
        if self.tries("supplement", SupplementReview(id=THE_REVIEW, card=told), who):
            self.model.due = self.model.upheld = False
            self.model.total = total

    @rule(who=somebody(ANA))
    def decides(self, who):
        command = DecideOutcome(id=THE_REVIEW, kind=OutcomeKind.NONE, text="All stays")
        self.tries("decide", command, who)

    @rule(who=st.sampled_from(ALL))
    def withdraws(self, who):
        if self.tries("withdraw", WithdrawReview(id=THE_REVIEW), who):
            self.model.stage = "gone"

    @invariant()
    def nobody_is_shown_it_before_it_is_shared(self):
        assert self.state.holder_id == (LI_NA if self.model.seen else None)

    @invariant()
    def what_is_sealed_stays_as_it_is(self):
        if self.sealed_hash:
            assert digest(self.state.card) == self.sealed_hash
            assert self.state.versions[0].number == 1
            assert [each.number for each in self.state.versions] == [
                *range(1, len(self.state.versions) + 1)
            ]


def test_random_lives():
    run_state_machine_as_test(
        Lives, settings=settings(deadline=None, max_examples=300, stateful_step_count=60)
    )
    orders = {what for what, _ in SEEN}
    assert len(orders) == 13
    assert all(SEEN[what, may] for what in orders for may in (True, False)), SEEN
