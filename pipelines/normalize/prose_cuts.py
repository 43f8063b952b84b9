"""What a piece cut out of a text (person_patterns) says about a person: the reading of each kind of cut."""

from __future__ import annotations

import re

from pipelines.normalize.people import Found, name_in
from pipelines.normalize.person_patterns import (
    ACT,
    BOSS,
    CALLER,
    NAMED,
    NEAR_ONE,
    OWED_VERB,
    POSSESSOR,
    RELATION,
    SKIP,
    WAGE,
    WORKER,
    any_of,
)
from pipelines.normalize.person_words import KIN, KIN_SHORT, NEAR, PREPOSITIONS, words

Reading = tuple[str, str | None, int | None, int | None, str | None, float]
"""(part, name, start from 0 in the cut, length, relation, confidence); part: claimant, agent, principal, foreman, passing."""


_SURE = 0.75
_BOSSES = words("老板 包工头 工头 总 经理")
_WORKERS = words("工人 民工 农民工 员工 职工 劳动者")
_LED = {
    "跟着": ("在", "到", "去", "干", "做", "打工", "务工", "工作", "从事", "当", "上班", "，", "的工"),
    "跟随": ("在", "到", "去", "干", "做", "打工", "务工", "工作", "从事", "当", "上班"),
    "跟": ("在", "到", "去", "干", "做", "打工", "务工", "工作", "从事", "当", "上班"),
    "随": ("在", "到", "去", "干", "做", "打工", "务工"),
    "由": ("介绍", "招", "雇", "带", "叫", "安排", "组织", "承包", "联系", "负责", "发"),
    "经": ("介绍", "招", "雇", "带", "叫", "安排", "联系"),
    "被": ("介绍", "招", "雇", "带", "叫", "安排", "拉", "喊"),
    "通过": ("介绍", "招", "联系", "到", "在", "去"),
    "找过": ("多次", "要", "讨", "，", "几", "。", "好"),
    "找": ("多次", "要", "讨", "，", "几", "好"),
    "联系不上": ("，", "。", "", "要"),
    "打给": ("，", "不", "。"),
    "问": ("要", "，", "多次", "讨"),
    "给": ("干", "做", "打工", "盖", "修", "装", "当", "开"),
    "为": ("干", "做", "打工", "盖", "修", "装", "开"),
    "帮": ("干", "做", "打工", "盖", "修", "装", "开", "砌"),
}  # fmt: skip
_OWES = ("拖欠", "欠", "克扣", "不给", "不发", "拒付", "没给", "拒不", "还欠", "卷款", "跑", "赖", "一直")
_AFTER_ACT = re.compile(rf"[：:，,]|(?:{ACT})|$")
_NOT_BEFORE_KIN = re.compile(
    r"(?:经|由|跟着?|和|与|同|随|通过|找|带着?|听|被|向|靠|养活?|供|赡养|照顾|问|借|欠了?|对不起|作为|一帮|几个|等|及|叫上?|约|还有)(?:了|着)?"
    rf"(?:{POSSESSOR}|本人|自己|几个|一个|一位|几名|多名|几位)?(?:的|家)*$"
)
_PASSING = re.compile(
    r"(?:们|都|也|又|还|正)?(?:和|与|跟|同)(?:我|俺|本人|其)|"
    r"(?:们)?(?:都|全|还|也|正|又)?(?:等着|等米|盼着|生病|有病|得病|重病|患|病|住院|手术|做手术|去世|上学|上大学|上高中|读书|念书|"
    r"读大学|开学|学费|交学费|要上|要吃|要交|要用|治病|看病|怀孕|生孩子|坐月子|瘫|残|在家|没人|需要|急需|急用|急等|指望|全靠|都靠|靠|年迈|年纪大|多病|身体|"
    r"介绍|带|叫(?:我|俺|去|上|来|人|本人|其|了)|一起|推荐|一块|们一起|结婚|吃饭|过年|催|骂|埋怨|闹|离婚)"
)
_WORKS = re.compile(
    r"(?:在|到|去|给|跟|于|从|被|受雇|帮)[^。]{0,26}?(?:干|做|打工|务工|上班|工作|施工|当|开车|服务|从事|出力|下苦|搬|打杂)|"
    rf"(?:的)?(?:{WAGE})[^。]{{0,12}}(?:没|未|拖|欠|不给|不发|要不)|被(?:拖欠|欠)|拖欠|欠(?:他|她|其|了)|打工|务工|干活|上班|出工|"
    r"(?:在|到|去|给|跟|于|受雇|帮)[^，。]{1,14}(?:[打摘砌刷焊贴装卸修挖铺抹绑扎拉运看守养种采收洗护教送扛拆盖烧浇支搭铲粉喂缝带])"
)
_AT_REST = re.compile(
    r"(?:现|还|正)?(?:在|去|到|于)?[^，。]{0,6}(?:医院|大学|中学|小学|学校|上学|读|念|家里|老家|看病|养病|养老|卧床|住着|服刑)"
)
_SPEAKER = re.compile(rf"(?:我|俺|本人|咱)(?!们?[家村厂]|{any_of(KIN)}|[{''.join(KIN_SHORT)}])")
_OWN_CLAUSE = re.compile(rf"(?:^|[，,：:、“\"称说映示问\s]|{CALLER}|{POSSESSOR}|的|家|家里)$")
_KIN_AT = re.compile(
    rf"(?P<kin>{any_of([*KIN, *NEAR_ONE])})|(?<=[{POSSESSOR.replace('|', '')}的家])(?P<short>{'|'.join(KIN_SHORT)})"
)
_NO_KIN_BEFORE = tuple("弟哥姐妹子女家们学人概约量多儿士友婿工")
_ENTITY = re.compile(r"公司|总包|单位|甲方|企业|项目部|集团|政府|业主|银行|法院|委员会|厂")
_NAME_SKIP = re.compile(r"(?:叫做|名叫|名字叫|叫|姓名|是|为|系)?[：:，,、\s（(“\"【]{0,2}")


