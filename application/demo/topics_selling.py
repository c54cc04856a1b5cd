"""What customers ask before they buy: prices, terms, material; and what they suggest."""

from application.demo.people import FINANCE, LOGISTICS, MARKETING, SALES, SERVICE
from application.demo.topic import Stop, Topic
from application.demo.words import Words
from domain.support.words import RequestKind

SELLING = (
    Topic(
        kind=RequestKind.ENQUIRY,
        department=SALES,
        titles=(
            Words("{product} {quantity} 台报价", "Quotation for {quantity} × {product}"),
            Words("询价：{product}，{quantity} 台", "Price enquiry: {product}, {quantity} pieces"),
        ),
        reply=Words(
            "您好，{product} 的报价单正在准备，今天内发给您。",
            "Thank you. The quotation for the {product} is being prepared; you have it today.",
        ),
        ask=Words(
            "请确认是否需要三年延保，以及希望的交货周次。",
            "Please confirm whether you want the three-year warranty, and the delivery week.",
        ),
        answer=Words(
            "需要延保，希望 {days} 个工作日内到货。",
            "Yes, with the warranty. We need them within {days} working days.",
        ),
        note=Words(
            "去年同型号给过 5% 折扣，报价保持一致。",
            "They had 5% on the same model last year; keep the quotation in line with it.",
        ),
        resolution=Words(
            "报价 ¥{amount} 已发送，客户确认收到，有效期 30 天。",
            "Quotation of CNY {amount} sent and received; valid for 30 days.",
        ),
        stops=(
            Stop(
                LOGISTICS,
                Words(
                    "请确认 {quantity} 台 {product} 的现货与最早发货日。",
                    "Please confirm stock and earliest dispatch for {quantity} × {product}.",
                ),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.ENQUIRY,
        department=SALES,
        titles=(
            Words("{product} 能否对接我们的 WMS？", "Does the {product} work with our WMS?"),
            Words("{product} 试用申请", "Trial units of the {product}"),
        ),
        reply=Words(
            "可以对接，接口文档随邮件附上，也可以安排试用机。",
            "It does. The interface description is attached; we can lend you two units as well.",
        ),
        ask=Words("请告知贵司 WMS 的名称和版本。", "Which WMS do you run, and in which version?"),
        answer=Words(
            "自研系统，支持标准 REST 接口。", "Our own development; it speaks plain REST."
        ),
        note=Words(
            "试用机还剩三台，先给有明确采购计划的客户。",
            "Three trial units left; they go to customers with a budget first.",
        ),
        steps=("方案演示 Solution demo",),
        resolution=Words(
            "已发送接口文档并完成远程演示，客户内部评估中。",
            "Interface description sent and remote demo held; the customer evaluates.",
        ),
        stops=(
            Stop(
                SERVICE,
                Words(
                    "客户的接口问题需要工程师解答。",
                    "Their interface questions need one of your engineers.",
                ),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.DEMAND,
        department=SALES,
        titles=(
            Words("申请将账期延长至 60 天", "Payment terms of 60 days"),
            Words("年度框架协议折扣申请", "Discount under a yearly frame agreement"),
        ),
        reply=Words(
            "收到，我们需要财务部审核后答复您。",
            "Noted. Our finance department has to agree; you will hear from us.",
        ),
        ask=Words(
            "请提供下半年的采购计划，便于我们申请。",
            "Please send your purchasing plan for the second half of the year.",
        ),
        answer=Words(
            "计划已附上，预计采购额 ¥{amount}。", "Attached. We expect to spend CNY {amount}."
        ),
        note=Words(
            "过去十二个月没有逾期，可以支持。", "No overdue invoice in twelve months; I support it."
        ),
        resolution=Words(
            "同意 45 天账期，补充协议已寄出。", "45 days agreed; the addendum is in the post."
        ),
        stops=(
            Stop(
                FINANCE,
                Words(
                    "请审核客户的信用额度与账期。", "Please review their credit limit and terms."
                ),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.ENQUIRY,
        department=MARKETING,
        titles=(
            Words("九月仓储展参观报名", "Visitor passes for the September warehouse fair"),
            Words("索取{product} 案例资料", "Case studies for the {product}"),
        ),
        reply=Words(
            "资料已发送，展会门票会在一周前寄出。",
            "The material is on its way; passes are sent a week before the fair.",
        ),
        ask=Words("请告知参观人数和姓名。", "How many of you will come?"),
        answer=Words("一共 {days} 人，名单随后发。", "{days} people; the list follows."),
        note=Words(
            "客户对{product} 有兴趣，展会上安排演示。",
            "They are interested in the {product}: plan a demo at the stand.",
        ),
        resolution=Words("门票与资料已寄出。", "Passes and material sent."),
        stops=(
            Stop(
                SALES,
                Words("客户有采购意向，请销售跟进。", "They intend to buy: please follow up."),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.SUGGESTION,
        department=MARKETING,
        titles=(
            Words("建议：包装改用可回收纸箱", "Suggestion: recyclable boxes instead of foam"),
            Words("建议：说明书增加视频二维码", "Suggestion: a QR code to a video in the manual"),
        ),
        reply=Words(
            "感谢您的建议，我们会在月度产品会上讨论。",
            "Thank you for the suggestion. It goes to our monthly product meeting.",
        ),
        ask=Words("方便发几张现场照片吗？", "Could you send us a few photos from your site?"),
        answer=Words(
            "照片见附件，泡沫确实很难处理。", "See attached: the foam is hard to dispose of."
        ),
        note=Words(
            "本季度第三家提出同样的建议，值得立项。",
            "The third customer this quarter to say so; worth a project.",
        ),
        resolution=Words(
            "建议已采纳，下一批次开始试行，已告知客户。",
            "Taken up: we try it with the next batch, and the customer knows.",
        ),
        stops=(
            Stop(
                LOGISTICS,
                Words("请评估更换包装的成本。", "Please estimate what other packaging costs."),
            ),
        ),
    ),
    Topic(
        kind=RequestKind.SUGGESTION,
        department=MARKETING,
        titles=(
            Words(
                "建议：订单门户支持批量下载对账单", "Suggestion: statements in bulk in the portal"
            ),
            Words("建议：新品通知按行业发送", "Suggestion: product news by industry"),
        ),
        reply=Words(
            "建议很好，已转给负责门户的同事评估。",
            "A good point; colleagues who run the portal will look at it.",
        ),
        ask=Words("您更希望按月还是按季度？", "Would you rather have it by month or by quarter?"),
        answer=Words("按月，最好是 Excel 格式。", "By month, in a spreadsheet if possible."),
        note=Words("门户团队说十月版本可以做。", "Feasible in the portal's October release."),
        resolution=Words(
            "已排入十月版本，上线后通知客户。",
            "Planned for October; we tell them when it is there.",
        ),
        stops=(
            Stop(
                FINANCE,
                Words("请确认对账单的导出字段。", "Please confirm the columns of the statement."),
            ),
        ),
    ),
)
