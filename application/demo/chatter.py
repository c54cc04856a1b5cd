"""What the sample company and its customers talk about from day to day, on every channel."""

from dataclasses import dataclass

from application.demo.people import FINANCE, LOGISTICS, MARKETING, SALES, SERVICE
from application.demo.words import Words
from domain.customers.interaction import Direction
from domain.values import ContactChannel


@dataclass(frozen=True)
class Talk:
    """One kind of interaction: who has it, how, who turned to whom, and its note."""

    department: str
    channel: ContactChannel
    direction: Direction
    note: Words


_IN, _OUT = Direction.INBOUND, Direction.OUTBOUND
_MAIL, _PHONE, _CHAT = ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.CHAT
_SMS, _VISIT, _MEETING = ContactChannel.SMS, ContactChannel.VISIT, ContactChannel.MEETING
_WEB, _SOCIAL, _OTHER = ContactChannel.WEB, ContactChannel.SOCIAL, ContactChannel.OTHER


def _talk(department: str, channel: ContactChannel, direction: Direction, zh: str, en: str) -> Talk:
    return Talk(department, channel, direction, Words(zh, en))


TALKS = (
    _talk(SALES, _PHONE, _OUT, "例行回访，客户对{product} 使用满意。",
          "Regular call: they are happy with the {product}."),
    _talk(SALES, _PHONE, _OUT, "跟进报价，客户要等月底预算批复。",
          "Followed up the quotation; their budget is decided at the end of the month."),
    _talk(SALES, _PHONE, _IN, "客户询问{product} 批量价，{quantity} 台起。",
          "They ask for a bulk price on the {product}, from {quantity} pieces."),
    _talk(SALES, _MAIL, _OUT, "发送{product} 报价，总价 ¥{amount}，有效期 30 天。",
          "Sent a quotation for the {product}: CNY {amount}, valid for 30 days."),
    _talk(SALES, _MAIL, _IN, "客户确认订单 {order}，要求分两批交货。",
          "They confirm order {order} and want it in two deliveries."),
    _talk(SALES, _MAIL, _OUT, "发送合同修订稿，主要改动在付款条款。",
          "Sent the revised contract; the payment clause has changed."),
    _talk(SALES, _VISIT, _OUT, "拜访客户仓库，演示{product}，现场反馈良好。",
          "Visited their warehouse and showed the {product}; well received on the floor."),
    _talk(SALES, _VISIT, _OUT, "实地了解新仓规划，约需{product} {quantity} 台。",
          "Looked at the plans of their new site: about {quantity} × {product} needed."),
    _talk(SALES, _MEETING, _OUT, "季度业务回顾，客户下季度计划增加 {days} 个网点。",
          "Quarterly review: {days} more sites are planned for the next quarter."),
    _talk(SALES, _MEETING, _IN, "线上会议，客户信息部提出接口要求。",
          "Video call: their IT department explained what the interface must do."),
    _talk(SALES, _CHAT, _IN, "微信询问{product} 现货，答复有货。",
          "Asked on chat whether the {product} is in stock; it is."),
    _talk(SALES, _CHAT, _OUT, "微信发送产品视频和参数表。",
          "Sent the product video and data sheet by chat."),
    _talk(SALES, _SMS, _OUT, "短信提醒明天上午十点拜访。",
          "Text message: our visit is tomorrow at ten."),
    _talk(SERVICE, _PHONE, _OUT, "服务回访：上次维修后设备运行正常。",
          "Service call-back: the unit has run well since the repair."),
    _talk(SERVICE, _PHONE, _IN, "咨询{product} 日常保养方法，已口头说明。",
          "Asked how to look after the {product}; explained on the phone."),
    _talk(SERVICE, _VISIT, _OUT, "现场巡检 {quantity} 台设备，更换易损件 {days} 个。",
          "Inspected {quantity} units on site and replaced {days} worn parts."),
    _talk(SERVICE, _CHAT, _IN, "在线指导客户完成{product} 固件升级。",
          "Guided them through a firmware upgrade of the {product} on chat."),
    _talk(SERVICE, _MAIL, _OUT, "发送年度维保报告与续保建议。",
          "Sent the yearly maintenance report and an offer to renew."),
    _talk(SERVICE, _SMS, _OUT, "短信通知工程师到达时间。",
          "Text message with the engineer's time of arrival."),
    _talk(SERVICE, _WEB, _IN, "客户在门户提交满意度评价：{days} 分（满分十分）。",
          "Satisfaction survey in the portal: {days} out of ten."),
    _talk(MARKETING, _MAIL, _OUT, "发送九月仓储展邀请函。",
          "Invited them to the warehouse fair in September."),
    _talk(MARKETING, _SOCIAL, _IN, "客户在公众号留言询问{product} 新款。",
          "Commented on our page and asked about the new {product}."),
    _talk(MARKETING, _SOCIAL, _OUT, "转发客户新仓开业的消息并致贺。",
          "Shared the news of their new warehouse and congratulated them."),
    _talk(MARKETING, _WEB, _IN, "下载了{product} 白皮书。",
          "Downloaded the white paper on the {product}."),
    _talk(MARKETING, _WEB, _IN, "报名线上研讨会“仓库盘点提速”。",
          "Signed up for the webinar on faster stock-taking."),
    _talk(MARKETING, _PHONE, _OUT, "邀请客户参与案例采访，客户原则同意。",
          "Asked them for a case study; they agree in principle."),
    _talk(FINANCE, _MAIL, _OUT, "发送上月对账单，余额 ¥{amount}。",
          "Sent last month's statement: CNY {amount} outstanding."),
    _talk(FINANCE, _PHONE, _OUT, "提醒订单 {order} 款项将于 {days} 天后到期。",
          "Reminded them that order {order} falls due in {days} days."),
    _talk(FINANCE, _MAIL, _IN, "客户确认对账无误。",
          "They confirm that the statement is right."),
    _talk(FINANCE, _OTHER, _OUT, "快递寄出增值税发票原件。",
          "Sent the original invoices by courier."),
    _talk(LOGISTICS, _SMS, _OUT, "短信通知：订单 {order} 已发货。",
          "Text message: order {order} is on its way."),
    _talk(LOGISTICS, _PHONE, _IN, "客户要求送货前一小时电话通知。",
          "They want a call an hour before each delivery."),
    _talk(LOGISTICS, _MAIL, _OUT, "发送订单 {order} 装箱单与运单号。",
          "Sent packing list and waybill number of order {order}."),
    _talk(LOGISTICS, _OTHER, _IN, "司机带回签收单，外箱完好。",
          "The driver brought the signed delivery note; boxes undamaged."),
)  # fmt: skip
