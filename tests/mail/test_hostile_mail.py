"""Hostile mail: listed, kept apart, and nothing else happens."""

from __future__ import annotations

import base64
import email
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfxl.post.headers import decoded, name_of
from perfxl.post.opened import MOST_MAIL, open_mail

from .letters import BASE, mail, zipped
from .office import Office, unit_code
from .servers import Imap, Mailbox
from .test_collect import collected, eml, listed

HEAD = b"From: x@evil.test\r\nTo: a@b.c\r\nMessage-ID: <%s@evil.test>\r\nMIME-Version: 1.0\r\n"


def many_parts(count: int) -> bytes:
    part = b'--B\r\nContent-Type: text/plain; name="%d.txt"\r\n\r\nx\r\n'
    body = b"".join(part % number for number in range(count))
    return HEAD % b"parts" + b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n' + body + b"--B--\r\n"


def nested_messages(depth: int, innermost: bytes) -> bytes:
    head = b"From: x@evil.test\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
    return HEAD % b"nested" + b"Content-Type: message/rfc822\r\n\r\n" + head * depth + innermost


def nested_multiparts(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return HEAD % b"deep" + opened + b"Content-Type: text/plain\r\n\r\n" + b"x\r\n" * 20_000


def bomb(size: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened, opened.open("657002.xlsx", "w") as file:
        for _ in range(size // 1_000_000):
            file.write(bytes(1_000_000))
    return made.getvalue()


ODD = {
    "5 000 parts": many_parts(5_000),
    "100 forwarded in each other": nested_messages(100, mail(number=1)),
    "2 000 forwarded in each other": nested_messages(2_000, mail(number=2)),
    "3 000 parts within each other": nested_multiparts(3_000),
    "a header of 10 MB": HEAD % b"head" + b"X-Long: " + b"a" * 10_000_000 + b"\r\n\r\nx",
    "10 MB of header lines": HEAD % b"lines" + b"X-L: aaaaaaaa\r\n" * 700_000 + b"\r\nx",
    "parameters without end": HEAD % b"par" + b"Content-Type: multipart/mixed" + b"; a=b" * 200_000 + b"\r\n\r\nx",
    "a type of many lines": HEAD % b"type" + b"Content-Type: text/plain" + b";\r\n\ta=b" * 200_000 + b"\r\n\r\nx",
    "30 million line ends": HEAD % b"ends" + b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n' + b"\n" * 30_000_000,
}
LARGE = {"a 50 MB attachment": mail(("a.xlsx", bytes(50_000_000)), number=9)}
TAME = {
    "html only": HEAD % b"html" + b"Content-Type: text/html\r\n\r\n<script>alert(1)</script><img src=http://evil.test/x>",
    "nothing attached": mail(number=21),
    "no headers": b"\r\n\r\nhello",
    "nothing": b"",
    "binary": bytes(range(256)) * 100,
    "a charset that is none": HEAD % b"cs" + b"Subject: =?klingon?B?4pyT?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\nx",
    "base64 that is none": HEAD % b"b64"
    + b'Content-Type: application/octet-stream; name="a.xlsx"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!=====AAA',
    "a date that is none": b"Date: yesterday, 99:99\r\n" + HEAD % b"date" + b"\r\nx",
    "a boundary that never comes": HEAD % b"bound" + b'Content-Type: multipart/mixed; boundary="B"\r\n\r\nx',
}


class DescribeOddMails:
    @pytest.mark.parametrize("name", ODD)
    def it_keeps_them_closed(self, name: str) -> None:
        # Without the bounds the parser takes from a minute to hours over some of them.
        found = open_mail(ODD[name], BASE)
        assert found.refused and found.files == () and found.sender == "x@evil.test"

    @pytest.mark.parametrize("name", TAME)
    def it_opens_what_does_no_harm(self, name: str) -> None:
        found = open_mail(TAME[name], BASE)
        assert found.refused == ""
        assert len(found.files) == (name in ("base64 that is none", "a boundary that never comes"))
        assert [each.workbook for each in found.files] in ([], [True] if name == "base64 that is none" else [False])

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.binary(max_size=400), st.integers(0, 2_000), st.integers(0, 300))
    def it_never_raises(self, noise: bytes, at: int, cut: int) -> None:
        raw = mail(("a.zip", zipped(("x.txt", b"y"))), number=1, forwarded=(mail(("b.xlsx", b"PK\x03\x04"), number=2),))
        at %= len(raw)
        open_mail(raw[:at] + noise + raw[at + cut :], BASE)


class DescribeCollectingThem:
    def it_lists_every_one_and_files_none(self, office: Office, imap: Imap, smtp: Mailbox) -> None:
        assert office.hand_out("--eml", "草稿")[0] == 0
        names = ["5 000 parts", "100 forwarded in each other", "parameters without end"]
        mails = [ODD[name] for name in names] + [TAME[name] for name in ("html only", "nothing attached", "base64 that is none")]
        mails.append(mail(("大.zip", bomb(120_000_000)), number=31, sender="unit0@units.test"))
        for each in mails:
            imap.deliver(each)
        imap.deliver(mail(("a.xlsx", office.filled(0)), number=40))
        found = collected(office)
        assert found["kinds"]["refused"] == 3
        assert (found["mails"], found["files"]["filed"], found["files"]["unrecognised"]) == (8, 1, 2)
        assert len(list((office.folder / "收件/原件").rglob("*.eml"))) == 8
        assert sorted({row["邮件"] for row in listed(office)}) == ["报送", "无报送文件", "未拆开"]
        # The unit whose archive was a bomb is told, and the one that reported; nobody else.
        assert [to for _, to, _ in smtp.taken] == [["unit0@units.test"], ["unit0@units.test"]]

    def it_does_not_fetch_what_is_too_large(self, office: Office, imap: Imap, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("perfxl.cli.collect.MOST_MAIL", 1_000_000)
        assert office.hand_out("--eml", "草稿")[0] == 0
        imap.deliver(mail(("大.xlsx", bytes(2_000_000)), number=1, subject="很大"))
        found = collected(office, "--no-receipts")
        assert [(each["kind"], each["subject"], each["original"]) for each in found["list"]] == [("refused", "很大", "")]
        assert "没有取回" in found["list"][0]["reason"]
        assert collected(office, "--no-receipts")["mails"] == 0

    @pytest.mark.long
    def it_bears_fifty_megabytes(self, office: Office, imap: Imap) -> None:
        assert office.hand_out("--eml", "草稿")[0] == 0
        raw = LARGE["a 50 MB attachment"]
        assert len(raw) > MOST_MAIL
        imap.deliver(raw)
        assert [each["kind"] for each in collected(office, "--no-receipts")["list"]] == ["refused"]
        folder = eml(office, raw)
        assert [each["kind"] for each in collected(office, folder, "--no-receipts")["list"]] == ["refused"]
        assert collected(office, folder, "--no-receipts")["mails"] == 0

    def it_writes_nowhere_but_in_its_folder(self, office: Office) -> None:
        assert office.hand_out("--eml", "草稿")[0] == 0
        names = ["../../出去.xlsx", "/etc/出去.xlsx", "C:\\Windows\\出去.xlsx", "..", "CON.xlsx", "a\0b.xlsx"]
        names += ["长" * 300 + ".xlsx", "~$x.xlsx"]
        bad = b"PK\x03\x04" + bytes(30)
        parts = [(name, bad + str(number).encode()) for number, name in enumerate(names)]
        packed = zipped(*((f"../../{number}出去.xlsx", bad) for number in range(3)), ("/abs/出去.xlsx", bad))
        before = set(office.folder.parent.rglob("*"))
        folder = eml(office, hand_made(parts, packed))
        found = collected(office, folder, "--no-receipts")
        assert {each["state"] for mail in found["list"] for each in mail["files"]} <= {"unrecognised", "other"}
        fresh = set(office.folder.parent.rglob("*")) - before - set(folder.rglob("*")) - {folder}
        outside = [path for path in fresh if "收件" not in path.parts and not path.name.startswith((".库", "库.db"))]
        assert outside == []
        assert all(path.parent.name == "待处理" for path in fresh if path.suffix == ".xlsx")

    def it_does_not_let_a_roster_write_headers(self, office: Office, smtp: Mailbox) -> None:
        text = (office.folder / "名册.csv").read_text("utf-8")
        first = f"{unit_code(0)},{office.name(0)},"
        evil = text.replace(first, f'{unit_code(0)},"甲\r\nBcc: evil@x.test\r\n\r\n乙",')
        (office.folder / "名册.csv").write_bytes(evil.encode())
        assert office.hand_out("--unit", unit_code(0))[0] == 0
        ((_, to, content),) = smtp.taken
        message = email.message_from_bytes(content)
        assert to == ["unit0@units.test"] and message["Bcc"] is None and not message.defects
        assert set(message.keys()) == {"Content-Type", "MIME-Version", "From", "To", "Subject", "Date", "Message-ID"}


def hand_made(parts: list[tuple[str, bytes]], packed: bytes) -> bytes:
    lines = [HEAD % b"paths" + b'Content-Type: multipart/mixed; boundary="B"', b""]
    for name, content in [*parts, ("包.zip", packed)]:
        lines += [b"--B", b"Content-Type: application/octet-stream"]
        lines += [b'Content-Disposition: attachment; filename="' + name.encode().replace(b"\\", b"\\\\") + b'"']
        lines += [b"Content-Transfer-Encoding: base64", b"", base64.b64encode(content)]
    return b"\r\n".join([*lines, b"--B--", b""])


class DescribeNames:
    @settings(max_examples=80, deadline=None)
    @given(st.text(max_size=60), st.sampled_from(["utf-8", "gb18030"]))
    def it_decodes_or_keeps_whatever_stands_there(self, text: str, charset: str) -> None:
        decoded(text)
        name = text.encode(charset, "replace").replace(b"\n", b"").replace(b"\r", b"")
        message = email.message_from_bytes(b'Content-Disposition: attachment; filename="' + name + b'"\n\nx')
        found = name_of(message)
        assert "\n" not in found and "\r" not in found

    @pytest.mark.parametrize(
        ("header", "name"),
        [
            (b"filename*=utf-8''%E8%A1%A8.xlsx", "表.xlsx"),
            (b"filename*=gbk''%B1%ED.xlsx", "表.xlsx"),
            (b"filename*0*=utf-8''%E8%A1; filename*1*=%A8.xlsx", "表.xlsx"),
            (b'filename="=?gb2312?B?se0ueGxzeA==?="', "表.xlsx"),
            (b'filename="=?UTF-8?Q?=E8=A1=A8=2Exlsx?="', "表.xlsx"),
            (b'filename="' + "镕𠮷.xlsx".encode("gb18030") + b'"', "镕𠮷.xlsx"),
            (b"filename=" + "表.xlsx".encode(), "表.xlsx"),
            (b'filename="=?nonsense?X?abc?="', "=?nonsense?X?abc?="),
        ],
    )
    def it_reads_names_as_programs_write_them(self, header: bytes, name: str) -> None:
        assert name_of(email.message_from_bytes(b"Content-Disposition: attachment; " + header + b"\n\nx")) == name
