"""How the sample company groups its customers: tiers by a policy, what each tier is promised."""

from datetime import date
from fractions import Fraction

from application.demo.companies import CONTESTED, DISPUTED, KNOWN_BEFORE, Company, companies
from application.demo.hours import SHANGHAI, at, later
from application.demo.people import CHEN_JING, LI_NA
from application.demo.script import Beat, Script, Storyline, acted
from domain.customers.customer import TierCustomer
from domain.customers.service_plan import ServicePromises, SetServicePlan, service_plan_id
from domain.customers.tier_policy import (
    DraftTierPolicy,
    PublishTierPolicy,
    RedraftTierPolicy,
    tier_policy_id,
)
from domain.customers.tiering import (
    TierBand,
    TierCriterion,
    TierFamily,
    TierMeasure,
    TierRules,
    months_later,
    suggested_tier,
)
from domain.sales.order import Placed
from domain.values import Tier

_NAME = "customer-tiers"
POLICY = tier_policy_id(_NAME)
_MONTHS = 6


def _bands(*bands: tuple[int, int]) -> tuple[TierBand, ...]:
    return tuple(TierBand(at_least=at_least, points=points) for at_least, points in bands)


_PAID = TierCriterion(
    family=TierFamily.VALUE,
    measure=TierMeasure.PAID_AMOUNT,
    weight=50,
    bands=_bands((1, 30), (50_000, 60), (150_000, 100)),
    currency="CNY",
)
_ORDERS = TierCriterion(
    family=TierFamily.COOPERATION,
    measure=TierMeasure.ORDER_COUNT,
    weight=20,
    bands=_bands((1, 40), (2, 70), (4, 100)),
)
_SIZE = TierCriterion(
    family=TierFamily.POTENTIAL,
    measure=TierMeasure.EMPLOYEES,
    weight=30,
    bands=_bands((50, 30), (200, 60), (1000, 100)),
)
RULES = TierRules(criteria=(_PAID, _ORDERS, _SIZE), strategic_from=75, key_from=40)
_FIRST_TRY = TierRules(criteria=(_PAID, _ORDERS, _SIZE), strategic_from=85, key_from=50)
_NEXT = TierRules(criteria=(_PAID, _ORDERS, _SIZE), strategic_from=70, key_from=35)
_PROMISES = {
    Tier.STRATEGIC: ServicePromises(
        visits_per_year=12,
        review_meetings_per_year=4,
        response_note="两小时内回复 An answer within two hours",
        owner_role="account-manager",
    ),
    Tier.KEY: ServicePromises(visits_per_year=4, review_meetings_per_year=2),
    Tier.NORMAL: ServicePromises(visits_per_year=1, review_meetings_per_year=0),
}
_AGREED = "按政策建议调整。 As the policy suggests."
_KEPT = "新仓投产在即，暂不降级。 They are about to open a new site: not lowered for now."


def storylines(script: Script) -> list[Storyline]:
    """Return the policy, the promises, and the reviews of some customers by it."""
    reviewed = [
        company
        for company in companies()[:KNOWN_BEFORE:7]
        if company.number not in {DISPUTED, CONTESTED}
    ]
    return [
        _policy(script),
        _promises(script),
        *(_reviewed(script, company, n) for n, company in enumerate(reviewed)),
    ]


def _policy(script: Script) -> Storyline:
    draft = DraftTierPolicy(id=POLICY, name=_NAME, rules=_FIRST_TRY, review_months=_MONTHS)
    redraft = RedraftTierPolicy(id=POLICY, rules=RULES, review_months=_MONTHS)
    publish = PublishTierPolicy(id=POLICY, effective_from=date(2026, 8, 1))
    again = RedraftTierPolicy(id=POLICY, rules=_NEXT, review_months=_MONTHS)
    yield from acted(
        script,
        Beat(at(7, 6, 14), CHEN_JING, draft, "讨论稿 For discussion"),
        Beat(at(7, 13, 16, 30), CHEN_JING, redraft, "试算后门槛略降 Lowered after a trial"),
        Beat(at(7, 20, 9, 10), CHEN_JING, publish),
        Beat(at(9, 21, 15), CHEN_JING, again, "明年方案，先试算 For next year: to be tried"),
    )


def _promises(script: Script) -> Storyline:
    beats = [
        Beat(
            at(7, 21, 10, n),
            LI_NA,
            SetServicePlan(id=service_plan_id(tier), tier=tier, promises=to),
        )
        for n, (tier, to) in enumerate(_PROMISES.items())
    ]
    more = ServicePromises(visits_per_year=6, review_meetings_per_year=2)
    change = SetServicePlan(id=service_plan_id(Tier.KEY), tier=Tier.KEY, promises=more)
    yield from acted(script, *beats, Beat(at(9, 1, 11), LI_NA, change, "旺季前多走访。"))


# --- Reviews --------------------------------------------------------------------------------------


def _reviewed(script: Script, company: Company, n: int) -> Storyline:
    yield later(at(8, 24, 13, 30), 12 * n)
    suggested = suggested_tier(measured(script, company), RULES).tier
    present: Tier = script.state(company.id).tier
    lowered = suggested is Tier.NORMAL and present is not Tier.NORMAL
    keeps = lowered and company.dice("review").likely(0.5)
    review = TierCustomer(
        id=company.id,
        tier=present if keeps else suggested,
        suggested=suggested,
        policy_id=POLICY,
        policy_version=1,
        review_at=months_later(script.now.astimezone(SHANGHAI).date(), _MONTHS),
    )
    script.say(review, CHEN_JING, reason=_KEPT if keeps else _AGREED)


def measured(script: Script, company: Company) -> list[Fraction | None]:
    """Return what the policy's criteria measure of a customer now, in their order."""
    orders = [order for _, order in script.things(Placed) if order.customer_id == company.id]
    paid = sum(order.paid - order.refunded for order in orders if order.currency == "CNY")
    employees: int | None = script.state(company.id).details.employees
    return [
        Fraction(paid, 100),
        Fraction(len(orders)),
        None if employees is None else Fraction(employees),
    ]
