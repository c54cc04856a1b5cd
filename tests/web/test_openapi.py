"""The OpenAPI document is right, whole, and kept: what it says is what is answered."""

import re
from typing import Any
from urllib.parse import urljoin

import pytest
from jsonschema import Draft202012Validator
from marshmallow import RAISE
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.client import API, Answer
from tests.web.documented import described, fits, resolved
from tests.web.operations import OPERATIONS, changes, reads, ready, untouched
from web.access.explaining import ExplanationSchema
from web.access.principals import PrincipalSchema, ReviewSchema
from web.access.roles import AccessRoleSchema
from web.access.sharing import SharingSchema
from web.audit import CorrectedFactSchema
from web.corrections import CorrectionSchema
from web.customers.behaviours import BehaviourProfileSchema
from web.customers.customers import Customer360Schema, CustomerSchema
from web.customers.disputes import CustomerDisputeSchema
from web.customers.hand_overs import HandOverSchema
from web.customers.identity import CandidatesSchema, PairsSchema, SearchSchema
from web.customers.needs import NeedSchema, PreferenceSchema
from web.customers.offers import OfferSchema
from web.customers.ownership import OwnershipSchema
from web.customers.ownership_disputes import DisputeReplaySchema
from web.customers.partners import PartnerSchema
from web.customers.pools import PoolSchema
from web.customers.referrals import PointsSchema, ReferralFunnelSchema, ReferralSchema
from web.customers.segments import SegmentSchema
from web.customers.tier_board import ServicePlanSchema, TierBoardSchema
from web.customers.tiering import TieringSchema, WhatIfSchema
from web.customers.tiers import TierPolicySchema
from web.exchange.dictionary import DictionarySchema, QualitySchema
from web.exchange.imports import ImportSchema
from web.facts import FactSchema
from web.fields import ProblemSchema
from web.reports import (
    CampaignReturnSchema,
    CreditReportSchema,
    CustomerValueReportSchema,
    RetentionReportSchema,
    ServiceFlowSchema,
)
from web.reviews.explanations import EvidenceSchema, ReplaySchema, ReviewExplanationSchema
from web.reviews.feedback import FeedbackSchema
from web.reviews.metrics_catalogue import MetricsCatalogueSchema
from web.reviews.policy_bodies import DifferenceSchema, ReviewPolicySchema
from web.reviews.report_bodies import (
    CalibrationReportSchema,
    DepartmentReviewSchema,
    IndicatorsSchema,
    TeamReviewSchema,
)
from web.reviews.review_cycles import ReviewCycleSchema
from web.reviews.reviews import ReviewFileSchema
from web.sales.boards import BoardSchema
from web.sales.campaigns import CampaignSchema, CompetitorSchema, MarketSchema
from web.sales.contracts import ContractSchema
from web.sales.leads import FunnelSchema, LeadSchema
from web.sales.opportunities import OpportunitySchema, StaysSchema
from web.sales.orders import OrderSchema
from web.sales.pipelines import PipelineSchema
from web.sales.quotes import QuoteSchema
from web.sales.receivables import AgeingSchema, PurchasesSchema
from web.sales.value_models import ValueCardSchema, ValueModelSchema
from web.support.calendars import CalendarSchema
from web.support.clocks import BoardCountsSchema, BoardLineSchema, ClocksSchema
from web.support.complaint_reports import ComplaintsReportSchema
from web.support.complaint_summaries import ComplaintSummarySchema, ReplayedSummarySchema
from web.support.complaints import ComplaintCausesSchema, ComplaintSchema
from web.support.follow_ups import FollowUpSchema
from web.support.improvements import ImprovementSchema
from web.support.requests import RequestSchema
from web.support.routing import LoadSchema, RoutingSchema
from web.support.satisfaction import SatisfactionReportSchema
from web.support.service_standard import ServiceStandardSchema
from web.support.sla_policies import SlaPolicySchema
from web.support.sla_reports import SlaRehearsalSchema, SlaReportSchema
from web.support.survey_programmes import SurveyFormSchema, SurveyProgrammeSchema
from web.support.surveys import SurveySchema
from web.teams.teams import DepartmentSchema, MemberSchema
from web.views import page_of

pytest_plugins = ["tests.web.fixtures"]


# --- The document -----------------------------------------------------------------------------


def test_it_is_a_valid_document_of_version_3_1(document):
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_schema_in_it_is_a_schema(document):
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_described(operation, document):
    told = described(document, operation)
    assert told["summary"]
    assert told["summary"].endswith(".")
    assert told["tags"]
    assert set(told["tags"]) <= {tag["name"] for tag in document["tags"]}
    assert re.fullmatch(r"[a-z_]+", told["operationId"])


