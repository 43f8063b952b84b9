"""How Chinese names sound and look: keys under which a misheard or mistyped sign stays equal.

`sound_of` gives toneless pinyin, one syllable a sign, with sounds folded that callers and clerks of the north-west
confuse (zh/z, ch/c, sh/s, n/l, -ng/-n, hu/f). `shape_of` replaces each sign by the first of its look-alikes.
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
    扬阳杨 西四 川州 冬东 其基 信言 远运近 己已巳 未末 土士 天夫 大太 千干于 日曰 人入 王玉主 木本 今令 任仁 亿忆 义文 友反 兰三
    川州 永水 平乎 石右 申中甲由 申电 白自 目且 田由 各名 合台 吉古 向同 百白 有友 成城诚 戌戍成 冶治 沙妙 宁字 安定
    宝室 完宗 宏宠 官宫 宜宣 宣宜 室宝 富宫 容客 建健键 泰秦奉 春泰 秦泰 昌冒 旦且 昊吴 旺汪 明朋 朋明 晨辰 晟盛 景影
    景晨 晴睛 林琳 荣荥 荣菜 桐铜 恒桓 恒垣 桓恒 恺凯 凯铠 博傅搏 卓桌 鼎顶 鑫金 鑫森 金全 铭名 铭锦 锦绵 银根很 钧均
    钢纲 铁轶 镇填 长张 隆降 隆陇 陆陇 陈陆 际标 阿河 祥样详 福富副 禄录 禾木 和知 利科 科利 秋秒 程呈 稳隐 穗惠 立主
    竞竟 端瑞 瑞端 瑞湍 玮伟炜 伟玮 纬伟 卫为 源原缘 润闰涧 涛寿 浩洁 浩皓 海悔 海梅 洋详 洪供 润润 清青晴 淇琪 渊淵
    湘箱 溢益 满漫 滨宾 澜斓 兴共 典曲 具其 凤风夙 风凤 飞习 龙尤 龙拢 尤龙 庆厌 广厂 庄压 应庆 康庚 庭廷 廷延 延廷
    弘泓宏 泓弘 强弹 徽微 微徽 德得 忠中 怡恰 思恩 恩思 悦说 惠慧 慧惠 成或 戈弋 手毛 托抚 招昭 振震 掌常 捷健 支友
    政致 敏敬 敦郭 新亲 方万 万方 旭九 昭照 晓烧 智知 曙署 朗郎 郎朗 期欺 本木 朱未 杰木 东车 来未 松柏 柏伯 枫飒
    柳柿 栋拣 桥侨 侨桥 梁粱 梅海 楚梵 榆愉 正止 武式 毅殿 比北 民氏 永泳 汇江 江红 沃妖 沣丰 泛乏 泉皋 泽择 洁浩
    活话 浪狼 耀曜 曜耀 罗萝 翔祥 翠萃 联取 胜性 腾滕 腾藤 腾勝 舜瞬 航杭 良艮 艺乙 芳方 苏办 茂戊 范苑 苑范 莲连
    菲非 华毕 蓝篮 融隔 虹红 裕浴 裕格 辉晖 辉挥 远近 运远 迅讯 达迖 迈万 通诵 逸免 道首 邦帮 邵绍
    """
)


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


def _shape_table() -> dict[int, str]:
    table: dict[int, str] = {}
    for group in _LOOK_ALIKES:
        head = table.get(ord(group[0]), group[0])
        for sign in group:
            table.setdefault(ord(sign), head)
    return table


_SOUNDS = _sound_table()
_SHAPES = _shape_table()
_NOT_A_SIGN = re.compile(r"[^a-z0-9-]+")


@lru_cache(maxsize=200_000)
def sound_of(name: str) -> str:
    """The folded syllables of `name`, each followed by '-': 恒泰 and 衡太 are both 'hen-tai-'. '' for no sign."""
    return _NOT_A_SIGN.sub("", name.translate(_SOUNDS).lower())


def shape_of(name: str) -> str:
    """`name` with each sign replaced by one sign for its group of look-alikes: 扬 and 阳 are one."""
    return name.translate(_SHAPES)
