"""How calibration compares, and what indicators are worth, as pages to print."""

from collections.abc import Iterable

from projections.documents import Document
from web.exchange.tables import Cell
from web.reviews.page_words import WORDS
from web.reviews.pages import metric_name
from web.reviews.printing import NOTHING, Language, Page, Section, Table, printed

_GROUPS = ("by_department", "by_role", "by_tenure")

# --- Calibration ----------------------------------------------------------------------------------


def calibration_page(report: Document, language: Language) -> str:
    """Write how groups were calibrated as a page."""
    words = WORDS[language]
    everybody = report["all"]
    page = Page(
        title=words["calibration"],
        told=(
            (words["period"], f"{report['from'] or '…'} – {report['to'] or '…'}"),
            (words["log_position"], report["position"]),
            *((words[name], report[name]) for name in ("reviews", "calibrated", "shared")),
            (words["sealed"], report["sealed"]),
            (words["mean_total"], everybody and everybody["mean_total"]),
            (words["mean_adjustment"], everybody and everybody["mean_adjustment"]),
        ),
        sections=(
            *(_groups(report[name], words[name], language) for name in _GROUPS),
            Section(words["calibrators_table"], (_calibrators(report["calibrators"], language),)),
        ),
    )
    return printed(page, language)


def _groups(told: Document, title: str, language: Language) -> Section:
    words, small = WORDS[language], told["insufficient"]
    counts = ("n", "mean_total", "mean_adjustment", "raised", "lowered", "unchanged")
    rows: list[tuple[Cell, ...]] = [
        (
            each["name"] or words.get(each["group"], each["group"]),
            *(each[name] for name in counts),
            each["kept_percent"],
            each["ratio"],
            words["yes" if each["flagged"] else "no"],
        )
        for each in told["groups"]
    ]
    named = ["group", "reviews", *counts[1:], "kept", "ratio", "flagged"]
    table = Table(title, [words[each] for each in named], rows, frozenset(range(1, 9)))
    sentences = [words["four_fifths"]]
    if small["groups"]:
        said = words["insufficient_groups"].format(small["groups"], small["reviews"])
        sentences.append(said)
    evidence = (
        f"{words['evidence']} – {row[0]}: {', '.join(each['evidence'])}"
        for row, each in zip(rows, told["groups"], strict=True)
    )
    return Section(title, (table, *sentences, *evidence))


def _calibrators(calibrators: Iterable[Document], language: Language) -> Table:
    words = WORDS[language]
    figures = ("proposed", "mean_adjustment", "raised", "lowered", "unchanged", "confirmed")
    return Table(
        words["calibrators_table"],
        [words[each] for each in ("member", *figures, "evidence")],
        [
            (
                each["name"] or each["member_id"],
                *(each[name] for name in figures),
                ", ".join(each["evidence"]),
            )
            for each in calibrators
        ],
        frozenset(range(1, 7)),
    )


# --- Indicators -----------------------------------------------------------------------------------


def indicators_page(report: Document, language: Language) -> str:
    """Write what indicators are worth as a page."""
    words, policy = WORDS[language], report["policy"]
    page = Page(
        title=words["indicators"],
        told=(
            (words["period"], f"{report['from']} – {report['to']}"),
            (words["policy"], policy and f"{policy['code']} · {policy['version']}"),
            (words["members"], report["members"]),
            (words["log_position"], report["position"]),
        ),
        sections=(
            Section(
                words["advice"], tuple(each[language] for each in report["advice"]) or (NOTHING,)
            ),
            Section(words["figures"], (_indicators(report, language),)),
            Section(
                words["correlations"],
                (_correlations(report, language) if report["correlations"] else NOTHING,),
            ),
        ),
    )
    return printed(page, language)


def _indicators(report: Document, language: Language) -> Table:
    words = WORDS[language]
    counts = ("measured", "insufficient", "no_data", "hidden")
    figures = (*counts, "mean", "standard_deviation", "spread", "at_floor", "at_cap")
    return Table(
        words["figures"],
        [words[each] for each in ("metric", *figures)],
        [
            (
                metric_name(each["metric"], each["aspect"], language),
                *(each[name] for name in figures),
            )
            for each in report["indicators"]
        ],
        frozenset(range(1, 10)),
    )


def _correlations(report: Document, language: Language) -> Table:
    words = WORDS[language]
    rows = [
        (
            " / ".join(
                metric_name(name, aspect, language)
                for name, aspect in zip(each["metrics"], each["aspects"], strict=True)
            ),
            each["n"],
            each["r"],
            words["yes" if each["flagged"] else "no"],
        )
        for each in report["correlations"]
    ]
    columns = [words[each] for each in ("metric", "members", "r", "same")]
    return Table(words["correlations"], columns, rows, frozenset({1, 2}))
