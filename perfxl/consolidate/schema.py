"""The store's schema (SQLite) with its versions and migrations.

The version stands in ``PRAGMA user_version``, perfxl's mark in
``application_id``.  A migration is a script from one version to the next; it
never changes once released.

Tables
------
``content``      what one file holds, by the SHA-256 of its bytes: read once, used for every file with these bytes;
                 ``book`` is everything else in it (see :mod:`perfxl.consolidate.book_text`)
``project``      its begun project sheets; ``budget`` in 10⁻⁶ 万元; ``fields`` its values as JSON
                 (money as integers of 10⁻⁶ 万元), ``cells`` their addresses; ``indicators`` (from version 5) its begun rows
                 as JSON, ``count`` their number: [[group, block, slot, level 1, level 2, address, {field: value}], …]
``explanation``  审核说明 by sheet and row (``grp`` "" and ``slot`` the row of the grid, or a row of a group)
``finding``      what reading and checking found in it, in order
``file``         every file ever given, by the name shown: its content, its state in the last run that saw it, and why
``seen``         (from version 6) what the file system said of a file when it was read (times in nanoseconds), and the SHA-256
                 of its bytes: unless anything of that has changed, it is not read again (:mod:`perfxl.consolidate.stamps`)
``cross_finding`` findings across submissions of the last run, and those of files whose content is not kept
``task``         the task: form, year, round, deadline, policy
``roster_unit``, ``roster_project``  the roster and the ceilings (预算控制数, 10⁻⁶ 万元; NULL: none given)
``choice``       the officer's choice of the file that wins for a unit
``forced``       forced acceptance of one content for one unit, with the reason
``opinion``      财政意见 by unit, rule and place
``run``          every consolidation; ``written`` (from version 4) the SHA-256 of the consolidated workbook, "" if unknown
``handed_out``   (from version 2) every workbook made for a unit, by its unit and SHA-256: ``occasion`` 下发 or 重新下发,
                 ``seal`` and ``key`` as the manifest names them ("" if unsealed), ``at`` ISO 8601 ("" if unknown)
``letter``       mail that goes out: written down before it is sent, and what became of it (``fate``); ``series`` is the
                 occasion (task, kind, unit, address …), ``number`` counts its letters; ``files`` are [name, SHA-256] as JSON
``mail``         mail that came in, by the SHA-256 of its bytes; ``original`` where they lie in the collecting folder
``enclosure``    every file found in it: recognised or not, its unit and version, ``received`` the date that decides which wins
``mail_place``   where a mail was seen: mailbox folder with its UIDVALIDITY, and UID; what is here is not fetched again
"""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "MIGRATIONS", "VERSION"]

APPLICATION_ID = 0x7078_6C31
"""``pxl1``: marks a SQLite file as a perfxl store."""

