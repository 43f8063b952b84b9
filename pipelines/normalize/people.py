"""Names and phones of people as fields hold them: what a name says, what is left of a phone.

`describe_names` and `describe_phones` make one row a distinct value; the macros `name_likeness` and `phone_likeness`
(sql/macros) compare two such rows. `read_name` and `name_in` read one name; the readers of prose use them too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import duckdb
import pyarrow as pa
from pypinyin.constants import PINYIN_DICT

from pipelines.normalize.person_words import (
    AFTER_NAME,
    COMPOUND_SURNAMES,
    DOUBTFUL_SURNAMES,
    GIVEN_FEMALE,
    GIVEN_MALE,
    HUI_GIVEN,
    NEVER_GIVEN,
    NOT_IN_PROSE,
    NOT_NAMES,
    PREPOSITIONS,
    SELDOM_NAMES,
    SURNAME_SOUNDS,
    SURNAMES,
    TITLES_BOSS,
    TITLES_FEMALE,
    TITLES_MALE,
    TITLES_PLAIN,
)
from pipelines.store import run_sql

PHONE_MACROS = ("phone_bare", "phone_kind", "phone_parts")

_TITLES = tuple(sorted({*TITLES_MALE, *TITLES_FEMALE, *TITLES_BOSS, *TITLES_PLAIN}, key=len, reverse=True))
_TITLE = "|".join(_TITLES)
_COMPOUND = "|".join(sorted(COMPOUND_SURNAMES))
_SURNAME = f"(?:{_COMPOUND}|[{''.join(sorted(SURNAMES))}])"
_AFTER = tuple(AFTER_NAME)
_LONG_GIVEN = tuple(given for given in HUI_GIVEN if len(given) >= 3)
_MASK = "*＊×○〇xX"
_TONES = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeooooiiiiuuuuvvvvvnnnm")
_COUNTED = re.compile(r"[一二三四五六七八九十两几][月个名人位万千百块元号日年]")
_MONTH = re.compile(r"[一二三四五六七八九十]{1,2}(?:月|个|名|位|人)")
_HAN = re.compile(r"[㐀-鿿]")
_WITHHELD = re.compile(
    r"(?:要求|请求|申请)?保密|(?:不愿|不便|不想|拒绝?)(?:透露|留|告知|提供).*|匿名.*|隐名|不详|未知|无名氏?|无|未留|某人|某某|群众|市民|网民|来电人|[-—*＊/.?？]+"
)
_FIELD_NOISE = re.compile(r"[\s·•.,，、()（）\[\]【】“”\"':：]+")
_REMARK = re.compile(r"[(（【\[].*$")
_WITH_TITLE = re.compile(rf"(?P<surname>{_SURNAME})(?P<given>[㐀-鿿]{{0,2}}?)(?P<title>某某某?|某|{_TITLE})")
_CALLED = re.compile(rf"(?P<how>老|小|阿|大|姓)(?P<surname>{_SURNAME})(?:的?(?P<title>{_TITLE}|人))?")
_MASKED = re.compile(rf"(?P<surname>{_SURNAME})(?P<given>[{_MASK}]{{1,3}}[㐀-鿿]?|[㐀-鿿][{_MASK}])")
_SURE_TITLES = "|".join([*TITLES_MALE, *TITLES_FEMALE, "同志", "师傅", "老板"])
_UNLISTED = re.compile(
    rf"(?![老小大某该本这那此位名男女])(?P<surname>[㐀-鿿])(?:(?P<title>{_SURE_TITLES})|(?P<masked>[{_MASK}]{{1,3}}))"
)
"""A title or a mask shows the surname, whether or not the list has it: 剡女士."""
_FULL = re.compile(rf"(?P<surname>{_SURNAME})(?P<given>[㐀-鿿]{{1,3}})")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written. `sex` is 'male' or 'female'; it is weak where only the signs of the given name tell it.

    `title` is the address that stood for the given name (先生, 师傅, 某, 老, 老板 …). `sound` is toneless pinyin.
    """

    surname: str | None = None
    given: str | None = None
    title: str | None = None
    is_full: bool = False
    is_masked: bool = False
    is_withheld: bool = False
    sex: str | None = None
    is_sex_weak: bool = True
    sound: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A name found in a text: `start` is counted from 0 in the text given, `written` as it stands there."""

    written: str
    start: int
    name: Name
    confidence: float


@lru_cache(maxsize=65536)
def sign_sound(sign: str) -> str:
    """Toneless pinyin of one sign, its first reading; the sign itself where it has none."""
    reading: str = PINYIN_DICT.get(ord(sign), sign).split(",")[0]
    return reading.translate(_TONES)


def _sound(surname: str, given: str) -> str:
    first = SURNAME_SOUNDS.get(surname) or "".join(map(sign_sound, surname))
    return " ".join([first, *map(sign_sound, given)])


def _sex_of_given(given: str) -> str | None:
    female = sum(sign in GIVEN_FEMALE for sign in given)
    male = sum(sign in GIVEN_MALE for sign in given)
    if female > male:
        return "female"
    return "male" if male > female else None


def _titled(surname: str, given: str | None, title: str) -> Name:
    sex = "male" if title in TITLES_MALE else "female" if title in TITLES_FEMALE else None
    return Name(surname, given or None, title, sex=sex, is_sex_weak=sex is None, sound=_sound(surname, ""))


def _full(surname: str, given: str) -> Name:
    return Name(surname, given, is_full=True, sex=_sex_of_given(given), sound=_sound(surname, given))


def read_name(text: str | None) -> Name:
    """What a field that holds one name says. A text that is no name gives a Name without a surname."""
    bare = _FIELD_NOISE.sub("", _REMARK.sub("", text or ""))
    if not bare:
        return Name()
    if _WITHHELD.fullmatch(bare):
        return Name(is_withheld=True)
    if found := _MASKED.fullmatch(bare):
        given = re.sub(f"[{_MASK}]", "*", found["given"])
        return Name(found["surname"], given, is_masked=True, sound=_sound(found["surname"], ""))
    if found := _CALLED.fullmatch(bare):
        title = found["title"] or found["how"]
        if found["how"] != "大" or found["title"]:
            return _titled(found["surname"], None, title)
    found = _WITH_TITLE.fullmatch(bare)
    if found and not (found["title"] in ("工", "总", "头", "师") and found["given"]):
        if found["given"]:
            sex = _titled(found["surname"], None, found["title"]).sex
            name = _full(found["surname"], found["given"])
            return Name(name.surname, name.given, found["title"], True, sex=sex or name.sex, is_sex_weak=sex is None,
                        sound=name.sound)  # fmt: skip
        return _titled(found["surname"], None, found["title"])
    if found := _FULL.fullmatch(bare):
        return _full(found["surname"], found["given"])
    if found := _UNLISTED.fullmatch(bare):
        if found["masked"]:
            hidden = "*" * len(found["masked"])
            return Name(found["surname"], hidden, is_masked=True, sound=_sound(found["surname"], ""))
        return _titled(found["surname"], None, found["title"])
    if 2 <= len(bare) <= 4 and all(_HAN.match(sign) for sign in bare):
        return Name(
            bare[0], bare[1:], is_full=True, sex=_sex_of_given(bare[1:]), sound=_sound(bare[0], bare[1:])
        )
    return Name()


_OF_PREPOSITION = re.compile(
    r"[一二三四五六七八九十]+月|银川|宁夏|兴庆|金凤|西夏|贺兰|永宁|灵武|吴忠|中卫|固原|石嘴|本|某|该|上|下|前|当"
)
_PROSE_TITLED = re.compile(
    rf"(?:姓(?P<named>{_SURNAME})的?(?P<role>{_TITLE}|人)?)|(?P<surname>{_SURNAME})(?P<title>某某某?|某(?![个些处地项单公])|{_TITLE})"
    rf"|(?P<how>老|小)(?P<called>{_SURNAME})|(?P<masked>{_SURNAME}[*＊×○〇]{{1,3}}[㐀-鿿]?)"
)
_TITLE_TRAPS = re.compile(
    r"(?:高|施|全|时|管|单|焦|钟|总|项|包|童|原|农|牛)工|老(?:家|区|年|师|百|有|是|公|党|干|单|平)|小(?:时|区|于|车|包|计|麦|米|范|年|费|路)"
)


def name_in(text: str, at: int) -> Found | None:
    """The name that begins at `at` in running text, or None. Confidence: 0.9 where a known word or a stop follows."""
    titled = _PROSE_TITLED.match(text, at)
    if titled and not _TITLE_TRAPS.match(text, at):
        written = titled[0]
        if titled["masked"]:
            return Found(written, at, read_name(written), 0.85)
        surname = titled["named"] or titled["surname"] or titled["called"]
        title = titled["role"] or titled["title"] or titled["how"] or "姓"
        follows = text[titled.end() : titled.end() + 1]
        is_given_next = bool(titled["called"] or title in ("工", "总", "头", "师")) and bool(
            _HAN.match(follows) and not text.startswith(_AFTER, titled.end())
        )
        if not is_given_next:
            return Found(written, at, _titled(surname, None, title), 0.85)
    surname = text[at : at + 2] if text[at : at + 2] in COMPOUND_SURNAMES else text[at : at + 1]
    if (surname not in SURNAMES and surname not in COMPOUND_SURNAMES) or surname in NOT_IN_PROSE:
        return None
    if len(surname) == 1 and (text[at : at + 2] in NOT_NAMES or text[at : at + 3] in NOT_NAMES):
        return None
    given_at = at + len(surname)
    given = _given_in(text, given_at)
    if given is None or (surname in PREPOSITIONS and _OF_PREPOSITION.match(text, given_at)):
        return None
    length, is_sure = given
    is_place_said = text[at + 2 : at + 3] in tuple("市县区镇乡村州省街路")
    if text[at : at + 2] in SELDOM_NAMES and (is_place_said or not (is_sure and length == 2)):
        return None
    confidence = 0.9 if is_sure else 0.6
    if surname in DOUBTFUL_SURNAMES:
        confidence -= 0.1 if is_sure and length > 1 else 0.35
    written = surname + text[given_at : given_at + length]
    return Found(written, at, _full(surname, text[given_at : given_at + length]), confidence)


def _given_in(text: str, at: int) -> tuple[int, bool] | None:
    """Length of the given name at `at`, and whether what follows shows that it ends there."""
    signs = 0
    while signs < 3 and at + signs < len(text) and _is_given_sign(text[at + signs]):
        signs += 1
    if text.startswith(_LONG_GIVEN, at):
        return 3, True
    for length in (2, 1):
        if length <= signs and _ends_at(text, at + length):
            return length, True
    if signs >= 2:
        return 2, False
    return None


def _is_given_sign(sign: str) -> bool:
    return bool(_HAN.match(sign)) and sign not in NEVER_GIVEN


def _ends_at(text: str, at: int) -> bool:
    if _COUNTED.match(text, at - 1):
        return False
    return (
        at >= len(text)
        or not _HAN.match(text[at])
        or text.startswith(_AFTER, at)
        or bool(_MONTH.match(text, at))
    )


def describe_names(connection: duckdb.DuckDBPyConnection, names: str, into: str) -> None:
    """Make temp table `into` (name, surname, given, title, is_full, is_masked, is_withheld, sex, is_sex_weak, sound).

    `names` is a table or view with a column `name`; the grain is one distinct name. A value that is no name has no surname.
    """
    distinct = [
        row[0]
        for row in connection.execute(f"select distinct name from {names} where name is not null").fetchall()
    ]
    read = [read_name(name) for name in distinct]
    types = {
        "is_full": pa.bool_(),
        "is_masked": pa.bool_(),
        "is_withheld": pa.bool_(),
        "is_sex_weak": pa.bool_(),
    }
    columns = {"name": pa.array(distinct, pa.string())} | {
        column: pa.array([getattr(name, column) for name in read], types.get(column, pa.string()))
        for column in Name.__slots__
    }
    connection.register("described_names", pa.table(columns))
    connection.execute(f"create or replace temp table {into} as select * from described_names")
    connection.unregister("described_names")


def describe_phones(connection: duckdb.DuckDBPyConnection, phones: str, into: str) -> None:
    """Make temp table `into` (phone, whole, first3, last4, digits, kind), one row a distinct phone of table `phones`.

    kind: 'whole' (a mobile number of 11 digits), 'masked' (138****1234), 'landline' (with the area code), 'lost' (a
    spreadsheet made it 1.38E+10), 'broken' (anything else, as 10 or 12 digits). `whole` is filled for whole and landline.
    """
    for name in PHONE_MACROS:
        run_sql(connection, f"macros/{name}")
    connection.execute(
        f"create or replace temp table {into} as select phone, unnest(phone_parts(bare)) from "
        f"(select phone, phone_bare(phone) as bare from (select distinct phone from {phones} where phone is not null))"
    )
