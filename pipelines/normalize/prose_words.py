"""Words beside a figure that say what it is: owed, left, in total, of each, paid already, a rate, another sum.

Written from general knowledge of how wages are spoken of. `CUES` are regular expressions (RE2) for the text before
a figure, ending at the figure (sums: within its clause), and for the text after it, beginning at the figure.
"""


def _any(words: str) -> str:
    return "(?:" + "|".join(words.split()) + ")"


FILLER = "[我俺咱们其他她它本人的得了款钱工资薪水酬劳动报费是为有约过大概共计到：: （(￥¥]{0,9}$"
CLAUSE = "[^，,。；;、！？!?\n]"
SENTENCE = "[^。；;！？!?\n]"
DONE = _any("支付 付 给 发 结 打 转 拿 领 收 预付 预支 借支 预借")
OTHER = """押金 保证金 定金 预支 借支 借款 生活费 饭钱 伙食费 罚款 医药费 医疗费 误工费 赔偿金? 补偿金? 贷款 房租 路费
    车费 学费 利息 培训费 服装费 中介费 介绍费"""
MADE_OF = "工资 工钱 薪 报酬 血汗钱 辛苦钱 劳务费 人工费 工程款 工费 活钱 欠条 白条"

CUES: dict[str, str] = {
    "each_before": _any("每人 每个人 每位 每名 人均 平均 一人 一个人 各自 各 每个工人 每个工友")
    + CLAUSE
    + "{0,4}欠?"
    + FILLER,
    "each_after": r"^钱?(?:[/／]人|每人|每个人|一个人|一人)",
    "paid_before": _any("已经? 只 仅 才 就 先后 陆续 期间 中途 曾 现 先 中间 前期 过年前? 年前 拢共才 总共才")
    + "{1,2}[^，,。；;]{0,3}"
    + DONE
    + FILLER
    + f"|{DONE}(?:了|过|给了?我)"
    + FILLER,
    "paid_after": f"^{CLAUSE}{{0,5}}(?:已经?(?:支付|付|给|发|结清?|到账|到手)|付了|给了|发了)",
    "other_before": _any(OTHER + " 借了 罚 扣了 扣除 扣掉 减去 除去 合同价 合同额 造价 总价 中标价 垫付 垫了")
    + FILLER,
    "other_after": "^的?" + _any(OTHER),
    "rate_before": _any(
        """每天 一天 每日 日薪 日工资 日结 每月 每个月 (?:^|[^0-9０-９一二三四五六七八九十元正上])月(?:薪|工资) 一个月 月入
        底薪 时薪 每小时 一小时 每方 一方 每平 一平 平米 平方 每个工 一个工 单价 工价 工资标准 标准 每吨 一吨 一车 计件"""
    )
    + FILLER,
    "rate_after": r"^钱?(?:[/／]|每|一|1)个?(?:天|日|月|小时|工|方|平|米|吨|车|件|趟|班)",
    "left_before": _any(
        """还欠 下欠 尚欠 仍欠 余欠 剩 余下 剩余 余款 尾款 尾欠 还差 仍差 差 还有 尚有 仍有 净欠 实欠 未结 没结 欠付 下剩
        余额 短"""
    )
    + FILLER,
    "total_before": _any(
        "共计 合计 总计 共 累计 加起来 算下来 结算 总额 总数 小计 总的 拢共 统共 满打满算 全部 计"
    )
    + FILLER,
    "owed_before": _any(
        """欠 拖着 克扣 扣着 压着 赖 应付 讨要 追讨 索要 要回 追回 支付 发放 未付 没给 不给 没发 不发 金额 差我 该我
        该给"""
    ),
    "owed_after": f"^{SENTENCE}{{0,14}}(?:没|未|不|欠|拖|迟迟|无|讨|催|赖)",
    "gross_before": _any("应得 应发 应领 说好 讲好 挣了? 总工资 全部工资 工资总额 工资总共 该拿") + FILLER,
    "wage_before": _any(MADE_OF),
    "wage_after": "^的?" + _any(MADE_OF + " 劳务 尾款"),
    "measure_after": "^(?:[A-Za-z#＃%％]|元?/|"
    + _any("平 米 人 名 号 位 吨 方 亩 个 天 日 次 里 户 条 栋 楼 层 路 街 巷 庄 村 公司 集团 小区")
    + ")",
    "loose_after": "^(?:[0-9０-９]|[直分个人名年月天点次些样起定般再边毛号日旦份期])",
    "comma_after": "^[0-9０-９]",
    "ends_well": "^(?:[，,。；;、！？!?\n）)（( ]|$|[的没未不还尚始迟至到都一拖工薪劳报血辛钱人打迄仍欠呢啊吧了给是被无])",
    "people_broken": "^资",
    "people_not": _any(
        """每 第 某 另一 任何 招了? 招聘 雇佣? 雇了 公司有 单位有 工地有 厂里有 只有 来了 派了? 找了? 带走
        老板 管理"""
    )
    + "[约共有着近]{0,2}$",
    "people_cue": _any(
        """我们 咱们 俺们 共 等 总共 合计 集体 工友 班组 欠 代表 联名 涉及 带 带领 组织 一起 一行 大家 家 伙"""
    )
    + "[约共有着近的了，,]{0,3}$",
    "people_beside": "(?:我|俺|本人)(?:和|跟|与|同|及)(?:另外|其他|其余|另)?的?$|(?:另外|另有|其他|其余|另)(?:还有)?$",
    "people_after": "^"
    + _any("""的 共 合计 一起 都 均 全 没 未 工资 [，,] 集体 拖 血汗 至今 到现在 联名 来 在 投诉 反映"""),
    "month_not_before": _any(
        """承诺 答应 保证 约定 推到 拖到 等到 定于 将于 预计 最迟 截至 截止 受理 登记 签于 签订 成立 注册 出生
        曾于 曾在"""
    )
    + "[^，,。；;]{0,4}$",
    "month_not_after": "^[^，,。；;！？!?\n]{0,3}"
    + _any(
        """反映过 投诉过 来电(?:反映|投诉|咨询|说|称|过) 举报 上访 信访 打过 报案 立案 仲裁 起诉 判决 签 承诺 付清 结清
        给钱 给我 给清 结账 打款 兑现 完工 竣工 离职 辞职 受伤 注册 成立 住院 出院"""
    ),
    "month_yes_before": "(?:从|自|于|在|其|欠.{0,6}|时间[是为：:]?|期间|：|:|反映|人)$",
    "month_yes_after": "^(?:份|间|期间)?"
    + _any("""的 共 在 到 工资 工钱 务工 打工 干 做 上班 工作 跟 给 [，,] 应 一直 拖 没 未 都"""),
}
