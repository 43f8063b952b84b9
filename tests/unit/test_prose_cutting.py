"""The quick ways of cutting texts find what the plain patterns find."""

import re

import duckdb
import pytest

from pipelines.normalize.likeness import key_projects
from pipelines.normalize.patterned import run_patterned
from pipelines.normalize.person_patterns import HINTS, NUMBERS, PATTERNS, ROLE_PATTERNS

FAR = "在城东的一处工地上做了两个多月的小工每天早出晚归一分钱工资都没有拿到手" * 2
TEXTS = (
    "我弟弟马小军在工地干活，工资没有给。",
    f"我丈夫张大山{FAR}，另外我哥哥李铁柱也在那里干活没有拿到钱。我母亲病了。",
    f"来电人的妻子{FAR}，{FAR}",
    "我代表工友们反映，老板老马欠我们15人工资，我是李强的哥哥，跟着王老板干活。受张三委托。",
    "电话１３８００００１１１１，不愿透露姓名。",
    "没有什么可说的",
)


@pytest.mark.parametrize("text", TEXTS)
def test_cuts_are_those_of_the_plain_patterns(text: str) -> None:
    connection = duckdb.connect()
    connection.execute(
        "create temp table people_rows as select 'd' as delivery_id, 1 as row_no, null::integer as claimed_persons,"
        " null::varchar as claimant_name, null::varchar as claimant_phone, null::varchar as claimant_id_number,"
        " null::boolean as is_group, $1 as text",
        [text],
    )
    patterns = {**PATTERNS, **ROLE_PATTERNS, **HINTS, "numbers": NUMBERS}
    run_patterned(connection, "prose/people_cuts", patterns)
    kinds = ("self", "opening", "acting", "kin", "led", "owes")
    lists = ", ".join(f"coalesce({kind}_cuts, [])" for kind in kinds)
    [[half, counted, collective, is_plural, *found]] = connection.execute(
        f"select text, counted, collective, is_plural, {lists} from people_cuts"
    ).fetchall()
    assert found == [[cut[0] for cut in re.finditer(PATTERNS[kind], half)] for kind in kinds]
    for kind, cut in (("counted", counted), ("collective", collective)):
        plain = re.search(ROLE_PATTERNS[kind], half)
        assert cut == (plain[0] if plain else "")
    assert is_plural == bool(re.search(ROLE_PATTERNS["plural"], half))


def test_a_set_of_names_has_one_id_in_any_order() -> None:
    connection = duckdb.connect()
    connection.execute(
        "create temp table tickets as select ticket_id, project, list_transform(told,"
        " lambda name: struct_pack(name := name, confidence := 0.9)) as told_projects from (values"
        " (1, null, ['金凤佳苑', '丰庆写字楼']), (2, null, ['丰庆写字楼', '金凤佳苑']), (3, '金凤佳苑', ['丰庆写字楼']),"
        " (4, '金凤佳苑', [])) as t(ticket_id, project, told)"
    )
    key_projects(connection, "tickets", "sets")
    ids = dict(connection.execute("select ticket_id, set_id from sets").fetchall())
    assert ids[1] == ids[2] == ids[3] != ids[4]
    [[sets]] = connection.execute("select count(*) from sets_keys").fetchall()
    assert sets == 2
