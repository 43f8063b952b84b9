"""The ways of reading JSON say the same: written while it is read, as a stream, and carefully line by line."""

from __future__ import annotations

import json
import shutil
import string
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import load_sources
from pipelines.ingest import handover, json_plain, json_reader
from pipelines.ingest.json_numbers import quote_decimals
from pipelines.ingest.json_shape import keys_of_rows
from pipelines.ingest.landing import reading_connection
from pipelines.ingest.rows import Reading, landing_query, map_headers
from pipelines.store import Workspace

NATIONAL = load_sources()["national"]
COLUMNS = (
    "clueCode",
    "registerTime",
    "updateTime",
    "regionCode",
    "status",
    "summary",
    "arrearsMoney",
    "别的列",
)
ALPHABET = '甲乙丙，。"\\/,:{}[] \n\t1.5eE-+aA' + "\u200b\u202e"
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
    | st.integers(0, 7).flatmap(lambda places: st.decimals(-2, 10**13, places=places, allow_nan=False))
    | st.text(ALPHABET, max_size=25)
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: SCALARS for name in COLUMNS[:5]}, optional={name: SCALARS for name in COLUMNS[5:]}
    ),
    min_size=1,
    max_size=6,
)


def _json(row: dict[str, Any]) -> str:
    """The row with every decimal number as it is written."""
    values = {
        key: str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
        for key, value in row.items()
    }
    return (
        "{"
        + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {text}" for key, text in values.items())
        + "}"
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace.open(tmp_path_factory.mktemp("json"))


def _rows(workspace: Workspace, file: Path, folder: Path, *, is_careful: bool) -> list[tuple[Any, ...]]:
    read = json_reader.read_json_array if file.suffix == ".json" else json_reader.read_json_lines
    with pytest.MonkeyPatch.context() as patch, reading_connection(workspace) as connection:
        if is_careful:
            patch.setattr(json_reader, "streamed_lines", lambda *_: None)
        reading: Reading = read(connection, NATIONAL, file, file.name, folder)
        headers = map_headers(NATIONAL, reading.headers, file.name)
        query = landing_query(NATIONAL, reading, headers)
        columns = ", ".join(f'"{name}"' for name in (*COLUMNS[:7], "_defect"))
        found = connection.execute(
            f"select row_no, {columns}, json_extract_string(_extra, '$.\"别的列\"') from ({query}) order by row_no"
        ).fetchall()
        assert len(found) == reading.rows
        return found


def _written(workspace: Workspace, file: Path, folder: Path) -> list[tuple[Any, ...]] | None:
    """The rows that were written while they were read; None where they were not."""
    read = json_reader.read_json_array if file.suffix == ".json" else json_reader.read_json_lines
    with reading_connection(workspace) as connection:
        reading = read(connection, NATIONAL, file, file.name, folder, folder / "rows.parquet")
        if reading.written is None:
            return None
        columns = ", ".join(f'"{name}"' for name in (*COLUMNS[:7], "_defect"))
        found = connection.execute(
            f"select row_no, {columns}, json_extract_string(_extra, '$.\"别的列\"') "
            f"from {workspace.scan([reading.written])} order by row_no"
        ).fetchall()
        assert len(found) == reading.rows
        return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, is_array=st.booleans())
def test_both_ways_read_the_same(
    workspace: Workspace, tmp_path: Path, rows: list[dict[str, Any]], is_array: bool
) -> None:
    file = tmp_path / ("rows.json" if is_array else "rows.jsonl")
    lines = [_json(row) for row in rows]
    file.write_text("[" + ", ".join(lines) + "]" if is_array else "\n".join(lines) + "\n", encoding="utf-8")
    streamed = _rows(workspace, file, tmp_path, is_careful=False)
    assert streamed == _rows(workspace, file, tmp_path, is_careful=True)
    assert _written(workspace, file, tmp_path) in (None, streamed)
    for row, found in zip(rows, streamed, strict=True):
        for name, value in zip(COLUMNS[:5], found[1:6], strict=True):
            expected = row[name]
            if isinstance(expected, bool):
                assert value == str(expected).lower()
            else:
                assert value == (None if expected is None else str(expected))


NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab{}"), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pages=st.lists(
        st.lists(st.fixed_dictionaries({name: NESTED for name in COLUMNS[:6]}), max_size=3),
        min_size=1,
        max_size=3,
    ),
    block_bytes=st.sampled_from([7, 64, 1024]),
)
def test_pages_are_read_the_same_in_both_ways(
    tmp_path: Path, pages: list[list[dict[str, Any]]], block_bytes: int
) -> None:
    files = []
    for number, rows in enumerate(pages, start=1):
        body = ",".join(json.dumps(row, ensure_ascii=False, default=str) for row in rows)
        total = sum(map(len, pages))
        files.append(tmp_path / f"page_20230831_{number}.json")
        files[-1].write_text(
            f'{{"code":0,"data":{{"total":{total},"pageNo":{number},"rows":[{body}]}}}}', encoding="utf-8"
        )
    landed = {}
    for way in ("streamed", "careful"):
        workspace = Workspace.open(tmp_path / way)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_plain, "BLOCK_BYTES", block_bytes)
            if way == "careful":
                patch.setattr(handover, "framed_pages", lambda *_: None)
            report = handover.import_files(workspace, NATIONAL, files, None)
        delivery = (report.deliveries or report.already_landed)[0]
        columns = ", ".join(f'"{name}"' for name in COLUMNS[:6])
        with workspace.scratch() as connection:
            rows_found = connection.execute(
                f"select row_no, {columns} from {workspace.scan([delivery.rows_file])} order by row_no"
            ).fetchall()
        landed[way] = (
            delivery.delivery_id,
            delivery.name,
            delivery.control_total,
            delivery.control_rows,
            rows_found,
        )
        shutil.rmtree(workspace.root)
    assert landed["streamed"][:4] == landed["careful"][:4]
    assert landed["streamed"][4] == landed["careful"][4]
    assert len(landed["streamed"][4]) == sum(map(len, pages))


@pytest.mark.parametrize(
    "line",
    [
        '{"clueCode": "A", "clueCode": "B"}',
        '["A"]',
        '{"clueCode": "A"} {"clueCode": "B"}',
        '{"clueCode": "A"',
        '{"clueCode": 007.5}',
        '{"clueCode": 1.5e}',
    ],
)
def test_a_doubtful_line_goes_the_careful_way(workspace: Workspace, tmp_path: Path, line: str) -> None:
    good = '{"clueCode": "G", "registerTime": "x", "updateTime": "y", "regionCode": "z", "status": "s", "summary": ""}'
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8")
    found = _rows(workspace, file, tmp_path, is_careful=False)
    assert found == _rows(workspace, file, tmp_path, is_careful=True)
    assert _written(workspace, file, tmp_path) is None
    assert [row[1] for row in (found[0], found[2])] == ["G", "G"]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (b'{"a":1.50,"b": -2.5e+3 ,"c":1e5}', b'{"a":"1.50","b": "-2.5e+3" ,"c":"1e5"}'),
        (b'{"a":0.84,"b":-15000.5,"c":0.012}', None),
        (b'{"a":0.0084,"b":0.0,"c":1234567890123.456}', b'{"a":"0.0084","b":"0.0","c":"1234567890123.456"}'),
        (b'{"a":"he said \\":1.5,","b":12}', None),
        (b'{"a":[1.5,2.5]}', None),
        (b'{"a":1.2.3,"b":007.5,"c":1.5e,"d":1.2-3}', None),
        (b'{"a":{"b":0.10}}', b'{"a":{"b":"0.10"}}'),
        (b"", None),
    ],
)
def test_only_numbers_that_are_a_keys_value_are_quoted(text: bytes, quoted: bytes | None) -> None:
    assert quote_decimals(text) == quoted


@given(
    st.lists(st.decimals(-(10**12), 10**12, places=4, allow_nan=False), min_size=1, max_size=5),
    st.text(string.printable, max_size=30),
)
def test_quoting_changes_numbers_into_their_texts_alone(numbers: list[Any], text: str) -> None:
    row = {f"k{at}": number for at, number in enumerate(numbers)} | {"text": text}
    raw = _json(row).encode()
    quoted = json.loads(quote_decimals(raw) or raw, parse_float=str, parse_int=str)
    assert quoted.pop("text") == text
    assert quoted == {key: str(value) for key, value in row.items() if key != "text"}


