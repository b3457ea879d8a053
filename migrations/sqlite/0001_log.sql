-- The log and what is written in one transaction with it. postgres/0001_log.sql is the same in PostgreSQL's words.
--
-- Instants are microseconds since 1970 UTC. STRICT, because without it SQLite turns a text such as '00123' into a
-- number in columns of the wrong affinity.

CREATE TABLE log (
    position    INTEGER PRIMARY KEY,                     -- from 1, dense
    stream      TEXT    NOT NULL CHECK (stream <> ''),
    revision    INTEGER NOT NULL CHECK (revision >= 0),  -- from 0, dense within the stream
    event_key   BLOB    NOT NULL,                        -- keyed hash of (source, id)
    fingerprint BLOB    NOT NULL,                        -- keyed hash of the content
    type        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    record_id   BLOB,
    time        INTEGER NOT NULL,                        -- when it happened
    recorded_at INTEGER NOT NULL,                        -- when the log learned of it; never falls with position
    actor       INTEGER NOT NULL,
    unit        TEXT,
    part_count  INTEGER NOT NULL,                        -- personal parts it came with; a missing row of them is erased
    unknown     INTEGER NOT NULL,                        -- members that its schema does not know
    sealed_id   BLOB    NOT NULL,
    facts       TEXT    NOT NULL                         -- a JSON object without personal members
) STRICT;

CREATE UNIQUE INDEX log_stream ON log (stream, revision);
CREATE UNIQUE INDEX log_event_key ON log (event_key);
CREATE INDEX log_record ON log (record_id, time) WHERE record_id IS NOT NULL;
CREATE INDEX log_type ON log (type, position);
-- Most events are facts about a record: reading that category walks the log, the others have an index.
CREATE INDEX log_category ON log (substr(stream, 1, instr(stream || '-', '-') - 1), position)
    WHERE substr(stream, 1, instr(stream || '-', '-') - 1) <> 'record';

-- Personal parts of events, one per retention class. Erasing a person deletes rows here, never in the log.
CREATE TABLE sealed (
    position INTEGER NOT NULL,
    class    INTEGER NOT NULL,
    blob     BLOB    NOT NULL,
    PRIMARY KEY (position, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    record_id      BLOB    NOT NULL PRIMARY KEY,
    source         TEXT    NOT NULL,
    sealed_subject BLOB    NOT NULL,
    first_position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE record_key (
    record_id BLOB    NOT NULL,
    class     INTEGER NOT NULL,
    wrapped   BLOB    NOT NULL,
    PRIMARY KEY (record_id, class)
) STRICT, WITHOUT ROWID;

-- The one row that every writer locks: it gives out positions.
CREATE TABLE log_state (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    head        INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    commits     INTEGER NOT NULL,                        -- changes with every group that writes anything
    secret      BLOB                                     -- the log's own secret, wrapped by the master key
) STRICT;
INSERT INTO log_state (id, head, recorded_at, commits) VALUES (1, 0, -9223372036854775808, 0);

CREATE TABLE cursor (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE command_result (
    key         BLOB    NOT NULL PRIMARY KEY,
    request     BLOB    NOT NULL,
    status      INTEGER NOT NULL,
    position    INTEGER NOT NULL,                        -- the log's last one after the command
    sealed_body BLOB    NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    letter_key       BLOB    NOT NULL UNIQUE,
    door             TEXT    NOT NULL,
    origin           TEXT    NOT NULL,
    reason           TEXT    NOT NULL,
    problems         TEXT    NOT NULL,
    sealed_body      BLOB    NOT NULL,
    record_id        BLOB,
    recorded_at      INTEGER NOT NULL,
    state            TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resubmitted', 'dismissed')),
    settled_position INTEGER
) STRICT;
CREATE INDEX dead_letter_open ON dead_letter (id) WHERE state = 'open';

-- Names of actors may be personal: the name can be emptied, the number stays.
CREATE TABLE actor (
    actor INTEGER PRIMARY KEY AUTOINCREMENT,
    name  TEXT UNIQUE
) STRICT;

-- Who may write under a name. The epoch rises with every new holder; writers of an older epoch are fenced off.
CREATE TABLE owner (
    name   TEXT    NOT NULL PRIMARY KEY,
    epoch  INTEGER NOT NULL,
    holder TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
