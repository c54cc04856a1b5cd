"""What the reports about reviews are asked, and what they answer."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from domain.ids import MemberId
from domain.reviews.card import Status
from web.fields import ID, Day, Id, Moment, Whole
from web.reports import PeriodQuery
from web.reviews.cards import CardSchema
from web.sales.orders import last_day
from web.views import MomentSchema

MOST_MEMBERS = 50
FORMS = ("json", "csv", "html")

# --- Questions ------------------------------------------------------------------------------------


class FormSchema(ma.Schema):
    """In which form, and whose words a file or a page is in."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(FORMS),
        metadata={"description": "csv: a table; html: a page to print."},
    )
    language = fields.String(
        validate=validate.OneOf(["en", "zh"]),
        metadata={"description": "Of tables and pages; as Accept-Language says, unless said."},
    )


class MemberList(fields.String):
    """Ids of members, with commas between."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"pattern": f"^{ID}(,{ID}){{0,{MOST_MEMBERS - 1}}}$"}
        super().__init__(metadata=told | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        named = text.split(",")
        if len(named) > MOST_MEMBERS:
            raise ma.ValidationError(f"Name at most {MOST_MEMBERS} members.")
        return [MemberId(Id().deserialize(each)) for each in named]


_VERSION = validate.Range(1, 2**31 - 1)


class _ByPolicyQuery(PeriodQuery, FormSchema):
    policy = Id(required=True, metadata={"description": "By which the whole is scored."})
    version = Whole(
        validate=_VERSION,
        metadata={"description": "Another one than that in force when the period began: what if."},
    )


class DepartmentReviewQuery(_ByPolicyQuery):
    """Which department, or all; by which policy."""

    department = Id(metadata={"description": "All that anybody worked in, unless said."})


class TeamReviewQuery(_ByPolicyQuery):
    """Whose work together; by which policy."""

    members = MemberList(required=True)


class IndicatorsQuery(PeriodQuery, FormSchema):
    """Of which policy; of all metrics there are, unless said."""

    policy = Id()
    version = Whole(validate=_VERSION)


class CalibrationQuery(MomentSchema, FormSchema):
    """Of which cycle, or of which reviewed periods; of all, unless said."""

    cycle = Id()
    first = Day(data_key="from", validate=last_day)
    last = Day(data_key="to", validate=last_day)

    @ma.validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse half a period, and one that ends before it begins."""
        if ("first" in data) != ("last" in data):
            missing = "to" if "first" in data else "from"
            raise ma.ValidationError("Say from and to, or neither.", missing)
        if "first" in data and data["last"] <= data["first"]:
            raise ma.ValidationError("A period ends after it begins.", "to")


# --- Answers --------------------------------------------------------------------------------------


def _number(**told: Any) -> fields.String:
    return fields.String(required=True, **told)


def _numbers(*names: str) -> dict[str, fields.Field[Any]]:
    return {name: _number(allow_none=True) for name in names}


def _counts(*names: str) -> dict[str, fields.Field[Any]]:
    return {name: fields.Integer(required=True) for name in names}


def _evidence() -> fields.List[Any]:
    return fields.List(fields.String(), required=True)


class UsedPolicySchema(ma.Schema):
    """By which version of which policy; ``official``: it was in force when the period began."""

    policy_id = fields.UUID(required=True)
    code = fields.String(required=True)
    role = fields.String(required=True)
    version = fields.Integer(required=True)
    hash = fields.String(required=True)
    official = fields.Boolean(required=True)


class TooLittleSchema(ma.Schema):
    """A metric that says nothing, and why."""

    metric = fields.String(required=True)
    aspect = fields.String(required=True, allow_none=True)
    status = fields.Enum(Status, by_value=True, required=True)


class ReviewedMemberSchema(ma.Schema):
    """A member's card, and with the team's."""

    member_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    role = fields.String(required=True, allow_none=True)
    policy = fields.Nested(UsedPolicySchema, required=True)
    total = fields.String(required=True, allow_none=True)
    blended = fields.String(required=True, allow_none=True)
    card = fields.Nested(CardSchema, required=True)
    too_little = fields.List(fields.Nested(TooLittleSchema), required=True)


class GroupReviewSchema(ma.Schema):
    """A group's card and its members'."""

    total = fields.String(required=True, allow_none=True)
    coverage = fields.String(required=True)
    card = fields.Nested(CardSchema, required=True)
    too_little = fields.List(fields.Nested(TooLittleSchema), required=True)
    evidence = _evidence()
    members = fields.List(fields.Nested(ReviewedMemberSchema), required=True)
    scored = fields.Integer(required=True)
    without_total = fields.List(fields.UUID(), required=True)


class ReviewedDepartmentSchema(GroupReviewSchema):
    """A department's review."""

    department_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)


class BlendShownSchema(ma.Schema):
    """How much the individual and the team weigh, in percent."""

    individual = fields.String(required=True)
    team = fields.String(required=True)


