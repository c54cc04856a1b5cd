"""What a customer is told while their request goes on, and by when they are to hear of it again."""

from datetime import datetime
from typing import Annotated

from domain.ids import CustomerId, RequestId
from domain.kernel import Personal, command, event
from domain.values import ContactChannel


@event("request.customer-informed", zh="告知客户进展")
class CustomerInformed:
    """Customer told how it goes."""

    customer_id: CustomerId
    channel: ContactChannel
    text: Annotated[str, Personal(of="customer_id")]
    again_by: datetime | None
    """When the customer was promised to hear of it again."""


@event("request.promise-lapsed", zh="逾期未告知客户")
class PromiseLapsed:
    """Customer not told again by the time that was promised."""

    customer_id: CustomerId
    again_by: datetime


@command
class InformCustomer:
    """Tell the customer how it goes, and by when they hear of it again."""

    id: RequestId
    channel: ContactChannel
    text: str
    again_by: datetime | None = None


@command
class LapsePromise:
    """Say once that the customer should have heard of it again by this time, and has not."""

    id: RequestId
    again_by: datetime
