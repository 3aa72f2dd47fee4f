"""Collecting from a real IMAP server (Dovecot) and from folders of .eml."""

from __future__ import annotations

import csv
import email
import email.policy
import gc
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

import pytest
from imap_tools.imap_utf7 import utf7_encode

from perfxl.consolidate.mail import Fate, Kind, letters, mark_letter
from perfxl.consolidate.store import Store

from .letters import bounce, mail, raw_gbk_mail, zipped
from .office import Office, unit_code
from .servers import SECRET, USER, Imap, Mailbox, Wire, free_port


def collected(office: Office, *arguments: object) -> dict[str, Any]:
    code, told = office.collect("--json", *arguments)
    assert code == 0, told
    found: dict[str, Any] = json.loads(told)
    return found


def eml(office: Office, *mails: bytes) -> Path:
    folder = office.folder / "eml"
    folder.mkdir(exist_ok=True)
    have = len(list(folder.glob("*")))
    for number, content in enumerate(mails, have):
        (folder / f"{number:04d}.eml").write_bytes(content)
    return folder


def outcomes(found: dict[str, Any]) -> list[list[tuple[str, str, int]]]:
    return [[(each["state"], each["unit"], each["version"]) for each in mail["files"]] for mail in found["list"]]


@pytest.fixture
def ready(office: Office) -> Office:
    """After handing out, as drafts."""
    assert office.hand_out("--eml", "草稿")[0] == 0
    return office


