"""Employers and projects that a title or narrative names, with where they stand and how sure that is.

The rows are read by two patterns in SQL, which cut out short runs of signs; each distinct run is taken apart once
here. Recall comes before precision: what is unsure is told with a lower confidence, never left out.

Confidence: 0.95 a legal form with a place in front; 0.85 a legal form and a border that is sure; 0.75 trade words
without a form; 0.6 a brand told by a cue (总包…, …承建); 0.3–0.5 a border or a kind that is a guess.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import duckdb
import pyarrow as pa

from pipelines.normalize.organisation_words import (
    BRAND_TOO,
    CLIPPED,
    INDUSTRIES,
    LEGAL_FORMS,
    NOBODIES,
    PLACES,
    PROJECT_KINDS,
    PROJECT_TAILS,
    STRONG_PLACES,
    WEAK_FORMS,
    words_of,
)
from pipelines.normalize.organisations import (
    Organisation,
    parse_employer,
    places_in_front,
    word_table,
)
from pipelines.normalize.patterned import run_patterned
from pipelines.normalize.projects import Project, parse_project
from pipelines.store import run_sql

_STOPS = r"\x00-\x22\x24-@\[-`{-~“”‘’，。；：、！？（）《》【】—…\s￥　"
_FUNCTION_SIGNS = "在于给被由是叫到的了做我你他她其们这那哪吗吧呢啊还把让拖欠讨薪催找跟去来问当"
"""Signs that stand in no brand to speak of: a name begins after them."""

_LEADS = word_table(
    words_of(
        """
    来电人 诉求人 反映人 投诉人 举报人 申请人 信访人 当事人 求助人 网民 网友 市民 群众 工人 农民工 民工 工友 本人
    本人及工友 职工 员工 居民 业主 家属 老乡 同乡 我们 咱们 大家 看看 自己 反映 反应 投诉 举报 控告 咨询 求助 申诉 诉称
    声称 表示 陈述 描述 说明 来信 来访 来电 电话 曝光 揭露 请求 要求 希望 诉求 恳请 协调 督促 查处 责令 处理 关于
    有关 针对 对于 因为 由于 听说 路过 得知 受雇 雇佣 受聘 入职 应聘 就职 任职 供职 介绍 招用 招聘 聘用 录用 签订
    签了 跟随 随同 带领 用人单位 用工单位 施工单位 承建单位 总包单位 分包单位 建设单位 责任单位 单位名称 公司名称
    企业名称 单位 施工方 总承包 总包方 分包方 总包 分包 承包 承建 承接 转包 发包 挂靠 老板 项目部 项目 工地 工程处
    小区 综合保税区 保税区 经开区 开发区 城区 市区 郊区 县城 标段 号楼 那边 那里 这边 这里 期间 先后 一直 目前 现在
    曾经 曾于 务工 打工 上班 工作 干活
    干过 从事 采摘 修剪 打扫 清洗 看管 绑扎 砌筑 铺贴 担任
    承揽 名为 名叫 叫做 称为 属于 隶属 下属 旗下 公司 劳务方 东家 雇主 甲方 乙方 上述 该单位 该公司 今年 去年 前年
    年底 年初 月份 以来 开始 至今 作为 通过 委托 受托 以及 代理人 代表 代为 进入 进场 前往 来到 位于 坐落 附近 旁边
    对面 隔壁 不是 就是 还是 而是 负责人 包工头 法人 会计 经理
    """
    )
)
_SINGLE_LEADS = frozenset("经从当干称说向及与和对替代为以但而且并又也是就将从归属某#")
_ROADS = frozenset("路街道巷镇乡村")

_EMPLOYER_WORDS = {
    word for word, sector in INDUSTRIES.items() if len(word) >= 2 and sector != "general"
} | CLIPPED
_RUN_WORDS = word_table({*(word for word in INDUSTRIES if len(word) >= 2), *CLIPPED})
_LEGAL = word_table(LEGAL_FORMS)
_KINDS = word_table({*PROJECT_KINDS, *PROJECT_TAILS})
_WORKS = words_of("公路 管道 管网 绿化 景观 道路 桥梁 隧道 铁路 地铁 高速 仓储 农场 养殖场 牧场 加工厂")
"""Kinds of works that are trades as well: alone they name a firm (东泰公路), with 工地 behind a project."""
_BUILDINGS = frozenset(PROJECT_KINDS) - {"厂"} - {word for word in _WORKS if word in INDUSTRIES}
_SITES = frozenset(PROJECT_TAILS)
_PLACE_SIGNS = frozenset(word[0] for word in STRONG_PLACES)
_RUNS = word_table(_RUN_WORDS.words | _LEGAL.words | _KINDS.words)
_CUES_BEFORE = (
    "(?:总包|总承包|分包|承包方|施工方|用工方|被投诉人|被投诉单位|被举报人|被反映单位|投诉对象|欠钱的|欠薪单位|欠薪方|施工单位|用工单位|用人单位|承建单位|公司名称|单位名称|企业名称)(?:为|是|叫做|叫|：|:)*"
    "|(?:单位|公司|厂家|企业|商家|店家|老东家|雇主|名称)(?:为|是|叫做|叫|：|:)+"
)
_CUES_AFTER = (
    "承建|承揽|承包的|总包的|分包的|施工的|开发的|拖|欠|克扣|不发|不给|不支付|不结|没发|没给|未付|未支付|未按|长期|一直|至今"
    "|招用|的员工"
)
_WORKING = "上班|务工|打工|干活|做工|工作|当|做|干|从事|那个工地|的活"


def _shortest(words: set[str]) -> str:
    """Words as alternatives of a pattern, without those that end in another one: a run ends at the same sign."""
    kept = {word for word in words if not any(word != other and word.endswith(other) for other in words)}
    return "|".join(re.escape(word) for word in sorted(kept, key=lambda word: (-len(word), word)))


NAMED = (
    f"[^{_STOPS}{_FUNCTION_SIGNS}]+(?:{_shortest(_EMPLOYER_WORDS | set(LEGAL_FORMS) | _BUILDINGS | _SITES)})"
)
CUED = (
    f"(?:(?:{_CUES_BEFORE})[^{_STOPS}{_FUNCTION_SIGNS}]{{2,}})"
    f"|(?:(?:[在给到去]|跟着)[^{_STOPS}{_FUNCTION_SIGNS}]+?(?:{_WORKING}))"
    f"|(?:[^{_STOPS}{_FUNCTION_SIGNS}]+?(?:{_CUES_AFTER}))"
)
_WORKING_ENDS = tuple(_WORKING.split("|"))
_AFTER_ENDS = tuple(_CUES_AFTER.split("|"))
_CUED_BEFORE = re.compile(rf"^(?:{_CUES_BEFORE})(?P<name>.+)$")
_CUED_WORK = re.compile(rf"^(?P<lead>[在给到去]|跟着)(?P<name>.+?)(?:{_WORKING})$")
_CUED_AFTER = re.compile(rf"^(?P<name>.+?)(?:{_CUES_AFTER})$")
_NO_BRAND = re.compile(
    r"[0-9一二三四五六七八九十百千万元块两几]|工资|工程款|人工费|老|姓|工头|师傅|经理|个|名|位|月|年|人|钱|款|账|活|每|全|共|都|已|经|没|未|不|也|总|上"
)


_NO_NAMES = frozenset(
    words_of(
        """
    支付 门口 迟迟 政府 部门 单位 大队 监察 微信 欠条 法人 账户 甲方 乙方 街道 社区 承诺 结算 公司 老板 工地 班组 信访
    法院 领导 一直 长期 拒绝 无故 恶意 拖延 劳动 仲裁 合同 欠薪 追讨 至今 到底 仍然 依然 故意 突然 大家 家里 其他
    别人 对方 那里 这里 干活 打工 上班 期间
    """
    )
)


_MONTHS = re.compile("[一二三四五六七八九十]月|月份|年底")
_NO_BRAND_BEGINS = re.compile(
    "系该|联系|对方|会用|不会|工种|结果|协助|该公|该单|夜班|温棚|#|[^，]{0,3}[人者民]咨询"
)
"""Words of a sentence that stand before a trade or a form: 请协助联系该公司, 对方手机."""
_NO_FIRM = re.compile("[块钱]|工资|尾款|劳动|号楼|标段|工地|项目")


class Mention(NamedTuple):
    """A name in a run of signs: 0-based offset `at`, `length` in signs."""

    kind: str
    at: int
    length: int
    confidence: float
    name: str


class Cue(NamedTuple):
    """Where the part of a run stands that its cue tells to be a name; no confidence where the run has no cue."""

    start: int
    end: int
    confidence: float = 0.0
    is_site: bool = False


def _cue_of(token: str) -> Cue:
    if token.endswith(_WORKING_ENDS) and (match := _CUED_WORK.match(token)):
        return Cue(match.start("name"), match.end("name"), 0.45, match["lead"] in ("在", "到", "去"))
    if match := _CUED_BEFORE.match(token):
        return Cue(match.start("name"), len(token), 0.6)
    if token.endswith(_AFTER_ENDS) and (match := _CUED_AFTER.match(token)):
        return Cue(0, match.end("name"), 0.4)
    return Cue(0, len(token))


def mentions_in(token: str, cue: Cue | None = None) -> list[Mention]:
    """The names in one run that the patterns cut out; `cue` where it is known already."""
    start, end, confidence, is_site = cue or _cue_of(token)
    found = [_moved(mention, start) for mention in _named_in(token[start:end])]
    if not confidence or any(mention.kind == "employer" or is_site for mention in found):
        return found
    start += _left_border(token[start:end], end - start)
    start += _behind_roads(token[start:end])
    name = token[start:end]
    if _may_be_brand(name):
        if is_site:
            found.append(Mention("project", start, len(name), 0.4, name))
        firm = parse_employer(name)
        if firm.brand and len(firm.brand) <= 4:
            sure = max(confidence, 0.65) if firm.place else 0.35 if is_site else confidence
            sure = sure if len(firm.brand) <= 3 else 0.4
            found.append(Mention("employer", start, len(name), sure, name))
            if firm.place and len(firm.brand) == 4 and not firm.industry and not firm.form:
                # A project may stand behind without a word between: 宁夏信达|梧桐.
                found.append(Mention("employer", start, len(name) - 2, 0.5, name[:-2]))
    return found


def _moved(mention: Mention, by: int) -> Mention:
    return Mention(mention.kind, mention.at + by, mention.length, mention.confidence, mention.name)


def _behind_roads(text: str) -> int:
    """Where the part of `text` begins that stands behind 北京路, 丰登镇 …"""
    at = next((at for at in range(len(text) - 3, 1, -1) if text[at] in _ROADS), -1)
    # 通达街|镇北安置区: a 镇 right behind a street opens the next name.
    return at if at > 0 and text[at] in "镇乡村" and text[at - 1] in "路街巷道" else at + 1


def _may_be_brand(name: str) -> bool:
    return (
        2 <= len(name) <= 10
        and not any(word in name for word in _NO_NAMES)
        and name not in NOBODIES
        and name not in PLACES
        and not _NO_BRAND.search(name)
    )


@lru_cache(maxsize=1_000)
def _named_in(token: str) -> list[Mention]:
    found: list[Mention] = []
    at = first = 0
    while run := _next_run(token, max(first + 1, at + 2)):
        first, end, is_project = run
        name_at = at + _left_border(token[at:end], first - at)
        names = _project(token, name_at, end, first) if is_project else _employer(token, name_at, end)
        found.extend(names)
        # 枸杞|红|地基: a trade word may open a brand, so a run without one is read on from inside.
        at = end if names or is_project else at
    return found


def _next_run(token: str, since: int) -> tuple[int, int, bool] | None:
    """First sign and end of the next run of trade, form or building words from `since` on, and whether it is a project."""
    for first in range(since, len(token)):
        if token[first] not in _RUNS.by_first:
            continue
        end = first
        last = ""
        is_building = is_site = is_trade = False
        while True:
            word = _RUNS.at(token, end)
            if len(word) == 1 and not (is_building or is_site or _is_end(token, end + 1)):
                word = ""
            if not word:
                break
            end += len(word)
            if word in _LEGAL.words and (end > first + len(word) or not _is_inside_place(token, first)):
                return first, end + _matched(_BRANCH, token, end), False
            is_trade |= word in _RUN_WORDS.words and word not in PROJECT_KINDS
            is_building |= word in _BUILDINGS
            is_site |= word in _SITES and word not in INDUSTRIES
            last = word
            end += _matched(_SECTION, token, end)
        if end > first and _is_inside_place(token, first):
            continue
        if end > first:
            is_shop = last in WEAK_FORMS and len(last) == 1 and is_trade and not is_site
            is_project = (is_building or is_site) and not is_shop
            form_end = _form_behind(token, end)
            return (first, form_end, False) if form_end else (first, end, is_project)
    return None


def _is_inside_place(token: str, at: int) -> bool:
    """Whether the sign at `at` is a later sign of a place: the 古 of 内蒙古 begins no 古建."""
    for start in range(max(0, at - 3), at):
        if token[start] in _PLACE_SIGNS:
            for length in range(at - start + 1, 5):
                if token[start : start + length] in STRONG_PLACES:
                    return True
    return False


def _is_end(token: str, at: int) -> bool:
    return at >= len(token) or bool(_matched(_SECTION, token, at)) or _KINDS.at(token, at) in _SITES


def _form_behind(token: str, at: int) -> int:
    """The end of a legal form a few signs behind `at`, where nothing between opens another name; 0 for none.

    So a trade that is misspelt or in no list stays inside its name: 防水|工成|有限公司.
    """
    for start in range(at + 1, min(at + 6, len(token))):
        if _LEADS.at(token, start - 1) or token[start - 1 : start + 1] in STRONG_PLACES:
            return 0
        if form := _LEGAL.at(token, start):
            end = start + len(form)
            return end + _matched(_BRANCH, token, end)
    return 0


_BRANCH = re.compile("[一-龥]{2,4}分公司|分公司|[(（]?项目部[)）]?")
_SECTION = re.compile("(?:[A-Za-z]区|[东西南北]区|[一二三四五六七八九十]+期|[一二三四五六七八九十]+标段?|#)+")


def _matched(pattern: re.Pattern[str], token: str, at: int) -> int:
    match = pattern.match(token, at)
    return len(match.group()) if match else 0


def _left_border(text: str, until: int) -> int:
    """Where the name in `text` begins whose trade or end stands at `until`: behind the last lead word, or at a place."""
    border = 0
    at = 0
    while at < until:
        lead = _LEADS.at(text, at)
        if lead and at + len(lead) <= until:
            at += len(lead)
            border = at
        elif (
            text[at] in _SINGLE_LEADS
            and until - at - 1 >= 2
            and (text[at] not in "和以且并又也就将归属代对当" or (at == border and border > 0))
        ):
            at += 1
            border = at
        else:
            at += 1
    for start in range(until - 3, border, -1):
        if text[start] not in _PLACE_SIGNS:
            continue
        places = (
            places_in_front(text[start:until])
            if text[start : start + 2] in STRONG_PLACES or text[start : start + 3] in STRONG_PLACES
            else []
        )
        if places and start > border and text[start - 1] not in _ROADS and until - start - places[0][0] >= 2:
            before = text[border:start]
            if before not in PLACES:
                return start
    return border


def _employer(token: str, at: int, end: int) -> list[Mention]:
    name = token[at:end]
    firm = parse_employer(name)
    brand = firm.brand or ""
    is_trade = (brand in INDUSTRIES or brand in CLIPPED) and brand not in BRAND_TOO
    if (
        len(brand) < 2
        or is_trade
        or _NO_FIRM.search(brand)
        or _NO_BRAND_BEGINS.match(name)
        or token.startswith(("款", "尾款"), end)
    ):
        return []
    has_form = firm.form is not None and firm.form.endswith(("公司", "集团", "合作社", "事务所", "工作室"))
    confidence = 0.95 if has_form and firm.place else 0.85 if has_form else 0.75
    if len(brand) <= (4 if firm.place or has_form else 3):
        return [Mention("employer", at, end - at, confidence, name)]
    # The border is unsure: what precedes the trade by two and by three signs are both told.
    tail = len(firm.industry or "") + len(firm.form or "")
    found = []
    for signs in (2, 3):
        length = min(signs + tail, len(name))
        found.append(Mention("employer", end - length, length, 0.45 if signs == 2 else 0.4, name[-length:]))
    return found


def _project(token: str, at: int, end: int, first: int) -> list[Mention]:
    behind = _behind_roads(token[at : first + 1])
    at += behind if behind >= 3 else 0
    name = token[at:end]
    project = parse_project(name)
    if (
        project.is_nobody
        or not project.stem
        or len(project.stem) < 2
        or project.core in PROJECT_KINDS
        or project.core in INDUSTRIES
        or not _may_be_stem(name)
    ):
        return []
    if token[first - 1] in "干当做":
        return []
    # 酒店, 幼儿园 … may be the project or the employer, unless 工地 or 项目 stands behind.
    may_be_firm = project.kind is not None and project.kind in INDUSTRIES and name.endswith(project.kind)
    found = [Mention("project", at, end - at, 0.5 if may_be_firm or len(project.stem) > 3 else 0.8, name)]
    if len(project.stem) >= 4:
        # A brand may stand in front without a word between: 金鼎|水岸建材市场.
        behind = name.index(project.stem) + len(project.stem) if project.stem in name else 0
        for signs in (2, 3) if behind >= 4 else ():
            start = behind - signs
            found.append(Mention("project", at + start, len(name) - start, 0.4, name[start:]))
    if may_be_firm:
        found.append(Mention("employer", at, end - at, 0.4, name))
    return found


def _may_be_stem(name: str) -> bool:
    return (
        "楼" not in name[:2]
        and name[0] not in "#街路区镇乡"
        and name not in _NO_NAMES
        and not any(word in name for word in ("政府", "工资", "监察", "部门", "劳务费"))
    )


def read_organisations(connection: duckdb.DuckDBPyConnection, rows: str, into: str) -> None:
    """Make the temp table `into`: (delivery_id, row_no, told_employers, told_projects), one row a row of `rows`.

    `rows` has delivery_id, row_no and text. A list is NULL where the text names none; the surest mention stands first.
    `told_projects.name` is the project's core.
    """
    connection.execute(
        "create or replace temp table prose_rows as select row_number() over () as row_id, delivery_id, row_no, text"
        f" from {rows}"
    )
    run_patterned(connection, "prose/organisation_tokens", {"named": NAMED, "cued": CUED})
    tokens = connection.execute("select distinct token from organisation_tokens order by token").fetchall()
    mentions, names = _tables([token for (token,) in tokens])
    for name, table in (("organisation_mentions", mentions), ("organisation_names", names)):
        connection.register(f"{name}_read", table)
        connection.execute(f"create or replace temp table {name} as select * from {name}_read")
        connection.unregister(f"{name}_read")
    run_sql(connection, "prose/organisations")
    connection.execute(
        f"create or replace temp table {into} as select r.delivery_id, r.row_no, t.told_employers, t.told_projects"
        " from prose_rows as r left join told_organisations as t on t.row_id = r.row_id"
    )
    for table in (
        "prose_rows", "organisation_tokens", "organisation_mentions", "organisation_names", "told_organisations",
    ):  # fmt: skip
        connection.execute(f"drop table {table}")


def _tables(tokens: list[str]) -> tuple[pa.Table, pa.Table]:
    """The mentions in each token, and the names they tell, each described once."""
    ids: dict[tuple[str, str], int] = {}
    described: list[tuple[int, str, Organisation, Project]] = []
    rows: list[tuple[str, int, int, int, int]] = []
    # In the order of what is read: one name stands behind many cues (在恒泰建筑上班, 恒泰建筑拖), and is read once.
    cued = sorted((token[cue.start : cue.end], token, cue) for token in tokens if (cue := _cue_of(token)))
    for _, token, cue in cued:
        for mention in mentions_in(token, cue):
            key = (mention.kind, mention.name)
            if key not in ids:
                is_employer = mention.kind == "employer"
                firm = parse_employer(mention.name) if is_employer else Organisation()
                project = Project() if is_employer else parse_project(mention.name)
                ids[key] = len(ids) if firm.brand or project.core else -1
                if ids[key] >= 0:
                    described.append((ids[key], mention.kind, firm, project))
            if ids[key] >= 0:
                rows.append(
                    (token, ids[key], mention.at, mention.length, round((1 - mention.confidence) * 100))
                )
    columns = list(zip(*rows, strict=True)) or [()] * 5
    types = (pa.string(), pa.int64(), pa.int64(), pa.int64(), pa.int64())
    mentions = pa.table(
        {
            name: pa.array(column, kind)
            for name, column, kind in zip(
                ("token", "name_id", "at", "length", "doubt"), columns, types, strict=True
            )
        }
    )
    text: dict[str, list[str | None]] = {
        "kind": [kind for _, kind, _, _ in described],
        "sound": [firm.sound or project.sound for _, _, firm, project in described],
        "core": [project.core for _, _, _, project in described],
    }
    for part in ("place", "brand", "industry", "form"):
        text[part] = [getattr(firm, part) for _, _, firm, _ in described]
    names = {"name_id": pa.array([number for number, *_ in described], pa.int64())}
    return mentions, pa.table(
        {**names, **{part: pa.array(values, pa.string()) for part, values in text.items()}}
    )
