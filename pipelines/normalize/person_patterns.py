"""Regular expressions (RE2, for SQL) that cut out of a text what may name a person, and what tells the role.

Kinds of cuts: `self` (我叫张三, 投诉人张三), `opening` (张三来访反映), `owed` (拖欠张三2023年工资),
`entrusted` (受张三委托), `acting` (代张三反映), `kin` (我弟弟张三在…, and kin without a name),
`is_kin` (张三是我丈夫), `boss` (包工头李四), `led` (跟着老李干), `owes` (称李某拖欠其).
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.normalize.person_words import (
    COMPOUND_SURNAMES,
    KIN,
    KIN_SHORT,
    NEAR,
    NOT_IN_PROSE,
    SURNAMES,
    words,
)


def any_of(words: Iterable[str]) -> str:
    """An alternation of words, longer ones first."""
    return "|".join(sorted(set(words), key=lambda word: (-len(word), word)))


def _either(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


_PLURAL = ("职工", "员工", "工人", "民工", "农民工", "劳动者", "当事人", "务工人员", "村民")
NEAR_ONE = tuple(word for word in NEAR if word not in _PLURAL)
RELATION = any_of([*KIN, *NEAR])
POSSESSOR = "我|俺|咱|其|他|她"
CALLER = any_of(
    words(
        """
        来电人 诉求人 反映人 投诉人 信访人 申请人 举报人 求助人 来访人 写信人 留言人 上访人 当事人
        劳动者 投诉者 求助者 反映者 市民 群众 网民 网友 本人
        致电人 来电者 致电者 诉求者 来访者 信访者 申诉人 申诉者 发帖人 来信人 提交人 填报人 登记人 该男子 该女子
        """
    )
)
NAMED = any_of(
    words(
        """
        名字叫 名字是 名叫 我叫 俺叫 咱叫 本人叫 姓名 我名 我是 俺是 咱是 本人是 本人系 联系人
        可联系 请联系 [0-9*]{4}找
        """
    )
)
WORKER = "农民工|民工|工人|职工|员工|工友|村民"
ACT = any_of(
    words(
        """
        反映 填报 填写 登记 投诉 讨要 讨薪 讨 要回 要 索要 索取 追讨 追要 咨询 询问 求助 申请
        举报 问 上访 信访 追薪 追索 追回 申领 发的 反应 控诉 陈述 出面 讨工钱 讨工资
        上报 提交 递交 发声 维权 催 办理 来电 来访 来信 致电 发帖 留言 申诉 写信 报案
        说
        """
    )
)
BOSS = any_of(
    words(
        """
        老板娘 老板 包工头 大工头 小工头 工头 带班的人 带班的 带班 带工的 领工的 领工 领班 班长
        组长 队长 直接负责人 项目负责人 现场负责人 负责人 项目经理 法定代表人 法人代表 法人 承包人
        承包商 分包人 分包老板 劳务老板 介绍人 管事的 雇主 东家 掌柜 包活的 揽活的 实际施工人
        """
    )
)
WAGE = "工资|工钱|劳动报酬|血汗钱|劳务费|人工费|报酬|薪水|薪资|钱"
OWED_VERB = (
    "支付给?|拖欠|拖付|欠付|欠着|扣发|压着|拒付|赖着不给|迟迟不[付给发]|兑付给?|"
    "欠|克扣|不给|不发|发放|付给|发给|结清|未付|没给|没发|所欠"
)
UNABLE = (
    "不识字|不认字|不认识字|没文化|不会|不懂|不方便|不便|年纪大|年龄大|上了年纪|腿脚|行动不|住院|卧床|受伤|在外地|人在外|听力|"
    "普通话|语言不|没有手机|没手机"
)
CAME = "到场|到窗口|前来|来[访电信]|反映|投诉|致电|代|拨打|上访|信访|报案|求助|写信|发帖"
SKIP = r"(?:叫做|名叫|名字叫|叫|姓名|是|为|系)?[：:，,、\s（(“\"【]{0,2}"

_SIGNS = "".join(sorted(SURNAMES - NOT_IN_PROSE))
_NAME = f"(?:{any_of(COMPOUND_SURNAMES)}|[{_SIGNS}])"
_HAN = "[㐀-鿿]"
_TAIL = "[㐀-鿿*＊]{0,5}[^㐀-鿿]?"
_LONG_TAIL = "[㐀-鿿*＊]{0,7}[^㐀-鿿]?"
_KIN_ENDS = f"{any_of(KIN)}|夫|妻|父|母|子|女|哥|兄|弟|姐|妹"
_LEADS = "跟着|跟随|跟|随|由|经|被|通过|找过|找|联系不上|打给|问|给|为|帮"
_DATE_OR_WAGE = f"[0-9]|去年|今年|前年|从|的?(?:{WAGE})|[一二三四五六七八九十]{{1,2}}月|等"
_KIN_HEAD = (
    rf"[^，。；！？\n]{{0,6}}(?:{any_of([*KIN, *NEAR_ONE])}|(?:{POSSESSOR}|人的|家)(?:{any_of(KIN_SHORT)}))"
)

PATTERNS = {
    "self": rf"(?:{NAMED}|{CALLER}|{WORKER}|我|俺){SKIP}{_NAME}{_TAIL}",
    "opening": (
        rf"(?:^|\n|[：:。]|经[^，。\n]{{0,6}}[，,])[“\"\s]{{0,2}}{_NAME}{_HAN}{{1,3}}"
        r"(?:等|来访|来电|来信|来我|投诉|反映|代|替|帮|到窗口|于|自述|称|表示|系|受|诉|举报)[㐀-鿿]{0,2}"
    ),
    "owed": rf"(?:{OWED_VERB}){_NAME}{_HAN}{{1,3}}(?:{_DATE_OR_WAGE})",
    "entrusted": (
        r"受[^，。；\n受]{1,12}(?:委托|之托|所托|托付|嘱托|授权)|"
        rf"{_NAME}{_HAN}{{1,3}}(?:先生|女士)?(?:特|现|已|全权)?(?:委托|授权|请|托)(?:我|俺|{CALLER}|律师|代理人)|"
        rf"(?:{RELATION})?{_NAME}{_HAN}{{1,3}}(?:特|现|已|全权)?委托{_NAME}{_HAN}{{1,3}}(?:来|代|反映|投诉|上访|信访|申请)|"
        rf"(?:{RELATION})?{_NAME}{_HAN}{{1,3}}(?:本人)?(?:{UNABLE})[^。；\n]{{0,16}}(?:代|替|帮)|"
        rf"{_NAME}{_HAN}{{1,3}}(?:的|之|家)(?:{any_of([*KIN, *NEAR_ONE])})(?:{CAME})|"
        rf"(?:委托人|被代理人|被欠薪人|被欠薪者|权利人){SKIP}{_NAME}{_TAIL}"
    ),
    "acting": (
        rf"(?:{WORKER}|班组)?(?:代表|代理|代为|代|替|帮助|帮忙|帮|为|给|陪)(?:{POSSESSOR}|本人|自己)?(?:家|的)*(?:{RELATION})?"
        rf"(?:[：:（(“ ]|叫)?{_NAME}{_LONG_TAIL}"
    ),
    "kin_head": _KIN_HEAD,
    "kin_whole": rf"{_KIN_HEAD}[^。；！？\n]*",
    "kin": rf"{_KIN_HEAD}[^。；！？\n]{{0,60}}",
    "is_kin": (
        rf"{_NAME}{_HAN}{{1,3}}[，,]?(?:系|是|为)(?:{POSSESSOR}|{CALLER})(?:的|家)?(?:{_KIN_ENDS})|"
        # One who only stands near is meant where the sentence goes on with what is owed to him: 张三是我邻居，…欠着其….
        rf"{_NAME}{_HAN}{{1,3}}[，,]?(?:系|是|为)(?:{POSSESSOR}|{CALLER})(?:的|家)?(?:{any_of(NEAR_ONE)})[，,][^。；\n]{{2,40}}[其他她]|"
        rf"(?:{POSSESSOR}|{CALLER})(?:是|系|为)(?:受害人|受害者|当事人|{WORKER})?{_NAME}{_HAN}{{1,3}}(?:的|之|家)(?:{_KIN_ENDS}|代理|律师)"
    ),
    "boss": (
        rf"(?:{BOSS})(?:名字叫|名叫|叫做|叫|姓名|是|为|系|我们|[：:，,、\s（(“\"]){{0,2}}(?:的?(?:{BOSS}))?"
        rf"(?:老|小|姓)?{_NAME}{_TAIL}|(?:名叫|叫做|叫){_NAME}{_HAN}{{1,3}}的(?:{BOSS})"
    ),
    "led": rf"(?:{_LEADS})(?:{BOSS})?(?:老|小|姓)?{_NAME}{_LONG_TAIL}",
    "owes": (
        rf"(?:表示|称|反映|说|[，：])(?:{BOSS})?(?:老|小|姓)?{_NAME}{_HAN}{{0,5}}"
        r"(?:拖欠|欠|克扣|不给|不发|拒付|没给|拒不|还欠|卷款|跑|赖|一直)[㐀-鿿]{0,3}"
    ),
}
"""What names somebody, by kind of cut."""

HINTS = {
    "owed_hint": f"(?:{OWED_VERB})(?:[^工农其我俺本0-9人民币了的])",
    "entrusted_hint": f"{UNABLE}|[的之家](?:{any_of([*KIN, *NEAR_ONE])})(?:{CAME})|"
    "托|授权|请(?:我|俺|来|诉|反|投|信|律|本)|权利人|被欠薪|被代理",
    "kin_hint": f"{any_of([*KIN, *NEAR_ONE])}|(?:{POSSESSOR}|人的|家)[{''.join(KIN_SHORT)}]",
    "is_kin_hint": f"[系是为](?:{POSSESSOR}|{CALLER})|(?:{POSSESSOR}|{CALLER})[系是为]",
    "boss_hint": f"{BOSS}|叫",
}
"""What a text must hold for a pattern to be tried at all: an alternation without surnames is read many times faster."""

_FEW = "[二两三四五六七八九几数十百][一二三四五六七八九十百千零]*|一百[一二三四五六七八九十百零]*"
_NUMBER = f"(?:[2-9]|[1-9][0-9]{{1,2}}|{_FEW})"
_PEOPLE = "工人|工友|农民工|民工|人|职工|劳动者|同事|弟兄|兄弟|老乡|师傅|村民|妇女|学生|女工|姐妹|同伴"
_COUNTED = (
    f"(?:余|多|几|来)?(?:(?:个|名|位)?(?:{_PEOPLE})|(?:个|名|位)员工|名[农民工员]|[名位]{_HAN}{{0,3}}工)"
)
_GIVES = "欠着|欠|不给|没给|不发|没发|未付|克扣|不支付|未支付|发给|付给|给"

ROLE_PATTERNS = {
    "counted": (
        rf"(?:^|[^0-9.,第一二三四五六七八九十百零]){_NUMBER}{_COUNTED}|[一1]十[一二三四五六七八九]?{_COUNTED}"
    ),
    "collective": (
        r"集体(?:投诉|反映|上访|来访|讨薪|维权)|联名|工友们|等人|"
        rf"(?:{_GIVES})(?:了|着)?(?:大家|我们大家|我们班组|我们所有人|我们这些|我们几)|大家的?(?:{WAGE})|"
        r"代表(?:工友|大家|我们|班组|全体|各位)|(?:工人|职工|民工|工友|员工|班组)代表|我们(?:班组|几个|一帮|一伙|这帮|这些|大伙)|"
        rf"(?:班组|全体)(?:工人|人员)的?(?:{WAGE})"
    ),
    "plural": rf"(?:{_GIVES})(?:了|着)?(?:我们|咱们|俺们)",
    "formal": (
        r"代理人|委托代理|代理律师|法律援助(?:中心|机构)?的?(?:律师|工作人员)(?:代|受|来|为)|"
        r"代为(?:反映|投诉|登记|填报|申请)|授权委托|代办人|"
        r"(?:代|替|帮)(?:他|她|他们|其)(?:反映|投诉|填|写|说|申请|讨|要|登记|问|咨询|求助)"
    ),
    "own": (
        rf"我|俺|咱|本人|其[^他中它余实次]|自己|(?:{OWED_VERB}|不支付)(?:了|着)?(?:{CALLER})|"
        rf"(?:{CALLER})(?:反映[：:])?(?:于|在|从|自|经|跟|给|是|受雇|去年|今年|到|应|干|做|当|[0-9一二三四五六七八九十两]|的?(?:{WAGE}))"
    ),
    "owed_sum": r"[0-9一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟][余多来]?[(（]?(?:元|块|圆|园|员|万|千)"
    r"|(?:[￥¥]|RMB)\s*[0-9]",
    "reports": (
        rf"匿名|(?:不留|未留|没留|不愿留|不肯留)下?(?:姓名|名字)|不具名|未具名|未署名|隐名|有人(?:举报|反映)|群众举报|知情人|路过|听说|据说|不愿透露|要求保密|工人们?都|(?:{CALLER})举报|(?:^|\n)举报|"
        r"(?:拖欠|欠|不给|不发|不支付|克扣)(?:了|着)?"
        r"(?:多名|许多|很多|一些|部分|大量|几十名|众多)(?:工人|员工|农民工|职工|民工)"
    ),
}
"""What tells in which role a text is written."""

HINTS |= {
    "told_hint": _either(
        *(PATTERNS[kind] for kind in ("opening", "acting", "owes")),
        HINTS["entrusted_hint"],
        HINTS["is_kin_hint"],
    ),
    "named_hint": _either(PATTERNS["self"], PATTERNS["led"]),
    "role_hint": _either(
        *(ROLE_PATTERNS[kind] for kind in ("counted", "collective", "plural", "formal", "reports"))
    ),
}

NUMBERS = (
    r"[1-9][0-9]{16}[0-9Xx][0-9]*|(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9*]{4}[- ]?[0-9*]{4}[0-9]*|"
    r"0[0-9]{2,3}[- ][0-9]{7,8}|[0-9]+"
)
"""ID numbers, phones (masked, parted by blanks or dashes, with +86), and every other run of digits, so that none is cut."""