class DescribeAMailbox:
    def it_files_workbooks_by_unit_and_version_and_changes_nothing_there(
        self, ready: Office, imap: Imap, smtp: Mailbox
    ) -> None:
        first, second = ready.filled(0, fiscal=11), ready.filled(0)
        imap.deliver(mail(("报表.xlsx", first), number=1))
        imap.deliver(mail(("随便什么名字.xlsx", second), ("说明.txt", b"x"), number=2, days=1), seen=True)
        imap.deliver(mail(("a.xlsx", ready.filled(1)), sender="unit1@units.test", number=3, days=0.5))
        flags = imap.flags()
        found = collected(ready)
        assert outcomes(found) == [
            [("filed", unit_code(0), 1)], [("filed", unit_code(1), 1)], [("filed", unit_code(0), 2), ("other", "", 0)],
        ]  # fmt: skip
        filed = (ready.folder / "收件/报送").rglob("*.xlsx")
        paths = sorted(path.relative_to(ready.folder / "收件").as_posix() for path in filed)
        assert paths == [
            "报送/657002_第1征收所/657002_第1征收所_2023_第1版.xlsx",
            "报送/657002_第1征收所/657002_第1征收所_2023_第2版.xlsx",
            "报送/657003_第2征收所/657003_第2征收所_2023_第1版.xlsx",
        ]
        assert (ready.folder / "收件" / paths[1]).read_bytes() == second
        assert len(list((ready.folder / "收件/原件").rglob("*.eml"))) == 3
        assert (imap.flags(), imap.messages()) == (flags, 3)
        assert "imap" in imap.log() and "name=perfxl" in imap.log()
        # Again: nothing new, and nobody is told twice.
        assert collected(ready)["mails"] == 0
        assert len(smtp.taken) == 3

    def it_answers_with_what_was_received(self, ready: Office, imap: Imap, smtp: Mailbox) -> None:
        old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
        imap.deliver(mail(("报表.xlsx", ready.filled(0, fiscal=11)), ("旧.xls", old), number=7))
        code, told = ready.collect()
        assert code == 0 and told.splitlines()[-1] == "回执：已发 1 封", told
        ((sender, to, content),) = smtp.taken
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        assert (sender, to, message["In-Reply-To"]) == (USER, ["unit0@units.test"], "<m7@units.test>")
        assert message["Auto-Submitted"] == "auto-replied"
        assert message["Subject"] == "【回执】2023年一上部门预算绩效目标已收到 2 个文件（657002 第1征收所）"
        text = message.get_body(("plain",))
        assert text is not None
        said = text.get_content()
        assert "657002 第1征收所：已收，第 1 版，校验发现 1 处错误，请改正后重新报送。" in said
        assert "旧.xls" in said and "没有收下。" in said

    def it_sends_receipts_later_if_the_server_was_away(
        self, ready: Office, imap: Imap, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        imap.deliver(mail(("a.xlsx", ready.filled(0)), number=1))
        imap.deliver(mail(("a.xlsx", ready.filled(1)), sender="unit1@units.test", number=2))
        with monkeypatch.context() as patch:
            patch.setenv("PERFXL_SMTP", f"smtp://{USER}@localhost:{free_port()}")
            code, told = ready.collect()
        assert code == 2 and "新收 2 封邮件" in told and "[M04]" in told
        assert ready.send("--kind", "回执", "--unit", unit_code(1)) == (0, "回执：已发 1 封\n")
        assert ready.collect() == (0, "新收 0 封邮件\n回执：已发 1 封\n")
        assert ready.collect() == (0, "新收 0 封邮件\n")
        assert [to for _, to, _ in smtp.taken] == [["unit1@units.test"], ["unit0@units.test"]]

    def it_says_which_receipt_of_a_killed_run_is_uncertain_and_does_not_send_it_again(
        self, ready: Office, imap: Imap, smtp: Mailbox
    ) -> None:
        imap.deliver(mail(("a.xlsx", ready.filled(0)), number=1))
        assert ready.collect()[0] == 0
        with Store(ready.folder / "库.db") as store:
            (receipt,) = [each for each in letters(store) if each.kind is Kind.RECEIPT]
            assert mark_letter(store, receipt.message_id, Fate.SENDING, datetime.now(UTC))
        assert "发送中" in ready.run("status", "库.db")[1]
        code, told = ready.collect()
        assert (code, told.splitlines()[0]) == (0, "新收 0 封邮件")
        assert told.splitlines()[1].startswith(f"不确定：{unit_code(0)} unit0@units.test：")
        assert ready.status()["mail"]["sent"]["回执"] == {"uncertain": 1}
        assert ready.collect() == (0, "新收 0 封邮件\n")
        assert len(smtp.taken) == 1

    def it_reads_only_what_was_asked_for(self, ready: Office, imap: Imap) -> None:
        imap.deliver(mail(("a.xlsx", ready.filled(0)), number=1), seen=True)
        imap.deliver(mail(("a.xlsx", ready.filled(1)), number=2))
        imap.deliver(mail(("a.xlsx", ready.filled(2)), number=3), folder="." + utf7_encode("已申报").decode())
        assert outcomes(collected(ready, "--unseen", "--no-receipts")) == [[("filed", unit_code(1), 1)]]
        assert outcomes(collected(ready, "--since", "2099-01-01", "--no-receipts")) == []
        assert outcomes(collected(ready, "--folder", "已申报", "--no-receipts")) == [[("filed", unit_code(2), 1)]]
        assert outcomes(collected(ready, "--mark-seen", "--no-receipts")) == [[("filed", unit_code(0), 1)]]
        code, told = ready.collect("--folder", "没有的", "--no-receipts")
        assert code == 2 and "[M08]" in told

    def it_marks_as_read_only_when_told_to(self, ready: Office, imap: Imap, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PERFXL_MAIL_FROM")  # nobody writes: no sender is needed
        imap.deliver(mail(("a.xlsx", ready.filled(0)), number=1))
        collected(ready, "--mark-seen", "--no-receipts")
        assert imap.flags() == ["S"]

    def it_shows_no_password_when_it_is_wrong(self, ready: Office, imap: Imap, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PERFXL_MAIL_PASSWORD", "wrong" + SECRET)
        code, told = ready.collect()
        assert code == 2 and "[M05]" in told and SECRET not in told and "Traceback" not in told

    @pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 8))])
    def it_collects_everything_exactly_once_over_a_wire_that_breaks(
        self, ready: Office, imap: Imap, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        for number in range(5):
            imap.deliver(mail(("a.xlsx", ready.filled(number)), sender=ready.address(number), number=number))
        wire = Wire(imap.port)
        random = Random(seed)
        wire.cuts = [random.randrange(3_000, 150_000) for _ in range(7)]
        monkeypatch.setenv("PERFXL_IMAP", f"imaps://{USER}@localhost:{wire.port}")
        codes = [ready.collect("--no-receipts")[0] for _ in range(6)]
        wire.close()
        gc.collect()  # a socket left open would be told here
        assert codes[-1] == 0 and wire.connections > 3
        rows = listed(ready)
        expected = [(unit_code(number), "1", "已收") for number in range(5)]
        assert sorted((row["单位编码"], row["版本"], row["结果"]) for row in rows) == expected
        assert [len(list((ready.folder / "收件" / each).rglob("*.*"))) for each in ("报送", "原件")] == [5, 5]


def listed(office: Office) -> list[dict[str, str]]:
    with (office.folder / "收件/收件清单.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class DescribeWhatComesIn:
    def it_looks_into_archives_and_forwarded_mails(self, ready: Office) -> None:
        inner = mail(("里.xlsx", ready.filled(1)), sender="unit1@units.test", number=11, days=-3)
        name = "第三征收所报送表.xlsx"
        folder = eml(
            ready,
            mail(("包.zip", zipped((f"表/{name}", ready.filled(0)))), number=1),
            mail(sender="lead@units.test", number=2, forwarded=(inner,)),
            mail(("gbk.zip", zipped((name, ready.filled(2)), gbk=True)), number=3),
            mail(("转发.eml", mail(("x.xlsx", ready.filled(3)), number=12)), number=4),
            mail(("包.zip", zipped(("内.zip", zipped(("深.xlsx", ready.filled(4)))))), number=5),
        )
        found = collected(ready, folder, "--no-receipts")
        states = sorted(each for files in outcomes(found) for each in files)
        assert states == [("filed", unit_code(number), 1) for number in range(5)]
        names = [each["name"] for mail in found["list"] for each in mail["files"]]
        assert any(each.startswith("gbk.zip/第三征收所报送表.xlsx") for each in names)

    @pytest.mark.parametrize("style", ["raw", "words"])
    def it_reads_names_in_gbk(self, ready: Office, style: str) -> None:
        name = "657002_第1征收所_2023.xlsx"
        found = collected(ready, eml(ready, raw_gbk_mail(name, ready.filled(0), style=style)), "--no-receipts")
        ((each,),) = [mail["files"] for mail in found["list"]]
        assert (each["name"], each["state"], found["list"][0]["subject"]) == (name, "filed", f"报送：{name}")

    def it_takes_each_mail_and_each_content_once(self, ready: Office) -> None:
        content = ready.filled(0)
        one = mail(("a.xlsx", content), number=1)
        again = mail(("a.xlsx", content), number=1, days=0.1, subject="转到另一文件夹")
        other = mail(("b.xlsx", content), number=2, days=1, sender="unit2@units.test")
        twice = mail(("a.xlsx", ready.filled(1)), ("b.xlsx", ready.filled(1)), number=3, days=2)
        found = collected(ready, eml(ready, one, one, again, other, twice), "--eml", "回执")
        assert [each["kind"] for each in found["list"]] == ["report", "duplicate", "report", "report"]
        assert outcomes(found) == [
            [("filed", unit_code(0), 1)],
            [("repeated", unit_code(0), 1)],
            [("repeated", unit_code(0), 1)],
            [("filed", unit_code(1), 1), ("repeated", unit_code(1), 1)],
        ]
        assert len(list((ready.folder / "回执").glob("*.eml"))) == 3

    def it_goes_by_the_seal_and_not_by_the_sender_or_the_name(self, ready: Office) -> None:
        wrong = ready.filled(2)
        found = collected(ready, eml(ready, mail((ready.book_name(0), wrong), number=1)), "--no-receipts")
        assert outcomes(found) == [[("filed", unit_code(2), 1)]]

    def it_keeps_apart_what_is_not_recognised(self, ready: Office) -> None:
        blank = (ready.folder / "下发" / ready.book_name(1)).read_bytes()
        folder = eml(
            ready,
            mail(("空表.xlsx", blank), ("坏.xlsx", b"PK\x03\x04 broken"), ("老.rar", b"Rar!\x1a\x07\x00xx"), number=1),
            mail(number=2, body="请问怎么填？", days=1),
            mail(("盖章.pdf", b"%PDF-"), number=3, sender="stranger@x.test", days=2),
            mail(("坏.zip", b"PK\x03\x04 broken"), number=4, sender="spam@x.test", days=3),
        )
        found = collected(ready, folder, "--eml", "回执")
        assert [each["kind"] for each in found["list"]] == ["other"] * 4
        reasons = [each["reason"] for mail in found["list"] for each in mail["files"]]
        assert reasons[0] == "是下发的原表，没有填报"
        assert reasons[2].startswith("压缩包格式不支持（.rar）")
        pending = sorted(path.name.partition("_")[2] for path in (ready.folder / "收件/待处理").iterdir())
        assert pending == ["1_坏.zip", "1_空表.xlsx", "2_坏.xlsx", "3_老.rar"]
        # Only the unit that tried to report is told; strangers and questions are not.
        assert [path.name.split("_")[0] for path in (ready.folder / "回执").glob("*.eml")] == [unit_code(0)]

    def it_never_answers_machines_or_itself(self, ready: Office) -> None:
        folder = eml(
            ready,
            mail(("a.xlsx", ready.filled(0)), number=1, Auto_Submitted="auto-replied"),
            mail(("a.xlsx", ready.filled(1)), number=2, sender=f"自己 <{USER}>"),
            mail(("a.xlsx", ready.filled(2)), number=3, sender="units <list@units.test>", List_Id="<x.units.test>"),
            mail(number=4, subject="自动回复：外出", Auto_Submitted="auto-replied"),
        )
        sent = next((ready.folder / "草稿").glob("*.eml")).read_bytes()
        (folder / "sent.eml").write_bytes(sent)
        found = collected(ready, folder, "--eml", "回执")
        assert sorted(each["kind"] for each in found["list"]) == ["automatic", "automatic", "report", "report", "report"]
        assert found["files"] == {"filed": 3, "repeated": 0, "unrecognised": 0, "other": 0}
        assert not (ready.folder / "回执").exists()

    def it_dates_workbooks_by_their_mail(self, ready: Office) -> None:
        # The faulty one is saved later but mailed earlier than the clean one; a reply drags the faulty one along again.
        faulty, clean = ready.filled(0, fiscal=11), ready.filled(0)
        old = mail(("a.xlsx", faulty), number=1, days=-5)
        folder = eml(
            ready,
            old,
            mail(("a.xlsx", clean), number=2),
            mail(("a.xlsx", ready.filled(1)), number=3, days=40_000),
            mail(number=4, days=2, forwarded=(old,)),
        )
        collected(ready, folder, "--no-receipts")
        states = {each["file"].rpartition("/")[2]: each["state"] for each in ready.consolidate()["list"]}
        assert states == {
            "657002_第1征收所_2023_第1版.xlsx": "superseded",
            "657002_第1征收所_2023_第2版.xlsx": "accepted",
            "657003_第2征收所_2023_第1版.xlsx": "accepted",
        }


class DescribeBounces:
    @pytest.mark.parametrize("dsn", [True, False])
    def it_knows_whose_letter_came_back(self, ready: Office, dsn: bool) -> None:
        with Store(ready.folder / "库.db") as store:
            letter = next(each for each in letters(store) if each.unit == unit_code(3))
        found = collected(ready, eml(ready, bounce(letter.message_id, letter.address, dsn=dsn)))
        assert [each["kind"] for each in found["list"]] == ["bounce"]
        code, told = ready.hand_out()
        assert f"退信：{unit_code(3)} {letter.address}" in told and code == 0
        if dsn:
            assert "550 5.1.1" in told

    def it_believes_an_answer_that_an_uncertain_letter_arrived(self, ready: Office) -> None:
        from datetime import UTC, datetime

        with Store(ready.folder / "库.db") as store:
            letter = letters(store)[0]
            mark_letter(store, letter.message_id, Fate.UNCERTAIN, datetime.now(UTC), "?")
            collected(ready, eml(ready, mail(number=1, In_Reply_To=f"<{letter.message_id}>")))
            assert letters(store)[0].fate is Fate.SENT