def read_cut(kind: str, cut: str) -> Reading | None:
    """What one cut says, or None where it says nothing."""
    return _READERS[kind](cut)


def _first_name(cut: str, after: int) -> Found | None:
    """The name at the first place from `after` on where a surname may stand."""
    return name_in(cut, after) if after < len(cut) else None


def _said(part: str, found: Found, relation: str | None, confidence: float) -> Reading:
    return part, found.written, found.start, len(found.written), relation, round(confidence, 2)


_SELF_ANCHOR = re.compile(rf"(?P<named>{NAMED})|(?P<caller>{CALLER})|(?P<worker>{WORKER})|(?P<i>我|俺)")


def _read_self(cut: str) -> Reading | None:
    anchor = _SELF_ANCHOR.match(cut)
    if anchor is None:
        return None
    skipped = _NAME_SKIP.match(cut, anchor.end())
    at = skipped.end() if skipped else anchor.end()
    found = _first_name(cut, at)
    if found is None or found.name.title in ("老板", "包工头", "工头"):
        return None
    follows = cut[found.start + len(found.written) : found.start + len(found.written) + 1]
    # A doubtful surname with one sign (海鹏, 于军) is believed behind 反映人 or 叫 where the clause ends with it.
    rest = cut[found.start + len(found.written) :]
    is_closed = rest.startswith(_OPENS_SURELY[:-1]) or (
        not re.match(r"[㐀-鿿]", follows)
        and (
            found.name.surname not in PREPOSITIONS or (anchor["named"] or "").endswith(("叫", "姓名", "联系"))
        )
    )
    if found.confidence < _SURE and not (
        found.confidence >= 0.5 and is_closed and (anchor["named"] or anchor["caller"])
    ):
        return None
    if anchor["named"]:
        if anchor["named"].endswith("找") and not found.name.is_full:
            return None
        # 我是王建国的妻子 and 我是李老板的工人 name somebody else.
        if anchor["named"].endswith(("是", "系")) and (
            follows in ("的", "之", "家") or not found.name.is_full
        ):
            return None
        return _said("self", found, anchor["named"], 0.95 if found.confidence >= 0.9 else 0.8)
    if not found.name.is_full:
        return None
    is_told = at > anchor.end()
    if anchor["caller"]:
        return _said("self", found, anchor["caller"], 0.95 if found.confidence >= 0.9 else 0.75)
    if (anchor["i"] and not follows) or re.match(r"[，,、。(（：:0-9]", follows):
        return _said("self", found, anchor[0], 0.8 if not is_told else 0.6)
    return None


_OPENS_SURELY = words("来访 来电 来信 投诉 反映 到窗口 代表 于")
_OPENS = words("来 投诉 反映 到窗口 称 表示 诉 举报 等 代 替 帮 系 受 于 自述")


def _read_opening(cut: str) -> Reading | None:
    skipped = re.match(r"(?:\n|[：:。]|经[^，。\n]{0,6}[，,])?[“\"\s]{0,2}", cut)
    found = _first_name(cut, skipped.end() if skipped else 0)
    if found is None or not found.name.is_full:
        return None
    rest = cut[found.start + len(found.written) :]
    is_plain = found.confidence >= 0.5 and rest.startswith(_OPENS_SURELY)
    if not rest.startswith(_OPENS) or not (is_plain or found.confidence >= _SURE):
        return None
    return _said("self", found, "开头", 0.85)


