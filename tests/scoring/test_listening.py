"""What customers and colleagues say, and how often we speak, computed by hand."""

from dataclasses import replace
from datetime import time
from decimal import Decimal
from fractions import Fraction

from spec import ANA, BO, HARBOUR, LI_NA, SALES, SERVICE, YUNHE

from domain.business_hours import Hours, Shift, Week
from domain.customers.interaction import Direction, InteractionRetracted
from domain.support.calendar import CalendarPublished
from domain.support.follow_up import FollowUpDone, Satisfied
from domain.support.improvement import Days, Figure, Goal, ImprovementOpened
from domain.support.request import RequestVoided
from domain.support.scale import Scale
from domain.support.survey import SurveyVoided
from domain.support.survey_form import Audience
from domain.support.words import RequestKind, VoidedBecause
from projections.reports.answers import Answers
from projections.reports.satisfaction import figures
from tests.scoring.counted import evidence, of_department, reasons, tallied, value
from tests.scoring.facts import SECOND_QUARTER, Story, on, team

DAY = (Shift(time(9), time(18)),)


# --- Complaints and effort ------------------------------------------------------------------------


def complained(story: Story, *, kind: RequestKind = RequestKind.COMPLAINT):
    """Bo holds a complaint, and Li Na resolves it on 10 May."""
    request = story.opened("05-05", kind=kind, holder=BO)
    story.resolved(request, LI_NA, "05-10")
    return request


def asked_about(story: Story, request, day: str, score: int, **more) -> None:
    survey = story.sent(day, request=request)
    story.answered(survey, day, score, request=request, **more)


def test_who_resolved_the_complaint_is_credited_with_how_it_was_handled():
    story = team()
    request = complained(story)
    asked_about(story, request, "05-11", 4)
    asked_about(story, request, "05-12", 3)
    asked_about(story, request, "05-07", 2)
    asked_about(story, complained(story, kind=RequestKind.SUPPORT), "05-11", 1)
    # Before it was resolved Bo held it.
    assert value(story, "complaint_handling_satisfaction", LI_NA) == 50
    assert value(story, "complaint_handling_satisfaction", BO) == 0
    assert value(story, "complaint_handling_satisfaction") == Fraction(100, 3)
    assert of_department(story, "complaint_handling_satisfaction", SERVICE) == Fraction(100, 3)
    assert value(story, "complaint_handling_satisfaction", aspect="speed") is None


def test_in_the_queue_it_is_the_teams():
    story = team()
    request = story.opened("05-05", kind=RequestKind.COMPLAINT)
    asked_about(story, request, "05-07", 2)
    found = tallied(story, "complaint_handling_satisfaction")
    assert not found.members
    assert found.departments[SERVICE].n == found.nobody.n == 1


def test_a_voided_complaint_or_survey_says_nothing():
    story = team()
    request = complained(story)
    asked_about(story, request, "05-11", 4)
    survey = story.sent("05-12", request=request)
    story.answered(survey, "05-12", 1, request=request)
    story.tell(SurveyVoided(customer_id=HARBOUR, member_id=None), on("05-13"), survey)
    voided = RequestVoided(customer_id=HARBOUR, because=VoidedBecause.SPAM, original_id=None)
    story.tell(voided, on("05-14"), request)
    assert reasons(story, "complaint_handling_satisfaction", LI_NA) == {
        7: "request_voided",
        9: "voided",
    }


def test_effort_is_easy_from_five_of_seven_on():
    story = team()
    story.owned(HARBOUR, ANA)
    request = complained(story, kind=RequestKind.SUPPORT)
    for score in (4, 5, 7):
        asked_about(story, request, "05-11", score, aspect="effort", scale=Scale.SEVEN)
    survey = story.sent("05-12")
    story.answered(survey, "05-12", 5, aspect="ease", scale=Scale.FIVE)
    assert value(story, "ces", LI_NA) == Fraction(200, 3)
    assert value(story, "ces", ANA) == 100
    assert value(story, "ces") == 75
    assert value(team(), "ces") is None


