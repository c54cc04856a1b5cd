"""What customers ask about orders: delivery, invoices, returns."""

from application.demo.people import FINANCE, LOGISTICS, SALES, SERVICE
from application.demo.topic import Stop, Topic
from application.demo.words import Words
from domain.support.words import RequestKind

DELIVERING = (
    Topic(
        kind=RequestKind.DEMAND,
        department=LOGISTICS,
        titles=(
            Words("订单 {order} 请提前发货", "Please dispatch order {order} earlier"),
            Words("订单 {order} 变更收货地址", "Other delivery address for order {order}"),
        ),
        reply=Words(
            "收到，正在与承运商确认，稍后答复。",
            "Noted. We are asking the carrier and will come back to you.",
        ),
        ask=Words(
            "请确认收货时间段和卸货条件。",
            "Please confirm the time window and unloading facilities.",
        ),
        answer=Words(
            "工作日上午均可，有叉车。", "Any weekday morning; there is a forklift on site."
        ),
        note=Words(
            "承运商周三有一班车，可以赶上。", "The carrier has a Wednesday truck; we can make it."
        ),
        supplier=Words("等待承运商确认新的车次。", "Waiting for the carrier to confirm a truck."),
        steps=("重新排车 Rescheduled",),
        resolution=Words(
            "订单 {order} 已按新要求发出。", "Order {order} has left as the customer wished."
        ),
        stops=(
            Stop(
                SALES,
                Words(
                    "加急运费由谁承担，请与客户商定。", "Please agree who pays the express rate."
                ),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.ENQUIRY,
        department=FINANCE,
        titles=(
            Words("订单 {order} 发票抬头变更", "Other name on the invoice for order {order}"),
            Words("{order} 增值税专票何时寄出", "When do we get the invoice for {order}?"),
        ),
        reply=Words(
            "您好，发票信息正在核对，两个工作日内处理。",
            "We are checking the invoice data; it takes two working days at most.",
        ),
        ask=Words("请发送最新的开票资料。", "Please send us your current billing details."),
        answer=Words("开票资料已更新，见附件。", "See the attached sheet for the new details."),
        note=Words("旧发票需先红冲再重开。", "The old invoice must be cancelled first."),
        resolution=Words(
            "发票已重开并寄出，金额 ¥{amount}。", "New invoice over CNY {amount} issued and sent."
        ),
        stops=(
            Stop(
                SALES,
                Words("请确认合同主体是否已变更。", "Has the contracting party really changed?"),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.COMPLAINT,
        department=FINANCE,
        titles=(
            Words("{order} 金额与合同不符", "Invoice {order} does not match our contract"),
            Words("订单 {order} 重复扣款", "Charged twice for order {order}"),
        ),
        reply=Words(
            "非常抱歉，我们正在核对合同与发票。",
            "We are sorry. We are comparing the invoice with the contract.",
        ),
        ask=Words("请发送付款回单。", "Please send us the bank's payment advice."),
        answer=Words("回单见附件，多付了 ¥{amount}。", "Attached. We paid CNY {amount} too much."),
        note=Words(
            "系统里还是旧价格，销售没有更新。", "Old price in the system; sales never told us."
        ),
        supplier=Words("等待银行确认退款到账。", "Waiting for the bank to confirm the refund."),
        resolution=Words(
            "确认多收 ¥{amount}，已退款并致歉。", "CNY {amount} refunded, with an apology."
        ),
        stops=(
            Stop(SALES, Words("请提供签署版合同价格。", "Please give us the price as signed.")),
        ),
    ),
    Topic(
        kind=RequestKind.COMPLAINT,
        department=SERVICE,
        titles=(
            Words("订单 {order} 延迟 {days} 天仍未到货", "Order {order} is {days} days late"),
            Words("{order} 只到了一部分", "Only part of order {order} has arrived"),
        ),
        reply=Words(
            "非常抱歉给您带来不便，正在向物流部核实。",
            "We are sorry for this. We are asking logistics where the goods are.",
        ),
        ask=Words("请告知已收到的箱数。", "How many boxes have you received?"),
        answer=Words(
            "只收到 {days} 箱，门店等着用。", "Only {days}. Our shops are waiting for them."
        ),
        note=Words(
            "客户下周有新店开业，请优先处理。",
            "They open a shop next week; please give it priority.",
        ),
        supplier=Words("等待承运商查找货物。", "Waiting for the carrier to trace the consignment."),
        steps=("追踪货物 Traced",),
        resolution=Words(
            "余货已专车送达，客户签收。", "The rest arrived by special delivery and was signed for."
        ),
        stops=(
            Stop(
                LOGISTICS,
                Words(
                    "请查 {order} 的在途位置并安排补发。",
                    "Please trace {order} and send what is missing.",
                ),
            ),
            Stop(
                FINANCE,
                Words(
                    "客户要求延期赔付，请审核。", "They claim damages for the delay; please check."
                ),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.DEMAND,
        department=SERVICE,
        titles=(
            Words("{product} 退货申请，{quantity} 台", "Return of {quantity} × {product}"),
            Words("申请更换型号：{product}", "Exchange of the {product} for another model"),
        ),
        reply=Words(
            "可以退换，请保留原包装，取件信息稍后发送。",
            "You may return them. Please keep the packaging; pick-up details follow.",
        ),
        ask=Words("请提供机身序列号。", "Please send us the serial numbers."),
        answer=Words("序列号清单见附件。", "The list of serial numbers is attached."),
        note=Words("在三十天退货期内，可以全额退。", "Within thirty days: a full refund is due."),
        resolution=Words(
            "货物已收回，¥{amount} 已退款。", "Goods are back; CNY {amount} has been refunded."
        ),
        stops=(
            Stop(LOGISTICS, Words("请安排上门取件。", "Please arrange the pick-up.")),
            Stop(FINANCE, Words("货已收到，请退款。", "The goods are here: please refund.")),
        ),
    ),
)
