"""The store: nothing lost, nothing read twice, whole batches or none."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from made_submissions import CODES, HEBEI, book, finding, project, submission, unread

from perfxl.check import Condition, Submission
from perfxl.consolidate import Content, content_of, dataset_of
from perfxl.consolidate.book_text import book_from
from perfxl.consolidate.files import Found, gather
from perfxl.consolidate.ledger import (
    choices_of,
    choose,
    counted,
    force,
    keep_opinions,
    keep_roster,
    keep_task,
    last_run,
    opinions_of,
    record_run,
    remembered,
    roster_of,
    task_of,
    written_last,
)
from perfxl.consolidate.reading import read_contents
from perfxl.consolidate.roster import Ceiling, Roster, Unit
from perfxl.consolidate.rows import rows_of
from perfxl.consolidate.schema import APPLICATION_ID, MIGRATIONS, VERSION
from perfxl.consolidate.shelf import StoredIndicators
from perfxl.consolidate.store import Store
from perfxl.consolidate.task import Hints, Task
from perfxl.errors import PerfxlError
from perfxl.form.model import Severity
from perfxl.form.records import Book, RowKey, SheetRecord
from perfxl.rules.types import CellError

AS_OF = datetime(2023, 3, 10, 9, 30)


def first_book() -> Book:
    return book("657001", "甲", project(CODES[0], 0.85), project(CODES[1], "０．８"))


def some() -> list[Content]:
    faults = [finding(), finding(Severity.HINT, rule="R06", explained=True, explanation="确是如此，已与业务科室核对")]
    return [
        content_of(submission("a.xlsx", first_book(), *faults)),
        content_of(submission("b.xlsx", book("657002", "乙\n=1", project(CODES[2], 1.0, "“引号”'%_")))),
        content_of(unread("c.xlsx")),
    ]


def names(contents: list[Content]) -> dict[str, str]:
    return {each.file: each.sha256 for each in contents}


def named(contents: list[Content]) -> list[Content]:
    """With the file's name in findings, as a reader gives them."""
    with Store() as store:
        store.add(contents, "r")
        return store.contents(names(contents))


class DescribeContents:
    def it_gives_back_what_was_put_in(self, tmp_path: Path) -> None:
        path = tmp_path / "s.db"
        with Store(path) as store:
            store.add(some(), "r")
        with Store(path) as store:
            found = store.contents(names(some()))
        assert [each.projects for each in found] == [each.projects for each in some()]
        assert found == named(some())
        counts = [(each.errors, each.explained_hints, each.budget) for each in found]
        assert counts == [(1, 1, 850_000), (0, 0, 1_000_000), (1, 0, 0)]

    def it_serves_one_content_under_two_names(self) -> None:
        one = some()[0]
        with Store() as store:
            store.add([one], "r")
            found = store.contents({"x": one.sha256, "y": one.sha256})
        assert [(each.file, each.findings[0].file) for each in found] == [("x", "x"), ("y", "y")]

    def it_replaces_what_an_older_reader_made(self) -> None:
        contents = some()
        with Store() as store:
            store.add(contents, "old")
            assert store.known("new") == set()
            store.add(contents, "new")
            assert store.known("new") == {contents[0].sha256, contents[1].sha256}
            assert store.contents(names(contents)) == named(contents)


def text_reader(found: Found) -> Submission:
    """Files of the form "unit,amount": enough to see what is read when."""
    shown, data = found.shown, found.path.read_bytes()
    if b"," not in data:
        return unread(shown)
    unit, amount = data.decode().split(",")
    made = submission(shown, book(unit, f"单位{unit}", project(CODES[0], float(amount))))
    made.sha256 = hashlib.sha256(data).hexdigest()
    return made


def folder(path: Path, count: int) -> Path:
    path.mkdir()
    for number in range(count):
        (path / f"{number}.xlsx").write_text(f"{657001 + number},{number}.25")
    return path


