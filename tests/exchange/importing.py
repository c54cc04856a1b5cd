"""What the tests of imports share: two small files, and how to look at what they became."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from spec import MONDAY

from domain.ids import named_id
from domain.kernel import Actor, Channel, Envelope
from domain.support.request import (
    CustomerWrote,
    RequestAssigned,
    RequestClosed,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestRetracted,
    StepTaken,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.words import ReplyKind, RequestKind, WaitingOn
from domain.teams.department import department_id
from domain.values import ContactChannel

MAPS = Path(__file__).parent / "maps"
TICKETS = MAPS / "tickets.csv"
OPERATOR = Actor.system("operator")


def rows_in_log(crm):
    with crm.pool.reading() as cursor:
        cursor.execute("select count(*) from log.events")
        return cursor.fetchone()[0]


def requests(crm):
    """What stands in the requests of the log: since each was last taken back."""
    standing = {}
    for page in crm.facts.pages():
        for fact in page:
            if isinstance(fact.event, RequestRetracted):
                del standing[fact.stream_id]
            elif fact.kind == "request":
                standing.setdefault(fact.stream_id, []).append(fact)
    return standing


def by_member(**told):
    usual = {"occurred_at": MONDAY, "actor": Actor.system("test"), "channel": Channel.API}
    return Envelope(**usual | told)


def told(facts):
    return [
        (
            fact.envelope.imported.line,
            fact.envelope.imported.derived,
            fact.envelope.actor.member_id,
            fact.occurred_at,
            fact.event,
        )
        for fact in facts
    ]


# --- A shop's file: short words for everything a row can mean ---------------------------------

HEADER = "case,at,what,customer,who,team,text\n"
MAP = """
source = "shop"
[columns]
case = "case"
time = "at"
step = "what"
customer = "customer"
actor = "who"
queue = "team"
text = "text"
[steps]
new = "opened"
take = "assigned"
hold = { means = "waiting", on = "customer" }
supplier = { means = "waiting", on = "third-party" }
go = "waiting-ended"
answer = "replied"
mail = "customer-wrote"
remark = "step"
repair = { means = "step", work = true }
solve = "resolved"
back = "reopened"
close = "closed"
"""

# --- The worked example: tickets.csv, and what it becomes -------------------------------------

HARBOUR = named_id("tickets", "customer", "Harbour Foods")
YUNHE = named_id("tickets", "customer", "云河科技")
ANA, BO, LI_NA = (named_id("tickets", "member", name) for name in ("Ana", "Bo", "李娜"))
FRONT, SERVICE, LOGISTICS = map(
    department_id, ("front-office", "tickets-service", "tickets-logistics")
)
T1, T2 = (named_id("tickets", "request", case) for case in ("T-1", "T-2"))


def shanghai(day, hour, minute=0):
    return datetime(2025, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def of_harbour(event, **fields):
    return event(customer_id=HARBOUR, **fields)


def of_yunhe(event, **fields):
    return event(customer_id=YUNHE, **fields)


EXPECTED = {
    T1: [
        # line, derived, who did it, when, what
        (2, False, None, shanghai(3, 9), of_harbour(
            RequestOpened, department_id=FRONT, kind=RequestKind.ENQUIRY,
            channel=ContactChannel.EMAIL, title="Cold store alarm")),
        (4, True, ANA, shanghai(3, 9, 10), of_harbour(RequestQueued, department_id=SERVICE)),
        (4, False, ANA, shanghai(3, 9, 10), of_harbour(RequestAssigned, member_id=ANA)),
        (5, False, BO, shanghai(3, 10), of_harbour(
            RequestReplied, kind=ReplyKind.PUBLIC,
            text="We are on it;\nplease keep the door shut.")),
        (7, False, ANA, shanghai(3, 10, 5), of_harbour(
            WaitingStarted, on=WaitingOn.CUSTOMER, contracted=False)),
        (9, True, None, shanghai(4, 8), of_harbour(WaitingEnded, on=WaitingOn.CUSTOMER)),
        (9, False, None, shanghai(4, 8), of_harbour(
            CustomerWrote, text="The door is shut, the alarm is not.")),
        (11, True, BO, shanghai(4, 9), of_harbour(RequestQueued, department_id=LOGISTICS)),
        (11, False, BO, shanghai(4, 9), of_harbour(RequestAssigned, member_id=BO)),
        (12, False, BO, shanghai(4, 12), of_harbour(RequestResolved, resolution="solved")),
        (13, False, BO, shanghai(4, 12), of_harbour(StepTaken, step="solved")),
        (15, False, ANA, shanghai(5, 9), of_harbour(RequestReopened)),
    ],
    T2: [
        (3, False, LI_NA, shanghai(3, 9, 30), of_yunhe(
            RequestOpened, department_id=SERVICE, kind=RequestKind.COMPLAINT,
            channel=ContactChannel.SOCIAL, title="发票有误")),
        (8, False, LI_NA, shanghai(3, 11), of_yunhe(RequestAssigned, member_id=LI_NA)),
        (14, True, LI_NA, shanghai(4, 15), of_yunhe(RequestResolved, resolution="closed")),
        (14, False, LI_NA, shanghai(4, 15), of_yunhe(RequestClosed)),
    ],
}  # fmt: skip