HALVES = [
    ("欠薪\\ud83d", "欠薪\ufffd"),
    ("\\uDE00欠薪", "\ufffd欠薪"),
    ("\\ud83d\\ud83d\\ude00", "\ufffd😀"),
    ("\\ude00\\ud83d", "\ufffd\ufffd"),
    ("\\\\\\ud83d。", "\\\ufffd。"),
    ("\\\\ud83d\\ude00", "\\ud83d\ufffd"),
    ("\\ud83d\\\\ude00", "\ufffd\\ude00"),
    ("\\u0000\\u0000\\uD83D", "\ufffd\ufffd\ufffd"),
]
WHOLE = [("\\ud83d\\ude00", "😀"), ("\\\\ud83d", "\\ud83d"), ("\\u4e2d\\u6587", "中文")]


@pytest.mark.parametrize("form", ["lines", "array", "laid_out", "page", "laid_out_page"])
def test_half_a_pair_in_a_text_is_one_broken_character(tmp_path: Path, form: str) -> None:
    """Escaped half a surrogate pair: the row stays, U+FFFD stands in its place, and the column is named as broken."""
    texts = [*HALVES, *WHOLE]
    rows = [
        json.dumps({**dict.fromkeys(COLUMNS[:5], "x"), "clueCode": f"XS{at}", "registerTime": "2023-08-30 09:00:00"})[:-1]
        + f', "summary": "{text}", "别的列": {{"k": ["{text}"]}}}}'
        for at, (text, _) in enumerate(texts)
    ]  # fmt: skip
    joined = (",\n" if "laid_out" in form else ",").join(rows)
    content = {
        "lines": "\n".join(rows) + "\n",
        "page": f'{{"code":0,"data":{{"total":{len(rows)},"rows":[{joined}]}}}}',
        "laid_out_page": f'{{"code":0,"data":{{"total":{len(rows)},"rows":[{joined}]}}}}',
    }.get(form, f"[{joined}]")
    file = tmp_path / f"a_20230831.{'jsonl' if form == 'lines' else 'json'}"
    file.write_text(content, encoding="utf-8")
    workspace = Workspace.open(tmp_path / "workspace")
    (delivery,) = handover.import_files(workspace, NATIONAL, [file], None).deliveries
    with workspace.scratch() as connection:
        found = connection.execute(
            "select clueCode, summary, json_extract_string(json_extract_string(_extra, '$.\"别的列\"'), '$.k[0]'), "
            f"_broken, _defect from {workspace.scan([delivery.rows_file])} order by row_no"
        ).fetchall()
    assert found == [
        (f"XS{at}", text, text, "summary" if "\ufffd" in text else None, None)
        for at, (_, text) in enumerate(texts)
    ]


@given(
    st.lists(
        st.sampled_from(["\\ud83d", "\\uDE00", "\\u0000", "\\\\", "\\u4e2d", "\\n", "u0000", "中"]),
        max_size=9,
    )
)
def test_what_is_mended_is_what_a_whole_reader_would_read(parts: list[str]) -> None:
    text = "".join(parts)
    mended = json_plain.without_broken_escapes(f'"{text}"'.encode())
    read = json.loads(f'"{text}"')
    assert json.loads(mended) == "".join(
        "\ufffd" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in read
    )