class DescribeBooks:
    def it_gives_back_the_whole_book(self) -> None:
        sheet = project(CODES[0], CellError("#N/A"), "名\n称", fiscal=True, other=0.1 + 0.2, purpose=None)
        sheet.explanations[RowKey("indicators", 2, 0)] = "确是如此，已核对"
        spaced = project(CODES[1])
        spaced.rows["indicators"][0].raws.update({"indicator": "　名称 ", "value": 95.0})
        made = book("657001", "甲", sheet, SheetRecord("project", 2), spaced)
        one = content_of(submission("a.xlsx", made))
        with Store() as store:
            store.add([one], "r")
            assert store.book(one.sha256) == made
            assert book_from(store.book_text(one.sha256)) == made
            assert one.book.count("完成数占总数的比例") == len(spaced.rows["indicators"])  # what indicators say stands there only
            assert store.book("other") is None
            assert store.contents({"a.xlsx": one.sha256})[0].explanations == (("项目01", "indicators", 2, 0, "确是如此，已核对"),)


class DescribeReadingAgain:
    def it_opens_only_what_is_new(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 5)
        with Store(tmp_path / "s.db") as store:
            first = read_contents(gather([files]).files, store, text_reader)
            (files / "3.xlsx").write_text("657004,99")
            (files / "copy.xlsx").write_bytes((files / "1.xlsx").read_bytes())
            second = read_contents(gather([files]).files, store, text_reader)
            found = second.contents
        assert (first.opened, second.opened) == (5, 1)
        assert [each.budget for each in found] == [250_000, 1_250_000, 2_250_000, 99_000_000, 4_250_000, 1_250_000]
        assert [Path(each.file).name for each in found][-1] == "copy.xlsx"

    def it_tries_unreadable_files_again(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 1)
        (files / "x.xlsx").write_text("nothing")
        with Store(tmp_path / "s.db") as store:
            assert [read_contents(gather([files]).files, store, text_reader).opened for _ in range(2)] == [2, 1]

    @pytest.mark.parametrize("seed", range(6))
    def it_comes_to_the_same_whatever_the_order_of_arrival(self, tmp_path: Path, seed: int) -> None:
        dice = random.Random(seed)
        texts = [f"{dice.randrange(657001, 657006)},{dice.randrange(1000)}.5" if dice.random() < 0.8 else "?" for _ in range(20)]
        texts += dice.sample(texts, 4)  # copies
        arriving = list(enumerate(texts))
        dice.shuffle(arriving)
        files = tmp_path / "in"
        files.mkdir()
        with Store(tmp_path / "s.db") as store:
            while arriving:
                for _ in range(dice.randrange(1, 9)):
                    if arriving:
                        number, text = arriving.pop()
                        (files / f"{number}.xlsx").write_text(text)
                read = read_contents(gather([files]).files, store, text_reader)
                dataset = dataset_of(read.contents, HEBEI, choices_of(store))
                record_run(store, dataset, as_of=AS_OF, output="o", read=read.opened)
            grown = remembered(store, HEBEI)
        with Store() as store:
            fresh = dataset_of(read_contents(gather([files]).files, store, text_reader).contents, HEBEI)
        assert {each.content.file: (each.state, each.reason) for each in grown.files} == {
            each.content.file: (each.state, each.reason) for each in fresh.files
        }
        assert sum(tally.files for tally in grown.tallies) == len(texts)
        assert grown.tallies == fresh.tallies

    def it_goes_on_after_being_killed(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 350)
        script = (
            "import sys, time; sys.path.insert(0, sys.argv[1]); import test_store as t; from pathlib import Path\n"
            "def slow(found): time.sleep(0.002); return t.text_reader(found)\n"
            "with t.Store(Path(sys.argv[3])) as store:\n"
            "    t.read_contents(t.gather([Path(sys.argv[2])]).files, store, slow)\n"
        )
        path = tmp_path / "s.db"
        for delay in (0.3, 0.5, 0.7):
            command = [sys.executable, "-c", script, str(Path(__file__).parent), str(files), str(path)]
            run = subprocess.Popen(command)
            deadline = time.monotonic() + 30
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(delay)
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
        with Store(path) as store:
            after = read_contents(gather([files]).files, store, text_reader).contents
        with Store(tmp_path / "fresh.db") as store:
            fresh = read_contents(gather([files]).files, store, text_reader).contents
        assert after == fresh
        assert contents_of(path) == contents_of(tmp_path / "fresh.db")

    def it_lets_two_runs_work_at_once(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 250)
        script = (
            "import sys; sys.path.insert(0, sys.argv[1]); import test_store as t; from pathlib import Path\n"
            "with t.Store(Path(sys.argv[3])) as store:\n"
            "    read = t.read_contents(t.gather([Path(sys.argv[2])]).files, store, t.text_reader)\n"
            "    t.record_run(store, t.dataset_of(read.contents, t.HEBEI), as_of=t.AS_OF, output='o', read=read.opened)\n"
        )
        command = [sys.executable, "-c", script, str(Path(__file__).parent), str(files), str(tmp_path / "s.db")]
        runs = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
        assert [(run.communicate()[1], run.returncode) for run in runs] == [(b"", 0)] * 3
        with Store(tmp_path / "s.db") as store:
            assert store.rows("SELECT count(*) FROM file WHERE present")[0][0] == 250
            assert store.rows("SELECT count(*) FROM run")[0][0] == 3


