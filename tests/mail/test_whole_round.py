"""A round by mail, from handing out to the mended returns: every message and file accounted for, none twice, none lost."""

from __future__ import annotations

import csv
import email
import email.policy
import io
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

from .letters import mail, raw_gbk_mail, zipped
from .office import Office, filled, mended, unit_code
from .servers import Imap, Mailbox

STYLES = ("clean", "faulty", "twice", "zipped", "forwarded", "gbk", "other's mailbox", "strays first", "silent", "newer")


def style(number: int) -> str:
    return STYLES[number % len(STYLES)]


def enclosed(content: bytes) -> bytes:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    (attached,) = message.iter_attachments()
    found: bytes = attached.get_content()
    return found


def replies(number: int, content: bytes) -> list[bytes]:
    """What the unit sends, having got its workbook by mail; files' names are as people name them."""
    good = filled(content, number, 12.5, 12.5)
    bad = filled(content, number, 12.5, 11)
    sender, key = f"王芳{number} <unit{number}@units.test>", number * 10
    match style(number):
        case "clean":
            return [mail(("我们单位的表.xlsx", good), sender=sender, number=key)]
        case "faulty":
            return [mail(("a.xlsx", bad), sender=sender, number=key)]
        case "twice":
            return [
                mail(("a.xlsx", good), sender=sender, number=key),
                mail(("a.xlsx", good), sender=sender, number=key, subject="重发"),
                mail(("b.xlsx", good), sender=sender, number=key + 1),
            ]
        case "zipped":
            packed = zipped(("材料/填报表（最终）.xlsx", good), ("材料/说明.txt", b"x"))
            return [mail(("材料.zip", packed), sender=sender, number=key)]
        case "forwarded":
            inner = mail(("a.xlsx", good), sender="colleague@units.test", number=key + 1)
            return [mail(sender=sender, number=key, forwarded=(inner,), days=1)]
        case "gbk":
            return [raw_gbk_mail("征收所填报表.xlsx", good, sender=f"unit{number}@units.test", number=key)]
        case "other's mailbox":
            return [mail(("a.xlsx", good), sender=f"unit{number + 1}@units.test", number=key)]
        case "strays first":
            strays = (("盖章.pdf", b"%PDF-1.4"), ("空表.xlsx", content), ("坏.xlsx", good[:3000]))
            return [mail(*strays, sender=sender, number=key), mail(("a.xlsx", good), sender=sender, number=key + 1, days=1)]
        case "newer":
            return [
                mail(("a.xlsx", bad), sender=sender, number=key),
                mail(("a.xlsx", good), sender=sender, number=key + 1, days=2),
            ]
    return []


EXPECTED = {"faulty": "returned", "silent": "missing"}


def unified(content: bytes) -> bytes:
    """IMAP ends lines as the standard says, the Maildir as it pleases."""
    return content.replace(b"\r\n", b"\n")


def units(found: dict[str, object]) -> dict[str, str]:
    rows = found["units"]
    assert isinstance(rows, list)
    return {row["unit_code"]: row["state"] for row in rows}


