"""Mails as units write them, well and badly."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.utils import format_datetime

BASE = datetime(2022, 10, 9, 1, 0, tzinfo=UTC)
_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def mail(
    *files: tuple[str, bytes],
    sender: str = "王芳 <unit0@units.test>",
    subject: str = "报送绩效目标",
    number: int = 0,
    body: str = "请查收。",
    days: float = 0,
    forwarded: tuple[bytes, ...] = (),
    **headers: str,
) -> bytes:
    """A mail with attachments; ``number`` makes its Message-ID."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "jixiao@finance.test", subject
    message["Date"] = format_datetime(BASE + timedelta(days=days))
    message["Message-ID"] = f"<m{number}@units.test>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    for name, content in files:
        message.add_attachment(content, *_XLSX, filename=name)
    for each in forwarded:
        import email.policy

        message.add_attachment(email.message_from_bytes(each, policy=email.policy.default))
    return message.as_bytes()


def zipped(*files: tuple[str, bytes], gbk: bool = False) -> bytes:
    """A .zip; with ``gbk`` its names are written as old Chinese programs write them."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files:
            opened.writestr(name, content)
    if not gbk:
        return made.getvalue()
    content = made.getvalue()
    for name, _ in files:
        old, new = name.encode(), name.encode("gb18030")
        assert len(new) <= len(old)
        content = content.replace(old, new + b"_" * (len(old) - len(new)))
    # Bit 11 of the flags says that names are UTF-8.
    out = bytearray(content)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(signature)
        while at >= 0:
            out[at + place + 1] &= ~0x08
            at = out.find(signature, at + 4)
    return bytes(out)


def raw_gbk_mail(name: str, content: bytes, *, sender: str = "unit0@units.test", number: int = 0, style: str = "raw") -> bytes:
    """A mail whose subject and attachment's name are GBK: as raw bytes, or as encoded words that claim gb2312."""
    import base64

    def word(text: str) -> bytes:
        if style == "raw":
            return text.encode("gbk")
        return b"=?gb2312?B?" + base64.b64encode(text.encode("gbk")) + b"?="

    lines = [
        b"From: " + sender.encode(),
        b"To: jixiao@finance.test",
        b"Subject: " + word("报送：" + name),
        b"Date: " + format_datetime(BASE).encode(),
        b"Message-ID: <gbk%d@units.test>" % number,
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="B"',
        b"",
        b"--B",
        b"Content-Type: text/plain; charset=gb2312",
        b"Content-Transfer-Encoding: 8bit",
        b"",
        "您好，请查收。".encode("gbk"),
        b"--B",
        b'Content-Type: application/octet-stream; name="' + word(name) + b'"',
        b'Content-Disposition: attachment; filename="' + word(name) + b'"',
        b"Content-Transfer-Encoding: base64",
        b"",
        base64.encodebytes(content).strip(),
        b"--B--",
        b"",
    ]
    return b"\r\n".join(lines).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def bounce(message_id: str, address: str, *, number: int = 0, dsn: bool = True) -> bytes:
    """What a mail system sends back: as RFC 3464 wants it, or in prose as many Chinese systems do."""
    if not dsn:
        text = f"很抱歉，您的邮件未能投递到 {address}，系统退信。\n\n原信：\nMessage-ID: <{message_id}>\n"
        headers = {"sender": "Postmaster <postmaster@mail.test>", "subject": "系统退信", "Auto_Submitted": "auto-replied"}
        return mail(number=number, body=text, **headers)
    lines = f"""From: Mail Delivery System <MAILER-DAEMON@mail.test>
To: jixiao@finance.test
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(BASE)}
Message-ID: <b{number}@mail.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="R"

--R
Content-Type: text/plain

I'm sorry to have to inform you ...
--R
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.test

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: Recipient address rejected:
    User unknown
--R
Content-Type: text/rfc822-headers

From: jixiao@finance.test
Message-ID: <{message_id}>
--R--
"""
    return lines.encode()


__all__ = ["MIMEBase", "bounce", "mail", "raw_gbk_mail", "zipped"]