def contents_of(path: Path) -> list[list[tuple[object, ...]]]:
    """Every row of every table but ``seen``, which depends on how young the files were."""
    connection = sqlite3.connect(path)
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'seen' ORDER BY 1"
    tables = [row[0] for row in connection.execute(query)]
    found = [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables]
    connection.close()
    return found


class DescribeARound:
    def it_remembers_states_reasons_and_cross_findings(self) -> None:
        contents = [*some(), content_of(submission("d.xlsx", book("657003", "丙", project(CODES[2], 3.0))))]
        roster = Roster(units={"657001": Unit(code="657001", name="甲", lead=True)}, ceilings=(Ceiling(unit="657001", amount=5),))
        task = Task(form=("hebei-2023", 1), year=2023, round="一上", deadline="2023-03-01")
        with Store() as store:
            store.add(contents, "r")
            keep_task(store, task)
            keep_roster(store, units=roster, ceilings=roster)
            dataset = dataset_of(store.contents(names(contents)), HEBEI, task=task, roster=roster)
            record_run(store, dataset, as_of=AS_OF, output="o.xlsx", read=4)
            again = remembered(store, HEBEI)
            run = last_run(store)
            assert (task_of(store), roster_of(store)) == (task, roster)
        assert {each.content.file: (each.state, each.reason) for each in again.files} == {
            each.content.file: (each.state, each.reason) for each in dataset.files
        }
        assert [row.finding for row in again.findings] == [row.finding for row in dataset.findings]
        assert "X01" in [row.finding.rule for row in again.findings]
        assert run is not None and (run.files, run.read) == (4, 4)

    def it_remembers_what_is_wrong_with_files_that_it_does_not_keep(self) -> None:
        kept, lost = some()[:2], some()[2:]
        with Store() as store:
            store.add(kept, "r")
            dataset = dataset_of([*store.contents(names(kept)), *lost], HEBEI)
            record_run(store, dataset, as_of=AS_OF, output="o.xlsx", read=3)
            again = remembered(store, HEBEI)
        assert [row.finding for row in again.findings] == [row.finding for row in dataset.findings]
        assert [row.finding.rule for row in again.findings if row.finding.file == "c.xlsx"] == [
            each.rule for each in lost[0].findings
        ]
        assert lost[0].findings

    def it_forgets_files_that_are_no_longer_there(self) -> None:
        contents = some()
        with Store() as store:
            store.add(contents, "r")
            for mine in (contents, contents[1:2]):
                record_run(store, dataset_of(mine, HEBEI), as_of=AS_OF, output="o", read=0)
            assert [each.file for each in counted(store)] == ["b.xlsx"]

    def it_keeps_the_officers_decisions(self) -> None:
        with Store() as store:
            choose(store, "657001", "abc", "以此为准")
            force(store, "657001", "abc", "已批复")
            choices = choices_of(store)
            assert (choices.winners, choices.forced, choices.hints_matter) == (
                {"657001": "abc"},
                {("657001", "abc"): "已批复"},
                True,
            )
            keep_task(store, Task(form=("hebei-2023", 1), year=2023, round="一上", hints=Hints.FREE))
            assert choices_of(store).hints_matter is False

    def it_keeps_opinions_until_they_are_cleared(self) -> None:
        key = ("657001", "P07", "项目01!C5")
        with Store() as store:
            keep_opinions(store, {key: "请核对"})
            keep_opinions(store, {})
            assert opinions_of(store) == {key: "请核对"}
            keep_opinions(store, {key: ""})
            assert opinions_of(store) == {}

    def it_refuses_another_task(self) -> None:
        with Store() as store:
            keep_task(store, Task(form=("hebei-2023", 1), year=2023, round="一上"))
            keep_task(store, Task(form=("hebei-2023", 1), year=2023, round="一上", deadline="2023-01-01"))
            with pytest.raises(PerfxlError) as fault:
                keep_task(store, Task(form=("hebei-2023", 1), year=2024, round="一上"))
        assert fault.value.code == "S23"


