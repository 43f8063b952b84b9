"""The lines of YAML that make a source's contract accept what a delivery brought, and names fit to be shown.

A header is a name, but the first row of a file without a header is a person's data: a name that is long or full of
digits is never shown, only its shape.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence

from pipelines.contracts import ColumnContract, SourceContract, fold_header, load_sources

LONGEST_NAME = 40
# A name with as many digits is a number of somebody or something.
MOST_DIGITS = 4
# difflib's ratio from which one name reads like another; 来电号码 and 来电人号码 have 0.89, 状态 and 区域 0.
ALIKE = 0.5
# What stands between values, or was broken: the name is a piece of a row.
TORN = re.compile('["{},\ufffd]')
# What the database trims: every character that Unicode calls a space separator.
BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*")
RESERVED = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def contract_file(contract: SourceContract) -> str:
    """The file of a source's contract, as messages name it."""
    return f"schemas/sources/{contract.source}.yml"


def value_shape(text: str) -> str:
    """The shape of a value, as the SQL macro of this name makes it: digits 9, letters a, other writing 字."""
    shape = re.sub(r"[0-9]", "9", text.strip(BLANKS)[:60])
    shape = re.sub(r"[A-SU-Ya-z]+", "a", shape)
    shape = re.sub(r"[^\x00-\x7f年月日时分秒点]+", "字", shape)
    shape = re.sub(r"[\s\x00-\x1f\x7f]+", " ", shape)
    return re.sub(r"9{18,}", "9…", shape)


def is_showable(name: str) -> bool:
    """Whether a name may stand in a message: short, few digits, no control characters, no piece of a torn row."""
    return (
        0 < len(name) <= LONGEST_NAME
        and sum(character.isdigit() for character in name) <= MOST_DIGITS
        and name.isprintable()
        and not TORN.search(name)
    )


def shown_name(name: str) -> str:
    """A header as a message shows it: itself, or its shape where it may be a person's data."""
    return name if is_showable(name) else f"(shape {value_shape(name)[:LONGEST_NAME]})"


def yaml_text(value: object) -> str:
    """A text, yes or no, or nothing as YAML reads it again."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return (
        text
        if PLAIN.fullmatch(text) and text.lower() not in RESERVED
        else json.dumps(text, ensure_ascii=False)
    )


def column_line(name: str, column: ColumnContract) -> str:
    """A column's whole line under `columns:`."""
    parts = []
    if column.fields:
        fields = [yaml_text(field) for field in column.fields]
        parts.append(f"field: {fields[0] if len(fields) == 1 else '[' + ', '.join(fields) + ']'}")
    parts.append(f"parser: {column.parser}")
    if column.required:
        parts.append("required: true")
    if column.privacy is not None:
        parts.append(f"privacy: {column.privacy}")
    if column.aliases:
        parts.append(f"aliases: [{', '.join(yaml_text(alias) for alias in column.aliases)}]")
    if column.codes:
        codes = ", ".join(f"{yaml_text(code)}: {yaml_text(value)}" for code, value in column.codes.items())
        parts.append(f"codes: {{{codes}}}")
    return f"{yaml_text(name)}: {{{', '.join(parts)}}}"


def alias_line(contract: SourceContract, name: str, header: str) -> str:
    """The line that takes `header` for the declared column `name`."""
    column = contract.columns[name]
    return column_line(name, column.model_copy(update={"aliases": (*column.aliases, header)}))


def likely_names(contract: SourceContract, missing: Sequence[str], unknown: Sequence[str]) -> dict[str, str]:
    """Which unknown header could be which missing column: the closest in writing, each once.

    One missing column and one unknown header are a pair, however they are written.
    """
    pairs = sorted(
        (
            (_likeness(contract, name, header), name, header)
            for name in missing
            for header in unknown
            if is_showable(header)
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    found: dict[str, str] = {}
    for likeness, name, header in pairs:
        is_only = len(missing) == len(unknown) == 1
        if name not in found and header not in found.values() and (likeness >= ALIKE or is_only):
            found[name] = header
    return found


def of_another_source(contract: SourceContract, headers: Sequence[str]) -> tuple[str, str] | None:
    """What to say of a header that is another source's: what it looks like, and the command that imports it there.

    It is another's where every column that one other contract requires is there, and more of its columns are than of
    this one's. None where no other contract fits, or more than one fits as well.
    """
    named = [header for header in headers if header.strip()]
    own = sum(contract.declared_name(header) is not None for header in named)
    fits: dict[str, int] = {}
    for name, other in load_sources().items():
        declared = {found for header in named if (found := other.declared_name(header)) is not None}
        if name != contract.source and not other.missing_columns(declared) and len(declared) > own:
            fits[name] = len(declared)
    best = [name for name, columns in fits.items() if columns == max(fits.values())]
    if len(best) != 1:
        return None
    title = load_sources()[best[0]].title
    return (
        f"this looks like a file of {best[0]} ({title}): its header has every column that {best[0]} requires",
        f"if it is one: clearance import {best[0]} FILE",
    )


def explain_missing(
    contract: SourceContract, missing: Sequence[str], headers: Sequence[str]
) -> tuple[str, str]:
    """What to say where required columns are missing: what happened, and what to do.

    Names the missing columns, the unknown headers that could be them, and the line of YAML that would accept each.
    """
    another = of_another_source(contract, headers)
    if another is not None:
        return another
    unknown = list(
        dict.fromkeys(
            header.strip() for header in headers if header.strip() and contract.declared_name(header) is None
        )
    )
    what = f"required columns are missing: {', '.join(missing)}"
    if len(unknown) == sum(1 for header in headers if header.strip()):
        return (
            f"{what}; no header is one of the contract's",
            "look at the file: its first row must hold the names of the columns"
            f" ({contract_file(contract)} has them all)",
        )
    if not unknown:
        return f"{what}; there is no unknown header", "ask the source for them"
    hidden = [header for header in unknown if not is_showable(header)]
    if len(hidden) > 1 or any(TORN.search(header) or not header.isprintable() for header in hidden):
        return (
            f"{what}; {len(unknown)} unknown headers are not shown, because some of them read like values",
            "look at the file's first line: a quote that is never closed makes the header swallow rows"
            f" ({contract_file(contract)} has the names of the columns)",
        )
    what += f"; unknown headers: {', '.join(shown_name(header) for header in unknown[:20])}"
    lines = [
        f"if {header} is {name}, write in {contract_file(contract)} under columns: {alias_line(contract, name, header)}"
        for name, header in likely_names(contract, missing, unknown).items()
    ]
    if not lines:
        lines = [
            f"if one of them is {missing[0]}, add it to the aliases of {missing[0]} in {contract_file(contract)}"
        ]
    return what, "; ".join([*lines, "otherwise ask the source for the missing columns"])


def _likeness(contract: SourceContract, name: str, header: str) -> float:
    written = fold_header(header)
    return max(
        difflib.SequenceMatcher(None, fold_header(known), written, autojunk=False).ratio()
        for known in (name, *contract.columns[name].aliases)
    )
