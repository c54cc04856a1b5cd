"""By which settings the sample company values its customers."""

from datetime import date
from decimal import Decimal

from application.demo.hours import at
from application.demo.people import ZHENG_TAO
from application.demo.script import Beat, Script, Storyline, acted
from domain.sales.value_model import (
    PublishValueModel,
    ReviseValueModel,
    Settings,
    value_model_id,
)

NAME = "客户价值 Customer value"
_FIRST = Settings(
    calibration_end=date(2026, 8, 31),
    timezone="Asia/Shanghai",
    currency="CNY",
    horizon_weeks=52,
    discount=Decimal("0.10"),
    margin=None,
)
_SECOND = Settings(
    calibration_end=date(2026, 9, 20),
    timezone="Asia/Shanghai",
    currency="CNY",
    horizon_weeks=26,
    discount=Decimal("0.08"),
    margin=Decimal("0.30"),
)


def storyline(script: Script) -> Storyline:
    """Tell how the model is published and revised."""
    id_ = value_model_id(NAME)
    yield from acted(
        script,
        Beat(at(9, 1, 14), ZHENG_TAO, PublishValueModel(id=id_, name=NAME, settings=_FIRST)),
        Beat(at(9, 21, 11), ZHENG_TAO, ReviseValueModel(id=id_, settings=_SECOND), "财务口径。"),
    )
