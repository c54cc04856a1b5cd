"""Why a fact does not count in a figure, in words whom it is about understands."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "zh"]

REASONS: Mapping[str, Mapping[Language, str]] = {
    "voided": {"en": "it was voided", "zh": "已作废"},
    "outside_period": {"en": "it is not of this period", "zh": "不在本期内"},
    "superseded": {"en": "a later one replaced it", "zh": "已被后来的替代"},
    "fully_refunded": {"en": "all of it was paid back", "zh": "已全额退款"},
    "not_first": {"en": "the customer had bought before", "zh": "该客户此前已购买"},
    "not_closed": {"en": "it is still open", "zh": "尚未结束"},
    "pending": {"en": "it is not decided yet", "zh": "尚无定论"},
    "no_evidence": {"en": "no facts were named for it", "zh": "未给出依据"},
    "other_currency": {"en": "it is in another currency", "zh": "币种不同"},
    "lost": {"en": "the customer was lost", "zh": "客户已流失"},
    "not_active": {"en": "the customer was not active then", "zh": "该客户当时不活跃"},
    "imported": {"en": "it was imported from another system", "zh": "由其他系统导入"},
    "self_referral": {
        "en": "who referred and who was referred are one",
        "zh": "推荐人与被推荐人为同一方",
    },
    "duplicate": {"en": "it was counted already", "zh": "已计入一次"},
    "cost_unknown": {"en": "what it cost is not known", "zh": "成本未知"},
    "no_amount": {"en": "no amount is known of it", "zh": "金额未知"},
    "own_department": {"en": "it stayed within one department", "zh": "仅在本部门内"},
    "request_voided": {"en": "its request was voided", "zh": "所属请求已作废"},
}
"""By what metrics call them."""


def because(reason: str, language: Language) -> str:
    """Say why a fact does not count; a reason that has no words yet stands for itself."""
    return REASONS[reason][language] if reason in REASONS else reason
