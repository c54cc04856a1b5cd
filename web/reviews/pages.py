"""A scorecard, and a department's review, as pages to print and to hand over.

Beside the figures stand the sentences that explain them, every fact behind them with its position
in the log and its date, who signed what under which hash, and the right to appeal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from application.store.log import Log
from domain.reviews.card import number
from projections.documents import Document
from projections.reports.rounding import places
from projections.scoring.catalogue import METRICS
from projections.scoring.reasons import because
from projections.timeline import label
from web.reviews.page_words import STATUS, WORDS
from web.reviews.printing import (
    NOTHING,
    Language,
    Page,
    Passage,
    Section,
    Table,
    Told,
    printed,
)

Names = Mapping[str, str]
"""What members and departments are called, by id."""


@dataclass(frozen=True, slots=True)
class Line:
    """A fact as evidence names it: when it happened, and what it was."""

    at: datetime
    what: str


Lines = Mapping[str, Line]
"""Facts by their positions."""


def lines(log: Log, card: Document, language: Language) -> dict[str, Line]:
    """Look up the facts that a card names, for its page."""
    named = {each["position"] for figure in card["figures"] for each in figure["evidence"]}
    named |= {each["position"] for figure in card["figures"] for each in figure["excluded"]}
    return {
        str(fact.position): Line(fact.occurred_at, label(fact.name, language))
        for fact in log.at(sorted(map(int, named)))
    }


# --- A scorecard ----------------------------------------------------------------------------------


def scorecard_page(
    card: Document, explained: Document, names: Names, facts: Lines, review: Document | None = None
) -> str:
    """Write a card (``shown_card``) as a page, in the language in which it is explained.

    ``review``: the document of the review that it belongs to: who signed it, under which hash.
    """
    language: Language = explained["language"]
    words = WORDS[language]
    whose = card["member_id"] or card["department_id"]
    sections = [
        Section(words["figures"], (explained["summary"], _figures(card, language))),
        Section(
            words["explained"],
            (
                *(Passage(each["title"], each["sentences"]) for each in explained["figures"]),
                explained["total"],
            ),
        ),
        Section(words["evidence"], (_evidence(card, facts, language),)),
        Section(words["signatures"], told=_signatures(card, review, names, words)),
        Section(words["appeal"], (explained["right_to_appeal"],)),
    ]
    page = Page(
        title=f"{words['scorecard']}: {names.get(whose, whose) if whose else words['team']}",
        told=_head(card, review, words),
        sections=sections,
    )
    return printed(page, language)


def _head(card: Document, review: Document | None, words: Mapping[str, str]) -> Told:
    beside = review and (review["seal"] or review["calibration"])
    status = review and review["status"]
    return (
        (words["period"], f"{card['from']} – {card['to']} ({card['timezone']})"),
        (words["status"], words.get(f"review-{status}", status) if status else None),
        (words["total"], card["total"]),
        (words["adjustment"], beside["adjustment"] if beside else None),
        (words["coverage"], f"{card['coverage']} %"),
        (words["days"], f"{card['eligible_days']} / {card['period_days']}"),
    )


def _figures(card: Document, language: Language) -> Table:
    words = WORDS[language]
    columns = ("metric", "status", "value", "n", "floor", "target", "points", "weight")
    return Table(
        words["figures"],
        [words[each] for each in columns],
        [
            (
                metric_name(each["metric"], each["aspect"], language),
                STATUS[language][each["status"]],
                each["value"],
                each["n"],
                places(number(each["floor"])),
                places(number(each["target"])),
                each["score"],
                f"{each['weight']} %",
            )
            for each in card["figures"]
        ],
        frozenset(range(2, 8)),
    )


def metric_name(name: str, aspect: str | None, language: Language) -> str:
    """Return what a metric is called; one that is gone by its old name."""
    metric = METRICS.get(name)
    called = name if metric is None else metric.zh if language == "zh" else metric.en
    return f"{called} ({aspect})" if aspect else called


def _evidence(card: Document, facts: Lines, language: Language) -> Table:
    words, zone, rows = WORDS[language], ZoneInfo(card["timezone"]), []
    for figure in card["figures"]:
        name = metric_name(figure["metric"], figure["aspect"], language)
        told = [(each["position"], each["share"]) for each in figure["evidence"]]
        told += [
            (each["position"], f"{words['left_out']}: {because(each['reason'], language)}")
            for each in figure["excluded"]
        ]
        for position, credit in told:
            fact = facts.get(position)
            day = fact.at.astimezone(zone).date().isoformat() if fact else None
            rows.append((position, day, fact.what if fact else None, name, credit))
    columns = ("position", "date", "fact", "metric", "credit")
    return Table(words["evidence"], [words[each] for each in columns], rows)


def _signatures(
    card: Document, review: Document | None, names: Names, words: Mapping[str, str]
) -> Told:
    def called(ids: Iterable[str | None]) -> str | None:
        return ", ".join(names.get(each, each) for each in ids if each) or None

    seal = review and review["seal"]
    versions = review["versions"] if review else []
    signed = (
        (
            (words["authors"], called(seal["authors"] if seal else [review["author_id"]])),
            (words["calibrators"], called(_calibrators(review))),
            (words["sealer"], called([seal["sealer_id"]] if seal else [])),
            (words["hash"], seal and seal["hash"]),
            *((f"{words['version']} {each['number']}", each["hash"]) for each in versions),
        )
        if review
        else ()
    )
    return (
        *signed,
        (words["card_hash"], card["hash"]),
        (words["policy"], f"{card['policy_id'] or NOTHING} · {card['policy_version'] or NOTHING}"),
        (words["policy_hash"], card["policy_hash"]),
        (words["log_position"], card["position"]),
        (words["code"], card["code"]),
    )


def _calibrators(review: Document) -> list[str | None]:
    if review["seal"]:
        return list(review["seal"]["calibrators"])
    here = review["calibration"]
    return [here["proposed"]["by"], *(each["by"] for each in here["confirmed"])] if here else []


# --- A department, or a team ----------------------------------------------------------------------


def department_page(report: Document, language: Language) -> str:
    """Write the review of departments, or of a team, as a page; each member on a sheet."""
    words = WORDS[language]
    groups = report.get("departments", [report])
    sections = [each for group in groups for each in _group(group, language)]
    page = Page(
        title=words[report["report"]],
        told=(
            (words["period"], f"{report['from']} – {report['to']}"),
            (words["policy"], _policy(report["policy"])),
            (words["policy_hash"], report["policy"]["hash"]),
            (words["blend"], f"{report['blend']['individual']} / {report['blend']['team']}"),
            (words["log_position"], report["position"]),
            (words["as_of"], report["as_of"]),
        ),
        sections=sections,
    )
    return printed(page, language)


def _group(group: Document, language: Language) -> Iterable[Section]:
    words = WORDS[language]
    name = group.get("name") or group.get("department_id") or words["team"]
    yield Section(
        name,
        (
            _figures(group["card"], language),
            _members(group["members"], language),
            f"{words['evidence']}: {', '.join(group['evidence']) or '–'}",
        ),
        told=(
            (words["total"], group["total"]),
            (words["coverage"], f"{group['coverage']} %"),
            (words["without_total"], len(group["without_total"])),
        ),
        apart=True,
    )
    for member in group["members"]:
        yield Section(
            f"{name}: {_member_name(member)}",
            (_figures(member["card"], language), *_positions(member["card"], language)),
            told=(
                (words["role"], member["role"]),
                (words["policy"], _policy(member["policy"])),
                (words["total"], member["total"]),
                (words["blended"], member["blended"]),
                (words["coverage"], f"{member['card']['coverage']} %"),
            ),
            apart=True,
        )


def _members(members: Iterable[Document], language: Language) -> Table:
    words = WORDS[language]
    columns = ("member", "role", "total", "blended", "coverage", "without_data")
    rows = [
        (
            _member_name(each),
            each["role"],
            each["total"],
            each["blended"],
            f"{each['card']['coverage']} %",
            ", ".join(
                metric_name(found["metric"], found["aspect"], language)
                for found in each["too_little"]
            )
            or None,
        )
        for each in members
    ]
    named = [words[each] for each in columns]
    return Table(words["members"], named, rows, numbers=frozenset({2, 3, 4}))


def _positions(card: Document, language: Language) -> Iterable[str]:
    """Yield, for each figure, where the facts behind it stand in the log."""
    for each in card["figures"]:
        if each["evidence"]:
            name = metric_name(each["metric"], each["aspect"], language)
            positions = ", ".join(found["position"] for found in each["evidence"])
            yield f"{WORDS[language]['evidence']} – {name}: {positions}"


def _member_name(member: Document) -> str:
    return str(member["name"] or member["member_id"])


def _policy(policy: Document) -> str:
    return f"{policy['code']} · {policy['version']}"
