"""The talk between a customer and all departments, as everybody logs it, on one timeline."""

from application.demo.accounts import owner_of
from application.demo.chatter import TALKS, Talk
from application.demo.companies import CONTESTED, DISPUTED, Company
from application.demo.hours import END, OPENING, later, office_moment
from application.demo.people import ACCOUNT_MANAGER, SALES, ZHOU_TING, Person
from application.demo.script import Script, Storyline
from application.demo.words import Dice, Words, filled_in
from domain.customers.interaction import LogInteraction, RetractInteraction
from domain.ids import InteractionId, named_id
from domain.values import Tier

_USUAL = {Tier.STRATEGIC: 30, Tier.KEY: 18, Tier.NORMAL: 8}
_MISTAKEN = (
    Words("记到了错误的客户名下。", "Logged under the wrong customer."),
    Words("重复记录。", "Logged twice."),
)


def talk_with(script: Script, company: Company) -> Storyline:
    """Tell every interaction with a customer that is about no request."""
    dice = company.dice("talk")
    left = (END - company.registered_at) / (END - OPENING)
    times = round(dice.uniform(0.7, 1.3) * _USUAL[company.tier] * left)
    moments = (office_moment(dice, company.registered_at) for _ in range(times))
    for n, moment in enumerate(sorted(moments)):
        yield moment
        who = _log(script, company, n)
        if dice.likely(0.004):
            yield later(script.now, dice.uniform(5, 60))
            reason = dice.choice(_MISTAKEN).into(who.language)
            script.say(RetractInteraction(id=_id(company, n)), who, reason=reason)


def _log(script: Script, company: Company, n: int) -> Person:
    dice = company.dice("talk", str(n))
    talk = _talk(company, dice)
    who, on_behalf_of = _speaker(script, company, talk, dice)
    contacts = list(script.state(company.id).contacts)
    script.say(
        LogInteraction(
            id=_id(company, n),
            customer_id=company.id,
            channel=talk.channel,
            direction=talk.direction,
            summary=talk.note.into(who.language, **filled_in(dice)),
            contact_id=dice.choice(contacts) if dice.likely(0.85) else None,
        ),
        who,
        on_behalf_of=on_behalf_of,
    )
    return who


def _talk(company: Company, dice: Dice) -> Talk:
    disputed = company.number in {DISPUTED, CONTESTED}  # its sales talk is told by the dispute
    talks = [talk for talk in TALKS if not (disputed and talk.department == SALES)]
    return dice.choice(talks)


def _speaker(
    script: Script, company: Company, talk: Talk, dice: Dice
) -> tuple[Person, Person | None]:
    """Return who logs it, and on whose behalf."""
    if talk.department != SALES:
        return dice.choice(script.team(talk.department)), None
    owner = owner_of(script, company)
    if owner is None or dice.likely(0.1):
        return dice.choice(script.team(SALES, ACCOUNT_MANAGER)), None
    return (ZHOU_TING, owner) if dice.likely(0.1) else (owner, None)


def _id(company: Company, n: int) -> InteractionId:
    return InteractionId(named_id("demo", "talk", str(company.number), str(n)))
