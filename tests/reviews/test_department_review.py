"""Departments and teams under review: one company's quarter, worked out by hand, over HTTP."""

import csv
import io
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest

from application.cells import guarded
from domain.ids import MemberId
from tests.web.stories_orders import yuan
from tests.web.stories_review_reports import PERIOD, ruled
from tests.web.stories_reviews import WAY, opened, people, taken
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

BEFORE = {"occurred_at": "2024-12-01T09:00:00Z"}
IN_JANUARY = {"occurred_at": "2025-01-20T09:00:00Z"}
NOBODY = "0190f000-0000-7000-8000-000000000001"
NOW = str(2**50)
FORMULA = '=HYPERLINK("http://evil.example","Bo")'
EVIL = "<script>alert(1)</script> & Söhne"


@dataclass(frozen=True)
class Quarter:
    """Who worked where in the first quarter of 2025."""

    company: Any
    department: str
    ana: str
    bo: str
    eva: str
    """She works elsewhere."""
    code: str
    policy: str
    last: Any
    position: int
    """Up to which all tests look, whatever happens later."""

    def asked(self, report: str = "department-review", **more: str) -> Any:
        told = PERIOD | {"policy": self.policy, "position": str(self.position)} | more
        return self.company.api.get(f"/reports/{report}", after=self.last, **told)

    def department_review(self, **more: str) -> dict[str, Any]:
        found = self.asked(department=self.department, **more).went_well().json
        (department,) = found["departments"]
        return {**found, "department": department}


def sold(company: Any, amount: str, split: dict[str, str]) -> Any:
    """Sell something in January: placed and paid."""
    customer = company.customer(**BEFORE).id
    line = {"product": "Cold box", "quantity": "1", "unit_price": yuan(amount)}
    body = {
        "currency": "CNY",
        "lines": [line],
        "split": [{"member_id": who, "percent": part} for who, part in split.items()],
    }
    placed = company.do(f"/customers/{customer}/orders", body | IN_JANUARY)
    paid = {"amount": yuan(amount)} | IN_JANUARY
    return company.do(f"/orders/{placed.id}/pay", paid, headers={"If-Match": "*"})


@pytest.fixture(scope="module")
def quarter(company) -> Quarter:
    """Ana sells 400 alone and 500 with Bo (60 to 40); Eva, elsewhere, shares 100 with Bo."""
    department, other = (company.department(**BEFORE).id for _ in range(2))
    role = company.word("seller")  # that no policy is for
    ana = company.member(department_id=department, name=EVIL, role=role, **BEFORE).id
    bo = company.member(department_id=department, name=FORMULA, role=role, **BEFORE).id
    eva = company.member(department_id=other, name="Eva", role=role, **BEFORE).id
    sold(company, "400.00", {ana: "100"})
    sold(company, "500.00", {ana: "60", bo: "40"})
    last = sold(company, "100.00", {bo: "50", eva: "50"})
    code = company.word("departments")
    policy = ruled(company, code, role=company.word("department"))
    position = company.crm.facts.last()
    company.api.get("/members", after=position, limit=1).went_well()  # until then it is not final
    return Quarter(company, department, ana, bo, eva, code, policy, last, position)


def by_metric(card: dict[str, Any]) -> dict[str, Any]:
    return {each["metric"]: each for each in card["figures"]}


# --- The figures ----------------------------------------------------------------------------------


def test_a_department_and_its_members_worked_out_by_hand(quarter):
    found = quarter.department_review()
    department = found["department"]
    card = by_metric(department["card"])
    # Its members' shares: 400 + 500 + 50 of 1000; 1 + 1 + 0.5 orders of 4, from three payments.
    assert (card["sales_amount"]["value"], card["sales_amount"]["n"]) == ("950.00", 3)
    assert (card["order_count"]["value"], card["order_count"]["score"]) == ("2.50", "62.50")
    # 0.6 · 95 + 0.4 · 62.5 = 82.
    assert (department["total"], department["coverage"]) == ("82.00", "100.00")
    members = {each["member_id"]: each for each in department["members"]}
    assert set(members) == {quarter.ana, quarter.bo}
    # Ana: 700 and 1.6 orders: 0.6 · 70 + 0.4 · 40 = 58; blended 0.7 · 58 + 0.3 · 82 = 65.2.
    assert (members[quarter.ana]["total"], members[quarter.ana]["blended"]) == ("58.00", "65.20")
    # Bo: 250 and 0.9 orders: 0.6 · 25 + 0.4 · 22.5 = 24; blended 16.8 + 24.6 = 41.4.
    assert (members[quarter.bo]["total"], members[quarter.bo]["blended"]) == ("24.00", "41.40")
    assert (department["scored"], department["without_total"]) == (2, [])
    assert found["blend"] == {"individual": "70", "team": "30"}
    assert found["policy"]["official"] is True


