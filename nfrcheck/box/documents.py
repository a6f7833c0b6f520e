"""The documents of a region in SQLite, with the outbox of what the other must still get."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nfrcheck.box.records import ConflictError

SKUS = 200
CUSTOMERS = 50
STOCK = 1_000_000_000  # nobody shall run out of stock in a load test

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  key TEXT PRIMARY KEY, body TEXT NOT NULL, version INTEGER NOT NULL, origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, body TEXT NOT NULL,
  version INTEGER NOT NULL, origin TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS applied (origin TEXT PRIMARY KEY, seq INTEGER NOT NULL);
"""

# The newer version wins, in both regions alike; equal versions by the name of the region.
UPSERT = """
INSERT INTO documents (key, body, version, origin) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET body = excluded.body, version = excluded.version,
  origin = excluded.origin
WHERE (excluded.version, excluded.origin) > (documents.version, documents.origin)
"""

Entry = tuple[int, str, str, int, str]  # seq, key, body as JSON text, version, origin
Change = dict[str, Any]


class Documents:
    """Not for several threads. A method that returns has committed."""

    def __init__(self, path: Path, region: str) -> None:
        self._region = region
        self._sql = sqlite3.connect(path, isolation_level=None)
        self._sql.execute("PRAGMA journal_mode = WAL")
        # What is written to the WAL survives the death of the process, which is all that the box
        # plays; waiting for the disk would only add its moods to every latency.
        self._sql.execute("PRAGMA synchronous = OFF")
        self._sql.executescript(SCHEMA)
        self._seed()

    def close(self) -> None:
        self._sql.close()

    def _seed(self) -> None:
        if self._sql.execute("SELECT 1 FROM documents LIMIT 1").fetchone():
            return
        rows: list[tuple[str, Any]] = []
        for n in range(1, SKUS + 1):
            rows += [(f"price:sku-{n}", 100 + 37 * n % 900), (f"stock:sku-{n}", STOCK)]
        rows += [
            (f"customer:c-{n}", {"id": f"c-{n}", "name": f"Customer {n}", "tier": n % 3})
            for n in range(1, CUSTOMERS + 1)
        ]
        with self._sql:
            self._sql.execute("BEGIN IMMEDIATE")
            self._sql.executemany(UPSERT, [(key, json.dumps(body), 1, "") for key, body in rows])

    def read(self, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        """Key -> version and body as JSON text; unknown keys are missing."""
        marks = ",".join("?" * len(keys))
        rows = self._sql.execute(
            f"SELECT key, version, body FROM documents WHERE key IN ({marks})",  # noqa: S608  marks only
            keys,
        )
        return {key: (version, body) for key, version, body in rows}

    def change(self, change: Change) -> Any:
        """One transaction. None, or the body of `once` where that key is there already."""
        with self._sql:
            self._sql.execute("BEGIN IMMEDIATE")
            if change["once"] is not None:
                before = self.read([change["once"][0]])
                if before:
                    return json.loads(before[change["once"][0]][1])
            if change["expect"] is not None:
                key, version = change["expect"]
                if self.read([key]).get(key, (0, ""))[0] != version:
                    raise ConflictError
            self._put(change)
        return None

    def _put(self, change: Change) -> None:
        puts = dict(change["puts"])
        if change["once"] is not None:
            puts[change["once"][0]] = change["once"][1]
        found = self.read([*puts, *change["adds"]])
        for key, amount in change["adds"].items():
            puts[key] = int(found.get(key, (0, "0"))[1]) + amount
        rows = [
            (key, json.dumps(body), found.get(key, (0, ""))[0] + 1, self._region)
            for key, body in puts.items()
        ]
        self._sql.executemany(UPSERT, rows)
        self._sql.executemany(
            "INSERT INTO outbox (key, body, version, origin) VALUES (?, ?, ?, ?)", rows
        )

    def outgoing(self, most: int) -> list[Entry]:
        return list(self._sql.execute("SELECT * FROM outbox ORDER BY seq LIMIT ?", (most,)))

    def newest(self) -> int:
        """The last `seq` that the other region does not have yet; 0: it has everything."""
        (seq,) = self._sql.execute("SELECT max(seq) FROM outbox").fetchone()
        return int(seq or 0)

    def delivered(self, seq: int) -> None:
        """The other region has everything up to `seq`."""
        self._sql.execute("DELETE FROM outbox WHERE seq <= ?", (seq,))

    def apply(self, origin: str, entries: Sequence[Entry]) -> int:
        """Takes what the other region sends, each entry once. The last `seq` that is in."""
        with self._sql:
            self._sql.execute("BEGIN IMMEDIATE")
            row = self._sql.execute(
                "SELECT seq FROM applied WHERE origin = ?", (origin,)
            ).fetchone()
            last = int(row[0]) if row else 0
            fresh = [entry for entry in entries if entry[0] > last]
            self._sql.executemany(UPSERT, [entry[1:] for entry in fresh])
            if fresh:
                last = fresh[-1][0]
                self._sql.execute("INSERT OR REPLACE INTO applied VALUES (?, ?)", (origin, last))
        return last


def look_up(path: Path, key: str) -> Any:
    """What the files of a store hold under a key, whether its process lives or not; else None."""
    sql = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        row = sql.execute("SELECT body FROM documents WHERE key = ?", (key,)).fetchone()
    finally:
        sql.close()
    return None if row is None else json.loads(row[0])
