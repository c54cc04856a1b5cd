"""What each command needs permission for: one action on one resource, decided here alone."""

from collections.abc import Mapping
from typing import Any

from domain.access import api_key, principal, role, sharing
from domain.access.principal_rules import PRINCIPAL
from domain.access.role import ROLE
from domain.access.roles import Action, Resource
from domain.access.sharing import SHARING
from domain.audit.correction import CorrectFact, WithdrawCorrection
from domain.customers import (
    behaviour,
    customer,
    dispute,
    hand_over,
    interaction,
    need,
    ownership,
    partner_link,
    pool,
    preference,
    referral,
)
from domain.customers.likeness import LIKENESS
from domain.customers.offer import MakeOffer
from domain.customers.points import POINTS
from domain.customers.segment import DefineSegment
from domain.customers.service_plan import SetServicePlan
from domain.customers.tier_policy import DraftTierPolicy
from domain.exchange import import_run
from domain.reviews import review, review_answering
from domain.reviews.feedback import GiveFeedback, WithdrawFeedback
from domain.reviews.review_cycle import OpenReviewCycle
from domain.reviews.review_policy import DraftReviewPolicy
from domain.sales import (
    campaign,
    competitor,
    contract,
    lead,
    market,
    opportunity,
    order,
    pipeline,
    quote,
    value_model,
)
from domain.support import calendar, complaint_summary, follow_up, improvement, request, sla_policy
from domain.support.complaint import COMPLAINT
from domain.support.routing import SetRouting
from domain.support.survey import SendSurvey
from domain.support.survey_form import DraftSurveyForm
from domain.support.survey_programme import StartSurveyProgramme
from domain.teams import department, member

_CREATING: tuple[type[Any], ...] = (
    customer.RegisterCustomer,
    ownership.ClaimCustomer,
    ownership.DisputeOwnership,  # like claiming: by somebody who does not own the customer
    ownership.AcceptOffer,
    ownership.DeclineOffer,
    pool.OpenPool,
    interaction.LogInteraction,
    request.OpenRequest,
    member.JoinMember,
    department.CreateDepartment,
    import_run.StartImport,
    campaign.PlanCampaign,
    market.DescribeMarket,
    competitor.EnterCompetitor,
    order.PlaceOrder,
    contract.SignContract,
    lead.CaptureLead,
    opportunity.OpenOpportunity,
    quote.IssueQuote,
    pipeline.SetUpPipeline,
    value_model.PublishValueModel,
    need.RecordNeed,
    preference.RecordPreference,
    behaviour.CaptureBehaviour,
    partner_link.LinkPartner,
    referral.MakeReferral,
    dispute.RaiseDispute,
    DraftTierPolicy,
    SetServicePlan,  # also the first time: a tier is there while nothing is promised
    DefineSegment,
    MakeOffer,
    SetRouting,  # also the first time: a department is there while no rules are set
    calendar.DraftCalendar,
    sla_policy.DraftSlaPolicy,
    SendSurvey,
    DraftSurveyForm,
    StartSurveyProgramme,
    follow_up.ScheduleFollowUp,
    improvement.OpenImprovement,
    GiveFeedback,
    DraftReviewPolicy,
    OpenReviewCycle,
    review.OpenReview,
    CorrectFact,
)
_OTHERWISE: Mapping[type[Any], Action] = {
    **dict.fromkeys(_CREATING, Action.CREATE),
    ownership.SettleOwnership: Action.SETTLE,
    ownership.TransferOwnership: Action.SETTLE,  # an owner offers; nobody is pushed
    hand_over.CarryOutHandOver: Action.SETTLE,
    hand_over.UndoHandOver: Action.SETTLE,
    **dict.fromkeys(api_key.KEY.command_types, Action.GRANT),
    **dict.fromkeys(PRINCIPAL.command_types, Action.GRANT),
    **dict.fromkeys(ROLE.command_types, Action.GRANT),
    principal.ReviewAccess: Action.REVIEW,
    principal.Delegate: Action.CHANGE,
    principal.EndDelegation: Action.CHANGE,
    sharing.AgreeOnSharing: Action.SETTLE,
    campaign.LogAnswer: Action.CREATE,  # whoever hears of it
    competitor.ObserveCompetitor: Action.CREATE,
    WithdrawFeedback: Action.READ,  # whoever may read it may ask; only who gave it takes it back
    review.CalibrateReview: Action.SETTLE,
    review.ConfirmCalibration: Action.SETTLE,
    review_answering.UpholdAppeal: Action.SETTLE,
    review_answering.DismissAppeal: Action.SETTLE,
    review.SealReview: Action.SETTLE,
    review.SupplementReview: Action.SETTLE,
    WithdrawCorrection: Action.CREATE,  # as much of a right as making one
}
"""What is not a change of what it is for."""
BEGINNING: frozenset[type[Any]] = frozenset(
    {
        *_CREATING,
        api_key.CreateKey,
        principal.EnrolPerson,
        principal.EnrolService,
        role.DefineRole,
        *SHARING.command_types,  # the terms are there also while nothing is written of them
        *POINTS.command_types,  # and so is a customer's account
        *LIKENESS.command_types,  # nothing is written of two customers that only look alike
        *COMPLAINT.command_types,  # nor of a request that complains and is only answered
        complaint_summary.PublishSummary,  # by whom may change requests everywhere
    }
)
"""What needs permission though there is nothing yet."""


