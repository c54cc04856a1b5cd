"""The lists that can be taken as files: their columns, in two languages, and what a cell holds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel
from projections.sales.contracts import CONTRACTS
from projections.sales.leads import LEADS
from projections.sales.opportunities import OPPORTUNITIES
from projections.sales.orders import ORDERS
from projections.support.requests import REQUESTS
from projections.teams.teams import MEMBERS
from web.customers.customers import CustomerQuery
from web.exchange.tables import Cell
from web.sales.contracts import ContractQuery
from web.sales.leads import LeadQuery
from web.sales.opportunities import OpportunityQuery
from web.sales.orders import OrderQuery
from web.support.requests import RequestQuery
from web.teams.teams import MemberQuery

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")


@dataclass(frozen=True)
class Export:
    """A list as a file: the schema of its questions, and its columns with their Chinese names.

    A column is a path into the document (``details.phone``); what it finds in a list is joined.
    Text below ``amount`` is a number.
    """

    model: ReadModel
    query: Any
    columns: Mapping[str, str]


EXPORTS: tuple[Export, ...] = (
    Export(
        CUSTOMERS,
        CustomerQuery,
        {
            "id": "编号",
            "name": "名称",
            "details.short_name": "简称",
            "industry": "行业",
            "details.business": "主营业务",
            "details.employees": "员工数",
            "details.phase": "阶段",
            "region": "地区",
            "details.address": "地址",
            "details.phone": "电话",
            "details.website": "网站",
            "details.tax_id": "税号",
            "tier": "等级",
            "owner_id": "负责人",
            "contacts.name": "联系人",
            "contacts.email": "联系人邮箱",
            "contacts.phone": "联系人电话",
            "registered_at": "登记时间",
            "last_contact_at": "最近联系",
        },
    ),
    Export(
        REQUESTS,
        RequestQuery,
        {
            "id": "编号",
            "customer_id": "客户",
            "department_id": "部门",
            "holder_id": "处理人",
            "kind": "类型",
            "channel": "渠道",
            "title": "标题",
            "status": "状态",
            "priority": "优先级",
            "handovers": "转手次数",
            "replies": "回复次数",
            "reopened": "重开次数",
            "opened_at": "受理时间",
            "resolved_at": "解决时间",
            "closed_at": "关闭时间",
        },
    ),
    Export(
        MEMBERS,
        MemberQuery,
        {
            "id": "编号",
            "name": "姓名",
            "email": "邮箱",
            "department_id": "部门",
            "role": "岗位",
            "status": "状态",
            "joined_at": "入职时间",
            "left_at": "离职时间",
        },
    ),
    Export(
        LEADS,
        LeadQuery,
        {
            "id": "编号",
            "name": "名称",
            "source": "来源",
            "source_detail": "来源说明",
            "status": "状态",
            "department_id": "部门",
            "holder_id": "跟进人",
            "customer_id": "客户",
            "campaign_id": "营销活动",
            "referral_id": "转介绍",
            "opportunity_id": "商机",
            "contact_name": "联系人",
            "email": "邮箱",
            "phone": "电话",
            "need": "需求",
            "disqualified_because": "淘汰原因",
            "captured_at": "获取时间",
            "decided_at": "判定时间",
        },
    ),
    Export(
        OPPORTUNITIES,
        OpportunityQuery,
        {
            "id": "编号",
            "title": "标题",
            "customer_id": "客户",
            "department_id": "部门",
            "holder_id": "负责人",
            "status": "状态",
            "pipeline": "销售流程",
            "stage": "阶段",
            "stage_name": "阶段名称",
            "probability": "成功率",
            "amount.amount": "金额",
            "amount.currency": "币种",
            "expected_on": "预计成交日",
            "lost_because": "丢单原因",
            "competitor": "竞争对手",
            "opened_at": "建立时间",
            "stage_since": "进入阶段时间",
            "closed_at": "结束时间",
        },
    ),
    Export(
        ORDERS,
        OrderQuery,
        {
            "id": "编号",
            "number": "订单号",
            "customer_id": "客户",
            "status": "状态",
            "lines.product": "产品",
            "currency": "币种",
            "total.amount": "总额",
            "paid.amount": "已付",
            "refunded.amount": "已退",
            "open.amount": "未付",
            "due_on": "应付日",
            "overdue": "逾期",
            "channel": "渠道",
            "opportunity_id": "商机",
            "contract_id": "合同",
            "placed_at": "下单时间",
            "last_paid_at": "最近付款",
        },
    ),
    Export(
        CONTRACTS,
        ContractQuery,
        {
            "id": "编号",
            "number": "合同号",
            "title": "标题",
            "customer_id": "客户",
            "status": "状态",
            "value.amount": "金额",
            "value.currency": "币种",
            "starts_at": "开始时间",
            "ends_at": "到期时间",
            "renewal": "续签方式",
            "renewals": "续签次数",
            "ended_at": "终止时间",
            "because": "终止原因",
            "opportunity_id": "商机",
            "signed_at": "签订时间",
        },
    ),
)
"""Every list that can be taken as a file, one entry each."""

# --- Rows -----------------------------------------------------------------------------------------


def heading(column: str) -> str:
    """Return a column's name as files have it."""
    return column.removeprefix("details.")


def cell(document: Document, column: str) -> Cell:
    """Return what a document has in a column; nothing where it is null or masked."""
    steps = column.split(".")
    found = [value for value in _values(document, steps) if value is not None]
    if not found:
        return None
    if len(found) > 1:
        return "; ".join(str(value) for value in found)
    (value,) = found
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    text = str(value)
    return Decimal(text) if steps[-1] == "amount" and _NUMBER.fullmatch(text) else text


def _values(place: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(place, list):
        for each in place:
            yield from _values(each, steps)
    elif not steps:
        yield place
    elif isinstance(place, dict):
        yield from _values(place.get(steps[0]), steps[1:])