_FIRST = """
CREATE TABLE content (
    sha256 TEXT PRIMARY KEY,
    reader TEXT NOT NULL,
    condition TEXT NOT NULL,
    form_id TEXT,
    form_version INTEGER,
    unit_code TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    modified TEXT NOT NULL,
    size INTEGER NOT NULL,
    cover TEXT NOT NULL,
    meta TEXT NOT NULL,
    book TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE project (
    sha256 TEXT NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    sheet TEXT NOT NULL,
    cell TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    budget INTEGER,
    fields TEXT NOT NULL,
    cells TEXT NOT NULL,
    PRIMARY KEY (sha256, ordinal)
) WITHOUT ROWID;
CREATE INDEX project_code ON project (code);
CREATE TABLE indicator (
    sha256 TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    number INTEGER NOT NULL,
    grp TEXT NOT NULL,
    block INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    level1 TEXT NOT NULL,
    level2 TEXT NOT NULL,
    cell TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (sha256, ordinal, number),
    FOREIGN KEY (sha256, ordinal) REFERENCES project ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE explanation (
    sha256 TEXT NOT NULL REFERENCES content ON DELETE CASCADE,
    number INTEGER NOT NULL,
    sheet TEXT NOT NULL,
    grp TEXT NOT NULL,
    block INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (sha256, number)
) WITHOUT ROWID;
CREATE TABLE finding (
    sha256 TEXT NOT NULL REFERENCES content ON DELETE CASCADE,
    number INTEGER NOT NULL,
    sheet TEXT NOT NULL,
    cell TEXT NOT NULL,
    field TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    value TEXT NOT NULL,
    message TEXT NOT NULL,
    explained INTEGER NOT NULL,
    explanation TEXT NOT NULL,
    PRIMARY KEY (sha256, number)
) WITHOUT ROWID;
CREATE TABLE file (
    name TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    forced INTEGER NOT NULL,
    present INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE cross_finding (
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    sheet TEXT NOT NULL,
    cell TEXT NOT NULL,
    field TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    value TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (name, number)
) WITHOUT ROWID;
CREATE TABLE task (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    form_id TEXT NOT NULL,
    form_version INTEGER NOT NULL,
    year INTEGER NOT NULL,
    round TEXT NOT NULL,
    deadline TEXT NOT NULL,
    ceilings TEXT NOT NULL,
    hints TEXT NOT NULL
);
CREATE TABLE roster_unit (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    department TEXT NOT NULL,
    lead INTEGER NOT NULL,
    office TEXT NOT NULL,
    email TEXT NOT NULL,
    contact TEXT NOT NULL,
    phone TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE roster_project (
    unit TEXT NOT NULL,
    number INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    ceiling INTEGER,
    PRIMARY KEY (unit, number)
) WITHOUT ROWID;
CREATE TABLE choice (
    unit TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE forced (
    unit TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (unit, sha256)
) WITHOUT ROWID;
CREATE TABLE opinion (
    unit TEXT NOT NULL,
    rule TEXT NOT NULL,
    place TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (unit, rule, place)
) WITHOUT ROWID;
CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    as_of TEXT NOT NULL,
    output TEXT NOT NULL,
    files INTEGER NOT NULL,
    read INTEGER NOT NULL
);
"""

_SECOND = """
CREATE TABLE handed_out (
    unit TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    seal TEXT NOT NULL,
    key TEXT NOT NULL,
    task TEXT NOT NULL,
    at TEXT NOT NULL,
    occasion TEXT NOT NULL,
    PRIMARY KEY (unit, sha256)
) WITHOUT ROWID;
"""

_THIRD = """
CREATE TABLE letter (
    message_id TEXT PRIMARY KEY,
    series TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    files TEXT NOT NULL,
    fate TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    made TEXT NOT NULL,
    changed TEXT NOT NULL,
    reason TEXT NOT NULL,
    answers TEXT NOT NULL,
    UNIQUE (series, number)
) WITHOUT ROWID;
CREATE TABLE mail (
    key TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    received TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    original TEXT NOT NULL,
    answer_to TEXT NOT NULL,
    collected TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX mail_message_id ON mail (message_id);
CREATE TABLE enclosure (
    mail TEXT NOT NULL REFERENCES mail,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL,
    unit TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    version INTEGER NOT NULL,
    received TEXT NOT NULL,
    path TEXT NOT NULL,
    errors INTEGER NOT NULL,
    hints INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (mail, number)
) WITHOUT ROWID;
CREATE INDEX enclosure_sha256 ON enclosure (sha256);
CREATE INDEX enclosure_unit ON enclosure (unit, version);
CREATE TABLE mail_place (
    box TEXT NOT NULL,
    uid INTEGER NOT NULL,
    mail TEXT NOT NULL,
    PRIMARY KEY (box, uid)
) WITHOUT ROWID;
"""

_FOURTH = """
ALTER TABLE run ADD COLUMN written TEXT NOT NULL DEFAULT '';
"""

_FIFTH = """
ALTER TABLE project ADD COLUMN count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN indicators TEXT NOT NULL DEFAULT '[]';
UPDATE project SET (count, indicators) = (
    SELECT count(*), json_group_array(json_array(grp, block, slot, level1, level2, cell, json(fields)))
    FROM (SELECT * FROM indicator i WHERE i.sha256 = project.sha256 AND i.ordinal = project.ordinal ORDER BY number)
);
DROP TABLE indicator;
"""

_SIXTH = """
CREATE TABLE seen (
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (device, inode)
) WITHOUT ROWID;
"""

MIGRATIONS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH)
"""Script ``n`` (from 0) leads from version ``n`` to ``n + 1``."""

VERSION = len(MIGRATIONS)
"""The version that this program writes."""
