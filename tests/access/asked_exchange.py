"""Many changes at once, and customers from files, are tried by themselves: each row or change is
refused as if it came alone (tests/web/test_bulk.py, tests/exchange/test_customer_files.py)."""

from domain.access.roles import Resource
from tests.access.asked import Asked, How

EXCHANGE: dict[str, Asked] = {
    "POST /bulk": Asked(How.OWN, Resource.ACCESS),
    "POST /imports/customers": Asked(How.OWN, Resource.CUSTOMER),
    "GET /exports/customers": Asked(How.LIST, Resource.CUSTOMER),
    "GET /exports/requests": Asked(How.LIST, Resource.REQUEST),
    "GET /exports/members": Asked(How.LIST, Resource.MEMBER),
    "GET /exports/leads": Asked(How.LIST, Resource.OPPORTUNITY),
    "GET /exports/opportunities": Asked(How.LIST, Resource.OPPORTUNITY),
    "GET /exports/orders": Asked(How.LIST, Resource.ORDER),
    "GET /exports/contracts": Asked(How.LIST, Resource.ORDER),
}
