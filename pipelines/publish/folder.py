"""The folder of a publication: made whole in the workspace's tmp, verified, and only then moved by the caller."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from pipelines.contracts import TableContract
from pipelines.errors import PublicationError
from pipelines.publish.bulletin import bulletin
from pipelines.publish.changes import write_changes
from pipelines.publish.context import PublicationContext
from pipelines.publish.database import (
    content_hashes,
    describe_tables,
    write_database,
    write_dictionary,
    write_parquet,
)
from pipelines.publish.figures import collect
from pipelines.publish.manifest import write_manifest
from pipelines.publish.page import page
from pipelines.publish.verify import verify
from pipelines.publish.workbook import workbook_name, write_workbook
from pipelines.settings import City
from pipelines.store import Workspace, disk_full_is_said, remove_tree


def write(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    city: City,
    tables: Mapping[str, TableContract],
    context: PublicationContext,
) -> Path:
    """Make the folder of a publication in the workspace's tmp and return it, complete and verified.

    It holds clearance.duckdb, parquet/, 清零日报_DATE.xlsx, index.html, bulletin.md, dictionary.csv, changes.csv,
    checks/ and manifest.json. Raises PublicationError when a table is missing, the disk is full, or page, workbook,
    bulletin and database do not agree; then nothing is left behind.
    """
    folder = workspace.temporary / f"publication_{context.publication_id}"
    remove_tree(folder)
    try:
        with disk_full_is_said(folder):
            folder.mkdir(parents=True)
            _fill(folder, connection, city, tables, context)
    except BaseException:
        remove_tree(folder)
        raise
    return folder


def _fill(
    folder: Path,
    connection: duckdb.DuckDBPyConnection,
    city: City,
    tables: Mapping[str, TableContract],
    context: PublicationContext,
) -> None:
    describe_tables(connection, tables)
    rows = write_parquet(connection, tables, folder / "parquet")
    write_database(folder / "parquet", tables, folder / "clearance.duckdb")
    write_dictionary(connection, folder / "dictionary.csv")
    figures = collect(connection, context.business_date)
    workbook = folder / workbook_name(context.business_date)
    write_workbook(workbook, figures, city, context)
    (folder / "index.html").write_text(page(figures, city, context), encoding="utf-8")
    (folder / "bulletin.md").write_text(bulletin(figures, city), encoding="utf-8")
    write_changes(connection, tables, context, folder / "parquet", folder / "changes.csv")
    if context.checks_folder is not None and context.checks_folder.is_dir():
        shutil.copytree(context.checks_folder, folder / "checks")
    else:
        (folder / "checks").mkdir()
    verify(folder, context.business_date, figures)
    hashes = context.content_hashes or content_hashes(connection, tables)
    write_manifest(folder, figures, city, context, rows, hashes)


def swap_latest(workspace: Workspace, folder: Path) -> None:
    """Point `published/latest` at a published folder, in one step: a reader sees the old one or the new one."""
    published = workspace.published
    if not folder.is_dir():
        raise PublicationError("the folder to publish is not there", where=str(folder))
    temporary = published / f".latest.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(os.path.relpath(folder, published))
    temporary.rename(published / "latest")
