"""Every group of routes, one line each."""

from web import audit, history, reports
from web.access import explaining, principals, roles, sharing
from web.bodies import Routes
from web.customers import (
    behaviours,
    customer_files,
    customers,
    disputes,
    hand_overs,
    identity,
    needs,
    offers,
    ownership,
    ownership_disputes,
    partners,
    pools,
    referrals,
    segments,
    tier_board,
    tiering,
    tiers,
)
from web.exchange import bulk, dictionary, exports, imports
from web.sales import (
    boards,
    campaigns,
    contracts,
    leads,
    opportunities,
    orders,
    pipelines,
    quotes,
    receivables,
    value_models,
)
from web.support import requests
from web.teams import teams

ROUTES: tuple[Routes, ...] = (
    customers.bp,
    teams.bp,
    requests.bp,
    history.bp,
    audit.bp,
    imports.bp,
    reports.bp,
    identity.bp,
    dictionary.bp,
    ownership.bp,
    ownership_disputes.bp,
    pools.bp,
    hand_overs.bp,
    tiers.bp,
    tier_board.bp,
    tiering.bp,
    segments.bp,
    offers.bp,
    needs.bp,
    behaviours.bp,
    partners.bp,
    referrals.bp,
    disputes.bp,
    pipelines.bp,
    leads.bp,
    opportunities.bp,
    boards.bp,
    quotes.bp,
    orders.bp,
    contracts.bp,
    receivables.bp,
    campaigns.bp,
    value_models.bp,
    bulk.bp,
    exports.bp,
    customer_files.bp,
    principals.bp,
    roles.bp,
    sharing.bp,
    explaining.bp,
)
"""In the order in which the API's documentation shows them."""
