"""What to do about a finding of drift: the line of YAML that accepts it and where it stands, or that none is needed."""

from __future__ import annotations

from collections import defaultdict
from typing import get_args

from pipelines.contracts import Outcome, SourceContract, Status
from pipelines.ingest.acceptance import alias_line, column_line, contract_file, is_showable, yaml_text

HIDDEN_CODE = "CODE"


def known_codes(contract: SourceContract) -> dict[str, set[str]]:
    """The codes that the contract knows, by column; a column without a list of codes is not in it."""
    known: dict[str, set[str]] = defaultdict(set)
    known[contract.status.column] |= set(contract.status.codes)
    for rule in contract.outcome:
        known[rule.column] |= set(rule.codes)
    if contract.channel.column is not None:
        known[contract.channel.column] |= set(contract.channel.codes)
    for name, column in contract.columns.items():
        if column.parser == "code":
            known[name] |= set(column.codes)
    return dict(known)


def new_column(contract: SourceContract, header: str, is_time: bool, stands_for: str | None) -> str:
    """How an undeclared column becomes a declared one, or another name of one that is gone."""
    if not is_showable(header):
        return (
            f"look at the header of the file; a name is declared in {contract_file(contract)} under columns:"
        )
    if stands_for is not None:
        return f"{contract_file(contract)} → columns: → {alias_line(contract, stands_for, header)}"
    parser = "timestamp" if is_time else "text"
    return f"{contract_file(contract)} → columns: → {yaml_text(header)}: {{parser: {parser}}}"


def vanished_column(contract: SourceContract, name: str, header: str | None) -> str:
    """How the new name of a column that is gone is accepted."""
    if header is None:
        return "no line of YAML brings it back: ask the source why the column is gone or empty"
    return f"{contract_file(contract)} → columns: → {alias_line(contract, name, header)}"


def unknown_code(contract: SourceContract, name: str, code: str | None) -> str:
    """The lines that say what a code means; `code` None: it may not be shown."""
    file, key = contract_file(contract), HIDDEN_CODE if code is None else yaml_text(code)
    parts = []
    if contract.status.column == name:
        choice = ", ".join(get_args(Status))
        parts.append(f"{file} → status: → codes: → {key}: handling   # choose one of {choice}")
    for rule in contract.outcome:
        if rule.column == name:
            choice = ", ".join(get_args(Outcome))
            parts.append(
                f"{file} → outcome: → column: {yaml_text(name)} → codes: → {key}: null   # or one of {choice}"
            )
    if contract.channel.column == name:
        names = list(dict.fromkeys(contract.channel.codes.values()))
        parts.append(
            f"{file} → channel: → codes: → {key}: {names[0]}   # choose one of {', '.join(names)}, or a new one"
        )
    column = contract.columns[name]
    if column.parser == "code":
        values = list(dict.fromkeys(yaml_text(value) for value in column.codes.values()))
        parts.append(
            f"{file} → columns: → {yaml_text(name)}: → codes: → {key}: {values[0]}   # choose one of {', '.join(values)}"
        )
    if code is None:
        parts.append(f"{HIDDEN_CODE} stands for the code, which the delivery holds and which is not shown")
    return "; ".join(parts)


def unknown_flag(contract: SourceContract, name: str, code: str | None) -> str:
    """The line that makes a column of yes and no one of codes, where a third answer came."""
    codes = {"是": True, "否": False, HIDDEN_CODE if code is None else code: False}
    column = contract.columns[name].model_copy(update={"parser": "code", "codes": codes})
    return (
        f"{contract_file(contract)} → columns: → {column_line(name, column)}   "
        "# choose true, false or null; list every answer that comes"
    )


def new_date_shape(contract: SourceContract, name: str, shape: str, is_read: bool) -> str:
    """Nothing to do for a shape that the parser reads; else which parser lacks it."""
    parser = contract.columns[name].parser
    if is_read:
        return f"nothing to do: the parser {parser} reads it"
    return (
        f"no line of YAML accepts it: the parser {parser} does not read {shape}; "
        f"it must learn the shape in sql/macros/parse_{parser}.sql"
    )


def unreadable(contract: SourceContract, name: str) -> str:
    """Which parser cannot read the values."""
    parser = contract.columns[name].parser
    if parser == "code":
        return unknown_code(contract, name, None)
    return (
        f"no line of YAML accepts it: the parser {parser} does not read the values of {name}; ask the source, "
        f"or the parser must learn them in sql/macros/parse_{parser}.sql"
    )


def share_of_empties(contract: SourceContract, name: str) -> str:
    """A question for the source; a column that must be filled says so."""
    required = " (the contract requires it)" if contract.columns[name].required else ""
    return f"no line of YAML: ask the source whether {name}{required} is filled in another way now"


def share_of_code() -> str:
    """A question for the source."""
    return "no line of YAML: ask the source whether the code is used in another way now"