def walk(office: Office, imap: Imap, smtp: Mailbox) -> None:
    count = office.count
    everyone = [unit_code(number) for number in range(count)]
    assert office.hand_out()[0] == 0
    assert [to for _, to, _ in smtp.taken] == [[office.address(number)] for number in range(count)]

    sent = [each for number in range(count) for each in replies(number, enclosed(smtp.taken[number][2]))]
    for each in sent:
        imap.deliver(each)
    smtp.taken.clear()
    code, told = office.collect()
    assert code == 0, told

    # Every message: kept as it came, listed once, answered once (but the copy of the same mail).
    originals = sorted((office.folder / "收件/原件").rglob("*.eml"))
    assert sorted(map(unified, (path.read_bytes() for path in originals))) == sorted(map(unified, sent))
    copies = sum(style(number) == "twice" for number in range(count))
    assert len(smtp.taken) == len(sent) - copies
    with (office.folder / "收件/收件清单.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    strays = sum(style(number) == "strays first" for number in range(count))
    sizes = Counter(style(number) for number in range(count))
    files = Counter(row["结果"] for row in rows)
    assert files["已收"] == count - sizes["silent"] + sizes["newer"]
    assert files["内容重复"] == 2 * sizes["twice"]
    assert files["未识别"] == 2 * strays and files["其他附件"] == strays + sizes["zipped"]

    # Every unit: in the state that it deserves.
    first = office.consolidate()
    assert units(first) == {unit_code(number): EXPECTED.get(style(number), "accepted") for number in range(count)}
    assert first["files"] == files["已收"]
    assert first["states"]["superseded"] == sizes["newer"]
    assert float(first["budget"]) == 12.5 * (count - sizes["faulty"] - sizes["silent"])

    # Sent back, with the findings in words; reminded are those that were silent.
    smtp.taken.clear()
    assert office.run("reissue", "-o", "退回", "--task", "task.toml", "--store", "库.db")[0] == 0
    code, told = office.send("退回", "--kind", "退回")
    assert (code, told) == (0, f"退回：已发 {sizes['faulty']} 封\n")
    back = {to[0]: content for _, to, content in smtp.taken}
    assert sorted(back) == sorted(office.address(number) for number in range(count) if style(number) == "faulty")
    for content in back.values():
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        text = message.get_body(("plain",))
        assert text is not None
        assert "【错误】项目01 C4　预算数应等于财政资金与其他资金之和（差额 1.5 万元）（P07）" in text.get_content()
    smtp.taken.clear()
    code, told = office.send("下发", "--kind", "催报")
    assert (code, told) == (0, f"催报：已发 {sizes['silent'] + sizes['faulty']} 封\n")
    assert office.send("下发", "--kind", "催报")[1] == f"催报：已发 0 封，以前已发 {len(smtp.taken)} 封，没有重发\n"
    silent = {office.address(number) for number in range(count) if style(number) == "silent"}
    for _, to, content in smtp.taken:
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        assert [each.get_filename() is not None for each in message.iter_attachments()] == [True] * (to[0] in silent)

    # The mended ones come back in the reissued workbooks.
    for number in range(count):
        if style(number) == "faulty":
            content = mended(enclosed(back[office.address(number)]))
            imap.deliver(mail(("已改.xlsx", content), sender=office.address(number), number=5000 + number, days=3))
    smtp.taken.clear()
    assert office.collect()[0] == 0
    assert len(smtp.taken) == sizes["faulty"]
    second = office.consolidate()
    assert units(second) == {code: "missing" if style(number) == "silent" else "accepted" for number, code in enumerate(everyone)}
    assert second["files"] == first["files"] + sizes["faulty"]
    assert sum(second["states"].values()) == second["files"]
    told = office.send("退回", "--kind", "退回")[1]
    assert told.startswith("退回：已发 0 封")

    # Status and 报送情况 tell it all.
    found = office.status()
    assert found["mail"]["sent"] == {
        "下发": {"sent": count},
        "催报": {"sent": sizes["silent"] + sizes["faulty"]},
        "退回": {"sent": sizes["faulty"]},
        "回执": {"sent": len(sent) - copies + sizes["faulty"]},
    }
    told = office.run("status", "库.db")[1]
    assert "下发" in told and f"来件：报送 {sum(found['mail']['mails'][kind] for kind in ('report',))}" in told
    sheet = openpyxl.load_workbook(io.BytesIO((office.folder / "汇总.xlsx").read_bytes()), read_only=True)["报送情况"]
    lines = [[str(value or "") for value in row] for row in sheet.iter_rows(values_only=True)]
    titles = next(line for line in lines if "下发邮件" in line)
    by_code = {line[titles.index("单位编码")]: dict(zip(titles, line, strict=True)) for line in lines}
    for number, code in enumerate(everyone):
        line = by_code[code]
        assert line["下发邮件"].endswith("已发")
        assert [bool(line[title]) for title in ("催报邮件", "退回邮件", "来件")] == [
            style(number) in ("silent", "faulty"),
            style(number) == "faulty",
            style(number) != "silent",
        ]

    # And nothing in the mailbox has changed.
    assert imap.messages() == len(sent) + sizes["faulty"]
    assert set(imap.flags()) == {""}


class DescribeARoundByMail:
    def it_accounts_for_every_message_and_file(self, tmp_path: Path, imap: Imap, smtp: Mailbox) -> None:
        (tmp_path / "局").mkdir()
        walk(Office.made(tmp_path / "局", 10), imap, smtp)

    @pytest.mark.long
    def it_accounts_for_two_hundred_units(self, tmp_path: Path, imap: Imap, smtp: Mailbox) -> None:
        (tmp_path / "局").mkdir()
        walk(Office.made(tmp_path / "局", 200), imap, smtp)