def test_a_team_pools_each_fact_once(quarter):
    found = quarter.asked("team-review", members=f"{quarter.ana},{quarter.bo}").went_well().json
    card = by_metric(found["card"])
    assert (card["sales_amount"]["value"], card["sales_amount"]["n"]) == ("950.00", 3)
    shares = sorted(each["share"] for each in card["sales_amount"]["evidence"])
    assert shares == ["1", "1", "1/2"]
    assert found["total"] == "82.00"
    everybody = f"{quarter.eva},{quarter.ana},{quarter.bo},{quarter.ana}"
    whole = quarter.asked("team-review", members=everybody).went_well().json
    assert by_metric(whole["card"])["sales_amount"]["value"] == "1000.00"
    assert len(whole["members"]) == 3


def test_what_belongs_to_departments_alone_is_no_teams(quarter):
    company = quarter.company
    terms = [
        {"metric": "sales_amount", "weight": "40", "floor": "0", "target": "1000"},
        {
            "metric": "channel_performance",
            "aspect": "web",
            "weight": "60",
            "floor": "0",
            "target": "1000",
        },
    ]
    policy = ruled(
        company,
        company.word("channels"),
        role=company.word("x"),
        rules={"terms": terms, "currency": "CNY"},
    )
    asked = {"policy": policy, "members": quarter.ana, "position": NOW}
    found = quarter.asked("team-review", **asked).went_well().json
    channel = by_metric(found["card"])["channel_performance"]
    assert (channel["status"], channel["score"]) == ("no_data", None)
    assert (found["total"], found["coverage"]) == (None, "40.00")


def test_a_team_of_one_is_that_member(quarter):
    alone = quarter.asked("team-review", members=quarter.ana).went_well().json
    (member,) = alone["members"]
    assert alone["total"] == member["total"] == member["blended"] == "58.00"
    assert alone["card"]["figures"] == member["card"]["figures"]


def test_evidence_names_facts_in_the_log(quarter):
    department = quarter.department_review()["department"]
    names = {
        quarter.company.api.get(f"/audit/events/{each}").went_well().json["name"]
        for each in department["evidence"]
    }
    assert names == {"order.paid"}


def test_members_are_scored_by_the_policy_of_their_role(quarter):
    company = quarter.company
    role = company.word("trader")
    half = [{"metric": "sales_amount", "weight": "100", "floor": "0", "target": "500"}]
    ruled(company, company.word("traders"), role=role, rules={"terms": half, "currency": "CNY"})
    where = company.department(**BEFORE).id
    who = company.member(department_id=where, role=role, **BEFORE).id
    last = sold(company, "100.00", {who: "100"})
    told = PERIOD | {"policy": quarter.policy, "department": where}
    found = company.api.get("/reports/department-review", after=last, **told).went_well().json
    (department,) = found["departments"]
    (member,) = department["members"]
    # By their own: 100 of 500; their team by the other: 0.6 · 10 + 0.4 · 25 = 16.
    assert (member["policy"]["role"], member["total"]) == (role, "20.00")
    assert (department["total"], member["blended"]) == ("16.00", "18.80")


def test_who_has_too_little_data_is_named_and_not_given_zero(quarter):
    company = quarter.company
    only = [{"metric": "win_rate", "weight": "100", "floor": "0", "target": "50"}]
    policy = ruled(
        company,
        company.word("winners"),
        role=company.word("x"),
        rules={"terms": only, "currency": "CNY"},
    )
    found = quarter.department_review(policy=policy, position=NOW)["department"]
    assert (found["total"], found["scored"]) == (None, 0)
    assert set(found["without_total"]) == {quarter.ana, quarter.bo}
    assert [each["blended"] for each in found["members"]] == [None, None]
    assert found["too_little"] == [{"metric": "win_rate", "aspect": None, "status": "no_data"}]


def test_who_came_later_or_left_before_is_not_in_it(quarter):
    company = quarter.company
    where = company.department(**BEFORE).id
    later = company.member(department_id=where, occurred_at="2025-04-01T09:00:00Z")
    left = company.member(department_id=where, **BEFORE)
    company.do(f"/members/{left.id}/leave", {"occurred_at": "2024-12-20T09:00:00Z"}, seen=left)
    moved = company.member(department_id=where, **BEFORE)
    last = company.do(
        f"/members/{moved.id}/move",
        {"department_id": quarter.department, "occurred_at": "2025-02-10T09:00:00Z"},
        seen=moved,
    )
    told = PERIOD | {"policy": quarter.policy, "department": where}
    found = company.api.get("/reports/department-review", after=last, **told).went_well().json
    members = {each["member_id"] for each in found["departments"][0]["members"]}
    assert members == {moved.id}
    assert later.id not in members
    company.do(f"/members/{moved.id}/move", {"department_id": where}, seen=last)


