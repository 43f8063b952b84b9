"""What holds for any text and any name: nothing raises, a mention stands in its run, rows are kept. Names are invented."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.normalize.organisations import parse_employer
from pipelines.normalize.projects import parse_project
from pipelines.normalize.prose_names import mentions_in, read_organisations

PIECES = st.sampled_from(
    [
        *"在的到岚顶砚舟，。 （）#12�",
        "有限公司",
        "分公司",
        "陶瓷",
        "冷库",
        "项目",
        "宁夏",
        "佛山市",
        "拖欠",
        "单位是",
        "工地",
        "某",
    ]
)
TEXTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=14).map("".join))


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_any_name_is_taken_apart(name: str) -> None:
    firm, project = parse_employer(name), parse_project(name)
    assert firm.is_nobody or firm.brand or firm.place
    assert project.is_nobody == (project.core is None)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_mention_stands_in_its_run(token: str) -> None:
    for mention in mentions_in(token):
        assert token[mention.at : mention.at + mention.length] == mention.name
        assert 0 < mention.confidence <= 1


@settings(max_examples=15, deadline=None)
@given(st.lists(TEXTS.filter(lambda text: "\x00" not in text), min_size=1, max_size=6))
def test_every_row_comes_back_once(texts: list[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table prose (delivery_id varchar, row_no bigint, text varchar)")
        connection.executemany("insert into prose values ('d', ?, ?)", list(enumerate(texts)))
        read_organisations(connection, "prose", "said")
        assert connection.execute("select row_no from said order by row_no").fetchall() == [
            (n,) for n in range(len(texts))
        ]
