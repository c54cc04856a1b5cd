"""How the sample company asks: customers after their requests, and colleagues once a quarter."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from application.demo.companies import CONTESTED, DISPUTED, Company, companies
from application.demo.hours import WORKING_DAY, at, awake, later
from application.demo.people import CHEN_JING, LI_NA, PEOPLE, SERVICE, Person
from application.demo.script import Beat, Script, Storyline, acted, due
from application.demo.words import Dice, Words
from domain.customers import customer
from domain.customers.ownership import Unowned, ownership_id
from domain.ids import MemberId, SurveyId
from domain.kernel import Actor
from domain.support.request_states import Closed, Resolved
from domain.support.scale import Aspect, Scale
from domain.support.survey import (
    AnswerByLink,
    ExpireSurvey,
    IssueSurveyLink,
    RecordAnswers,
    Score,
    SendSurvey,
    VoidSurvey,
    asking,
)
from domain.support.survey_form import (
    Audience,
    DraftSurveyForm,
    PublishSurveyForm,
    Questions,
    RedraftSurveyForm,
    survey_form_id,
)
from domain.support.survey_programme import (
    ChangeSurveyProgramme,
    EndSurveyProgramme,
    PauseSurveyProgramme,
    Programme,
    ResumeSurveyProgramme,
    Sampling,
    StartSurveyProgramme,
    SurveyChannel,
    Trigger,
    rested,
    sampled,
    survey_id,
    survey_programme_id,
)
from domain.teams import member

_SERVICE, _TEAM = survey_form_id("after-service"), survey_form_id("colleagues")
_AFTER, _QUARTER = survey_programme_id("after-service"), survey_programme_id("colleagues")
_OVERALL = Aspect("overall", "All in all, how satisfied are you?", "总体满意度如何？", Scale.FIVE)
_SPEED = Aspect("response", "How quickly did we answer?", "我们的响应速度如何？", Scale.FIVE)
_EFFORT = Aspect("effort", "How easy did we make it?", "办理是否省心？", Scale.SEVEN)
_RECOMMEND = Aspect(
    "recommend", "Would you recommend us?", "您愿意把我们推荐给同行吗？", Scale.ELEVEN
)
_FIRST = Questions("How did we do?", "您对这次服务满意吗？", (_OVERALL, _SPEED, _EFFORT))
_ASKED = Questions("How did we do?", "您对这次服务满意吗？", (*_FIRST.aspects, _RECOMMEND))
_AMONG_US = Questions(
    "Working together",
    "部门协作",
    (
        Aspect("cooperation", "How well do departments work together?", "协作如何？", Scale.FIVE),
        Aspect("recommend", "Would you recommend working here?", "愿意推荐这里吗？", Scale.ELEVEN),
    ),
)
_HALF = Sampling(Trigger.REQUEST_RESOLVED, share=20, rest_days=30, valid_days=14)
_MORE = Sampling(Trigger.REQUEST_RESOLVED, share=30, rest_days=30, valid_days=14)
_STAFF = Sampling(Trigger.ALL_STAFF, share=40, rest_days=60, valid_days=10, every_days=90)
_DRAWS = Actor.system("survey-programme")
_BY_LINK = Actor.system("survey-link")
_UNANSWERED = "Nobody answered the survey in time."
_PRAISE = Words("回复很快，解决到位。", "Quick and to the point.")
_BLAME = Words("催了两次才有人处理。", "We had to ask twice.")
_TEAMWORK = Words("交接时信息常常不全。", "What is handed over is often not complete.")
_BEGINS, _STOPS, _TEAM_DAY = at(7, 10, 18, 40), at(8, 21, 18, 40), at(8, 24, 9, 30)


def storylines(script: Script) -> list[Storyline]:
    """Return the forms and programmes, what they draw, and the answers."""
    return [_rules(script), _evenings(script), _colleagues(script)]


def _rules(script: Script) -> Storyline:
    customers, staff = Audience.CUSTOMERS, Audience.STAFF
    start = StartSurveyProgramme(
        id=_AFTER, name="after-service", form_id=_SERVICE, audience=customers, sampling=_HALF
    )
    change = ChangeSurveyProgramme(id=_AFTER, form_id=_SERVICE, audience=customers, sampling=_MORE)
    quarter = StartSurveyProgramme(
        id=_QUARTER, name="colleagues", form_id=_TEAM, audience=staff, sampling=_STAFF
    )
    draft = DraftSurveyForm(id=_SERVICE, name="after-service", audience=customers, questions=_FIRST)
    team = DraftSurveyForm(id=_TEAM, name="colleagues", audience=staff, questions=_AMONG_US)
    yield from acted(
        script,
        Beat(at(7, 7, 10), LI_NA, draft),
        Beat(at(7, 7, 15), LI_NA, RedraftSurveyForm(id=_SERVICE, questions=_ASKED), "补上推荐意愿"),
        Beat(at(7, 8, 9, 40), LI_NA, PublishSurveyForm(id=_SERVICE)),
        Beat(at(7, 10, 9), LI_NA, start),
        Beat(at(7, 24, 11), LI_NA, change, "回收太少，提高抽样比例。"),
        Beat(at(7, 31, 17), LI_NA, PauseSurveyProgramme(id=_AFTER), "盘点周不打扰客户。"),
        Beat(at(8, 7, 9), LI_NA, ResumeSurveyProgramme(id=_AFTER)),
        Beat(at(8, 20, 9), CHEN_JING, team),
        Beat(at(8, 20, 9, 30), CHEN_JING, PublishSurveyForm(id=_TEAM)),
        Beat(at(8, 21, 9), CHEN_JING, quarter),
        Beat(at(8, 24, 9), LI_NA, PauseSurveyProgramme(id=_AFTER), "先分析第一轮结果。"),
        Beat(
            at(9, 7, 9),
            CHEN_JING,
            EndSurveyProgramme(id=_QUARTER),
            "Replaced by talks in each team from October on.",
        ),
    )


# --- Customers ------------------------------------------------------------------------------------


def _evenings(script: Script) -> Storyline:
    """Draw each evening among the requests resolved since the last."""
    by_id = {company.id: company for company in companies()}
    asked: dict[Company, datetime] = {}
    since, yielded = at(7, 10, 9), _BEGINS
    while yielded <= _STOPS:
        yield yielded
        programme = script.state(_AFTER)
        if isinstance(programme, Programme) and not programme.paused:
            for request_id, request in list(script.things(Resolved)):
                company = by_id[request.customer_id]
                words = f"{request_id}:{request.resolved_at.isoformat()}"
                rests = not rested(programme.sampling, asked.get(company), script.now)
                drawn = sampled(_AFTER, programme.sampling.share, words)
                if request.resolved_at < since or rests or not drawn or _left_out(script, company):
                    continue
                asked[company] = script.now
                survey = _send(script, programme, words, customer_id=company.id,
                               request_id=request_id)  # fmt: skip
                script.plan(_answers(script, company, survey, len(asked)))
        since, yielded = script.now, yielded + timedelta(days=1)


def _left_out(script: Script, company: Company) -> bool:
    there = isinstance(script.state(company.id), customer.Active)
    return company.number in {DISPUTED, CONTESTED} or not there


def _send(script: Script, programme: Programme, words: str, **whom: object) -> SurveyId:
    version, asked, asks_comment = asking(script.state(programme.form_id))
    id_ = survey_id(_QUARTER if "member_id" in whom else _AFTER, words)
    send = SendSurvey(
        id=id_,
        form_id=programme.form_id,
        form_version=version,
        asked=asked,
        asks_comment=asks_comment,
        expires_at=script.now + timedelta(days=programme.sampling.valid_days),
        programme_id=_QUARTER if "member_id" in whom else _AFTER,
        **whom,  # type: ignore[arg-type]
    )
    script.say(send, _DRAWS)
    script.plan(due(script, send.expires_at, ExpireSurvey(id=id_), _UNANSWERED))
    return id_


def _answers(script: Script, company: Company, survey: SurveyId, n: int) -> Storyline:
    dice = company.dice("survey", str(n))
    yield script.now + timedelta(minutes=5)
    token = _link(script, survey)
    way = dice.choices(("link", "phone", "nothing"), (50, 20, 30))[0]
    if way == "nothing":
        return
    yield awake(script.now, dice.uniform(3, 150))
    pleased = dice.likely(0.75)
    words = _PRAISE if pleased else _BLAME
    comment = words.into(company.language) if dice.likely(0.4) else None
    if way == "link":
        told = tuple(_scores(dice, pleased))
        answer = AnswerByLink(id=survey, token_sha256=token, answers=told, comment=comment)
        script.say(answer, _BY_LINK)
        if n % 9 == 0:  # called back, and taken at their last word
            yield later(script.now, dice.uniform(30, WORKING_DAY))
            _phone(script, dice, survey, None, pleased=True)
    else:
        yield later(script.now, dice.uniform(10, 90))
        _phone(script, dice, survey, comment, pleased=pleased)
    if n == 7:  # noqa: PLR2004 - one of them
        yield later(script.now, 60)
        script.say(VoidSurvey(id=survey), LI_NA, reason="答复来自另一家公司的联系人。")


def _link(script: Script, survey: SurveyId) -> str:
    sha256 = hashlib.sha256(f"demo {survey}".encode()).hexdigest()
    script.say(IssueSurveyLink(id=survey, token_sha256=sha256), _DRAWS)
    return sha256


def _scores(dice: Dice, pleased: bool) -> Iterator[Score]:
    for aspect in _ASKED.aspects:
        if aspect is _OVERALL or dice.likely(0.85):
            yield Score(aspect.code, _score(dice, aspect.scale, pleased=pleased))


def _score(dice: Dice, scale: Scale, *, pleased: bool) -> int:
    if pleased:
        return dice.randint(scale.top - 1, scale.most)
    return dice.randint(scale.least, scale.top - 1)


def _phone(
    script: Script, dice: Dice, survey: SurveyId, comment: str | None, *, pleased: bool
) -> None:
    asked = script.state(survey)
    rated = _rated(script, survey)
    others = [person for person in script.team(SERVICE) if person.id not in rated]
    record = RecordAnswers(
        id=survey,
        channel=SurveyChannel.PHONE,
        answers=tuple(_scores(dice, pleased)),
        comment=comment if asked.asks_comment else None,
        rated=tuple(sorted(rated)),
    )
    script.say(record, dice.choice(others))


def _rated(script: Script, survey: SurveyId) -> set[MemberId]:
    asked = script.state(survey)
    owned = script.state(ownership_id(asked.customer_id))
    holder = script.state(asked.request_id)
    found: set[MemberId] = set()
    if isinstance(holder, Resolved | Closed) and holder.holder_id is not None:
        found.add(holder.holder_id)
    if owned is not None and not isinstance(owned, Unowned):
        found.add(owned.owner_id)
    return found


# --- Colleagues -----------------------------------------------------------------------------------


def _colleagues(script: Script) -> Storyline:
    yield _TEAM_DAY
    programme = script.state(_QUARTER)
    for person in PEOPLE:
        words = f"{person.id}:0"
        there = isinstance(script.state(person.id), member.Active)
        if there and sampled(_QUARTER, programme.sampling.share, words):
            survey = _send(script, programme, words, member_id=person.id)
            script.plan(_colleague_answers(script, person, survey))


def _colleague_answers(script: Script, person: Person, survey: SurveyId) -> Storyline:
    dice = Dice.of("survey", person.login)
    yield later(script.now, dice.uniform(5, 30))
    token = _link(script, survey)
    yield later(script.now, dice.uniform(30, 3 * WORKING_DAY))
    if dice.likely(0.8):
        scores = tuple(
            Score(each.code, _score(dice, each.scale, pleased=dice.likely(0.6)))
            for each in _AMONG_US.aspects
        )
        comment = _TEAMWORK.into(person.language) if dice.likely(0.3) else None
        answer = AnswerByLink(id=survey, token_sha256=token, answers=scores, comment=comment)
        script.say(answer, _BY_LINK)
