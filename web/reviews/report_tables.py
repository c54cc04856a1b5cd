"""Reports about reviews as tables for spreadsheets; a number stays a number."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from projections.documents import Document
from web.exchange.tables import Cell
from web.reviews.page_words import WORDS
from web.reviews.pages import metric_name
from web.reviews.printing import Language

Row = Sequence[Cell]

# --- Departments and teams ------------------------------------------------------------------------

_MEMBERS = ("group", "member", "role", "policy", "total", "blended", "coverage", "without_data")


def department_rows(report: Document, language: Language) -> Iterator[Row]:
    """Yield a row for each department, or the team, and one for each of its members."""
    words = WORDS[language]
    yield [words[each] for each in _MEMBERS]
    for group in report.get("departments", [report]):
        name = group.get("name") or group.get("department_id") or words["team"]
        nothing = _nothing(group, language)
        policy = _policy(report["policy"])
        total, coverage = _number(group["total"]), _number(group["coverage"])
        yield (name, None, None, policy, total, None, coverage, nothing)
        for each in group["members"]:
            yield (
                name,
                each["name"] or each["member_id"],
                each["role"],
                _policy(each["policy"]),
                _number(each["total"]),
                _number(each["blended"]),
                _number(each["card"]["coverage"]),
                _nothing(each, language),
            )


def _nothing(told: Document, language: Language) -> str | None:
    names = [metric_name(each["metric"], each["aspect"], language) for each in told["too_little"]]
    return "; ".join(names) or None


def _policy(policy: Document) -> str:
    return f"{policy['code']} {policy['version']}"


# --- Calibration ----------------------------------------------------------------------------------

_GROUPS = ("by_department", "by_role", "by_tenure")
_CALIBRATION = ("reviews", "mean_total", "mean_adjustment", "raised", "lowered", "unchanged")


def calibration_rows(report: Document, language: Language) -> Iterator[Row]:
    """Yield a row for each group that is large enough, then one for each calibrator."""
    words = WORDS[language]
    named = ("by", "group", *_CALIBRATION, "kept", "ratio", "flagged", "confirmed")
    yield [words[each] for each in named]
    if everybody := report["all"]:
        yield (words["all"], None, *_compared(everybody), None, None, None)
    for kind in _GROUPS:
        for each in report[kind]["groups"]:
            name = each["name"] or words.get(each["group"], each["group"])
            flagged = words["yes" if each["flagged"] else "no"]
            yield (words[kind], name, *_compared(each), _number(each["ratio"]), flagged, None)
    for each in report["calibrators"]:
        yield (
            words["calibrators_table"],
            each["name"] or each["member_id"],
            each["proposed"],
            None,
            _number(each["mean_adjustment"]),
            *(each[name] for name in ("raised", "lowered", "unchanged")),
            None,
            None,
            None,
            each["confirmed"],
        )


def _compared(group: Document) -> Row:
    means = [_number(group[name]) for name in ("mean_total", "mean_adjustment")]
    counts = [group[name] for name in ("raised", "lowered", "unchanged")]
    return (group["n"], *means, *counts, _number(group["kept_percent"]))


# --- Indicators -----------------------------------------------------------------------------------

_COUNTS = ("measured", "insufficient", "no_data", "hidden", "at_floor", "at_cap")
_FIGURES = ("mean", "standard_deviation", "spread")


def indicator_rows(report: Document, language: Language) -> Iterator[Row]:
    """Yield a row for each indicator, with what is advised."""
    words = WORDS[language]
    yield [words[each] for each in ("metric", *_COUNTS, *_FIGURES, "advice")]
    for each in report["indicators"]:
        advice = [told[language] for told in report["advice"] if each["metric"] in told["metrics"]]
        yield (
            metric_name(each["metric"], each["aspect"], language),
            *(each[name] for name in _COUNTS),
            *(_number(each[name]) for name in _FIGURES),
            " ".join(advice) or None,
        )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