def test_all_departments_are_in_it_unless_one_is_named(quarter):
    found = quarter.asked().went_well().json
    names = [each["department_id"] for each in found["departments"]]
    assert names == sorted(names)
    assert quarter.department in names


def test_the_same_position_gives_the_same_bytes(quarter):
    found = quarter.asked(department=quarter.department).went_well()
    sold(quarter.company, "300.00", {quarter.ana: "100"})
    assert quarter.asked(department=quarter.department).went_well().body == found.body
    later = quarter.department_review(position=NOW)["department"]
    assert by_metric(later["card"])["sales_amount"]["value"] == "1250.00"


def test_a_policy_that_is_not_in_force_is_refused_or_a_what_if(quarter):
    early = {"from": "2024-07-01", "to": "2024-08-01"}
    told = early | {"policy": quarter.policy}
    answer = quarter.company.api.get("/reports/department-review", **told)
    answer.refused(422, "review-policy.none-in-force", "policy")
    what_if = quarter.company.api.get("/reports/department-review", **told, version="1").went_well()
    assert what_if.json["policy"]["official"] is False
    quarter.asked(policy=NOBODY).refused(422, "review-policy.none-in-force", "policy")
    quarter.asked(department=NOBODY).refused(422, "department.unknown", "department")


# --- Who may --------------------------------------------------------------------------------------


def test_a_lead_reads_the_review_of_their_own_department_only(running, quarter):
    company = quarter.company
    joined = company.member(department_id=quarter.department, **BEFORE)
    member = MemberId(UUID(joined.id))
    where = {"department_id": UUID(quarter.department)}
    grant(running.crm, enrolled(running.crm, member), "team-lead", **where)
    key = create_key(running.crm, "lead", member).text
    lead = running.api.acting_as(key)
    told = PERIOD | {"policy": quarter.policy}
    path = "/reports/department-review"
    lead.get(path, **told, department=quarter.department).went_well()
    other = company.department(**BEFORE).id
    assert lead.get(path, **told, department=other).status == 403
    assert lead.get(path, **told).status == 403
    for report in ("calibration", "indicators"):
        assert lead.get(f"/reports/{report}", **PERIOD).status == 403
    assert lead.get("/reports/team-review", **told, members=quarter.ana).status == 403


# --- Other forms ----------------------------------------------------------------------------------


def test_as_a_table(running, quarter):
    answer = quarter.asked(department=quarter.department, format="csv").went_well()
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
    assert answer.headers["Concord-Position"] == str(quarter.position)
    found = quarter.department_review()["department"]
    assert rows[0][:2] == ["Group", "Member"]
    assert rows[1][4] == found["total"]
    totals = {row[1]: row[4] for row in rows[2:]}
    assert totals == {guarded(each["name"]): each["total"] for each in found["members"]}
    assert f"'{FORMULA}" in totals
    taken = running.query(
        "select state::text from log.events where name = 'data.exported' order by id desc limit 1"
    )
    assert "department-review" in taken[0][0]
    chinese = quarter.asked(department=quarter.department, format="csv", language="zh").went_well()
    assert chinese.body.decode("utf-8-sig").startswith("组别,成员")