class ReviewReportSchema(ma.Schema):
    """What the reports about reviewed work begin with."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    policy = fields.Nested(UsedPolicySchema, required=True)
    blend = fields.Nested(BlendShownSchema, required=True)


class DepartmentReviewSchema(ReviewReportSchema):
    """Departments under review; projections/reports/reviews.py defines each figure."""

    departments = fields.List(fields.Nested(ReviewedDepartmentSchema), required=True)


class TeamReviewSchema(ReviewReportSchema, GroupReviewSchema):
    """A team under review; projections/reports/reviews.py defines each figure."""


_COMPARED: dict[str, Any] = {
    **_counts("n", "raised", "lowered", "unchanged"),
    **_numbers("mean_total", "mean_adjustment"),
    **_numbers("raised_percent", "lowered_percent", "unchanged_percent", "kept_percent"),
    "evidence": _evidence(),
}
ComparedSchema = ma.Schema.from_dict(_COMPARED, name="ComparedSchema")


class ComparedGroupSchema(ComparedSchema):  # type: ignore[misc,valid-type]
    """How a group was calibrated, and how that compares to the best."""

    group = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    ratio = fields.String(required=True, allow_none=True)
    flagged = fields.Boolean(required=True)


class TooSmallSchema(ma.Schema):
    """How many groups are too small to be shown, and of how many reviews together."""

    groups = fields.Integer(required=True)
    reviews = fields.Integer(required=True)


class ComparedGroupsSchema(ma.Schema):
    """Groups of one kind."""

    groups = fields.List(fields.Nested(ComparedGroupSchema), required=True)
    insufficient = fields.Nested(TooSmallSchema, required=True)


class CalibratorSchema(ma.Schema):
    """What somebody proposed and confirmed."""

    member_id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    proposed = fields.Integer(required=True)
    mean_adjustment = fields.String(required=True, allow_none=True)
    raised = fields.Integer(required=True)
    lowered = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    confirmed = fields.Integer(required=True)
    evidence = _evidence()


class CalibrationReportSchema(ma.Schema):
    """How groups were calibrated; projections/reports/calibration.py defines each figure."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    cycle_id = fields.UUID(required=True, allow_none=True)
    first = fields.Date(required=True, allow_none=True, data_key="from")
    last = fields.Date(required=True, allow_none=True, data_key="to")
    reviews = fields.Integer(required=True)
    calibrated = fields.Integer(required=True)
    shared = fields.Integer(required=True)
    sealed = fields.Integer(required=True)
    least = fields.Integer(required=True)
    everybody = fields.Nested(ComparedSchema, required=True, allow_none=True, data_key="all")
    by_department = fields.Nested(ComparedGroupsSchema, required=True)
    by_role = fields.Nested(ComparedGroupsSchema, required=True)
    by_tenure = fields.Nested(ComparedGroupsSchema, required=True)
    calibrators = fields.List(fields.Nested(CalibratorSchema), required=True)


_SPREAD = ("mean", "variance", "standard_deviation", "least", "most", "spread")
_INDICATOR: dict[str, Any] = {
    "metric": fields.String(required=True),
    "version": fields.Integer(required=True),
    **_numbers("aspect", "weight"),
    "unit": fields.String(required=True),
    "team_only": fields.Boolean(required=True),
    **_counts(*map(str, Status)),
    **_numbers(*_SPREAD),
    "at_floor": fields.Integer(required=True, allow_none=True),
    "at_cap": fields.Integer(required=True, allow_none=True),
    "varies": fields.Boolean(required=True, allow_none=True),
    "evidence": _evidence(),
}
IndicatorSchema = ma.Schema.from_dict(_INDICATOR, name="IndicatorSchema")


class CorrelationSchema(ma.Schema):
    """How two indicators go together."""

    metrics = fields.List(fields.String(), required=True)
    aspects = fields.List(fields.String(allow_none=True), required=True)
    n = fields.Integer(required=True)
    r = fields.String(required=True)
    flagged = fields.Boolean(required=True)


class AdviceSchema(ma.Schema):
    """What is to be looked at, in both languages."""

    code = fields.String(required=True)
    metrics = fields.List(fields.String(), required=True)
    en = fields.String(required=True)
    zh = fields.String(required=True)


class IndicatorsSchema(ma.Schema):
    """What indicators are worth; projections/reports/indicators.py defines each figure."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    policy = fields.Nested(UsedPolicySchema, required=True, allow_none=True)
    basis = fields.String(required=True, validate=validate.OneOf(["score", "value"]))
    members = fields.Integer(required=True)
    left_out = fields.List(fields.String(), required=True)
    waiting = fields.List(fields.String(), required=True)
    indicators = fields.List(fields.Nested(IndicatorSchema), required=True)
    correlations = fields.List(fields.Nested(CorrelationSchema), required=True)
    unpaired = fields.List(fields.String(), required=True)
    advice = fields.List(fields.Nested(AdviceSchema), required=True)
