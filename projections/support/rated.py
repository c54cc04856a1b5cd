"""Whose work a survey rates: they neither record its answers, nor send its link, nor void it."""

from datetime import datetime, tzinfo
from uuid import UUID

from application.store.log import Log
from domain.customers.ownership import ownership_id
from domain.days import day_of
from domain.support.request import RequestAssigned
from domain.support.survey import Known
from projections.reports.owning import Owners


def rated_by(survey: Known, log: Log, now: datetime, zone: tzinfo) -> tuple[UUID, ...]:
    """Return who owns the customer or has a share in it of late, and who ever held the request."""
    found: set[UUID] = set()
    if survey.customer_id is not None:
        owners = Owners()
        for fact in log.stream(ownership_id(survey.customer_id)):
            owners.take(fact)
        found.update(owners.shares(survey.customer_id, day_of(now, zone), now, zone).parts)
        if owner := owners.at(survey.customer_id, now):
            found.add(owner)
    if survey.request_id is not None:
        found.update(
            fact.event.member_id
            for fact in log.stream(survey.request_id)
            if isinstance(fact.event, RequestAssigned)
        )
    return tuple(sorted(found))
