"""A correction that was wrong, and passed the contract, is taken back. Data is invented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.quarantine_harness import Office, clue, correct, read, write

BY = ("--by", "李工", "--why", "电话核实")
TICKETS = "select ticket_no, division_code from clearance.tickets order by 1"
FLOWS = (
    "select business_date, sum(received), sum(corrections), sum(closing) from clearance.clearance_daily "
    "where basis = 'ticket' group by 1 order by 1"
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path)
    office.national("clues.json", [clue("XS0"), clue("XS7", regionCode="649999"), clue(None)], "2023-08-31")
    office.run("publish", "--date", "2023-08-31")
    return office


def put_right(region: str, number: str) -> Callable[[dict[str, str]], None]:
    def change(row: dict[str, str]) -> None:
        if row["clueCode"]:
            row["regionCode"] = region
        else:
            row["clueCode"] = number

    return change


def corrected(office: Office, name: str, region: str, number: str, *more: str) -> str:
    """Export, correct and import the worklist; returns what was said."""
    listed = office.root / f"{name}.xlsx"
    office.run("quarantine", "export", "--to", listed)
    mended = write(office.root / f"{name}_mended.xlsx", correct(read(listed), put_right(region, number)))
    return office.run("quarantine", "import", mended, *BY, *more)


def correction(office: Office) -> str:
    """The id of the last correction that landed."""
    words = office.run("quarantine", "list", "--corrected").split()
    return [words[at + 1] for at, word in enumerate(words) if word == "correction"][-1].rstrip(",")


def test_a_published_correction_is_taken_back_and_the_rows_wait_again(office: Office) -> None:
    assert office.run("quarantine", "list", "--corrected") == "no row was corrected"
    corrected(office, "wrong", "640106", "XS9")
    office.run("publish", "--date", "2023-09-01")
    assert office.rows(TICKETS) == [("XS0", "640104"), ("XS7", "640106"), ("XS9", "640104")]
    assert office.waiting() == 0
    before = office.rows(FLOWS)

    wrong = correction(office)
    said = office.run("quarantine", "import", "--undo", wrong, *BY)
    assert f"undoing 1: takes correction {wrong} back" in said and "2 rows wait in quarantine again" in said
    # What is published stays; a publication made again knows only what it knew.
    assert office.waiting() == 0 and office.rebuilt_the_same()
    listed = office.run("quarantine", "list")
    assert "2 rows wait" in listed and "XS7" in listed
    # The same mended file again does not bring the mistake back unasked.
    again = office.run("quarantine", "import", office.root / "wrong_mended.xlsx", *BY)
    assert again.count("this very correction was taken back") == 2 and "landed" not in again

    office.run("publish", "--date", "2023-09-02")
    assert office.rows(TICKETS) == [("XS0", "640104")] and office.waiting() == 2
    assert office.rows(FLOWS)[: len(before)] == before
    assert office.rows(FLOWS)[-1][1:] == (0, -2, 1)
    causes = "select distinct cause from clearance.corrections where booked_on = date '2023-09-02'"
    assert office.rows(causes) == [("undone_correction",)]
    assert office.rows("select resolved_by, count(*) from clearance.quarantine group by 1 order by 1 nulls last") == [
        ("undone", 2), (None, 2),
    ]  # fmt: skip
    assert office.rebuilt_the_same()

    corrected(office, "right", "640105", "XS8")
    office.run("publish", "--date", "2023-09-03")
    assert office.rows(TICKETS) == [("XS0", "640104"), ("XS7", "640105"), ("XS8", "640104")]
    assert office.waiting() == 0 and office.rebuilt_the_same()


def test_one_row_of_a_correction_is_taken_back_before_it_is_published(office: Office) -> None:
    corrected(office, "wrong", "640106", "XS9")
    wrong = correction(office)
    listed = office.run("quarantine", "list", "--corrected")
    assert "by 李工" in listed and "电话核实" in listed and "row 1: XS7, changed: regionCode" in listed
    assert "changed: clueCode" in listed and "张测试" not in listed and "13800000000" not in listed
    assert "1 row waits" in office.run("quarantine", "import", "--undo", wrong, "--row", "1", *BY)
    assert "taken back by 李工" in office.run("quarantine", "list", "--corrected")
    assert "1 row written" in office.run("quarantine", "export", "--to", office.root / "left.xlsx")
    office.run("publish", "--date", "2023-09-01")
    assert office.rows(TICKETS) == [("XS0", "640104"), ("XS9", "640104")] and office.waiting() == 1
    assert office.rebuilt_the_same()


def test_what_was_taken_back_by_mistake_comes_again(office: Office) -> None:
    corrected(office, "first", "640106", "XS9")
    office.run("quarantine", "import", "--undo", correction(office), *BY)
    office.run("publish", "--date", "2023-09-01")
    mended = office.root / "first_mended.xlsx"
    assert "landed" in office.run("quarantine", "import", mended, "--again", *BY)
    assert "already landed" in office.run("quarantine", "import", mended, "--again", *BY)
    office.run("publish", "--date", "2023-09-02")
    assert office.rows(TICKETS) == [("XS0", "640104"), ("XS7", "640106"), ("XS9", "640104")]
    assert office.waiting() == 0 and office.rebuilt_the_same()


def test_what_cannot_be_taken_back_is_refused_with_the_reason(office: Office) -> None:
    ((source_delivery,),) = office.rows("select distinct delivery_id from clearance.quarantine")
    assert "no delivery 'nothing'" in office.run("quarantine", "import", "--undo", "nothing", *BY, code=2)
    assert "is no correction: it is what national sent" in office.run(
        "quarantine", "import", "--undo", source_delivery, *BY, code=2
    )
    # The first correction puts another bad division, and is itself corrected.
    corrected(office, "bad", "649998", "XS9")
    bad = correction(office)
    office.run("publish", "--date", "2023-09-01")
    corrected(office, "better", "640105", "XS9")
    better = correction(office)
    refused = office.run("quarantine", "import", "--undo", bad, *BY, code=2)
    assert "was corrected again since" in refused and f"--undo {better} --row 1" in refused
    assert "has no row 7" in office.run("quarantine", "import", "--undo", bad, "--row", "7", *BY, code=2)
    office.run("quarantine", "import", "--undo", better, *BY)
    assert "was taken back before, by 李工" in office.run(
        "quarantine", "import", "--undo", better, *BY, code=2
    )
    office.run("quarantine", "import", "--undo", bad, *BY)
    # The bad correction's own row, published as waiting, is settled by it.
    listed = office.run("quarantine", "list")
    assert "3 rows wait" in listed and "1 settled" in listed
    assert "2 rows" in office.run("quarantine", "export", "--to", office.root / "two.xlsx")
    office.run("quarantine", "import", *BY, code=2)
    office.run("quarantine", "import", office.root / "bad_mended.xlsx", "--undo", bad, *BY, code=2)
    office.run("publish", "--date", "2023-09-02")
    assert office.rows(TICKETS) == [("XS0", "640104")] and office.waiting() == 2
    assert office.rebuilt_the_same()