class DescribeOlderStores:
    def it_goes_on_with_a_store_that_did_not_know_what_it_wrote(self, tmp_path: Path) -> None:
        path = tmp_path / "s.db"
        with sqlite3.connect(path) as connection:
            connection.executescript("".join(MIGRATIONS[:3]))
            connection.execute("INSERT INTO run (as_of, output, files, read) VALUES ('2023-03-10', 'o.xlsx', 1, 1)")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA user_version = 3")
        connection.close()
        with Store(path) as store:
            assert written_last(store, "o.xlsx") == ""
            record_run(store, dataset_of([], HEBEI), as_of=AS_OF, output="o.xlsx", read=0, written="a1")
            record_run(store, dataset_of([], HEBEI), as_of=AS_OF, output="p.xlsx", read=0, written="b2")
            assert [written_last(store, name) for name in ("o.xlsx", "p.xlsx", "q.xlsx")] == ["a1", "b2", ""]


    @pytest.mark.parametrize("read_only", [False, True])
    def it_takes_over_indicators_that_were_rows_of_their_own(self, tmp_path: Path, read_only: bool) -> None:
        path, contents = tmp_path / "s.db", some()
        with sqlite3.connect(path) as connection:
            connection.executescript("".join(MIGRATIONS[:4]))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA user_version = 4")
            for each in contents:
                content, *_ = rows_of(each, "r").content
                connection.execute(f"INSERT INTO content VALUES ({','.join('?' * 12)})", content)
                for row in rows_of(each, "r").project:
                    connection.execute("INSERT INTO project VALUES (?,?,?,?,?,?,?,?,?)", row[:9])
                for project in each.projects:
                    for number, row in reversed(list(enumerate(project.indicators))):
                        place = (each.sha256, project.ordinal, number, *row[:6])
                        fields = json.dumps(row.values, ensure_ascii=False)
                        connection.execute("INSERT INTO indicator VALUES (?,?,?,?,?,?,?,?,?,?)", (*place, fields))
        connection.close()
        with Store(path, read_only=read_only) as store:
            assert [each.projects for each in store.contents(names(contents))] == [each.projects for each in contents]
            assert store.book(contents[0].sha256) == first_book()