class Reading(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @staticmethod
    def of(answer: Any) -> "Reading":
        found = Reading()
        found.feed(answer.body.decode())
        return found

    def has(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.tags)


@pytest.mark.parametrize(("language", "written"), [("en", "en"), ("zh", "zh-Hans")])
def test_as_a_page_that_runs_nothing(quarter, language, written):
    answer = quarter.asked(
        department=quarter.department, format="html", language=language
    ).went_well()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers.get_all("Content-Security-Policy")
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none'; style-src 'sha256-")
    page = Reading.of(answer)
    assert ("html", {"lang": written}) in page.tags
    assert not page.has("script")
    assert not any({"src", "href", "style", "onclick"} & set(attrs) for _, attrs in page.tags)
    assert any(EVIL in text for text in page.text)


def test_the_other_reports_have_the_same_forms(quarter):
    asked = {
        "team-review": {"members": quarter.ana},
        "indicators": {},
        "calibration": {},
    }
    for report, more in asked.items():
        rows = quarter.company.api.get
        told = ({"policy": quarter.policy} if report != "calibration" else {}) | PERIOD | more
        table = rows(f"/reports/{report}", **told, format="csv").went_well()
        assert table.headers["Content-Disposition"].startswith(f'attachment; filename="{report}')
        page = rows(f"/reports/{report}", **told, format="html").went_well()
        assert Reading.of(page).has("table") or report == "calibration"
    refused = quarter.asked(format="pdf")
    assert refused.status == 422


# --- Indicators and calibration over HTTP ---------------------------------------------------------


def test_indicators_of_a_policy_and_of_all(quarter):
    found = quarter.asked("indicators").went_well().json
    metrics = {each["metric"]: each for each in found["indicators"]}
    assert set(metrics) == {"sales_amount", "order_count"}
    assert metrics["sales_amount"]["measured"] == found["members"]
    whole = quarter.company.api.get("/reports/indicators", **PERIOD).went_well().json
    assert (whole["basis"], whole["policy"]) == ("value", None)
    named = {each["metric"] for each in whole["indicators"]}
    assert metrics.keys() <= named
    assert "aspect_satisfaction" in whole["left_out"]
    told = {each["code"]: each for each in whole["advice"] if each["metrics"] == ["nps"]}
    assert set(told) == {"no-data"}


def test_calibration_over_http_counts_reviews_and_names_who_calibrated(company):
    who = people(company)
    begun = opened(company, who)
    last = taken(company, who, begun.id, begun, *WAY)
    asked = partial(company.api.get, "/reports/calibration", after=last)
    found = asked(**PERIOD).went_well().json
    (first,) = (each for each in found["calibrators"] if each["member_id"] == who.first)
    (second,) = (each for each in found["calibrators"] if each["member_id"] == who.second)
    assert (first["proposed"], first["raised"], first["mean_adjustment"]) == (1, 1, "1.50")
    assert (second["proposed"], second["confirmed"]) == (0, 1)
    (position,) = first["evidence"]
    fact = company.api.get(f"/audit/events/{position}").went_well().json
    assert fact["name"] == "review.calibrated"
    assert found["calibrated"] >= found["sealed"] >= 1
    cycle = asked(cycle=NOBODY).went_well().json
    assert (cycle["reviews"], cycle["all"], cycle["calibrators"]) == (0, None, [])


def test_half_a_period_of_calibration_is_refused(quarter):
    get = partial(quarter.company.api.get, "/reports/calibration")
    get(**{"from": "2025-01-01"}).refused(422, "fields.invalid", "to")
    get(to="2025-01-01").refused(422, "fields.invalid", "from")
    get(to="2025-01-01", **{"from": "2025-02-01"}).refused(422, "fields.invalid", "to")
    quarter.company.api.get("/reports/indicators", version="1", **PERIOD).refused(
        422, "fields.invalid", "version"
    )


# --- In the terminal ------------------------------------------------------------------------------


def test_the_terminal_tells_the_same(command, running, tmp_path, quarter):
    concord = partial(command.run, DATABASE_URL=running.dsn, CONCORD_DATA=str(tmp_path / "unused"))
    period = ("--from", PERIOD["from"], "--to", PERIOD["to"], "--position", str(quarter.position))
    policy = ("--policy", quarter.code)
    told = concord("report", "department-review", *period, *policy, "--json")
    assert told.stdout.encode() == quarter.asked().went_well().body + b"\n", told.stderr
    team = ("--member", quarter.ana, "--member", quarter.bo)
    told = concord("report", "team-review", *period, *policy, *team, "--json")
    shown = quarter.asked("team-review", members=f"{quarter.ana},{quarter.bo}")
    assert told.stdout.encode() == shown.body + b"\n", told.stderr
    table, page = tmp_path / "table.csv", tmp_path / "page.html"
    files = ("--csv", str(table), "--html", str(page), "--language", "zh")
    for report in (("department-review", *policy), ("indicators", *policy), ("calibration",)):
        done = concord("report", *report, *period, *files)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert table.read_bytes().startswith(b"\xef\xbb\xbf")
        assert 'lang="zh-Hans"' in page.read_text(encoding="utf-8")
    drawn = concord("report", "indicators", *period)
    assert "Nobody has data for Net promoter score" in drawn.stdout.replace("\n", " ")
    assert concord("report", "calibration", *period).returncode == 0


def test_mistakes_in_the_terminal_are_one_sentence(command, running, tmp_path, quarter):
    concord = partial(command.run, DATABASE_URL=running.dsn, CONCORD_DATA=str(tmp_path / "unused"))
    period = ("--from", PERIOD["from"], "--to", PERIOD["to"])
    nobodys = concord("report", "department-review", *period, "--policy", "nobody's")
    assert (nobodys.returncode, nobodys.stderr.strip()) == (1, "There is no such review policy.")
    half = concord("report", "calibration", "--from", PERIOD["from"])
    assert "Say --from and --to, or neither." in half.stderr
    alone = concord("report", "indicators", *period, "--version", "1")
    assert "Say --policy with --version." in alone.stderr
