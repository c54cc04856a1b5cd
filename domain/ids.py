"""Typed ids: what one context may know of another, and what an event is about.

A field typed with one of these makes the event appear on that thing's timeline and audit history.
"""

from typing import NewType
from uuid import UUID, uuid5

CustomerId = NewType("CustomerId", UUID)
ContactId = NewType("ContactId", UUID)
InteractionId = NewType("InteractionId", UUID)
OwnershipId = NewType("OwnershipId", UUID)
RequestId = NewType("RequestId", UUID)
MemberId = NewType("MemberId", UUID)
DepartmentId = NewType("DepartmentId", UUID)
ImportId = NewType("ImportId", UUID)
KeyId = NewType("KeyId", UUID)
PrincipalId = NewType("PrincipalId", UUID)
GrantId = NewType("GrantId", UUID)
DelegationId = NewType("DelegationId", UUID)
RoleId = NewType("RoleId", UUID)
SharingId = NewType("SharingId", UUID)
RecordId = NewType("RecordId", UUID)
DataId = NewType("DataId", UUID)
PoolId = NewType("PoolId", UUID)
HandOverId = NewType("HandOverId", UUID)
NeedId = NewType("NeedId", UUID)
PreferenceId = NewType("PreferenceId", UUID)
BehaviourId = NewType("BehaviourId", UUID)
PartnerLinkId = NewType("PartnerLinkId", UUID)
ReferralId = NewType("ReferralId", UUID)
PointsId = NewType("PointsId", UUID)
DisputeId = NewType("DisputeId", UUID)
SegmentId = NewType("SegmentId", UUID)
OfferId = NewType("OfferId", UUID)
TierPolicyId = NewType("TierPolicyId", UUID)
ServicePlanId = NewType("ServicePlanId", UUID)
LikenessId = NewType("LikenessId", UUID)
LeadId = NewType("LeadId", UUID)
OpportunityId = NewType("OpportunityId", UUID)
PipelineId = NewType("PipelineId", UUID)
QuoteId = NewType("QuoteId", UUID)
ContractId = NewType("ContractId", UUID)
OrderId = NewType("OrderId", UUID)
PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
CampaignId = NewType("CampaignId", UUID)
MarketId = NewType("MarketId", UUID)
CompetitorId = NewType("CompetitorId", UUID)
ValueModelId = NewType("ValueModelId", UUID)
CalendarId = NewType("CalendarId", UUID)
SlaPolicyId = NewType("SlaPolicyId", UUID)
RoutingId = NewType("RoutingId", UUID)
ComplaintId = NewType("ComplaintId", UUID)
FollowUpId = NewType("FollowUpId", UUID)
ComplaintSummaryId = NewType("ComplaintSummaryId", UUID)
SurveyFormId = NewType("SurveyFormId", UUID)
SurveyProgrammeId = NewType("SurveyProgrammeId", UUID)
SurveyId = NewType("SurveyId", UUID)
ImprovementId = NewType("ImprovementId", UUID)
CorrectionId = NewType("CorrectionId", UUID)
ReviewPolicyId = NewType("ReviewPolicyId", UUID)
ReviewCycleId = NewType("ReviewCycleId", UUID)
ReviewId = NewType("ReviewId", UUID)
FeedbackId = NewType("FeedbackId", UUID)

_CONCORD = UUID("8f6d1c5e-2f0b-5d0e-9a53-6d0c1b6d4a11")


def named_id(*words: str) -> UUID:
    """Return the one id that these words stand for, always the same.

    Uniqueness without a lock: two people who create the department "sales" at once write to the
    same stream, and the second is refused.
    """
    return uuid5(_CONCORD, "\x1f".join(words))