_KINDS: Mapping[str, Resource] = {
    "need": Resource.INTERACTION,
    "preference": Resource.INTERACTION,
    "behaviour": Resource.INTERACTION,
    "partner-link": Resource.INTERACTION,
    "referral": Resource.INTERACTION,
    "dispute": Resource.INTERACTION,
    "points": Resource.CUSTOMER,
    "likeness": Resource.CUSTOMER,
    "hand-over": Resource.OWNERSHIP,
    "lead": Resource.OPPORTUNITY,
    "quote": Resource.OPPORTUNITY,
    "contract": Resource.ORDER,
    "segment": Resource.CAMPAIGN,
    "offer": Resource.CAMPAIGN,
    "market": Resource.CAMPAIGN,
    "competitor": Resource.CAMPAIGN,
    "pool": Resource.POLICY,
    "tier-policy": Resource.POLICY,
    "service-plan": Resource.POLICY,
    "pipeline": Resource.POLICY,
    "value-model": Resource.POLICY,
    "calendar": Resource.POLICY,
    "sla-policy": Resource.POLICY,
    "routing": Resource.POLICY,
    "survey-form": Resource.POLICY,
    "survey-programme": Resource.POLICY,
    "complaint": Resource.REQUEST,
    "complaint-summary": Resource.REQUEST,
    "follow-up": Resource.REQUEST,
    "improvement": Resource.REQUEST,
    "survey": Resource.INTERACTION,
    "correction": Resource.AUDIT,
    "review-cycle": Resource.REVIEW_POLICY,
}
"""What things are, that have no resource of their own name."""
AT_CUSTOMERS = frozenset(
    {Resource.OWNERSHIP, Resource.INTERACTION, Resource.OPPORTUNITY, Resource.ORDER}
)
"""What is about a customer also while there is nothing yet."""
BESIDE_CUSTOMERS = frozenset({"points", "likeness"})
"""What is about a customer and no customer itself, though it is reached as they are."""


def resource_of(kind: str) -> Resource:
    """Return the resource that a kind of thing is: who may do what is about those."""
    if kind in _KINDS:
        return _KINDS[kind]
    return Resource(kind) if kind in set(Resource) else Resource.ACCESS


def begins_at_a_customer(kind: str) -> bool:
    """Tell whether a thing is about a customer also while there is nothing of it yet."""
    # A new lead is nobody's customer yet: there is nothing to hide.
    return kind in BESIDE_CUSTOMERS or (resource_of(kind) in AT_CUSTOMERS and kind != "lead")


def needed(command: type[Any], kind: str) -> tuple[Action, Resource]:
    """Return what a command needs permission for."""
    return _OTHERWISE.get(command, Action.CHANGE), resource_of(kind)
