"""Who works in the sample company: five departments and thirty people."""

from dataclasses import dataclass
from functools import cached_property

from application.demo.words import Language
from domain.ids import DepartmentId, MemberId, named_id
from domain.teams.department import DepartmentKind, department_id

SALES, SERVICE, MARKETING = "sales", "service", "marketing"
FINANCE, LOGISTICS = "finance", "logistics"
LEAD = "team-lead"
ACCOUNT_MANAGER = "account-manager"


@dataclass(frozen=True)
class Division:
    """A department of the sample company."""

    code: str
    name: str
    kind: DepartmentKind

    @property
    def id(self) -> DepartmentId:
        """Its id, made from its code as everywhere."""
        return department_id(self.code)


DIVISIONS = (
    Division(SALES, "销售部 Sales", DepartmentKind.CORE),
    Division(SERVICE, "售后部 After-sales", DepartmentKind.CORE),
    Division(MARKETING, "市场部 Marketing", DepartmentKind.CORE),
    Division(FINANCE, "财务部 Finance", DepartmentKind.SUPPORT),
    Division(LOGISTICS, "物流部 Logistics", DepartmentKind.SUPPORT),
)


@dataclass(frozen=True)
class Person:
    """Somebody of the sample company, as they joined."""

    name: str
    login: str
    department: str
    role: str

    @cached_property
    def id(self) -> MemberId:
        """Their id, always the same."""
        return MemberId(named_id("demo", "member", self.login))

    @property
    def email(self) -> str:
        """Their mail address, in a domain that can never exist."""
        return f"{self.login}@yuanhang.example"

    @property
    def language(self) -> Language:
        """The language they write in."""
        return "en" if self.name[0].isascii() else "zh"


CHEN_JING = Person("陈静", "chen.jing", SALES, LEAD)
WANG_WEI = Person("王伟", "wang.wei", SALES, ACCOUNT_MANAGER)
ANA_SOUZA = Person("Ana Souza", "ana.souza", SALES, ACCOUNT_MANAGER)
LI_QIANG = Person("李强", "li.qiang", SALES, ACCOUNT_MANAGER)
ZHANG_LEI = Person("张磊", "zhang.lei", SALES, ACCOUNT_MANAGER)
EMILY_CARTER = Person("Emily Carter", "emily.carter", SALES, ACCOUNT_MANAGER)
MARCO_ROSSI = Person("Marco Rossi", "marco.rossi", SALES, ACCOUNT_MANAGER)
LIU_YANG = Person("刘洋", "liu.yang", SALES, ACCOUNT_MANAGER)
SUN_YUE = Person("孙悦", "sun.yue", SALES, ACCOUNT_MANAGER)
ZHOU_TING = Person("周婷", "zhou.ting", SALES, "sales-assistant")
LI_NA = Person("李娜", "li.na", SERVICE, LEAD)
XU_FANG = Person("徐芳", "xu.fang", SERVICE, "service-agent")
WU_GANG = Person("吴刚", "wu.gang", SERVICE, "service-engineer")
OLIVIA_BROWN = Person("Olivia Brown", "olivia.brown", SERVICE, "service-agent")
LIN_XIAOYU = Person("林小雨", "lin.xiaoyu", MARKETING, LEAD)
SOFIA_LINDQVIST = Person("Sofia Lindqvist", "sofia.lindqvist", MARKETING, "campaign-manager")
HE_JING = Person("何晶", "he.jing", MARKETING, "market-analyst")
DANIEL_KIM = Person("Daniel Kim", "daniel.kim", MARKETING, "content-editor")
ZHENG_TAO = Person("郑涛", "zheng.tao", FINANCE, LEAD)
GRACE_OKAFOR = Person("Grace Okafor", "grace.okafor", FINANCE, "accountant")
GAO_FENG = Person("高峰", "gao.feng", LOGISTICS, LEAD)

PEOPLE = (
    CHEN_JING,
    WANG_WEI,
    ANA_SOUZA,
    LI_QIANG,
    EMILY_CARTER,
    ZHANG_LEI,
    LIU_YANG,
    MARCO_ROSSI,
    ZHOU_TING,
    SUN_YUE,
    LI_NA,
    Person("赵敏", "zhao.min", SERVICE, "service-agent"),
    Person("Tom Becker", "tom.becker", SERVICE, "service-agent"),
    Person("黄丽", "huang.li", SERVICE, "service-agent"),
    Person("Priya Nair", "priya.nair", SERVICE, "service-agent"),
    WU_GANG,
    Person("Kenji Sato", "kenji.sato", SERVICE, "service-engineer"),
    XU_FANG,
    OLIVIA_BROWN,
    LIN_XIAOYU,
    SOFIA_LINDQVIST,
    HE_JING,
    DANIEL_KIM,
    ZHENG_TAO,
    GRACE_OKAFOR,
    Person("马丽", "ma.li", FINANCE, "accountant"),
    GAO_FENG,
    Person("Lukas Weber", "lukas.weber", LOGISTICS, "dispatcher"),
    Person("罗欣", "luo.xin", LOGISTICS, "dispatcher"),
    Person("Mehmet Yılmaz", "mehmet.yilmaz", LOGISTICS, "warehouse-coordinator"),
)

BY_ID = {person.id: person for person in PEOPLE}
BY_DEPARTMENT = {division.id: division.code for division in DIVISIONS}
