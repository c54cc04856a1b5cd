"""The service-flow report for a terminal: tables and bars, in English or Chinese."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from domain.kernel import EVENTS
from projections.timeline import label

Cell = str | int
Names = Mapping[str, str]

BAR = 24
"""How long the longest bar is; at most a fifth of the terminal."""
NARROW = 10
"""How narrow a column of texts may become before its words are folded."""
ROWS = 15
"""How many activities are drawn; the rest is summed up. The JSON has them all."""
DAY_SECONDS = 86_400

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Service flow", "服务流转"),
    "position": ("Log position {}", "日志位置 {}"),
    "as_of": ("as of {}", "截至 {}"),
    "measured_to": ("measured to {}", "计算至 {}"),
    "facts": ("facts replayed: {}", "重放事实：{}"),
    "events_counted": ("events: {}", "事件：{}"),
    "cases": ("requests: {}", "请求：{}"),
    "voided": ("voided, left out: {}", "已作废，不计：{}"),
    "empty": ("No requests.", "没有请求。"),
    "none": ("–", "–"),
    "requests": ("Requests", "请求"),
    # states
    "state": ("State", "状态"),
    "open": ("Open", "处理中"),
    "resolved": ("Resolved", "已解决"),
    "closed": ("Closed", "已关闭"),
    "reopened": ("Ever reopened", "曾重开"),
    # hand-overs
    "handing": ("Hand-overs", "移交"),
    "figure": ("", ""),
    "by_member": ("Between members", "成员之间"),
    "by_queue": ("Between departments", "部门之间"),
    "handovers": ("Hand-overs", "移交次数"),
    "cases_with_handover": ("Requests handed over", "有移交的请求"),
    "ping_pongs": ("Ping-pongs (A → B → A)", "乒乓次数（A → B → A）"),
    "cases_with_ping_pong": ("Requests with a ping-pong", "有乒乓的请求"),
    "holders": ("Members, departments", "成员数、部门数"),
    "pairs_by_member": ("Most frequent hand-overs between members", "成员之间最常见的移交"),
    "pairs_by_queue": ("Most frequent hand-overs between departments", "部门之间最常见的移交"),
    "from": ("From", "移出"),
    "to": ("To", "移入"),
    "times": ("Times", "次数"),
    # waiting
    "waiting": ("Waiting", "等待"),
    "cause": ("For", "原因"),
    "customer": ("Customer", "客户"),
    "third-party": ("Third party", "第三方"),
    "contracted-third-party": ("Third party, by contract", "第三方（合同约定）"),
    "total": ("Total, overlaps once", "合计（重叠只计一次）"),
    "days": ("Days", "天数"),
    "waits": ("Waits", "等待次数"),
    "running": ("Still running", "仍在等待"),
    # times
    "cycle_times": ("Cycle times", "周期"),
    "measured": ("Measured", "区间"),
    "first_to_last_fact": ("First to last fact", "首个事实到最后事实"),
    "opening_to_resolution": ("Opening to resolution", "受理到解决"),
    "median_days": ("Median days", "天数中位数"),
    "mean_days": ("Mean days", "平均天数"),
    # promises
    "promises": ("Promised times", "承诺时限"),
    "clock": ("Clock", "时限"),
    "first-response": ("First response", "首次响应"),
    "next-response": ("Next response", "后续响应"),
    "resolution": ("Resolution", "解决"),
    "met": ("Kept", "兑现"),
    "breached": ("Broken", "违约"),
    "pending": ("Open", "未定"),
    "percent_met": ("% kept", "兑现率 %"),
    # tables
    "activities": ("Activities", "活动"),
    "activity": ("Activity", "活动"),
    "events": ("Events", "事件"),
    "others": ("others: {}", "其他：{} 种"),
    "by_kind": ("By kind", "按类型"),
    "kind": ("Kind", "类型"),
    "by_department": ("By department", "按部门"),
    "department": ("Department", "部门"),
    "enquiry": ("Enquiry", "咨询"),
    "complaint": ("Complaint", "投诉"),
    "suggestion": ("Suggestion", "建议"),
    "demand": ("Demand", "需求"),
    "support": ("Support", "支持"),
}
"""Every word of the drawing, in English and Chinese."""


def draw(
    report: Mapping[str, Any], console: Console, language: str = "en", names: Names | None = None
) -> None:
    """Draw a service-flow report; ``names`` gives members and departments names for their ids."""
    drawing = _Drawing(console, language, names or {})
    drawing.head(report)
    if not report["cases"]:
        drawing.line(drawing.word("empty"))
        return
    drawing.states(report)
    drawing.cycle_times(report["cycle_times"])
    drawing.waiting(report["waiting"])
    drawing.promises(report["promises"]["clocks"])
    drawing.handing(report["by_member"], report["by_queue"])
    drawing.pairs("by_member", report["by_member"])
    drawing.pairs("by_queue", report["by_queue"])
    drawing.groups("kind", report["by_kind"])
    drawing.groups("department", report["by_department"])
    drawing.activities(report["activities"])


class _Drawing:
    """One report on one console, in one language."""

    def __init__(self, console: Console, language: str, names: Names) -> None:
        self.console = console
        self.language = language
        self.names = names

    # --- The parts ---

    def head(self, report: Mapping[str, Any]) -> None:
        moment = "as_of" if report["as_of"] else "measured_to"
        where = [self.word("position", report["position"])]
        if report[moment]:
            where.append(self.word(moment, report[moment]))
        what = [
            self.word("facts", number(report["facts"])),
            self.word("events_counted", number(report["events"])),
            self.word("cases", number(report["cases"])),
            self.word("voided", number(report["states"]["voided"])),
        ]
        self.line(self.word("title"), style="bold")
        self.line(" · ".join(where))
        self.line(" · ".join(what))

    def states(self, report: Mapping[str, Any]) -> None:
        states = report["states"]
        rows = [
            (self.word(name), states[name], self.bar(states[name], report["cases"]))
            for name in ("open", "resolved", "closed", "reopened")
        ]
        self.table("requests", ("state", "requests", "bar"), rows)

    def cycle_times(self, times: Mapping[str, Any]) -> None:
        rows = [
            (
                self.word(name),
                times[name]["cases"],
                times[name]["median_days"] or self.word("none"),
                times[name]["mean_days"] or self.word("none"),
            )
            for name in ("first_to_last_fact", "opening_to_resolution")
        ]
        self.table("cycle_times", ("measured", "requests", "median_days", "mean_days"), rows)

    def waiting(self, waiting: Mapping[str, Any]) -> None:
        total = waiting["total"]
        rows = [
            (
                self.word(row["cause"]),
                hundredths(row["seconds"], DAY_SECONDS),
                row["waits"],
                row["running"],
                row["cases"],
                self.bar(row["seconds"], total["seconds"]),
            )
            for row in [*waiting["by_cause"], {"cause": "total"} | total]
        ]
        heads = ("cause", "days", "waits", "running", "requests", "bar")
        self.table("waiting", heads, rows)

    def promises(self, clocks: Sequence[Mapping[str, Any]]) -> None:
        figures = ("met", "breached", "pending", "percent_met")
        rows = [
            (self.word(row["clock"]), *(row[name] or self.word("none") for name in figures))
            for row in clocks
            if any(row[name] for name in figures)
        ]
        if rows:
            self.table("promises", ("clock", *figures), rows)

    def handing(self, by_member: Mapping[str, Any], by_queue: Mapping[str, Any]) -> None:
        rows = [
            (self.word(name), by_member[name], by_queue[name])
            for name in ("handovers", "cases_with_handover", "ping_pongs", "cases_with_ping_pong")
        ]
        rows.append((self.word("holders"), by_member["members"], by_queue["departments"]))
        self.table("handing", ("figure", "by_member", "by_queue"), rows)

    def pairs(self, by: str, handing: Mapping[str, Any]) -> None:
        pairs = handing["pairs"]
        most = max((pair["count"] for pair in pairs), default=0)
        rows = [
            (
                self.name(pair["from"]),
                self.name(pair["to"]),
                pair["count"],
                self.bar(pair["count"], most),
            )
            for pair in pairs
        ]
        if rows:
            self.table(f"pairs_{by}", ("from", "to", "times", "bar"), rows, texts=2)

    def groups(self, by: str, groups: Sequence[Mapping[str, Any]]) -> None:
        most = max(group["cases"] for group in groups)
        rows = [
            (
                self.word(group[by]) if by == "kind" else self.name(group[by]),
                *(group[each] for each in ("cases", "open", "resolved", "closed", "median_days")),
                self.bar(group["cases"], most),
            )
            for group in groups
        ]
        heads = (by, "requests", "open", "resolved", "closed", "median_days", "bar")
        self.table(f"by_{by}", heads, rows)

    def activities(self, activities: Mapping[str, int]) -> None:
        ranked = sorted(activities.items(), key=lambda item: (-item[1], item[0]))
        most = max(activities.values(), default=0)
        rows = [
            (self.activity(name), count, self.bar(count, most)) for name, count in ranked[:ROWS]
        ]
        if others := ranked[ROWS:]:
            rest = sum(count for _, count in others)
            rows.append((self.word("others", number(len(others))), rest, ""))
        self.table("activities", ("activity", "events", "bar"), rows)

    # --- Words, names, lines ---

    def word(self, key: str, *values: str) -> str:
        english, chinese = WORDS[key]
        return (chinese if self.language == "zh" else english).format(*values)

    def name(self, id_: str) -> str:
        return printable(self.names.get(id_, id_))

    def activity(self, name: str) -> str:
        return label(name, self.language) if name in EVENTS else printable(name)

    def bar(self, value: int, whole: int) -> str:
        longest = min(BAR, self.console.width // 5)
        length = -(-value * longest // whole) if whole else 0  # whatever is there shows
        return ("#" if self.console.options.ascii_only else "█") * length

    def line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style))

    def table(
        self, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], texts: int = 1
    ) -> None:
        """Draw a table whose first columns are texts, the others numbers and a bar."""
        table = Table(box=None)
        cells = [[Text(number(cell)) for cell in row] for row in rows]
        for place, (head, column) in enumerate(zip(heads, zip(*cells, strict=True), strict=True)):
            widest = max(cell.cell_len for cell in column)
            if head == "bar":
                table.add_column(style="cyan", no_wrap=True)
            elif place < texts:
                table.add_column(self.word(head), overflow="fold", min_width=min(widest, NARROW))
            else:
                table.add_column(
                    self.word(head), overflow="fold", min_width=widest, justify="right"
                )
        for row in cells:
            table.add_row(*row)
        self.line("")
        self.line(self.word(title), style="bold")
        self.console.print(table)


def number(cell: Cell) -> str:
    """Write a whole number with its thousands apart; leave text as it is."""
    return cell if isinstance(cell, str) else f"{cell:,}"


def hundredths(value: int, unit: int) -> str:
    """Write a whole number of seconds in a larger unit with two decimals, rounded half up."""
    whole, decimals = divmod((200 * value + unit) // (2 * unit), 100)
    return f"{whole:,}.{decimals:02}"


def printable(text: str) -> str:
    """Keep a name from elsewhere from steering the terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
