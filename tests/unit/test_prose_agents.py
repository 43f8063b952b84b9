"""Who speaks for whom, in sentences of many orders; everybody here is invented."""

from __future__ import annotations

import pytest

from pipelines.normalize.prose_cuts import read_cut
from pipelines.normalize.prose_months import read_months, resolve_months


@pytest.mark.parametrize(
    "cut",
    [
        "元卫国不识字，当事人代",
        "邻居元卫国不会用手机，我替",
        "元卫国的邻居到场",
        "老乡元卫国委托刘建军反映",
    ],
)
def test_the_one_who_cannot_come_is_the_principal(cut: str) -> None:
    read = read_cut("entrusted", cut)
    assert read is not None
    assert read[:2] == ("principal", "元卫国")


def test_a_near_one_told_by_name_is_the_principal_where_the_debt_is_his() -> None:
    read = read_cut("kin", "投诉人的邻居叫元卫国，电话是13900000000，公司拖欠其工钱")
    assert read is not None
    assert read[:2] == ("principal", "元卫国")
    assert read_cut("kin", "投诉人的邻居叫元卫国，在工地一起干活") is None


def test_a_number_to_be_called_names_the_claimant() -> None:
    read = read_cut("self", "3679找元卫国。")
    assert read is not None
    assert read[:2] == ("self", "元卫国")
    assert read_cut("self", "3679找元主任。") is None


def test_an_open_debt_is_no_part_of_a_name() -> None:
    read = read_cut("owed", "拖付元卫国2023年")
    assert read is not None
    assert read[1] == "元卫国"


def test_months_from_until() -> None:
    months = read_months("去年10月份起到今年1月份")
    assert months is not None
    assert resolve_months(months, 202308) is not None
    assert (resolve_months(months, 202308) or ())[:2] == (202210, 202301)
