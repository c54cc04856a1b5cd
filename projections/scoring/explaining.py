"""How each point of a scorecard came about, in sentences whom it is about understands.

English and Chinese. Nothing is added to the card here: every number in a sentence stands in it.
"""

from collections import Counter
from fractions import Fraction

from domain.reviews.card import Card, ScoredFigure, Status
from domain.reviews.scoring_rules import CreditRule
from projections.documents import Document
from projections.reports.rounding import places
from projections.scoring.catalogue import METRICS
from projections.scoring.metric import Metric
from projections.scoring.reasons import Language, because

_CREDIT: dict[Language, dict[CreditRule, str]] = {
    "en": {
        CreditRule.OWNER: "Credit goes to whoever owned the customer at that moment.",
        CreditRule.SPLIT: "Credit is divided as the split says that was frozen at the close.",
        CreditRule.OWNER_DAYS: (
            "Credit is divided by the days on which each owned the customer in the 90 days before."
        ),
        CreditRule.HOLDER: (
            "Credit goes to who answered or resolved it; of a broken promise, to who held it then."
        ),
        CreditRule.RATED: "It is about you yourself.",
        CreditRule.TEAM: "It is the team's alone.",
    },
    "zh": {
        CreditRule.OWNER: "归属于当时的客户负责人。",
        CreditRule.SPLIT: "按成交时冻结的分成比例归属。",
        CreditRule.OWNER_DAYS: "按此前 90 天内各负责人负责的天数归属。",
        CreditRule.HOLDER: "归属于回复或解决的人；承诺未兑现时，归属于当时的持有人。",
        CreditRule.RATED: "这是对您本人的评价。",
        CreditRule.TEAM: "仅归属于团队。",
    },
}
_RIGHT: dict[Language, str] = {
    "en": (
        "You can open every fact named here. If one is wrong, or is not yours, say so: name the"
        " figures and the facts in an appeal. Somebody who neither wrote nor calibrated this review"
        " decides it within ten business days, with a reason. Acknowledging is not agreeing."
    ),
    "zh": (
        "您可以查看此处列出的每一条事实。如有错误或不属于您，请提出申诉，指明指标和事实；"
        "由既未撰写也未校准本考核的人在十个工作日内作出决定并说明理由。确认收到不等于同意。"
    ),
}


def explained(card: Card, language: Language) -> Document:
    """Return a card in sentences: each figure, the total, and the right to appeal."""
    return {
        "language": language,
        "summary": _summary(card, language),
        "figures": [_explained(each, language) for each in card.figures],
        "total": _total(card, language),
        "right_to_appeal": _RIGHT[language],
    }


def _summary(card: Card, language: Language) -> str:
    last, days = card.last, (card.eligible_days, card.period_days)
    if language == "zh":
        return (
            f"本记分卡依据日志中至第 {card.position} 位的事实，统计 {card.first} 起至 {last} 之前；"
            f"本期 {days[1]} 个工作日中您在职 {days[0]} 天。"
        )
    return (
        f"This scorecard counts what the log says up to position {card.position}, from {card.first}"
        f" until before {last}; you were there on {days[0]} of {days[1]} business days."
    )


def _explained(figure: ScoredFigure, language: Language) -> Document:
    metric = METRICS.get(figure.term.metric)
    return {
        "metric": figure.term.metric,
        "title": _title(figure, metric, language),
        "sentences": [
            *_value(figure, language),
            *_points(figure, language),
            *([] if metric is None else [_CREDIT[language][metric.credited(figure.term)]]),
            *_left_out(figure, language),
        ],
    }


def _title(figure: ScoredFigure, metric: Metric | None, language: Language) -> str:
    name = figure.term.metric if metric is None else getattr(metric, language)
    return f"{name} ({figure.term.aspect})" if figure.term.aspect else str(name)


def _value(figure: ScoredFigure, language: Language) -> list[str]:
    n, chinese = figure.n, language == "zh"
    match figure.status:
        case Status.MEASURED:
            if chinese:
                return [f"数值为 {figure.value}，由 {n} 条事实得出。"]
            return [f"It comes to {figure.value}, from {n} fact{'' if n == 1 else 's'}."]
        case Status.INSUFFICIENT:
            if chinese:
                return [f"只有 {n} 条事实，不足以说明问题，因此不计分。"]
            return [f"There are only {n} facts: too few to say anything, so it does not count."]
        case Status.NO_DATA:
            if chinese:
                return ["没有可以计算的数据，因此不计分；没有数据不等于零分。"]
            return ["There is nothing to measure, so it does not count; nothing is not zero."]
        case Status.HIDDEN:
            if chinese:
                return ["发言的人太少，为保护他们不予显示，也不计分。"]
            return ["Too few people said something: to protect them it is not shown, nor counted."]


def _points(figure: ScoredFigure, language: Language) -> list[str]:
    if figure.score is None:
        return []
    told = [places(Fraction(each)) for each in (figure.floor, figure.target, figure.score)]
    weight = f"{figure.term.weight.normalize():f}"
    if language == "zh":
        points = f"{told[0]} 为 0 分，{told[1]} 为 100 分：得 {told[2]} 分。"
        return [points, f"权重为 {weight}%。"]
    points = f"{told[0]} is worth 0 points and {told[1]} is worth 100: this is {told[2]} points."
    return [points, f"It weighs {weight} percent."]


def _left_out(figure: ScoredFigure, language: Language) -> list[str]:
    sentences = []
    for reason, number in sorted(Counter(each.reason for each in figure.excluded).items()):
        why = because(reason, language)
        if language == "zh":
            sentences.append(f"{number} 条事实未计入：{why}。")
        elif number == 1:
            sentences.append(f"1 fact does not count: {why}.")
        else:
            sentences.append(f"{number} facts do not count, of each: {why}.")
    return sentences


def _total(card: Card, language: Language) -> str:
    coverage = places(Fraction(card.coverage))
    if card.total is None:
        if language == "zh":
            return f"只有 {coverage}% 的权重可以衡量，因此没有总分。"
        return f"Only {coverage} percent of all weight is measured, so that there is no total."
    total = places(Fraction(card.total))
    if language == "zh":
        return f"已衡量的部分占全部权重的 {coverage}%，加权平均得总分 {total}。"
    return (
        f"What is measured has {coverage} percent of all weight; its weighted mean is the total,"
        f" {total} points."
    )