class DescribeFaultyStores:
    def it_refuses_a_newer_version(self, tmp_path: Path) -> None:
        path = tmp_path / "s.db"
        with Store(path) as store:
            store.connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        with pytest.raises(PerfxlError) as fault:
            Store(path)
        assert fault.value.code == "S22"

    def it_refuses_what_is_no_store(self, tmp_path: Path) -> None:
        (tmp_path / "text.db").write_text("这不是数据库" * 100)
        other = sqlite3.connect(tmp_path / "other.db")
        other.execute("CREATE TABLE t (x)")
        other.close()
        for name in ("text.db", "other.db"):
            before = (tmp_path / name).read_bytes()
            with pytest.raises(PerfxlError) as fault:
                Store(tmp_path / name)
            assert fault.value.code == "S21"
            assert (tmp_path / name).read_bytes() == before

    def it_refuses_a_place_that_it_cannot_write(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "missing" / "s.db"):
            with pytest.raises(PerfxlError) as fault:
                Store(path)
            assert fault.value.code == "S20"

    def it_says_when_the_disk_is_full(self, tmp_path: Path) -> None:
        with Store(tmp_path / "s.db") as store:
            store.connection.execute("PRAGMA max_page_count = 40")
            many = [content_of(submission(f"{number}.xlsx", book("657001", "甲"))) for number in range(500)]
            with pytest.raises(PerfxlError) as fault:
                store.add(many, "r")
            assert fault.value.code == "S20"
            assert store.rows("SELECT count(*) FROM content")[0][0] == 0

    def it_opens_read_only_without_touching_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "s.db"
        with Store(path) as store:
            store.add(some(), "r")
        before = path.read_bytes()
        with Store(path, read_only=True) as store:
            assert len(store.contents(names(some()))) == 3
            assert counted(store) == []
        assert path.read_bytes() == before

    def it_reads_what_a_killed_run_left_half_written(self, tmp_path: Path) -> None:
        path = tmp_path / "s.db"
        with Store(path) as store:
            store.add(some(), "r")
        script = (
            "import os, signal, sqlite3, sys\n"
            "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "connection.execute('PRAGMA cache_size = 1')\n"
            "connection.execute('BEGIN IMMEDIATE')\n"
            "connection.execute('DELETE FROM project')\n"
            "connection.execute('CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 90000) '"
            "'SELECT i, hex(randomblob(20)) FROM n')\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        subprocess.run([sys.executable, "-c", script, str(path)], check=False)
        assert path.with_name("s.db-journal").exists()
        with Store(path, read_only=True) as store:
            assert store.contents(names(some())) == named(some())


def it_marks_unreadable_contents() -> None:
    assert content_of(unread("x")).condition is Condition.UNREADABLE


class DescribeStoredIndicators:
    def it_equals_the_indicators_that_were_stored(self) -> None:
        content = content_of(submission())
        with Store(None) as store:
            store.add([content], "1")
            kept = store.contents({content.file: content.sha256})[0].projects[0].indicators
        made = content.projects[0].indicators
        assert isinstance(kept, StoredIndicators)
        assert (kept == made, made == kept, kept != made[1:], len(kept)) == (True, True, True, len(made))
        assert (kept[1], kept[-1], kept[1:3]) == (made[1], made[-1], made[1:3])
        assert (list(kept), pickle.loads(pickle.dumps(kept))) == (list(made), made)

    def it_fetches_them_when_the_store_has_been_closed(self, tmp_path: Path) -> None:
        content, path = content_of(submission()), tmp_path / "s.db"
        with Store(path) as store:
            store.add([content], "1")
            kept = store.contents({content.file: content.sha256})[0].projects[0].indicators
        assert tuple(kept) == content.projects[0].indicators

    def it_fetches_long_texts_and_holds_short_ones(self, tmp_path: Path) -> None:
        long = "用于房屋征收工作的测绘、评估、公告和档案整理，覆盖全部征收范围。"
        content, path = content_of(submission(made=book("657001", "甲", project(purpose=long)))), tmp_path / "s.db"
        with Store(path) as store:
            store.add([content], "1")
            kept = store.contents({content.file: content.sha256})[0].projects[0].values
            made = content.projects[0].values
            assert (kept, made, kept["purpose"], kept.get("nothing", 1)) == (made, kept, long, 1)
            assert (dict(kept), pickle.loads(pickle.dumps(kept)), "nothing" in kept) == (made, made, False)
        with Store(path) as store:
            kept = store.contents({content.file: content.sha256})[0].projects[0].values
            store.connection.execute("DELETE FROM project")
            assert kept["name"] == made["name"]
            with pytest.raises(PerfxlError) as fault:
                kept["purpose"]
        assert fault.value.code == "S20"

    def it_says_that_the_store_has_gone(self, tmp_path: Path) -> None:
        content, path = content_of(submission()), tmp_path / "s.db"
        with Store(path) as store:
            store.add([content], "1")
            kept = store.contents({content.file: content.sha256})[0].projects[0].indicators
        path.unlink()
        with pytest.raises(PerfxlError) as fault:
            tuple(kept)
        assert fault.value.code == "S20"
