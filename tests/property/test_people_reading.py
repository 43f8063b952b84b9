"""What must hold for every name and phone: likeness has no direction, nothing read lies outside the text."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.normalize.people import describe_names, describe_phones, name_in, read_name
from pipelines.normalize.person_words import SURNAMES
from pipelines.normalize.prose_cuts import _READERS, read_cut
from pipelines.store import run_sql

SIGNS = "建国海秀兰军的在于一月等委托我叫反映拖欠工资老板某先生师傅父亲弟弟替代受，。：*1380 （"
surnames = st.sampled_from(sorted(SURNAMES))
names = st.one_of(
    st.builds(str.__add__, surnames, st.text("建国军海秀兰尔萨*", min_size=1, max_size=2)),
    st.builds(str.__add__, surnames, st.sampled_from(["先生", "女士", "某", "师傅", "工"])),
    st.sampled_from(["保密", "匿名", "", "？"]),
)


@pytest.fixture(scope="module")
def macros() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("phone_bare", "phone_kind", "phone_parts", "phone_likeness", "name_likeness"):
        run_sql(connection, f"macros/{name}")
    return connection


@settings(max_examples=40, deadline=None)
@given(left=names, right=names)
def test_likeness_of_names_has_no_direction(macros: duckdb.DuckDBPyConnection, left: str, right: str) -> None:
    macros.execute("create or replace temp table pair as select unnest([$1, $2]) as name", [left, right])
    describe_names(macros, "pair", "described_pair")
    query = "select name_likeness(l, r) from described_pair as l, described_pair as r where l.name = $1 and r.name = $2"
    there, back = (macros.execute(query, pair).fetchone() for pair in ([left, right], [right, left]))
    assert there == back
    if left == right and read_name(left).is_full:
        assert there == ("same",)


@settings(max_examples=60, deadline=None)
@given(
    phone=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    place=st.integers(0, 10),
    step=st.integers(1, 9),
    part=st.sampled_from(["", " ", "-"]),
)
def test_a_phone_is_itself_however_written(
    macros: duckdb.DuckDBPyConnection, phone: str, place: int, step: int, part: str
) -> None:
    written = part.join([phone[:3], phone[3:7], phone[7:]])
    wrong = phone[:place] + str((int(phone[place]) + step) % 10) + phone[place + 1 :]
    others = [phone, written, phone[:3] + "****" + phone[7:], wrong]
    macros.execute("create or replace temp table numbers as select unnest($1) as phone", [others])
    describe_phones(macros, "numbers", "described_numbers")
    macros.execute(
        "create or replace temp table told as select phone, described_numbers as told from described_numbers"
    )
    query = (
        "select phone_likeness(l.told, r.told) from told as l, told as r where l.phone = $1 and r.phone = $2"
    )
    same, masked, off = (macros.execute(query, [phone, other]).fetchone() for other in others[1:])
    assert (same, masked) == (("same",), ("compatible",))
    assert off in (("one_digit",), ("unknown",))


@settings(max_examples=200, deadline=None)
@given(text=st.text(SIGNS + "王李马张", max_size=20), at=st.integers(0, 19))
def test_a_name_found_stands_in_the_text(text: str, at: int) -> None:
    found = name_in(text, at)
    if found is not None:
        assert text[found.start : found.start + len(found.written)] == found.written
        assert found.name.surname and 0 < found.confidence <= 1


@settings(max_examples=200, deadline=None)
@given(text=st.text(SIGNS + "王李马张", max_size=24), kind=st.sampled_from(sorted(_READERS)))
def test_any_cut_is_read_without_error(text: str, kind: str) -> None:
    reading = read_cut(kind, text)
    if reading is not None and reading[1] is not None:
        _, name, start, length, _, _ = reading
        assert start is not None and length == len(name) and text[start : start + length] == name