def test_each_operation_has_an_id_of_its_own(document):
    ids = [described(document, operation)["operationId"] for operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


def test_everything_needs_a_key(document):
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert not any("security" in described(document, operation) for operation in OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_may_go_wrong_is_a_problem_document(operation, document):
    told = described(document, operation)["responses"]
    expected = {"400", "401", "503"}
    if "{" in operation:
        expected |= {"404"}
    if operation in changes():
        expected |= {"403", "409", "413", "415", "422"}
    assert expected <= set(told)
    for status, answer in told.items():
        if not status.startswith("2"):
            content = resolved(document, answer)["content"]
            assert list(content) == ["application/problem+json"]
            schema = content["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


@pytest.mark.parametrize("operation", changes())
def test_the_headers_of_a_change_are_said(operation, document, company):
    told = described(document, operation)
    headers = {
        parameter["name"]: parameter["required"]
        for parameter in (resolved(document, each) for each in told["parameters"])
        if parameter["in"] == "header"
    }
    versioned = untouched(company, operation).seen is not None
    optional = {"Idempotency-Key": False, "Concord-On-Behalf-Of": False}
    assert headers == optional | ({"If-Match": True} if versioned else {})
    assert ({"412", "428"} <= set(told["responses"])) is versioned


# --- The answers ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything_told(company) -> None:
    """Every field of every document has been filled in at least once."""
    customer, owner, _ = company.disputed()
    company.contact(company.customer().id)
    company.interaction(customer=customer)
    company.request(("wait", {"on": "customer"}), customer_id=customer)
    member = company.member(email="ana@concord.example")
    company.do(f"/members/{member.id}/leave", {"reason": "A new start"}, seen=member)
    done = {"resolution": "x"}
    last = company.request(("assign", {"member_id": owner}), ("resolve", done), ("close", {}))
    company.imported()
    for path in ("/customers", "/requests", "/members", "/audit/events"):
        company.api.get(path, after=last)


@pytest.mark.parametrize("operation", reads())
@pytest.mark.usefixtures("everything_told")
def test_a_question_is_answered_as_the_document_says(operation, document, company):
    answer = ready(company, operation).send(**_many(document, operation)).went_well()
    told = described(document, operation)["responses"]["200"]
    fits(document, told["content"]["application/json"]["schema"], answer.json)


def _many(document: dict[str, Any], operation: str) -> dict[str, Any]:
    names = {one.get("name") for one in described(document, operation).get("parameters", [])}
    return {"limit": 200} if "limit" in names else {}


def test_a_problem_is_as_the_document_says(document, api):
    for answer in (
        api.get("/nothing"),
        api.post("/customers", {"x": 1}),
        api.get("/customers?x=1"),
    ):
        fits(document, {"$ref": "#/components/schemas/Problem"}, answer.json)
        ProblemSchema().load(answer.json, unknown=RAISE)


SHOWN: dict[str, Any] = {
    "GET /reviews": page_of(ReviewFileSchema),
    "GET /reviews/{id_}": ReviewFileSchema,
    "GET /reviews/{id_}/explanation": ReviewExplanationSchema,
    "GET /reviews/{id_}/evidence": page_of(EvidenceSchema),
    "GET /reviews/{id_}/replay": ReplaySchema,
    "GET /review-policies": page_of(ReviewPolicySchema),
    "GET /review-policies/{id_}": ReviewPolicySchema,
    "GET /review-policies/{id_}/differences": DifferenceSchema,
    "GET /review-cycles": page_of(ReviewCycleSchema),
    "GET /review-cycles/{id_}": ReviewCycleSchema,
    "GET /feedback": page_of(FeedbackSchema),
    "GET /feedback/{id_}": FeedbackSchema,
    "GET /survey-forms": page_of(SurveyFormSchema),
    "GET /survey-forms/{id_}": SurveyFormSchema,
    "GET /survey-programmes": page_of(SurveyProgrammeSchema),
    "GET /survey-programmes/{id_}": SurveyProgrammeSchema,
    "GET /surveys": page_of(SurveySchema),
    "GET /surveys/{id_}": SurveySchema,
    "GET /reports/satisfaction": SatisfactionReportSchema,
    "GET /routings": page_of(RoutingSchema),
    "GET /routings/{id_}": RoutingSchema,
    "GET /departments/{id_}/load": LoadSchema,
    "GET /open-promises": page_of(RequestSchema),
    "GET /customers": page_of(CustomerSchema),
    "GET /customers/{id_}": Customer360Schema,
    "GET /customers/{id_}/ownership": OwnershipSchema,
    "GET /customers/{id_}/ownership/dispute": DisputeReplaySchema,
    "GET /pools": page_of(PoolSchema),
    "GET /pools/{id_}": PoolSchema,
    "GET /pools/{id_}/customers": page_of(CustomerSchema),
    "GET /hand-overs": page_of(HandOverSchema),
    "GET /hand-overs/{id_}": HandOverSchema,
    "GET /customers/search": SearchSchema,
    "GET /customers/{id_}/duplicates": CandidatesSchema,
    "GET /duplicates": PairsSchema,
    "GET /fields": DictionarySchema,
    "GET /reports/data-quality": QualitySchema,
    "GET /departments": page_of(DepartmentSchema),
    "GET /departments/{id_}": DepartmentSchema,
    "GET /departments/{id_}/queue": page_of(RequestSchema),
    "GET /members": page_of(MemberSchema),
    "GET /members/{id_}": MemberSchema,
    "GET /requests": page_of(RequestSchema),
    "GET /requests/{id_}": RequestSchema,
    "GET /imports": page_of(ImportSchema),
    "GET /imports/{id_}": ImportSchema,
    "GET /principals": page_of(PrincipalSchema),
    "GET /principals/{id_}": PrincipalSchema,
    "GET /access/reviews": page_of(ReviewSchema),
    "GET /access/explain": ExplanationSchema,
    "GET /roles": page_of(AccessRoleSchema),
    "GET /roles/{id_}": AccessRoleSchema,
    "GET /sharing": SharingSchema,
    "GET /audit/events": page_of(FactSchema),
    "GET /audit/events/{position}": CorrectedFactSchema,
    "GET /corrections": page_of(CorrectionSchema),
    "GET /corrections/{id_}": CorrectionSchema,
    "GET /reports/service-flow": ServiceFlowSchema,
    "GET /campaigns": page_of(CampaignSchema),
    "GET /reports/campaign-return": CampaignReturnSchema,
    "GET /campaigns/{id_}": CampaignSchema,
    "GET /markets": page_of(MarketSchema),
    "GET /markets/{id_}": MarketSchema,
    "GET /competitors": page_of(CompetitorSchema),
    "GET /competitors/{id_}": CompetitorSchema,
    "GET /orders": page_of(OrderSchema),
    "GET /orders/{id_}": OrderSchema,
    "GET /contracts": page_of(ContractSchema),
    "GET /contracts/{id_}": ContractSchema,
    "GET /customers/{id_}/purchases": page_of(OrderSchema),
    "GET /customers/{id_}/purchases/summary": PurchasesSchema,
    "GET /receivables/ageing": AgeingSchema,
    "GET /calendars": page_of(CalendarSchema),
    "GET /calendars/{id_}": CalendarSchema,
    "GET /requests/{id_}/clocks": ClocksSchema,
    "GET /service-standard": ServiceStandardSchema,
    "GET /metrics-catalogue": MetricsCatalogueSchema,
    "GET /sla-board": page_of(BoardLineSchema),
    "GET /sla-board/counts": BoardCountsSchema,
    "GET /reports/sla": SlaReportSchema,
    "GET /reports/sla/rehearsal": SlaRehearsalSchema,
    "GET /sla-policies": page_of(SlaPolicySchema),
    "GET /sla-policies/{id_}": SlaPolicySchema,
    "GET /pipelines": page_of(PipelineSchema),
    "GET /pipelines/{id_}": PipelineSchema,
    "GET /leads": page_of(LeadSchema),
    "GET /leads/{id_}": LeadSchema,
    "GET /leads/funnel": FunnelSchema,
    "GET /opportunities": page_of(OpportunitySchema),
    "GET /opportunities/{id_}": OpportunitySchema,
    "GET /opportunities/{id_}/stages": StaysSchema,
    "GET /opportunities/board": BoardSchema,
    "GET /quotes": page_of(QuoteSchema),
    "GET /quotes/{id_}": QuoteSchema,
    "GET /reports/credit": CreditReportSchema,
    "GET /complaints": page_of(ComplaintSchema),
    "GET /complaints/{id_}": ComplaintSchema,
    "GET /requests/{id_}/complaint": ComplaintSchema,
    "GET /complaint-causes": ComplaintCausesSchema,
    "GET /follow-ups": page_of(FollowUpSchema),
    "GET /follow-ups/{id_}": FollowUpSchema,
    "GET /reports/complaints": ComplaintsReportSchema,
    "GET /complaint-summaries": page_of(ComplaintSummarySchema),
    "GET /complaint-summaries/{id_}": ReplayedSummarySchema,
    "GET /improvements": page_of(ImprovementSchema),
    "GET /improvements/{id_}": ImprovementSchema,
    "GET /reports/retention": RetentionReportSchema,
    "GET /reports/customer-value": CustomerValueReportSchema,
    "GET /value-models": page_of(ValueModelSchema),
    "GET /value-models/{id_}": ValueModelSchema,
    "GET /customers/{id_}/value": ValueCardSchema,
    "GET /needs": page_of(NeedSchema),
    "GET /needs/{id_}": NeedSchema,
    "GET /preferences": page_of(PreferenceSchema),
    "GET /preferences/{id_}": PreferenceSchema,
    "GET /customers/{id_}/behaviours": BehaviourProfileSchema,
    "GET /partners": page_of(PartnerSchema),
    "GET /partners/{id_}": PartnerSchema,
    "GET /referrals": page_of(ReferralSchema),
    "GET /referrals/funnel": ReferralFunnelSchema,
    "GET /referrals/{id_}": ReferralSchema,
    "GET /customers/{id_}/points": PointsSchema,
    "GET /disputes": page_of(CustomerDisputeSchema),
    "GET /disputes/{id_}": CustomerDisputeSchema,
    "GET /tier-policies": page_of(TierPolicySchema),
    "GET /tier-policies/{id_}": TierPolicySchema,
    "GET /service-plans": page_of(ServicePlanSchema),
    "GET /service-plans/{id_}": ServicePlanSchema,
    "GET /tiers/board": TierBoardSchema,
    "GET /reports/tiering": TieringSchema,
    "GET /reports/tiering/what-if": WhatIfSchema,
    "GET /segments": page_of(SegmentSchema),
    "GET /segments/{id_}": SegmentSchema,
    "GET /segments/{id_}/customers": page_of(CustomerSchema),
    "GET /offers": page_of(OfferSchema),
    "GET /offers/{id_}": OfferSchema,
    "GET /reports/department-review": DepartmentReviewSchema,
    "GET /reports/team-review": TeamReviewSchema,
    "GET /reports/calibration": CalibrationReportSchema,
    "GET /reports/indicators": IndicatorsSchema,
}


@pytest.mark.parametrize("operation", reads())
@pytest.mark.usefixtures("everything_told")
def test_what_is_shown_loads_through_its_schema_and_comes_out_the_same(operation, company):
    schema = SHOWN.get(operation, page_of(FactSchema))
    answer: Answer = ready(company, operation).send()
    loaded = schema().load(answer.json, unknown=RAISE)
    assert normal(schema().dump(loaded)) == normal(answer.json)


def normal(value: Any) -> Any:
    """The same with every moment written in the same way."""
    match value:
        case dict():
            return {name: normal(inner) for name, inner in value.items()}
        case list():
            return [normal(inner) for inner in value]
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\dT.*(Z|\+00:00)", value):
            return re.sub(r"(\.0+)?(Z|\+00:00)$", "Z", value)
    return value


# --- The page for people ----------------------------------------------------------------------


def test_the_documentation_page_loads_everything_from_here(api):
    start = api.acting_as(None).get("//")
    assert (start.status, start.headers["Location"]) == (302, f"{API}/docs/")
    page = api.acting_as(None).get("/docs/").went_well()
    assert page.headers["Content-Type"].startswith("text/html")
    text = page.body.decode()
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)["']""", text)
    assert any(name.endswith(".js") for name in loaded)
    assert any(name.endswith(".css") for name in loaded)
    for name in loaded:
        assert not re.match(r"(https?:)?//", name), name
        asset = api.acting_as(None).get("/" + urljoin(f"{API}/docs/", name))
        assert asset.status == 200, name
        assert asset.body
    here = f"http://127.0.0.1:{api.port}/"
    assert all(found.startswith(here) for found in re.findall(r"https?://[^\s\"'<>]+", text))
    assert f"{API}/openapi.json" in text


def test_its_scripts_and_styles_fetch_nothing_from_outside(api):
    text = api.get("/docs/").body.decode()
    for name in re.findall(r"""(?:src|href)\s*=\s*["']([^"']+\.(?:js|css))["']""", text):
        code = api.get("/" + urljoin(f"{API}/docs/", name)).body.decode()
        loads = re.findall(
            r"""(?:@import|url\(|importScripts\(|\.src\s*=)\s*["'(]*(?:https?:)?//[^"')]+""", code
        )
        assert loads == [], name
