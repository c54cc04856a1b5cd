"""What customers ask about equipment they have: faults, installation, warranty."""

from application.demo.people import FINANCE, LOGISTICS, SALES, SERVICE
from application.demo.topic import Stop, Topic
from application.demo.words import Words
from domain.support.words import RequestKind

SERVING = (
    Topic(
        kind=RequestKind.COMPLAINT,
        department=SERVICE,
        titles=(
            Words("收到的{product} 外壳破损", "{product} arrived with a broken housing"),
            Words("{quantity} 台{product} 开机即故障", "{quantity} × {product} dead on arrival"),
        ),
        reply=Words(
            "非常抱歉，我们会尽快为您换新。",
            "We are sorry about this and will replace what is broken.",
        ),
        ask=Words("请发送破损照片和运单号。", "Please send photos and the waybill number."),
        answer=Words("照片已发，外箱也有压痕。", "Photos sent; the outer box was crushed as well."),
        note=Words("疑似运输破损，需要承运商定责。", "Looks like transport damage: the carrier's."),
        supplier=Words("等待承运商定损报告。", "Waiting for the carrier's damage report."),
        steps=("现场检测 On-site inspection",),
        resolution=Words("新机已送达，旧机收回。", "Replacement delivered, broken unit collected."),
        stops=(
            Stop(
                LOGISTICS,
                Words(
                    "请安排换新发货并联系承运商。", "Please send a new one and call the carrier."
                ),
            ),
            Stop(FINANCE, Words("请处理破损赔付。", "Please handle the compensation.")),
        ),
    ),
    Topic(
        kind=RequestKind.COMPLAINT,
        department=SERVICE,
        titles=(
            Words("报修三天无人回复", "Nobody answered our call for three days"),
            Words("工程师两次未按约上门", "The engineer missed two appointments"),
        ),
        reply=Words(
            "对此深表歉意，今天内给您明确的时间。",
            "Please accept our apologies. You get a fixed appointment today.",
        ),
        ask=Words("明天上午十点方便吗？", "Would ten o'clock tomorrow morning suit you?"),
        answer=Words("可以，请务必准时。", "It would. Please be on time."),
        note=Words(
            "排班冲突造成，已和工程师确认。", "A clash in the roster; I spoke to the engineer."
        ),
        steps=("上门服务 Site visit",),
        resolution=Words(
            "工程师已上门修复并当面致歉。", "Repaired on site, with an apology in person."
        ),
    ),
    Topic(
        kind=RequestKind.SUPPORT,
        department=SERVICE,
        titles=(
            Words("{product} 无法开机", "The {product} does not start"),
            Words("{product} 频繁断开 Wi-Fi", "The {product} keeps losing its Wi-Fi"),
        ),
        reply=Words(
            "请先长按电源键 15 秒重启，我们同时查看日志。",
            "Please hold the power key for 15 seconds; meanwhile we look at the logs.",
        ),
        ask=Words("请提供固件版本和故障视频。", "Which firmware is it? A short video would help."),
        answer=Words("固件 3.2，视频见附件。", "Firmware 3.2; the video is attached."),
        note=Words(
            "3.2 固件的已知问题，升级可解决。", "Known with firmware 3.2; an upgrade cures it."
        ),
        supplier=Words("主板已寄厂家检测。", "The board has gone to the manufacturer."),
        steps=("远程诊断 Remote diagnosis", "固件升级 Firmware upgraded"),
        resolution=Words("升级固件后恢复正常。", "Works again after a firmware upgrade."),
        stops=(Stop(LOGISTICS, Words("请寄一台备用机。", "Please send them a loan unit.")),),
    ),
    Topic(
        kind=RequestKind.SUPPORT,
        department=SERVICE,
        titles=(
            Words("{product} 打印模糊、偏位", "Blurred and shifted output from the {product}"),
            Words("{product} 备件更换", "Spare parts for the {product}"),
        ),
        reply=Words(
            "请先做一次校准，步骤见附件。",
            "Please run a calibration first; the steps are attached.",
        ),
        ask=Words("校准后是否仍有问题？", "Is it still there after the calibration?"),
        answer=Words("仍然有，怀疑是硬件。", "It is. We suspect the hardware."),
        note=Words(
            "需更换组件，库存不足，已下单。", "Needs a new part; none left, so I ordered one."
        ),
        supplier=Words(
            "备件采购中，供应商承诺 {days} 天。", "Part on order: {days} days, they say."
        ),
        steps=("更换备件 Part replaced",),
        resolution=Words("已更换备件，测试正常。", "Part replaced and tested."),
        stops=(
            Stop(
                LOGISTICS, Words("备件已到，请今天寄出。", "The part is in: please send it today.")
            ),
        ),
    ),
    Topic(
        kind=RequestKind.SUPPORT,
        department=SERVICE,
        titles=(
            Words(
                "{quantity} 台{product} 安装与培训", "Installation and training, {quantity} units"
            ),
            Words("{product} 批量配置", "Bulk configuration of the {product}"),
        ),
        reply=Words(
            "工程师可安排，请选择合适的日期。",
            "An engineer can come; please choose one of the dates.",
        ),
        ask=Words("现场网络和电源是否就绪？", "Are network and power ready on site?"),
        answer=Words("都已就绪，联系仓库主管即可。", "All ready; please ask for our supervisor."),
        note=Words("需要两名工程师，带配置工装。", "Takes two engineers and the rig."),
        steps=("现场安装 Installed", "用户培训 Trained"),
        resolution=Words("安装培训完成，客户签字。", "Installed, people trained, signed off."),
        stops=(
            Stop(LOGISTICS, Words("请把设备直发现场。", "Please ship the units straight to site.")),
        ),
    ),
    Topic(
        kind=RequestKind.SUPPORT,
        department=SERVICE,
        titles=(
            Words("门户账号无法登录", "Cannot sign in to the portal"),
            Words("{product} 数据没有同步到系统", "The {product} does not sync its data"),
        ),
        reply=Words(
            "已重置账号，请稍后重试。", "We have reset the account; please try again in a minute."
        ),
        ask=Words("请发送报错截图。", "Please send us a screenshot of the error."),
        answer=Words("截图见附件，提示证书过期。", "Attached: it says the certificate expired."),
        note=Words("证书昨晚更新过，请查客户端时间。", "Renewed last night; check their clock."),
        steps=("远程诊断 Remote diagnosis",),
        resolution=Words("校正系统时间后登录正常。", "Works since their clock was set right."),
    ),
    Topic(
        kind=RequestKind.ENQUIRY,
        department=SERVICE,
        titles=(
            Words("{product} 保修期查询", "How long is our {product} under warranty?"),
            Words("{product} 延保费用", "What does a longer warranty cost for the {product}?"),
        ),
        reply=Words(
            "标准保修两年，可延至五年。", "Two years as standard; it can be extended to five."
        ),
        ask=Words("请提供序列号以便查询。", "Please send the serial number so that we can look."),
        answer=Words("序列号已发。", "Here it is, see below."),
        note=Words("其中三台已过保，可推荐延保。", "Three are past it: offer the extension."),
        resolution=Words("已告知保修期并发送延保方案。", "Told them the dates; extension offered."),
        stops=(
            Stop(SALES, Words("客户想买延保，请报价。", "They want the extension: please quote.")),
        ),
    ),
)
