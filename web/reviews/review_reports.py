"""Reports about reviews over HTTP: as JSON, as a table (CSV), or as a page that prints well.

Reading them needs the right to read all reviews; a department's is also shown to who may read the
reviews of that department. That a table is taken out is a fact.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response

from application.access import NotPermitted
from application.store.log import NOW
from domain.access.roles import Action, Resource
from domain.ids import DepartmentId, ReviewCycleId, ReviewPolicyId
from projections.reports import indicators as worth
from projections.reports.calibration import Scope, calibration
from projections.reports.indicators import indicators
from projections.reports.period import Period
from projections.reports.policies import NoPolicy
from projections.reports.replaying import Report, as_json
from projections.reports.reviews import NoDepartment, Question, department_review, team_review
from projections.teams.teams import MEMBERS
from web.access.seeing import access
from web.bodies import Routes
from web.exchange.exports import keep_export, sent
from web.exchange.tables import written
from web.facts import language
from web.problems import FieldError, Problem
from web.reviews.pages import department_page
from web.reviews.printing import Language, page_response
from web.reviews.report_bodies import (
    CalibrationQuery,
    CalibrationReportSchema,
    DepartmentReviewQuery,
    DepartmentReviewSchema,
    IndicatorsQuery,
    IndicatorsSchema,
    TeamReviewQuery,
    TeamReviewSchema,
)
from web.reviews.report_pages import calibration_page, indicators_page
from web.reviews.report_tables import Row, calibration_rows, department_rows, indicator_rows
from web.running import concord, json_response, zone
from web.views import await_log, window

bp = Routes("review-reports", "review-reports", description="What reviews come to, and how fair.")


@dataclass(frozen=True, slots=True)
class Forms:
    """How a report is written in its other forms."""

    rows: Callable[[Report, Language], Iterable[Row]]
    page: Callable[[Report, Language], str]


_DEPARTMENT = Forms(department_rows, department_page)
_CALIBRATION = Forms(calibration_rows, calibration_page)
_INDICATORS = Forms(indicator_rows, indicators_page)
_OTHERWISE = {
    "text/csv": {"schema": {"type": "string"}},
    "text/html": {"schema": {"type": "string"}},
}
_DOCUMENTED = bp.doc(responses={200: {"content": _OTHERWISE}})

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/reports/department-review")
@_DOCUMENTED
@bp.arguments(DepartmentReviewQuery, location="query")
@bp.response(200, DepartmentReviewSchema, description="The report.")
def get_department_review(args: dict[str, Any]) -> Response:
    """Show a department's card, its members' totals, and both together."""
    department = DepartmentId(args["department"]) if "department" in args else None
    _permit(department)
    log, question, seen = concord().log, _question(args), window(args) or NOW
    found = _asked(lambda: department_review(log, question, department, seen))
    _tell(each for group in found["departments"] for each in group["members"])
    return _answer(found, _DEPARTMENT, args)


@bp.get("/reports/team-review")
@_DOCUMENTED
@bp.arguments(TeamReviewQuery, location="query")
@bp.response(200, TeamReviewSchema, description="The report.")
def get_team_review(args: dict[str, Any]) -> Response:
    """Show the card of some members together, each one's total, and both together."""
    _permit()
    log, question, seen = concord().log, _question(args), window(args) or NOW
    found = _asked(lambda: team_review(log, question, args["members"], seen))
    _tell(found["members"])
    return _answer(found, _DEPARTMENT, args)


@bp.get("/reports/calibration")
@_DOCUMENTED
@bp.arguments(CalibrationQuery, location="query")
@bp.response(200, CalibrationReportSchema, description="The report.")
def get_calibration_report(args: dict[str, Any]) -> Response:
    """Show whether calibration treated groups alike, and who calibrated how."""
    _permit()
    cycle = ReviewCycleId(args["cycle"]) if "cycle" in args else None
    period = _period(args) if "first" in args else None
    found = calibration(concord().log, Scope(cycle, period), window(args) or NOW)
    _tell(found["calibrators"])
    return _answer(found, _CALIBRATION, args)


@bp.get("/reports/indicators")
@_DOCUMENTED
@bp.arguments(IndicatorsQuery, location="query")
@bp.response(200, IndicatorsSchema, description="The report.")
def get_indicators(args: dict[str, Any]) -> Response:
    """Show which indicators measure anything, which nobody has data for, which say the same."""
    _permit()
    policy = ReviewPolicyId(args["policy"]) if "policy" in args else None
    if policy is None and "version" in args:
        raise _refused("version", "fields.invalid", "Name the policy, too.")
    question = worth.Question(period=_period(args), policy_id=policy, version=args.get("version"))
    found = _asked(lambda: indicators(concord().log, question, window(args) or NOW))
    return _answer(found, _INDICATORS, args)


# --- What is asked --------------------------------------------------------------------------------


def _permit(department_id: DepartmentId | None = None) -> None:
    """Check that all reviews may be read, or those of a department. Raises ``NotPermitted``."""
    place = {
        "department_id": None if department_id is None else str(department_id),
        "holder_id": None,
        "kept_from_id": None,
    }
    if not access().verdict(Action.READ, Resource.REVIEW).condition.holds(place):
        raise NotPermitted(Action.READ, Resource.REVIEW)
    await_log()


def _question(args: dict[str, Any]) -> Question:
    policy = ReviewPolicyId(args["policy"])
    return Question(period=_period(args), policy_id=policy, version=args.get("version"))


def _period(args: dict[str, Any]) -> Period:
    return Period(args["first"], args["last"], zone())


def _asked(make: Callable[[], Report]) -> Report:
    """Make a report. Raises ``Problem`` 422, naming the field, where it asks for what is not."""
    try:
        return make()
    except NoPolicy as error:
        raise _refused("policy", "review-policy.none-in-force", str(error)) from error
    except NoDepartment as error:
        raise _refused("department", "department.unknown", str(error)) from error


def _refused(name: str, code: str, sentence: str) -> Problem:
    return Problem(422, code, sentence, errors=[FieldError(name, sentence)])


# --- What is answered -----------------------------------------------------------------------------


def _tell(people: Iterable[Report]) -> None:
    named = {each["member_id"] for each in people if each["name"] is not None}
    access().tell(MEMBERS, map(UUID, named))


def _answer(report: Report, forms: Forms, args: dict[str, Any]) -> Response:
    told: Language = "zh" if args.get("language", language()) == "zh" else "en"
    match args["format"]:
        case "html":
            return page_response(forms.page(report, told))
        case "csv":
            return _table(report, list(forms.rows(report, told)))
        case _:
            return json_response(as_json(report))


def _table(report: Report, rows: list[Row]) -> Response:
    name = report["report"]
    file = written("csv", rows)
    try:
        keep_export(name, "csv", len(rows) - 1)
        dated = f"{name}-{datetime.now(UTC):%Y-%m-%d}.csv"
        return sent(file, dated, "csv", int(report["position"]))
    except BaseException:
        file.close()
        raise
