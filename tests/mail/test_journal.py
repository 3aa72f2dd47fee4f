"""The mail journal in the store: older stores are migrated, and read as they are where they may not be changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from perfxl.consolidate.mail import Fate, Kind, LetterEntry, arrivals, letters, mail_dates, mark_letter, record_letters
from perfxl.consolidate.schema import APPLICATION_ID, MIGRATIONS
from perfxl.consolidate.store import Store

NOW = datetime(2022, 10, 9, tzinfo=UTC)
BEFORE_MAIL = next(number for number, script in enumerate(MIGRATIONS) if "CREATE TABLE letter" in script)


def older_store(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for script in MIGRATIONS[:BEFORE_MAIL]:
            connection.executescript(script)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {BEFORE_MAIL}")
        connection.commit()
    return path


def letter(number: int = 1) -> LetterEntry:
    return LetterEntry(
        message_id=f"id{number}", series="s", number=number, kind=Kind.HAND_OUT, unit="657002", address="a@b.c", subject="题"
    )


class DescribeTheJournal:
    def it_is_added_to_an_older_store(self, tmp_path: Path) -> None:
        path = older_store(tmp_path / "库.db")
        with Store(path, read_only=True) as store:
            assert (letters(store), arrivals(store), mail_dates(store)) == ([], [], {})
        with Store(path) as store:
            record_letters(store, [letter()])
            assert letters(store) == [letter()]

    def it_keeps_what_is_known_of_a_letter(self, tmp_path: Path) -> None:
        with Store(tmp_path / "库.db") as store:
            record_letters(store, [letter()])
            assert mark_letter(store, "id1", Fate.SENT, NOW)
            record_letters(store, [letter(), letter(2)])
            found = [(each.number, each.fate, each.attempts) for each in letters(store)]
            assert found == [(1, Fate.SENT, 1), (2, Fate.QUEUED, 0)]

    def it_changes_a_fate_only_if_it_is_still_the_one_meant(self, tmp_path: Path) -> None:
        with Store(tmp_path / "库.db") as store:
            record_letters(store, [letter()])
            assert not mark_letter(store, "id1", Fate.SENT, NOW, was=Fate.SENDING)
            assert letters(store)[0].fate is Fate.QUEUED