@pytest.mark.parametrize("is_careful", [False, True])
@pytest.mark.parametrize("blank", ["", " ", "\t", " \t "])
@pytest.mark.parametrize("key", ["别的列", "金额(元)", "金额%", "金额 ", "金额\u3000", "x_1"])
def test_a_number_keeps_its_zeros_whatever_its_key_and_the_blanks_around_it(
    workspace: Workspace, tmp_path: Path, key: str, blank: str, is_careful: bool
) -> None:
    text = ":1.50,"
    good = json.dumps(dict.fromkeys(COLUMNS[:5], "x") | {"summary": text})[:-1]
    line = f'{good},"a":{blank}"{text}","{key}"{blank}:{blank}15000.00{blank},"b":{blank}1.50{blank}}}'
    file = tmp_path / "rows.jsonl"
    file.write_text((line if is_careful else line.replace(text, "")) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, reading_connection(workspace) as connection:
        if is_careful:
            patch.setattr(json_reader, "streamed_lines", lambda *_: None)
        reading = json_reader.read_json_lines(connection, NATIONAL, file, file.name, tmp_path)
        (row,) = connection.execute(reading.query).fetchall()
    found = dict(zip(reading.headers, row[1:], strict=False))
    assert (found[key], found["b"]) == ("15000.00", "1.50")
    assert (found["summary"], found["a"]) == ((text, text) if is_careful else ("", ""))


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud83d", "\\ud83d\\ude00"])
def test_an_escape_is_not_torn_between_two_blocks(workspace: Workspace, tmp_path: Path, escape: str) -> None:
    """Wherever a block ends: the array is laid out on lines, so that it is copied before it is read."""
    row = dict.fromkeys(COLUMNS[:5], "x")
    rows = [json.dumps(row | {"clueCode": "甲" * at + "ESCAPE"}, ensure_ascii=False) for at in range(3)]
    file = tmp_path / "rows.json"
    file.write_text("[\n" + ",\n".join(rows).replace("ESCAPE", escape * 3) + "\n]", encoding="utf-8")
    sign = "😀" if "ude00" in escape else "\ufffd"
    for block_bytes in range(1, 40):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_reader, "BLOCK_BYTES", block_bytes)
            found = _rows(workspace, file, tmp_path, is_careful=False)
        assert [row[1] for row in found] == ["甲" * at + sign * 3 for at in range(3)]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries({name: NESTED for name in COLUMNS}), min_size=1, max_size=5),
    other=st.dictionaries(st.text('a甲":,\\ ', min_size=1, max_size=4), NESTED, max_size=2),
    at=st.integers(0, 4),
    separators=st.sampled_from([(", ", ": "), (",", ":"), (" , ", " : ")]),
)
def test_keys_are_told_only_where_every_row_has_them(
    rows: list[dict[str, Any]], other: dict[str, Any], at: int, separators: tuple[str, str]
) -> None:
    rows[at % len(rows)] |= other
    lines = [json.dumps(row, ensure_ascii=False, default=str, separators=separators) for row in rows]
    for text in ("\n".join(lines), "\n".join(lines) + "\n", "\n" + "\n".join(lines)):
        found = keys_of_rows(text.encode())
        assert found is None or (found[1] == len(rows) and all(set(row) <= set(found[0]) for row in rows))


@pytest.mark.parametrize("value", ["甲", "", "甲，乙；", "15000.00", "a\tb"])
def test_rows_of_the_same_keys_are_written_while_they_are_read(
    workspace: Workspace, tmp_path: Path, value: str
) -> None:
    rows = [
        dict.fromkeys(COLUMNS, value) | {"clueCode": str(number), "arrearsMoney": number}
        for number in range(3000)
    ]
    for file, text in (
        (tmp_path / "rows.jsonl", "\n".join(map(_json, rows))),
        (tmp_path / "rows.json", "[" + ",".join(map(_json, rows)) + "]"),
    ):
        file.write_text(text, encoding="utf-8")
        written = _written(workspace, file, tmp_path)
        assert written == _rows(workspace, file, tmp_path, is_careful=True)


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"c":2}',
        '{"a":1,"b":2,"c":3}',
        '{"b":1,"a":2}',
        '{"a":1,"a":2}',
        '{"a":1}',
        '{"a":1,"b" :2}',
        '{"a":1,"x\\"b":2}',
        '{"a":{"b":1,"c":2}}',
        '{"a":":","b":2}',
        '{"a":1,"\\u0062":2}',
        '{"a":1,\n"b":2}',
        "null",
        "",
    ],
)
def test_other_keys_than_the_first_rows_are_doubtful(line: str) -> None:
    first = '{"a":1,"b":2}'
    assert keys_of_rows(f"{first}\n{first}\n".encode()) == (("a", "b"), 2)
    assert keys_of_rows(f"{first}\n{line}\n{first}\n".encode()) is None
