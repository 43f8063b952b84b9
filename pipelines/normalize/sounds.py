"""How Chinese names sound and look: keys under which a misheard or mistyped sign stays equal.

`sound_of` gives toneless pinyin, one syllable a sign, with sounds folded that callers and clerks of the north-west
confuse (zh/z, ch/c, sh/s, n/l, -ng/-n, hu/f). `look_alikes_of` leaves one sign open to those that look like it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin.constants import PINYIN_DICT

from pipelines.normalize.organisation_words import words_of

_USUAL_IN_NAMES = {
    "长": "chang", "重": "chong", "厦": "xia", "都": "du", "单": "shan", "曾": "zeng", "朝": "chao", "柏": "bai",
    "六": "liu", "乐": "le", "行": "hang", "藏": "zang", "地": "di", "会": "hui", "阿": "a", "解": "xie", "盛": "sheng",
}  # fmt: skip
"""Readings of signs whose first dictionary reading is not the one they have in names."""

_TONES = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeooooiiiiuuuuvvvvvnnnm")

_LOOK_ALIKES = words_of(
    """
    扬阳杨 西四 川州 冬东 其基 信言 远运近 己已巳 未末 土士 天夫无 大太犬 千干于 日曰 人入八 王玉主正 木本术
    今令 任仁 亿忆 义文 友反发 三兰 永水 平乎半 石右 申中甲由 申电 白自百 目且旦 田由 各名 合台 古吉 向同
    有友 成城诚 戌戍戊 冶治 沙妙 宇字宁 安宏 宝室 完宗 宏宠 宏安 官宫 宜宣 富宫 容客 建健键 泰秦奉春 昌冒
    昊吴旲 旺汪 明朋 晨辰 晟盛 景影 晴睛 林琳 荣荥菜 桐铜 恒桓垣 凯恺铠 博傅搏 卓桌 鼎顶 鑫金森 鑫全 金全
    铭名锦 锦绵 银根 钧均 钢纲 铁轶 镇填 长张 隆降陇 陆陈 际标 阿河 祥样详洋 福富副 禄录 禾木 和知利 利科
    秋秒 程呈 隐稳 穗惠 立主 竞竟 端瑞 瑞端湍 玮伟炜 伟纬 卫为 源原缘 润闰涧 涛寿 浩皓洁 海悔梅 供洪
    清青晴请 琪淇 湘箱 益溢 满漫 滨宾 澜斓 兴共 典曲 具其 风凤夙 飞习 龙尤拢 庆厌 广厂 庄压 应庆 康庚
    庭廷延 弘泓 强弹 徽微 德得 忠中 怡恰 思恩 悦说 惠慧 成或 托抚 招昭 振震 掌常 捷健 支友 政致 敏敬 敦郭
    新亲 方万 旭九 昭照 晓烧 智知 曙署 朗郎 期欺 朱未 杰木 东车乐 来未 松柏 柏伯 枫飒 柳柿 栋拣 桥侨 梁粱
    楚梵 榆愉 正止 武式 毅殿 北比 民氏 永泳 江汇红 沃妖 沣丰 丰羊 泉皋 泽择 活话 浪狼 耀曜 罗萝 翔祥 翠萃
    联取 胜性 腾滕藤 舜瞬 航杭 良艮 艺乙 芳方 办苏 茂戊 范苑 莲连 华毕 蓝篮 融隔 虹红 裕浴格 辉晖挥 迅讯
    迈万 通诵 兔逸 道首 邦帮 邵绍 嘉喜 创仓 业亚 力刀 坤坩 乾乾 亮高 尚向 贵责 财材 顺项 颖颍 鸿鸣 鹏鸿
    鲁鱼 麒骐 麟鳞 达大 力方 佳住 住往 生主 上土 下卜 万方 众从
    """
)
"""Signs that are misread for one another when a name is typed from paper or by strokes."""


def _fold(syllable: str) -> str:
    for long, short in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(long):
            syllable = short + syllable[2:]
    if syllable.startswith("n"):
        syllable = "l" + syllable[1:]
    if syllable.startswith("hu") and len(syllable) > 1:
        # hua, huan … stay; hu, hui, hun, huang are said fu, fei, fen, fang in places.
        syllable = {"hu": "fu", "hui": "fei", "hun": "fen", "huang": "fang"}.get(syllable, syllable)
    if syllable.endswith("ng"):
        syllable = syllable[:-1]
    return syllable


def _sound_table() -> dict[int, str]:
    usual = {ord(sign): syllable for sign, syllable in _USUAL_IN_NAMES.items()}
    table = {}
    for sign, readings in PINYIN_DICT.items():
        if 0x4E00 <= sign <= 0x9FFF:
            table[sign] = _fold(usual.get(sign) or readings.split(",")[0].translate(_TONES)) + "-"
    return table


_SOUNDS = _sound_table()
_GROUPS: dict[str, list[int]] = {}
for _number, _signs in enumerate(_LOOK_ALIKES):
    for _sign in _signs:
        _GROUPS.setdefault(_sign, []).append(_number)
_NOT_A_SIGN = re.compile(r"[^a-z0-9-]+")


@lru_cache(maxsize=200_000)
def sound_of(name: str) -> str:
    """The folded syllables of `name`, each followed by '-': 恒泰 and 衡太 are both 'hen-tai-'. '' for no sign."""
    return _NOT_A_SIGN.sub("", name.translate(_SOUNDS).lower())


def look_alikes_of(name: str) -> list[str]:
    """Words that another name shares if it sounds alike but for one sign, and looks alike there: 信泰 and 言泰."""
    syllables = [sound_of(sign) for sign in name]
    return [
        "".join(f"<{group}>" if other == at else syllable for other, syllable in enumerate(syllables))
        for at, sign in enumerate(name)
        for group in _GROUPS.get(sign, ())
    ]
