"""Folders, patterns and zip archives that a person hands over: what is in them lands as if each file had been named."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest import archives, import_files, landed, original_bytes, refusals
from pipelines.store import Workspace

HEADER = "ajbh,ajly,djsj,xzqh,ajzt,gxsj\r\n"


@pytest.fixture
def regional() -> SourceContract:
    return load_sources()["regional"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def table(*numbers: int) -> bytes:
    rows = [f"A{number},1,2023-08-29,640104,01,2023-08-30 10:00:00\r\n" for number in numbers]
    return (HEADER + "".join(rows)).encode()


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def write(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def windows_zip(name: str, content: bytes) -> bytes:
    """A zip as Windows in China makes it: the name in GBK, no UTF-8 flag."""
    written = name.encode("gbk")
    made = bytearray(packed({"#" * len(written): content}).replace(b"#" * len(written), written))
    made[made.index(b"PK\x01\x02") + 5] = archives.WINDOWS
    return bytes(made)


def names(workspace: Workspace) -> list[str]:
    return sorted(item.name for item in landed(workspace))


def test_a_folder_is_its_files_and_those_of_its_folders(regional, workspace, tmp_path) -> None:
    folder = tmp_path / "in"
    write(folder / "b_20230831.csv", table(2))
    write(folder / "sub" / "a_20230831.csv", table(1))
    for name in (".hidden.csv", "c.csv.tmp", "d.csv.part", "~$e.xlsx", ".git/f.csv", "Thumbs.db"):
        write(folder / name, table(9))
    (folder / "link.csv").symlink_to(folder / "b_20230831.csv")
    lines: list[str] = []
    report = import_files(workspace, regional, [folder], None, say=lines.append)
    assert (len(report.deliveries), report.rows) == (2, 2)
    skipped = [line for line in lines if line.startswith("skipped: ")]
    assert len(skipped) == 7
    assert any("d.csv.part (unfinished)" in line for line in skipped)
    assert any("link.csv (a link" in line for line in skipped)


def test_a_pattern_is_the_files_that_fit_it(regional, workspace, tmp_path) -> None:
    for at, name in enumerate(("in/x/a_20230831.csv", "in/y/b_20230831.csv", "in/y/c.txt")):
        write(tmp_path / name, table(at))
    import_files(workspace, regional, [tmp_path / "in" / "*" / "*.csv"], None)
    assert names(workspace) == ["a_20230831.csv", "b_20230831.csv"]
    import_files(workspace, regional, [tmp_path / "in" / "y" / "c.*"], None)
    assert len(landed(workspace)) == 3
    literal = write(tmp_path / "d[1].csv", table(7))
    import_files(workspace, regional, [literal], None)
    assert len(landed(workspace)) == 4, "a file that is really called so is no pattern"
    with pytest.raises(DeliveryRefused, match="no such file"):
        import_files(workspace, regional, [tmp_path / "*.nothing"], None)


def test_an_archive_s_members_are_deliveries_of_their_own(regional, workspace, tmp_path) -> None:
    contents = {
        "aj_20230830.csv": table(1),
        "sub/deep/aj_20230831.csv": table(1, 2),
        "__MACOSX/._aj_20230830.csv": b"x",
    }
    file = write(tmp_path / "aj.zip", packed(contents))
    report = import_files(workspace, regional, [file], None)
    assert (len(report.deliveries), report.rows) == (2, 3)
    for delivery in report.deliveries:
        kept = b"".join(original_bytes(workspace, delivery))
        assert kept in contents.values() and delivery.sha256 == hashlib.sha256(kept).hexdigest()
    assert {str(item.delivered_for) for item in report.deliveries} == {"2023-08-30", "2023-08-31"}
    assert list(workspace.temporary.iterdir()) == []


def test_the_same_file_is_one_delivery_however_it_comes(regional, workspace, tmp_path) -> None:
    loose = write(tmp_path / "in" / "aj_20230830.csv", table(1))
    again = write(tmp_path / "in" / "copy_20230830.csv", table(1))
    archive = write(tmp_path / "in" / "aj.zip", packed({"x/aj_20230830.csv": table(1)}))
    report = import_files(workspace, regional, [loose, again, archive, tmp_path / "in"], None)
    assert (len(report.deliveries), report.rows, len(landed(workspace))) == (1, 1, 1)


def test_the_same_page_loose_and_packed_counts_once(workspace, tmp_path) -> None:
    row = {"clueCode": "XS1", "registerTime": "2023-08-29", "updateTime": "2023-08-30", "regionCode": "640104", "status": "20"}  # fmt: skip
    page = json.dumps({"code": 0, "data": {"total": 2, "pageNo": 1, "rows": [row]}}).encode()
    second = json.dumps(
        {"code": 0, "data": {"total": 2, "pageNo": 2, "rows": [{**row, "clueCode": "XS2"}]}}
    ).encode()
    loose = write(tmp_path / "p1.json", page)
    archive = write(tmp_path / "p.zip", packed({"p1.json": page, "p2.json": second}))
    report = import_files(workspace, load_sources()["national"], [loose, archive], None)
    assert (len(report.deliveries), report.rows, report.control_total, report.control_rows) == (1, 2, 2, 2)


def test_markers_work_inside_and_belong_to_their_own_place(regional, workspace, tmp_path) -> None:
    def marker(content: bytes) -> bytes:
        return f"{content.count(b'A')} {hashlib.sha256(content).hexdigest()}".encode()

    good = {
        "d1/aj.csv": table(1),
        "d1/aj.ok": marker(table(1)),
        "d2/aj.csv": table(2),
        "d2/aj.ok": marker(table(2)),
    }
    report = import_files(workspace, regional, [write(tmp_path / "good.zip", packed(good))], None)
    assert (len(report.deliveries), report.control_total) == (2, 2)
    wrong = {"aj.csv": table(3), "aj.ok": marker(table(4)), "alone.ok": marker(table(5))}
    with pytest.raises(DeliveryRefused, match="SHA-256") as raised:
        import_files(workspace, regional, [write(tmp_path / "wrong.zip", packed(wrong))], None)
    assert "marker without its file" in str(raised.value) and "wrong.zip" in str(raised.value)


def test_names_in_gbk_without_the_flag_are_read(regional, workspace, tmp_path) -> None:
    name = "下载/案件导出_20230831.csv"
    import_files(workspace, regional, [write(tmp_path / "w.zip", windows_zip(name, table(1)))], None)
    assert names(workspace) == ["案件导出_20230831.csv"]
    with zipfile.ZipFile(io.BytesIO(packed({"案件.csv": b""}))) as modern:
        assert archives._member_name(modern.infolist()[0]) == "案件.csv"
    apple = zipfile.ZipInfo("x")
    apple.orig_filename, apple.create_system, apple.flag_bits = "案件.csv".encode().decode("cp437"), 3, 0
    assert archives._member_name(apple) == "案件.csv"


@pytest.mark.parametrize(
    "name", ["../evil.csv", "a/../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "a\\..\\evil.csv"]
)
def test_a_name_that_leads_outside_refuses_the_archive_and_writes_nothing(
    regional, workspace, tmp_path, name
) -> None:
    file = write(tmp_path / "in" / "x.zip", packed({"good.csv": table(1), name: table(2)}))
    before = sorted(path for path in tmp_path.rglob("*evil*"))
    with pytest.raises(DeliveryRefused, match="leads out of it"):
        import_files(workspace, regional, [file], None)
    assert landed(workspace) == [] and sorted(path for path in tmp_path.rglob("*evil*")) == before
    assert [item.name for item in refusals(workspace)] == ["x.zip"], "its bytes and the reason are kept"


def test_a_link_in_an_archive_refuses_it(regional, workspace, tmp_path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("a.csv")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DeliveryRefused, match="a link"):
        import_files(workspace, regional, [write(tmp_path / "l.zip", made.getvalue())], None)


def test_an_archive_inside_an_archive_is_refused_alone(regional, workspace, tmp_path) -> None:
    members = {
        "aj_20230830.csv": table(1),
        "inner.zip": packed({"b.csv": table(2)}),
        "hidden.csv": packed({"b.csv": table(3)}),
    }
    with pytest.raises(DeliveryRefused, match="inside an archive") as raised:
        import_files(workspace, regional, [write(tmp_path / "o.zip", packed(members))], None)
    assert "2 deliveries were refused" in str(raised.value)
    assert names(workspace) == ["aj_20230830.csv"]


def test_a_workbook_is_no_archive_though_it_is_a_zip(workspace, tmp_path) -> None:
    petition = load_sources()["petition"]
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("a")
        sheet.write_row(
            0,
            0,
            ["信访件编号", "手机号码", "问题属地", "内容分类", "登记日期", "是否办结", "信访件状态", "概况"],
        )
        sheet.write_row(1, 0, ["6401002023083100001", "", "金凤区", "劳动和社会保障_劳动报酬", "2023-08-30", "否", "受理", "虚构"])  # fmt: skip
    inside = packed({"XFJ_20230831_1800.xlsx": made.getvalue()})
    report = import_files(workspace, petition, [write(tmp_path / "x.zip", inside)], None)
    assert report.rows == 1
    renamed = write(tmp_path / "XFJ_20230831_1800.zip", made.getvalue())
    again = import_files(workspace, petition, [renamed], None)
    assert len(again.already_landed) == 1


def test_a_protected_or_broken_archive_says_so(regional, workspace, tmp_path) -> None:
    whole = packed({"a.csv": table(1)})
    protected = bytearray(whole)
    protected[6] |= 1
    protected[protected.index(b"PK\x01\x02") + 8] |= 1
    other = packed({"a.csv": table(1)}, zipfile.ZIP_LZMA)
    newer = bytearray(whole)
    struct.pack_into("<H", newer, newer.index(b"PK\x01\x02") + 6, 99)
    damaged = bytearray(packed({"a.csv": table(*range(500))}))
    damaged[100] ^= 0xFF
    for content, says in (
        (bytes(protected), "password"),
        (whole[:-30], "not whole"),
        (bytes(damaged), "not whole"),
        (other, "method 14"),
        (bytes(newer), "a form of zip that is not read"),
        (packed({}), "no file is there"),
    ):
        with pytest.raises(DeliveryRefused, match=says):
            import_files(workspace, regional, [write(tmp_path / "x.zip", content)], None)
    assert landed(workspace) == [] and list(workspace.temporary.iterdir()) == []


def test_a_bomb_is_refused_before_it_is_unpacked(regional, workspace, tmp_path, monkeypatch) -> None:
    bomb = write(tmp_path / "bomb.zip", packed({"a.csv": b"0" * (100 * 1024**2)}))
    with pytest.raises(DeliveryRefused, match="MAX_UNPACKED_RATIO = 200"):
        import_files(workspace, regional, [bomb], None)
    lying = bytearray(packed({"a.csv": table(*range(1000))}))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", lying, lying.index(signature) + place, 10)
    with pytest.raises(DeliveryRefused, match="not whole"):
        import_files(workspace, regional, [write(tmp_path / "lying.zip", bytes(lying))], None)
    monkeypatch.setattr(archives, "MAX_ARCHIVE_MEMBERS", 1)
    with pytest.raises(DeliveryRefused, match="MAX_ARCHIVE_MEMBERS = 1"):
        import_files(workspace, regional, [write(tmp_path / "many.zip", packed({"a": b"", "b": b""}))], None)
    monkeypatch.setattr(archives, "MAX_UNPACKED_ARCHIVE_BYTES", 3)
    with pytest.raises(DeliveryRefused, match="MAX_UNPACKED_ARCHIVE_BYTES = 3"):
        import_files(workspace, regional, [write(tmp_path / "big.zip", packed({"a": b"abcd"}))], None)


def test_a_file_that_the_system_does_not_let_be_read_is_said_as_such(
    regional, workspace, tmp_path, monkeypatch
) -> None:
    good, locked = write(tmp_path / "a.csv", table(1)), write(tmp_path / "b.csv", table(2))
    really = Path.open

    def refusing(path: Path, *arguments: object, **options: object) -> object:
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return really(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refusing)
    with pytest.raises(DeliveryRefused, match="cannot be read: Permission denied"):
        import_files(workspace, regional, [good, locked], None)
    assert len(landed(workspace)) == 1 and refusals(workspace) == []


def test_a_name_that_steers_a_terminal_is_made_harmless(regional, workspace, tmp_path) -> None:
    lines: list[str] = []
    file = write(tmp_path / "a\x1b[31m\u202e_20230831.csv", table(1))
    import_files(workspace, regional, [file], None, say=lines.append)
    assert names(workspace) == ["a\ufffd[31m\ufffd_20230831.csv"]
    assert not any("\x1b" in line or "\u202e" in line for line in lines)