def _read_owed(cut: str) -> Reading | None:
    verb = re.match(OWED_VERB, cut)
    found = _first_name(cut, verb.end()) if verb else None
    if found is None or found.confidence < _SURE or found.name.title in _BOSSES:
        return None
    return _said("owed", found, None, 0.85)


def _read_entrusted(cut: str) -> Reading | None:
    if cut.startswith("受"):
        inner = re.match(
            rf"受(?:{POSSESSOR}|本人|自己)?(?:的|家)*(?P<kin>{RELATION})?(?:的)?[：:（(“ ]?", cut
        )
        found = _first_name(cut, inner.end()) if inner else None
        relation = inner["kin"] if inner else None
        if found is not None:
            return _said("principal", found, relation or "委托", 0.95)
        if _ENTITY.search(cut):
            return None
        return "acting", None, None, None, relation or "委托", 0.9
    label = re.match(rf"(?:委托人|被代理人|被欠薪人|被欠薪者|权利人){SKIP}|(?:{RELATION})", cut)
    found = _first_name(cut, label.end() if label else 0)
    if found is None or found.confidence < _SURE - 0.2:
        return None
    return _said("principal", found, "委托", 0.9)


_ACTING = re.compile(
    rf"(?P<how>代表|代理|代为|代|替|帮助|帮忙|帮|为|给|陪)(?:{POSSESSOR}|本人|自己)?(?:家|的)*"
    rf"(?P<kin>{RELATION})?(?:[：:（(“ ]|叫)?"
)


def _read_acting(cut: str) -> Reading | None:
    spokesman = re.match(rf"(?:{WORKER}|班组)(?:代表)?[：:]?", cut)
    if spokesman is not None:
        found = _first_name(cut, spokesman.end())
        is_one = found is not None and found.confidence >= _SURE and found.name.is_full
        return (
            _said("self", found, "代表", 0.8)
            if found is not None and is_one and "代表" in spokesman[0]
            else None
        )
    for anchor in (_ACTING.match(cut), re.match(r"(?P<how>代)(?P<kin>表[哥弟姐妹兄叔])", cut)):
        if anchor is None:
            continue
        found = _first_name(cut, anchor.end())
        if found is None or found.confidence < 0.55 or found.name.title in _BOSSES:
            continue
        rest = cut[found.start + len(found.written) :]
        how, kin = anchor["how"], anchor["kin"]
        is_one = bool(kin) and kin not in _WORKERS
        if is_one and how not in ("为", "给") and found.confidence >= _SURE:
            return _said("principal", found, kin, 0.95)
        if rest.startswith("等"):
            continue
        if _AFTER_ACT.match(rest) and (
            how.startswith("代") or how in ("替", "帮", "帮助") or rest[:1] not in ("", "，", ",", "：", ":")
        ):
            is_sure = found.confidence >= _SURE or (how == "代" and rest.startswith(_OPENS_SURELY))
            return _said("principal", found, kin or how, 0.85 if is_sure else 0.6)
    return None


def _read_kin(cut: str) -> Reading | None:
    unnamed: Reading | None = None
    weak: Reading | None = None
    for at in _KIN_AT.finditer(cut):
        kin = at["kin"] or at["short"]
        before, after = cut[: at.start()], cut[at.end() :]
        if at["short"] and after[:1] in _NO_KIN_BEFORE:
            continue
        if _NOT_BEFORE_KIN.search(before):
            continue
        is_ours = bool(re.search(rf"(?:{POSSESSOR}|{CALLER}|的|家)$", before))
        acting = re.search(r"(?:代|替|帮|帮助)(?:我|俺|本人|自己|其|他|她|咱)?(?:家|的)*$", before)
        if acting and re.match(rf"(?:们)?[^，。]{{0,5}}(?:{ACT})", after):
            unnamed = unnamed or ("acting", None, None, None, kin, 0.9)
            continue
        if acting is None and re.match(r"代(?!理|码|表大)", after):
            unnamed = unnamed or ("acting", None, None, None, kin, 0.9)
            continue
        if _PASSING.match(after) or not _OWN_CLAUSE.search(before):
            continue
        if kin in NEAR and not is_ours:
            # 邻居王建国在… speaks for him only where another word of the text says so (people_roles).
            near = _first_name(after, 0)
            if weak is None and near is not None and near.confidence >= _SURE and near.name.is_full:
                weak = "principal", near.written, at.end() + near.start, len(near.written), kin, 0.7
            continue
        skipped = _NAME_SKIP.match(after)
        found = _first_name(after, skipped.end() if skipped else 0)
        if (
            found is not None
            and found.confidence >= _SURE
            and found.name.title not in ("老板", "工头", "包工头")
        ):
            rest = after[found.start + len(found.written) :]
            if rest.startswith(("介绍", "带", "叫", "招")):
                continue
            is_called = bool(skipped and "叫" in skipped[0])
            if is_called and kin in NEAR and not re.search("电话|[其他她]", rest[:40]):
                continue
            start = at.end() + found.start
            return "principal", found.written, start, len(found.written), kin, 0.9 if is_ours else 0.8
        works = _WORKS.search(after)
        is_theirs = (
            works is not None and not _SPEAKER.search(after[: works.end()]) and not _AT_REST.match(after)
        )
        if is_theirs and not (kin in NEAR and works and works.start() > 8):
            unnamed = unnamed or ("acting", None, None, None, kin, 0.8 if is_ours else 0.65)
            continue
    return unnamed or weak


