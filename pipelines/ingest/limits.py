"""How much of one delivery is read at most; beyond it a delivery is refused with the limit's name and value.

Each is far above what a city sends in a day. They keep memory bounded and stop a file that unpacks without end.
"""

from __future__ import annotations

MAX_FILE_BYTES = 2 * 1024**3
"""Size of one delivered file, or of all answers of one pull."""

MAX_WORKBOOK_BYTES = 200 * 1024**2
"""Size of one .xlsx file (a workbook is unpacked in memory)."""

MAX_OLD_WORKBOOK_BYTES = 64 * 1024**2
"""Size of one .xls file (it holds 65,536 rows a sheet)."""

MAX_UNPACKED_WORKBOOK_BYTES = 1024**3
"""Size of the parts of an .xlsx file once unpacked, and of its shared texts as often as its cells repeat them."""

MAX_SHEET_CELLS = 60_000_000
"""Cells of the area that a workbook's sheets span, empty ones too (the reader holds them all)."""

MAX_CELL_CHARACTERS = 1024**2
"""Length of one cell of a workbook (Excel itself takes 32,767); cells elsewhere are held by MAX_RECORD_BYTES."""

MAX_UNPACKED_ARCHIVE_BYTES = 4 * 1024**3
"""Size of all members of a .zip archive once unpacked."""

MAX_ARCHIVE_MEMBERS = 10_000
"""Members of a .zip archive, or parts of an .xlsx file."""

MAX_UNPACKED_RATIO = 200
"""How many times its own size an archive or an .xlsx file may unpack to (tables pack to a tenth, seldom a fiftieth)."""

RATIO_JUDGED_FROM_BYTES = 64 * 1024**2
"""Unpacked size from which the ratio is judged: a small file of few repeated rows packs well and harms nobody."""

MAX_JSON_DOCUMENT_BYTES = 64 * 1024**2
"""Size of one JSON page object, or of a bare array given with others (JSON Lines and a bare array by itself are read
as a stream and may be larger)."""

MAX_JSON_DEPTH = 64
"""How deep values of a JSON document, or of a line of JSON Lines, may be nested (a page of the API has four levels)."""

MAX_ROWS = 10_000_000
"""Rows of one delivery."""

MAX_COLUMNS = 500
"""Columns of one delivery, declared or not."""

MAX_RECORD_BYTES = 4 * 1024**2
"""Length of one CSV record or JSON line."""

MAX_ANSWERED_ROWS = 1_000_000
"""Rows of one REST window: they are held in memory until two readings agree."""

MAX_LISTED_FILES = 100_000
"""Files in one outbox."""

SEALED_PART_BYTES = 8 * 1024**2
"""Original bytes are sealed in parts of this size (larger ones cost six times the time: fresh memory each)."""

MAX_READING_SECONDS = 1200
"""Seconds spent on reading and landing one delivery, pulled or handed over."""
