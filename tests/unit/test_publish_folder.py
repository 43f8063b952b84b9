"""A publication's folder: complete, masked, verified; and absent when anything is wrong with it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from pipelines.contracts import TableContract
from pipelines.errors import PublicationError
from pipelines.publish import Figures, collect, swap_latest, write
from pipelines.publish.bulletin import bulletin, read_bulletin
from pipelines.publish.page import read_page
from pipelines.publish.verify import verify
from pipelines.store import Workspace, open_published
from tests.publish_harness import (
    BUSINESS_DATE,
    HOSTILE,
    InventedCity,
    city_settings,
    invented_context,
    published_files,
)

WORKBOOK = "清零日报_2023-08-31.xlsx"
SECRET = "王虚构甲"
PHONE = "13987654321"


@dataclass
class Published:
    workspace: Workspace
    folder: Path
    tables: dict[str, TableContract]
    figures: Figures


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """One publication; its warehouse tables carry columns that no contract names, with personal data in them."""
    workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
    checks = workspace.root / "report"
    checks.mkdir()
    (checks / "index.html").write_text("<p>核对报告</p>", encoding="utf-8")
    city = InventedCity(tickets=400)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        connection.execute(
            f"alter table clearance.tickets add column claimant_name varchar default '{SECRET}'"
        )
        connection.execute(f"alter table clearance.leads add column phone varchar default '{PHONE}'")
        made = write(
            workspace, connection, city_settings(), tables, invented_context(city, checks_folder=checks)
        )
        figures = collect(connection, city.business_date)
    folder = workspace.published / "2023-08-31" / "r01"
    folder.parent.mkdir()
    made.rename(folder)
    yield Published(workspace, folder, tables, figures)


def test_the_folder_is_complete(published: Published) -> None:
    expected = {"clearance.duckdb", WORKBOOK, "index.html", "bulletin.md", "dictionary.csv", "changes.csv", "manifest.json",
                "checks/index.html"}  # fmt: skip
    assert published_files(published.folder) == expected | {
        f"parquet/{name}.parquet" for name in published.tables
    }


def test_the_manifest_lists_every_file_with_its_hash(published: Published) -> None:
    manifest = json.loads((published.folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == published_files(published.folder) - {"manifest.json"}
    for name, entry in manifest["files"].items():
        content = (published.folder / name).read_bytes()
        assert entry == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}, name
    assert manifest["tables"]["tickets"]["rows"] == 400
    assert len(manifest["tables"]["tickets"]["content_hash"]) == 64
    assert manifest["key_figures"] == published.figures.key()
    assert manifest["deliveries"][0]["sha256"] == "0" * 64
    assert manifest["is_synthetic"] is True


def test_only_contract_columns_are_published_with_a_comment_each(published: Published) -> None:
    with open_published(published.folder / "clearance.duckdb") as connection:
        rows = connection.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns() where database_name = 'clearance'"
        ).fetchall()
        expected = {
            (name, column): entry.type
            for name, contract in published.tables.items()
            for column, entry in contract.columns.items()
        }
        assert {(table, column): kind for table, column, kind, _ in rows} == expected
        assert all(comment for *_, comment in rows)
        notes = connection.execute(
            "select comment from duckdb_tables() where database_name = 'clearance'"
        ).fetchall()
        assert len(notes) == len(published.tables) and all(row[0] for row in notes)
        for name in published.tables:
            file = published.folder / "parquet" / f"{name}.parquet"
            difference = connection.execute(
                f"select count(*) from (from clearance.{name} except all from read_parquet('{file}'))"
            ).fetchone()
            assert difference == (0,), name


def test_no_personal_datum_stands_in_any_file(published: Published) -> None:
    for name in published_files(published.folder):
        content = (published.folder / name).read_bytes()
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(published.folder / name) as archive:
                content = b"".join(archive.read(part) for part in archive.namelist())
        assert SECRET.encode() not in content, name
        assert PHONE.encode() not in content, name


def test_text_that_looks_like_a_formula_or_a_script_stays_text(published: Published) -> None:
    with zipfile.ZipFile(published.folder / WORKBOOK) as archive:
        sheets = [
            archive.read(part).decode() for part in archive.namelist() if part.startswith("xl/worksheets/")
        ]
    assert len(sheets) == 13
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    page = (published.folder / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>", page) == ['<script type="application/json" id="figures">']
    with open_published(published.folder / "clearance.duckdb") as connection:
        assert connection.execute(
            "select count(*) from clearance.tickets where employer = $1", [HOSTILE]
        ).fetchone() == (1,)


def test_the_workbook_has_its_sheets_in_order_with_two_header_rows(published: Published) -> None:
    book = CalamineWorkbook.from_path(str(published.folder / WORKBOOK))
    assert book.sheet_names == [
        "清零进度",
        "分渠道",
        "分区县",
        "清零行动",
        "账龄与督办",
        "分月办结率",
        "应回复未回复",
        "核对",
        "更正",
        "公布与现知",
        "未入账",
        "来源",
        "说明",
    ]
    rows = book.get_sheet_by_name("清零进度").to_python()
    assert rows[2][:4] == ["属地", "渠道", "上期结转", ""]
    assert rows[3][2:6] == ["件次", "线索", "件次", "线索"]
    assert "信访＊" in {row[1] for row in rows}, "a channel whose source did not deliver is marked"
    notes = "\n".join(str(row[0]) for row in rows[60:])
    assert "上期结转＋新接收" in notes and "信访信息系统导出" in notes


def test_totals_are_the_sums_of_the_divisions(published: Published) -> None:
    figures = published.figures
    for basis in ("ticket", "lead"):
        total = figures.of(basis)
        assert (
            total["closing"]
            == sum(figures.of(basis, division)["closing"] for division in figures.divisions)
            > 0
        )
        assert total["closing"] == (
            total["opening"] + total["received"] + total["reopened"] + total["transferred_in"] - total["closed"]
            - total["transferred_out"] - total["withdrawn"] + total["corrections"]
        )  # fmt: skip
        assert 0 < total["due_on_time"] <= total["due"] <= total["known"]
        assert 0 < total["known_on_time"] <= total["known_closed"] <= total["known"]


def test_the_bulletin_holds_city_totals_and_says_who_did_not_deliver(published: Published) -> None:
    text = (published.folder / "bulletin.md").read_text(encoding="utf-8")
    assert (
        "时效内办结率" in text and "名劳动者追回工资" in text and "信访信息系统导出未报送8月31日数据" in text
    )
    assert not any(name in text for name in ("兴庆区", "金凤区", "市本级")), (
        "no division stands in what goes to the public"
    )
    assert read_bulletin(text)["tickets_open"] == published.figures.key()["tickets_open"]


def test_a_page_with_another_figure_is_refused(published: Published, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published.folder, folder)
    page = folder / "index.html"
    said, shown = read_page(page.read_text(encoding="utf-8"))
    assert said == published.figures.key()
    assert len(shown) > 25
    value = f"{said['tickets_overdue']:,}"
    page.write_text(
        page.read_text(encoding="utf-8").replace(f'"tickets_overdue">{value}<', '"tickets_overdue">0<'),
        encoding="utf-8",
    )
    with pytest.raises(PublicationError, match=r"tickets_overdue is .* 0 in index\.html as shown"):
        verify(folder, BUSINESS_DATE, published.figures)


def test_a_bulletin_with_another_figure_is_refused(published: Published, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published.folder, folder)
    text = bulletin(published.figures, city_settings()).replace("未入账3条", "未入账0条")
    (folder / "bulletin.md").write_text(text, encoding="utf-8")
    with pytest.raises(PublicationError, match="quarantined is 3 in the tables, 0 in bulletin"):
        verify(folder, BUSINESS_DATE, published.figures)


@pytest.mark.parametrize("artifact", ["clearance.duckdb", WORKBOOK])
def test_a_database_or_workbook_of_another_day_is_refused(
    published: Published, tmp_path: Path, artifact: str
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published.folder, folder)
    other = Workspace.open(tmp_path / "other")
    city = InventedCity(tickets=50, seed=8)
    with other.warehouse() as connection:
        made = write(other, connection, city_settings(), city.fill(connection), invented_context(city))
    shutil.copy(made / artifact, folder / artifact)
    with pytest.raises(PublicationError, match="disagree"):
        verify(folder, BUSINESS_DATE, published.figures)


def _sheet(published: Published, name: str) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(published.folder / WORKBOOK)).get_sheet_by_name(name).to_python()


def test_waiting_rows_are_one_number_and_settled_ones_have_another_name(published: Published) -> None:
    """Four rows went into quarantine, one was settled since: 未入账 is 3 and 累计隔离 is 4, wherever they stand."""
    assert published.figures.key()["quarantined"] == 3
    assert sum(int(source["rows_quarantined"]) for source in published.figures.sources) == 4
    page = (published.folder / "index.html").read_text(encoding="utf-8")
    tables = re.findall(r"<table>.*?</table>", page, re.DOTALL)
    found = 0
    for table in tables:
        heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)
        assert "未入账" not in heads and "尚未更正" not in heads, heads
        if "累计隔离" not in heads:
            continue
        found += 1
        at = heads.index("累计隔离")
        assert heads[at + 1] == "其中未入账"
        rows = [
            re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", table)[1:]
        ]
        rows = [row for row in rows if row[0] != "合计"]
        assert (sum(int(row[at]) for row in rows), sum(int(row[at + 1]) for row in rows)) == (4, 3)
    assert found == 2, "by reason and by source"
    for name in ("未入账", "来源"):
        rows = _sheet(published, name)
        heads = next(row for row in rows if "累计隔离" in row)
        at = heads.index("累计隔离")
        assert heads[at + 1] == "其中未入账"
        counted = [
            row
            for row in rows[rows.index(heads) + 1 :]
            if isinstance(row[at], float) and row[0] != "全市合计"
        ]
        assert (sum(row[at] for row in counted), sum(row[at + 1] for row in counted)) == (4, 3), name
    text = (published.folder / "dictionary.csv").read_text(encoding="utf-8-sig")
    words = {(row["table_name"], row["column_name"]): row["zh"] for row in csv.DictReader(text.splitlines())}
    assert words["sources", "rows_quarantined"] == "累计隔离"
    assert words["campaign", "quarantined"] == "未入账"


def test_checks_name_what_they_are_about_in_chinese(published: Published) -> None:
    page = (published.folder / "index.html").read_text(encoding="utf-8")
    section = page[page.index("发布前核对") : page.index("公式与口径")]
    assert ">信访信息系统导出</td>" in section and ">petition</td>" not in section
    rows = [row for row in _sheet(published, "核对") if row[-1] == "phones_lost"]
    assert [row[2] for row in rows] == ["信访信息系统导出"]


@pytest.mark.parametrize("sheet", ["清零进度", "分渠道", "分区县"])
def test_what_waits_stands_under_every_table_of_the_workbook(published: Published, sheet: str) -> None:
    notes = [str(row[0]) for row in _sheet(published, sheet)]
    assert "未入账（隔离待核）3 条：12345便民服务工单 2、信访信息系统导出 1。" in notes


def test_the_bulletin_says_why_a_source_is_missing_and_that_it_was_waived(published: Published) -> None:
    text = (published.folder / "bulletin.md").read_text(encoding="utf-8")
    assert (
        "说明：信访信息系统导出未报送8月31日数据（连接不上），最近报送8月30日，滞后1天（已准予缺报）。"
        "相关渠道的数字截至其最近一次报送，0不等于没有。" in text
    )


def test_a_missing_table_publishes_nothing(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    city = InventedCity(tickets=5, days=3)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        connection.execute("drop table clearance.campaign")
        with pytest.raises(PublicationError, match="campaign"):
            write(workspace, connection, city_settings(), tables, invented_context(city))
    assert not list(workspace.temporary.glob("publication_*"))


def test_a_column_marked_personal_publishes_nothing(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    city = InventedCity(tickets=5, days=3)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        column = tables["tickets"].columns["handler"].model_copy(update={"privacy": "personal"})
        marked = tables["tickets"].model_copy(
            update={"columns": tables["tickets"].columns | {"handler": column}}
        )
        with pytest.raises(PublicationError, match="handler is marked personal"):
            write(
                workspace, connection, city_settings(), tables | {"tickets": marked}, invented_context(city)
            )


@pytest.mark.parametrize(
    "business_date", [date(2023, 8, 31), date(2022, 3, 1)], ids=["campaign", "before_the_campaign"]
)
def test_a_city_without_a_single_ticket_is_published_with_dashes(tmp_path: Path, business_date: date) -> None:
    workspace = Workspace.open(tmp_path)
    city = InventedCity(business_date=business_date, tickets=0, days=2, late_source=None)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        folder = write(workspace, connection, city_settings(), tables, invented_context(city))
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count('<p class="big">—</p>') == 3, (
        "both on-time rates and the clearance of stock are undefined"
    )
    assert "nan" not in page.lower().replace("finance", "")


def test_changes_tell_cell_by_cell_what_differs(published: Published, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    city = InventedCity(tickets=400)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        where = "business_date = date '2023-08-20' and basis = 'lead' and division_code = '640104' and channel = 'hotline'"
        connection.execute(f"update clearance.clearance_restated set received = received + 5 where {where}")
        context = invented_context(
            city, revision=2, publication_id="2023-08-31_r02", previous_revision=published.folder
        )
        folder = write(workspace, connection, city_settings(), tables, context)
    with (folder / "changes.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 1, rows
    row = rows[0]
    assert (row["against"], row["before"], row["table_name"]) == (
        "previous_revision",
        "2023-08-31_r01",
        "clearance_restated",
    )
    assert (row["business_date"], row["basis"], row["column_name"]) == ("2023-08-20", "lead", "received")
    assert float(row["difference"]) == 5
    assert int(row["value_after"]) - int(row["value_before"]) == 5


def test_changes_against_the_day_before_compare_the_two_days(published: Published, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    city = InventedCity(business_date=date(2023, 9, 1), tickets=400, seed=9)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        folder = write(
            workspace, connection, city_settings(), tables, invented_context(city, previous=published.folder)
        )
    with (folder / "changes.csv").open(encoding="utf-8-sig", newline="") as handle:
        daily = [row for row in csv.DictReader(handle) if row["table_name"] == "clearance_daily"]
    assert daily and {row["business_date"] for row in daily} == {"2023-09-01"}
    assert all(row["value_before"] != row["value_after"] for row in daily)


def test_latest_is_swapped_in_one_step(published: Published) -> None:
    latest = published.workspace.published / "latest"
    swap_latest(published.workspace, published.folder)
    assert latest.resolve() == published.folder.resolve()
    second = published.workspace.published / "2023-09-01" / "r01"
    second.mkdir(parents=True)
    swap_latest(published.workspace, second)
    assert latest.resolve() == second.resolve()
    assert not [path for path in published.workspace.published.iterdir() if path.name.startswith(".latest")]
    with pytest.raises(PublicationError, match="not there"):
        swap_latest(published.workspace, published.workspace.published / "2023-09-02" / "r01")
