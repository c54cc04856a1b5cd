"""What is said about requests whatever they are about: receipts, hand-overs, second thoughts."""

from application.demo.words import Words

RECEIPT = Words(
    "您好，您的请求已收到，工作时间四小时内会有同事联系您。",
    "We have received your request. A colleague answers within four working hours.",
)
TAKEN_BACK = (
    Words("已核实，请继续答复客户。", "Checked. Please go on with the customer."),
    Words("我们这边已处理完，转回原部门。", "Done on our side: back to you."),
    Words("客户要求由原联系人答复。", "The customer wants to hear from their usual contact."),
)
PASSED_ON = (
    Words("我下午外出，请代为跟进。", "I am out this afternoon: please take it over."),
    Words("你更熟悉这款产品，请你处理。", "You know this product better than I do."),
    Words("这家客户一直由你跟进。", "You have always looked after this customer."),
)
GIVEN_BACK = (
    Words("我已看过，还是由你继续更合适。", "I had a look; it is better if you go on."),
    Words("我手上有紧急投诉，先还给你。", "I have an urgent complaint: back to you for now."),
)
SHARED_OUT = (
    Words("按当前工作量分派。", "Shared out by present workload."),
    Words("请今天内先联系客户。", "Please call the customer today."),
)
ANGRY = (
    Words(
        "已经等了好几天，没有任何进展，请你们领导联系我。",
        "We have waited for days and nothing happens. Have your manager call me.",
    ),
    Words(
        "同样的问题第二次出现，我们对此非常不满。",
        "This is the second time it happens. We are very unhappy about it.",
    ),
    Words(
        "如果本周还不解决，我们将考虑更换供应商。",
        "If it is not solved this week we shall look for another supplier.",
    ),
)
ESCALATED = (
    Words("客户情绪激动，要求主管出面。", "The customer is upset and asks for a manager."),
    Words("二次投诉，按规定升级到主管。", "Second complaint: goes to the team lead by our rule."),
    Words("涉及赔付，超出我的权限。", "It is about compensation, beyond what I may decide."),
)
LEAD_REPLY = Words(
    "我是部门负责人，此事由我亲自跟进，明天中午前给您方案。",
    "I lead the department and take care of this myself. You have a proposal by noon tomorrow.",
)
LEAD_BACK = Words(
    "已与客户商定方案，请按约执行并每日反馈。",
    "Agreed with the customer. Please carry it out and report to me daily.",
)
GOING_ON = (
    Words(
        "您好，您的请求现已转到我这里，我会跟进到底。",
        "Your request has come to me now, and I shall see it through.",
    ),
    Words(
        "我们部门已接手，正在核实细节。", "My department has taken over; we are checking details."
    ),
    Words(
        "同事已向我说明情况，无需重复，今天给您答复。",
        "My colleague has told me everything, no need to repeat it. You hear from me today.",
    ),
    Words("收到转来的信息，正在安排。", "I have everything I need and am arranging it."),
)
REMINDER = (
    Words("请问进展如何？", "How far have you got?"),
    Words("补充一点信息，见附件。", "One more piece of information is attached."),
    Words("我们周五前需要答复。", "We need an answer by Friday."),
)
SOOTHING = (
    Words("正在处理，预计明天有结果。", "We are at it and expect a result tomorrow."),
    Words("已催促相关部门，请稍候。", "We have urged our colleagues; please bear with us."),
)
THANKS = (
    Words("问题已解决，谢谢！", "It is solved. Thank you!"),
    Words("处理及时，感谢。", "Quick work, thanks."),
)
STILL_THERE = (
    Words("问题又出现了，请继续处理。", "It is back. Please look at it again."),
    Words("只解决了一半，还有两台不正常。", "Only half of it is solved: two units still fail."),
    Words("金额还是不对，请再核对。", "The amount is still wrong; please check again."),
)
REOPENED = (
    Words("客户反馈未彻底解决。", "The customer says it is not solved."),
    Words("七天内再次发生，继续原请求。", "Happened again within seven days."),
)
SECOND_TRY = (
    Words("更换后客户确认恢复正常。", "Replaced; the customer confirms that it works now."),
    Words("重新核对后处理完毕，客户认可。", "Checked and settled again; the customer agrees."),
)
VOIDED = (
    Words("重复提交：与同日另一请求相同。", "Duplicate of another request of the same day."),
    Words("垃圾信息，不是客户请求。", "Spam, not a request of the customer."),
    Words("客户来电说明提交有误。", "The customer called: sent to us by mistake."),
)
CALLED = (
    Words("电话回访，说明目前进展。", "Called to say how far we are."),
    Words("客户来电询问进度，已答复。", "They called to ask how it is going; answered."),
    Words("与客户约定了处理时间。", "Agreed on a date with the customer."),
)