def test_satisfaction_and_recommendation_are_those_of_the_report():
    story = team()
    story.owned(HARBOUR, ANA)
    for number, score in enumerate((9, 10, 7, 3, 6, 9), start=10):
        survey = story.sent(f"05-{number}")
        story.answered(survey, f"05-{number}", score, aspect="recommend", scale=Scale.ELEVEN)
        story.answered(survey, f"05-{number}", min(score // 2, 5))
    story.answered(survey, "05-20", 0, aspect="recommend", scale=Scale.ELEVEN)
    for aspect, name in (("recommend", "nps"), ("overall", "overall_satisfaction")):
        answers = Answers(aspect, Audience.CUSTOMERS)
        for fact in story.facts:
            answers.take(fact)
        counted, excluded = answers.in_period(SECOND_QUARTER)
        found = figures(aspect, counted)
        assert Decimal(found["value"]) == round(Decimal(float(value(story, name, ANA))), 2)
        assert found["n"] == tallied(story, name).whole.n
        assert excluded == reasons(story, name)


# --- Colleagues -----------------------------------------------------------------------------------


def said_of(story: Story, member, department: str, score: int) -> None:
    survey = story.sent("05-05", None, member=member)
    story.answered(
        survey, "05-05", score, aspect=f"collaboration-{department}", customer=None, member=member
    )


def test_other_departments_say_how_working_together_is():
    story = team()
    said_of(story, ANA, "service", 4)
    said_of(story, ANA, "service", 2)
    said_of(story, BO, "service", 5)
    said_of(story, BO, "sales", 5)
    assert of_department(story, "collaboration_satisfaction", SERVICE) == 50
    assert of_department(story, "collaboration_satisfaction", SALES) == 100
    assert reasons(story, "collaboration_satisfaction") == {9: "own_department"}
    assert value(team(), "collaboration_satisfaction") is None


# --- Speaking with customers ----------------------------------------------------------------------


def test_days_of_contact_for_each_customer_and_thirty_days():
    story = team()
    story.owned(HARBOUR, ANA)
    story.contract(HARBOUR, "2025-01-01")
    for day in ("04-10", "04-10", "05-05", "07-05"):
        story.spoke(HARBOUR, day)
    taken_back = story.spoke(HARBOUR, "05-06")
    story.tell(InteractionRetracted(customer_id=HARBOUR), on("05-06"), taken_back)
    story.owned(YUNHE, ANA)
    story.spoke(YUNHE, "05-07")
    # Two days with Harbour in 91; Yunhe is no customer yet.
    assert value(story, "contact_frequency", ANA) == Fraction(2 * 30, 91)
    assert reasons(story, "contact_frequency", ANA) == {9: "outside_period", 13: "not_active"}
    assert value(team(), "contact_frequency") is None


def test_each_owner_has_the_days_that_were_theirs():
    story = team()
    ownership = story.owned(HARBOUR, ANA)
    story.transferred(HARBOUR, ANA, BO, "2025-04-11", ownership)
    story.contract(HARBOUR, "2025-01-01")
    story.spoke(HARBOUR, "04-05")
    # Of 91 days ten were Ana's.
    assert value(story, "contact_frequency", ANA) == 3
    assert value(story, "contact_frequency", BO) == 0


def test_customers_who_turned_to_us_as_we_did_to_them():
    story = team()
    for customer in (HARBOUR, YUNHE):
        story.owned(customer, ANA)
        story.spoke(customer, "05-05")
    story.spoke(HARBOUR, "05-08", Direction.INBOUND)
    story.spoke(YUNHE, "07-08", Direction.INBOUND)
    assert value(story, "two_way_contact", ANA) == 50
    assert value(team(), "two_way_contact") is None


# --- Asking and listening -------------------------------------------------------------------------


def test_who_answered_of_those_who_were_asked():
    story = team()
    story.owned(HARBOUR, ANA)
    for day in ("05-05", "05-06", "06-28", "07-02"):
        story.sent(day)
    story.answered(story.sent("05-07"), "05-20", 3)
    # One of three; one still has time, one was asked later.
    assert value(story, "participation", ANA, known_at=on("07-10")) == Fraction(100, 3)
    assert reasons(story, "participation", ANA, known_at=on("07-10")) == {
        7: "pending",
        8: "outside_period",
    }
    assert value(story, "participation", ANA) == 25
    assert value(team(), "participation") is None


def office(story: Story) -> Story:
    hours = Hours(zone="Asia/Shanghai", week=Week(DAY, DAY, DAY, DAY, DAY))
    event = CalendarPublished(
        name="Office", version=1, hours=hours, effective_from=on("01-01").date()
    )
    story.tell(event, on("01-01"))
    return story


def spoke_to_again(
    story: Story, day: str, time: str = "10:00", satisfied: Satisfied = Satisfied.YES
) -> None:
    done = FollowUpDone(customer_id=HARBOUR, satisfied=satisfied, outcome="Fine now", note=None)
    story.tell(done, on(day, time))


def test_what_is_not_liked_is_acted_on_in_ten_business_days():
    story = office(team())
    story.owned(HARBOUR, ANA)
    story.answered(story.sent("05-05"), "05-05", 2)
    # Monday 5 May: the tenth business day after it is Monday 19 May.
    assert reasons(story, "feedback_closed_loop", ANA, known_at=on("05-19", "23:59")) == {
        7: "pending"
    }
    assert value(story, "feedback_closed_loop", ANA, known_at=on("05-20", "00:00")) == 0
    spoke_to_again(story, "05-20", "00:00")
    assert value(story, "feedback_closed_loop", ANA) == 0
    spoke_to_again(story, "05-19", "12:00", Satisfied.UNREACHED)
    assert value(story, "feedback_closed_loop", ANA) == 0
    spoke_to_again(story, "05-19", "23:59")
    assert value(story, "feedback_closed_loop", ANA) == 100
    assert evidence(story, "feedback_closed_loop", ANA) == [7, 10]


def test_an_improvement_that_names_the_answer_acts_on_it():
    story = office(team())
    story.owned(HARBOUR, ANA)
    story.answered(story.sent("05-05"), "05-05", 2)
    story.answered(story.sent("05-05"), "05-05", 2)
    story.answered(story.sent("05-05"), "05-05", 5)
    opened = ImprovementOpened(
        department_id=SERVICE,
        member_id=BO,
        finding="Slow",
        evidence=(7,),
        goal=Goal(
            figure=Figure.COMPLAINTS,
            cause=None,
            baseline=Days(on("01-01").date(), on("02-01").date()),
        ),
        due_at=on("08-01"),
    )
    story.tell(opened, on("05-06"))
    assert value(story, "feedback_closed_loop", ANA) == 50
    assert tallied(story, "feedback_closed_loop").whole.n == 2
    assert value(team(), "feedback_closed_loop") is None


def test_one_that_comes_before_what_was_said_is_no_answer_to_it():
    story = office(team())
    story.owned(HARBOUR, ANA)
    story.answered(story.sent("05-05"), "05-05", 2)
    spoke_to_again(story, "05-05", "09:59")
    assert value(story, "feedback_closed_loop", ANA) == 0
    story.facts[-1] = replace(
        story.facts[-1], envelope=replace(story.facts[-1].envelope, occurred_at=on("05-05"))
    )
    assert value(story, "feedback_closed_loop", ANA) == 100
