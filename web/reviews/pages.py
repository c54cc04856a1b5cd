"""A scorecard, and a department's review, as pages to print and to hand over.

Beside the figures stand the sentences that explain them, every fact behind them with its position
in the log and its date, who signed what under which hash, and the right to appeal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from application.store.log import Log
from domain.reviews.card import Card, Figure
from projections.documents import Document
from projections.reports.rounding import places
from projections.scoring.catalogue import METRICS
from projections.scoring.explaining import because
from projections.timeline import label
from web.reviews.page_words import STATUS, WORDS
from web.reviews.printing import Language, Page, Passage, Section, Table, Told, printed

Names = Mapping[str, str]
"""What members and departments are called, by id."""


@dataclass(frozen=True, slots=True)
class Line:
    """A fact as evidence names it: when it happened, and what it was."""

    at: datetime
    what: str


Lines = Mapping[int, Line]
"""Facts by their positions."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What stands beside a card: points, who had a hand in it, and the hash it is sealed under.

    People are named by their ids; ``versions`` are numbers and hashes, the sealed one first.
    """

    status: str
    adjustment: str | None = None
    authors: Sequence[str] = ()
    calibrators: Sequence[str] = ()
    sealer: str | None = None
    card_hash: str | None = None
    hash: str | None = None
    versions: Sequence[tuple[int, str]] = ()


def lines(log: Log, card: Card, language: Language) -> dict[int, Line]:
    """Look up the facts that a card names, for its page."""
    named = {each.position for figure in card.figures for each in figure.evidence}
    named |= {each.position for figure in card.figures for each in figure.excluded}
    return {
        fact.position: Line(fact.occurred_at, label(fact.name, language))
        for fact in log.at(sorted(named))
    }


# --- A scorecard ----------------------------------------------------------------------------------


def scorecard_page(
    card: Card, explained: Document, names: Names, signed: Signed, facts: Lines
) -> str:
    """Write a card as a page, in the language in which it is explained."""
    language: Language = explained["language"]
    words = WORDS[language]
    whose = card.member_id or card.department_id
    page = Page(
        title=f"{words['scorecard']}: {_name(whose, names, words)}",
        told=_head(card, signed, words),
        sections=(
            Section(words["figures"], (explained["summary"], _figures(card.figures, language))),
            Section(
                words["explained"],
                (
                    *(Passage(each["title"], each["sentences"]) for each in explained["figures"]),
                    explained["total"],
                ),
            ),
            Section(words["evidence"], (_evidence(card, facts, language),)),
            Section(words["signatures"], told=_signatures(card, signed, names, words)),
            Section(words["appeal"], (explained["right_to_appeal"],)),
        ),
    )
    return printed(page, language)


def _head(card: Card, signed: Signed, words: Mapping[str, str]) -> Told:
    total = None if card.total is None else places(Fraction(card.total))
    return (
        (words["period"], f"{card.first} – {card.last} ({card.zone})"),
        (words["status"], words.get(signed.status, signed.status)),
        (words["total"], total),
        (words["adjustment"], signed.adjustment),
        (words["coverage"], f"{places(Fraction(card.coverage))} %"),
        (words["days"], f"{card.eligible_days} / {card.period_days}"),
    )


def _figures(figures: Iterable[Figure], language: Language) -> Table:
    words = WORDS[language]
    columns = ("metric", "status", "value", "n", "floor", "target", "points", "weight")
    return Table(
        words["figures"],
        [words[each] for each in columns],
        [
            (
                metric_name(figure.term.metric, figure.term.aspect, language),
                STATUS[language][figure.status],
                figure.value,
                figure.n,
                places(Fraction(figure.floor)),
                places(Fraction(figure.target)),
                None if figure.score is None else places(Fraction(figure.score)),
                f"{figure.term.weight.normalize():f} %",
            )
            for figure in figures
        ],
        frozenset(range(2, 8)),
    )


def metric_name(name: str, aspect: str | None, language: Language) -> str:
    """Return what a metric is called; one that is gone by its old name."""
    metric = METRICS.get(name)
    called = name if metric is None else metric.zh if language == "zh" else metric.en
    return f"{called} ({aspect})" if aspect else called


def _evidence(card: Card, facts: Lines, language: Language) -> Table:
    words, zone, rows = WORDS[language], ZoneInfo(card.zone), []
    for figure in card.figures:
        name = metric_name(figure.term.metric, figure.term.aspect, language)
        told = [(each.position, each.share) for each in figure.evidence]
        told += [
            (each.position, f"{words['left_out']}: {because(each.reason, language)}")
            for each in figure.excluded
        ]
        for position, credit in told:
            fact = facts.get(position)
            day = fact.at.astimezone(zone).date().isoformat() if fact else None
            rows.append((position, day, fact.what if fact else None, name, credit))
    columns = ("position", "date", "fact", "metric", "credit")
    return Table(words["evidence"], [words[each] for each in columns], rows, numbers=frozenset({0}))


def _signatures(card: Card, signed: Signed, names: Names, words: Mapping[str, str]) -> Told:
    def called(ids: Iterable[str]) -> str | None:
        return ", ".join(names.get(each, each) for each in ids) or None

    return (
        (words["authors"], called(signed.authors)),
        (words["calibrators"], called(signed.calibrators)),
        (words["sealer"], called([signed.sealer] if signed.sealer else [])),
        (words["hash"], signed.hash),
        *((f"{words['version']} {number}", hash_) for number, hash_ in signed.versions),
        (words["card_hash"], signed.card_hash),
        (words["policy"], f"{card.policy_id or '–'} · {card.policy_version or '–'}"),
        (words["policy_hash"], card.policy_hash),
        (words["log_position"], card.position),
        (words["code"], card.code),
    )


def _name(id_: object, names: Names, words: Mapping[str, str]) -> str:
    return names.get(str(id_), str(id_)) if id_ else words["team"]


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
            _told_figures(group["card"], language),
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
            (_told_figures(member["card"], language), *_positions(member["card"], language)),
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


def _told_figures(card: Document, language: Language) -> Table:
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
                each["floor"],
                each["target"],
                each["score"],
                f"{each['weight']} %",
            )
            for each in card["figures"]
        ],
        frozenset(range(2, 8)),
    )


def _positions(card: Document, language: Language) -> Iterable[str]:
    """Yield, for each figure, where the facts behind it stand in the log."""
    for each in card["figures"]:
        if each["evidence"]:
            name = metric_name(each["metric"], each["aspect"], language)
            yield f"{name}: {', '.join(found['position'] for found in each['evidence'])}"


def _member_name(member: Document) -> str:
    return str(member["name"] or member["member_id"])


def _policy(policy: Document) -> str:
    return f"{policy['code']} · {policy['version']}"