_IS_NEAR = re.compile(rf"(?:{any_of(NEAR_ONE)})(?=[，,])")


def _read_is_kin(cut: str) -> Reading | None:
    we = re.match(rf"(?:{POSSESSOR}|{CALLER})(?:是|系|为)(?:受害人|受害者|当事人|{WORKER})?", cut)
    found = _first_name(cut, we.end() if we else 0)
    if found is None:
        return None
    kin = _IS_NEAR.search(cut) or re.search(
        rf"(?:{any_of(KIN)}|夫|妻|父|母|子|女|兄|弟|哥|姐|妹|代理|律师)$", cut
    )
    return _said("principal", found, kin[0] if kin else None, 0.9)


_BOSS_ANCHOR = re.compile(
    rf"(?:{BOSS})(?:名字叫|名叫|叫做|叫|姓名|是|为|系|我们|[：:，,、\s（(“\"]){{0,2}}(?:的?(?:{BOSS}))?"
)


def _read_boss(cut: str) -> Reading | None:
    anchor = _BOSS_ANCHOR.match(cut) or re.match("名叫|叫做|叫", cut)
    found = _first_name(cut, anchor.end()) if anchor else None
    if found is None or (found.confidence < _SURE and len(found.written) < 3):
        return None
    has_comma = bool(anchor and re.search(r"[，,、]", anchor[0]))
    if has_comma and found.name.is_full:
        return None
    return _said("foreman", found, None, (0.6 if has_comma else 0.9) if found.confidence >= _SURE else 0.5)


def _read_led(cut: str) -> Reading | None:
    anchor = re.match(
        rf"(?P<how>跟着|跟随|跟|随|由|经|被|通过|找过|找|联系不上|打给|问|给|为|帮|表示|称|反映|说|[，：])(?:{BOSS})?",
        cut,
    )
    found = _first_name(cut, anchor.end()) if anchor else None
    if anchor is None or found is None or found.confidence < _SURE:
        return None
    rest, how = cut[found.start + len(found.written) :], anchor["how"]
    if how in _LED:
        is_led = rest.startswith(_LED[how]) or (how in ("找过", "联系不上") and not rest)
        if how in ("给", "为", "帮") and found.name.is_full and len(found.name.given or "") < 2:
            return None
        return _said("foreman", found, None, 0.85) if is_led and not rest.startswith("一起") else None
    return None


def _read_owes(cut: str) -> Reading | None:
    anchor = re.match(rf"(?:表示|称|反映|说|[，：])(?P<boss>{BOSS})?", cut)
    found = _first_name(cut, anchor.end()) if anchor else None
    if anchor is None or found is None or found.confidence < _SURE:
        return None
    rest = cut[found.start + len(found.written) :]
    if not rest.startswith(_OWES):
        return None
    if found.name.is_full and not anchor["boss"]:
        # 华泰荣拖欠 may be a firm: a person where who is owed stands behind.
        if len(found.name.given or "") < 2 or not re.match(
            rf"(?:拖欠|欠|克扣|不给|不发)了?(?:{POSSESSOR}|本人|来电|诉求|反映)", rest
        ):
            return None
        return _said("foreman", found, None, 0.65)
    return _said("foreman", found, None, 0.85)


_READERS = {
    "self": _read_self, "opening": _read_opening, "owed": _read_owed, "entrusted": _read_entrusted,
    "acting": _read_acting, "kin": _read_kin, "is_kin": _read_is_kin, "boss": _read_boss, "led": _read_led, "owes": _read_owes,
}  # fmt: skip
