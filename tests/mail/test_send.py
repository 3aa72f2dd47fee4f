"""Sending on a real SMTP server: what arrives, and that nothing goes twice."""

from __future__ import annotations

import email
import email.policy
import json
import ssl
import sys
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest
from imap_tools import AND, MailBox

from perfxl.cli.send import store_of
from perfxl.consolidate.task import load_task
from perfxl.errors import PerfxlError
from perfxl.post.names import joined_name

from .letters import mail
from .office import Office, unit_code
from .servers import SECRET, USER, Certificates, Imap, Mailbox, Wire, smtp_server


def messages(mailbox: Mailbox) -> list[EmailMessage]:
    return [email.message_from_bytes(content, policy=email.policy.default) for _, _, content in mailbox.taken]


def fates(office: Office) -> list[tuple[str, str]]:
    return [(each["unit"], each["state"]) for each in json.loads(office.hand_out("--dry-run", "--json")[1])["before"]]


class DescribeHandingOut:
    def it_mails_every_unit_its_own_workbook_under_its_chinese_name(self, office: Office, smtp: Mailbox) -> None:
        assert office.hand_out() == (0, "下发：已发 5 封\n")
        assert smtp.logins == [USER]
        for number, ((sender, to, content), message) in enumerate(zip(smtp.taken, messages(smtp), strict=True)):
            assert (sender, to) == (USER, [office.address(number)])
            assert message["From"] == f"遵化市财政局绩效股 <{USER}>"
            assert message["Subject"] == f"【下发】2023年一上部门预算绩效目标填报表（{unit_code(number)} {office.name(number)}）"
            (attached,) = message.iter_attachments()
            name = office.book_name(number)
            assert attached.get_filename() == name
            assert attached.get_content() == (office.folder / "下发" / name).read_bytes()
            # QQ, 163 and older Outlooks read the name of the media type instead, as RFC 2047 writes it.
            plain = email.message_from_bytes(content).get_payload()[1]  # type: ignore[index,union-attr]
            assert str(email.header.make_header(email.header.decode_header(plain.get_param("name")))) == name  # type: ignore
            text, html = message.get_body(("plain",)), message.get_body(("html",))
            assert text is not None and html is not None
            for each in (text.get_content(), html.get_content()):
                assert f"{office.name(number)}" in each and "2099年10月31日" in each and name in each
            assert content.isascii() and max(map(len, content.split(b"\r\n"))) < 998

    def it_is_understood_by_dovecot_too(self, office: Office, smtp: Mailbox, imap: Imap) -> None:
        assert office.hand_out("--unit", unit_code(2))[0] == 0
        imap.deliver(smtp.taken[0][2])
        imap.deliver(mail(number=1, subject="别的"))
        with MailBox("localhost", imap.port, ssl_context=ssl.create_default_context()).login(USER, SECRET) as box:
            found = box.uids(AND(subject="部门预算绩效目标填报表（657004 第3征收所）"), charset="utf-8")
            assert len(found) == 1
            _, structure = box.client.uid("FETCH", found[0], "(BODYSTRUCTURE)")
        shown = structure[0].decode()
        name = quote(office.book_name(2))
        assert f"(\"attachment\" (\"filename*\" \"utf-8''{name}\"))" in shown
        assert '"vnd.openxmlformats-officedocument.spreadsheetml.sheet" ("name" "=?utf-8?b?' in shown

    def it_shows_beforehand_what_would_go_where_and_changes_nothing(self, office: Office, smtp: Mailbox) -> None:
        code, told = office.hand_out("--dry-run", "--unit", unit_code(3))
        assert code == 0 and told.splitlines() == [
            f"{unit_code(3)} 第4征收所 → unit3@units.test：【下发】2023年一上部门预算绩效目标填报表（{unit_code(3)} 第4征收所）"
            f"　附件 {office.book_name(3)}",
            "试运行，没有发送：将发 1 封，已发过 0 封，不能发 0 封",
        ]
        assert smtp.taken == [] and not (office.folder / "库.db").exists()

    def it_refuses_a_look_with_another_task_s_store(self, office: Office, smtp: Mailbox) -> None:
        office.hand_out()
        other = replace(load_task(office.folder / "task.toml"), year=2024)
        with pytest.raises(PerfxlError, match="S23"), store_of(office.folder / "库.db", other, None, only_look=True):
            pass

    def it_never_sends_twice_unless_told_to(self, office: Office, smtp: Mailbox) -> None:
        office.hand_out()
        assert office.hand_out() == (0, "下发：已发 0 封，以前已发 5 封，没有重发\n")
        assert len(smtp.taken) == 5
        assert office.hand_out("--again", "--unit", unit_code(2))[0] == 0
        assert [to for _, to, _ in smtp.taken[5:]] == [[office.address(2)]]
        ids = [message["Message-ID"] for message in messages(smtp)]
        assert len(set(ids)) == 6 and ids[5].split(".")[:2] == ids[2].split(".")[:2]

    def it_sends_to_a_mended_address(self, office: Office, smtp: Mailbox) -> None:
        smtp.refuse = lambda to: "550 5.1.1 no such user" if to == office.address(1) else None
        code, told = office.hand_out()
        assert code == 1
        assert told.splitlines() == [
            f"失败：{unit_code(1)} {office.address(1)}：{office.address(1)}：550 5.1.1 no such user",
            "下发：已发 4 封，失败 1 封（再次运行会重发）",
        ]
        office.write_roster(unit1="new@units.test;second@units.test")
        assert office.hand_out() == (0, "下发：已发 1 封，以前已发 4 封，没有重发\n")
        assert smtp.taken[-1][1] == ["new@units.test", "second@units.test"]

    def it_lists_units_without_a_usable_address(self, office: Office, smtp: Mailbox) -> None:
        office.write_roster(unit0="", unit1="李@单位.中国", unit2="a@b.c\r\nBcc: evil@x.test")
        code, told = office.hand_out()
        assert code in (1, 2)
        assert all("evil" not in str(to) for _, to, _ in smtp.taken)
        office.write_roster(unit0="", unit1="李@单位.中国")
        code, told = office.hand_out()
        assert code == 1
        assert f"不能发：{unit_code(0)} 第1征收所：名册中没有电子邮箱" in told
        assert f"不能发：{unit_code(1)} 第2征收所：电子邮箱“李@单位.中国”不能投递" in told
        assert len(smtp.taken) >= 3

    def it_refuses_workbooks_that_are_not_those_of_the_manifest(self, office: Office, smtp: Mailbox) -> None:
        path = office.folder / "下发" / office.book_name(4)
        path.write_bytes(path.read_bytes() + b" ")
        code, told = office.hand_out()
        assert code == 2 and "内容已被改动" in told and smtp.taken == []

    def it_takes_part_of_a_day_s_quota(self, office: Office, smtp: Mailbox) -> None:
        assert office.hand_out("--most", 3)[1] == "下发：已发 3 封，尚余 2 封，下次运行再发\n"
        assert office.hand_out("--most", 3)[1] == "下发：已发 2 封，以前已发 3 封，没有重发\n"
        assert sorted(to[0] for _, to, _ in smtp.taken) == [office.address(number) for number in range(5)]

    def it_uses_tls_from_the_first_byte_too(
        self, office: Office, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with smtp_server(certificates, direct=True) as (mailbox, port):
            monkeypatch.setenv("PERFXL_SMTP", f"smtps://{USER}@127.0.0.1:{port}")
            assert office.hand_out("--unit", unit_code(0))[0] == 0
            assert len(mailbox.taken) == 1

    def it_writes_the_office_s_own_words(self, office: Office, smtp: Mailbox) -> None:
        own = office.folder / "信"
        own.mkdir()
        (own / "下发.txt.j2").write_text("主题：{{ unit.code }} 请填报\n你好 {{ unit.contact }}\n", "utf-8")
        assert office.hand_out("--templates", "信", "--unit", unit_code(0))[0] == 0
        (message,) = messages(smtp)
        assert message["Subject"] == f"{unit_code(0)} 请填报"
        text = message.get_body(("plain",))
        assert text is not None and text.get_content() == "你好 王芳0\n"
        (own / "下发.txt.j2").write_text("主题：x\n\n{{ ''.__class__.__mro__ }}{{ unit.nothing }}", "utf-8")
        code, told = office.hand_out("--templates", "信", "--unit", unit_code(1))
        assert code == 2 and "信件模板 下发.txt.j2 第 3 行有误" in told and "Traceback" not in told


class DescribeDrafts:
    def it_keeps_the_unit_s_code_whatever_its_name(self) -> None:
        assert joined_name("657003", "遵化市/城建:队", "下发") == "657003_遵化市_城建_队_下发"

    def it_writes_them_for_any_mail_program(self, office: Office) -> None:
        assert office.hand_out("--eml", "草稿")[1] == "下发：写出草稿 5 封：草稿\n"
        paths = sorted((office.folder / "草稿").glob("*.eml"))
        assert paths[1].name == f"{unit_code(1)}_第2征收所_下发.eml"
        message = email.message_from_bytes(paths[1].read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        assert (message["X-Unsent"], message["To"]) == ("1", f"王芳1 <{office.address(1)}>")
        assert [each.get_filename() for each in message.iter_attachments()] == [office.book_name(1)]
        assert office.hand_out("--eml", "草稿")[1] == "下发：写出草稿 0 封：草稿，以前已发 5 封，没有重发\n"


class DescribeCredentials:
    def it_takes_no_password_from_the_address_and_shows_none(
        self, office: Office, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PERFXL_SMTP", f"smtp://{USER}:{SECRET}@localhost:25")
        code, told = office.hand_out()
        assert code == 2 and "[M02]" in told and SECRET not in told
        monkeypatch.setenv("PERFXL_SMTP", f"smtp://other@localhost:{smtp.port}")
        code, told = office.hand_out()
        assert code == 2 and "[M05]" in told and SECRET not in told and "Traceback" not in told
        monkeypatch.delenv("PERFXL_MAIL_PASSWORD")
        monkeypatch.setitem(sys.modules, "keyring", None)
        code, told = office.hand_out()
        assert code == 2 and "[M03]" in told
        assert SECRET.encode() not in b"".join(path.read_bytes() for path in office.folder.rglob("*") if path.is_file())

    def it_asks_the_system_s_keyring(self, office: Office, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
        keyring = pytest.importorskip("keyring")
        from .memory_keyring import Keyring

        before = keyring.get_keyring()
        monkeypatch.delenv("PERFXL_MAIL_PASSWORD")
        keyring.set_keyring(Keyring())
        try:
            assert office.hand_out("--unit", unit_code(0)) == (0, "下发：已发 1 封\n")
        finally:
            keyring.set_keyring(before)

    def it_refuses_a_server_whose_certificate_nobody_vouches_for(
        self, office: Office, smtp: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(Certificates(tmp_path / "other").ca))
        code, told = office.hand_out()
        assert code == 2 and "服务器证书不可信" in told and smtp.taken == []


class DescribeAServerThatDies:
    @pytest.fixture(autouse=True)
    def hurry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("perfxl.post.sending._PAUSE_SECONDS", 0.0)
        monkeypatch.setattr("perfxl.post.smtp._local", lambda _: False)

    def it_sends_everything_exactly_once_when_the_server_hangs_up_between_letters(self, office: Office, smtp: Mailbox) -> None:
        calls = iter(range(99))
        smtp.refuse = lambda _: "421 closing" if next(calls) in (1, 3, 4) else None
        for _ in range(4):
            office.hand_out()
        assert sorted(to[0] for _, to, _ in smtp.taken) == [office.address(number) for number in range(5)]
        assert sorted(fates(office)) == [(unit_code(number), "sent") for number in range(5)]

    @pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 12))])
    def it_never_sends_twice_however_the_connection_breaks(
        self, office: Office, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        random = Random(seed)
        wire = Wire(smtp.port)
        wire.cuts = [random.randrange(5_000, 150_000) for _ in range(6)]
        monkeypatch.setenv("PERFXL_SMTP", f"smtp://{USER}@localhost:{wire.port}")
        for _ in range(6):
            office.hand_out()
        wire.close()
        assert wire.connections >= 3
        taken = [to[0] for _, to, _ in smtp.taken]
        assert len(taken) == len(set(taken))
        found = dict(fates(office))
        assert set(found.values()) <= {"sent", "uncertain"} and len(found) == 5
        # What is marked as sent has arrived; only what is marked as uncertain may be missing.
        assert {office.address(n) for n in range(5) if found[unit_code(n)] == "sent"} <= set(taken)
        monkeypatch.setenv("PERFXL_SMTP", f"smtp://{USER}@localhost:{smtp.port}")
        doubtful = [argument for code, fate in found.items() if fate == "uncertain" for argument in ("--unit", code)]
        if doubtful:
            assert office.hand_out("--again", *doubtful)[0] == 0
        assert {to[0] for _, to, _ in smtp.taken} == {office.address(n) for n in range(5)}

    def it_does_not_send_again_what_it_cannot_know(self, office: Office, smtp: Mailbox) -> None:
        calls = iter(range(99))

        def drop_third(_: object) -> str | None:
            return "take and drop" if next(calls) == 2 else None

        smtp.on_data = drop_third
        code, told = office.hand_out()
        assert code == 1 and f"不确定：{unit_code(2)}" in told and "已发 4 封，不确定 1 封" in told
        assert office.hand_out()[1].splitlines()[-1] == "下发：已发 0 封，以前已发 5 封，没有重发"
        ids = [message["Message-ID"] for message in messages(smtp)]
        assert len(ids) == len(set(ids)) == 5
        assert office.hand_out("--again", "--unit", unit_code(2))[0] == 0
        assert len(smtp.taken) == 6

    def it_counts_what_a_killed_run_left_as_uncertain(self, office: Office, smtp: Mailbox) -> None:
        from datetime import UTC, datetime

        from perfxl.consolidate.mail import Fate, letters, mark_letter
        from perfxl.consolidate.store import Store

        office.hand_out("--most", 1)
        with Store(office.folder / "库.db") as store:
            left = [each for each in letters(store) if each.fate is Fate.QUEUED]
            assert len(left) == 4
            mark_letter(store, left[0].message_id, Fate.SENDING, datetime.now(UTC))
        code, told = office.hand_out()
        assert code == 0 and f"不确定：{left[0].unit}" in told
        assert len(smtp.taken) == 4

    def it_stops_when_the_server_has_had_enough(self, office: Office, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("perfxl.post.sending._MOST_REFUSALS", 2)
        smtp.refuse = lambda _: "450 too many mails today"
        code, told = office.hand_out()
        assert code == 2 and "服务器连续拒绝 2 封" in told and "尚余 3 封" in told
        smtp.refuse = lambda _: None
        assert office.hand_out()[0] == 0 and len(smtp.taken) == 5

    def it_lets_only_one_run_mail_at_a_time(self, office: Office, smtp: Mailbox) -> None:
        from perfxl.post.sending import mailing

        office.hand_out("--most", 1)
        with mailing(office.folder / "库.db"):
            code, told = office.hand_out()
        assert code == 2 and "[M07]" in told and len(smtp.taken) == 1


