-- The log and what is written in one transaction with it. sqlite/0001_log.sql is the same in SQLite's words.
--
-- Instants are microseconds since 1970 UTC. Columns of fixed size come first, so that rows need no padding. Text is
-- compared by its bytes (COLLATE "C"): the order is that of SQLite, and comparing costs less.

CREATE TABLE log (
    position    bigint   PRIMARY KEY,                              -- from 1, dense
    revision    bigint   NOT NULL CHECK (revision >= 0),           -- from 0, dense within the stream
    time        bigint   NOT NULL,                                 -- when it happened
    recorded_at bigint   NOT NULL,                                 -- when the log learned of it; never falls with position
    actor       bigint   NOT NULL,
    event_key   uuid     NOT NULL,                                 -- keyed hash of (source, id)
    fingerprint uuid     NOT NULL,                                 -- keyed hash of the content
    record_id   uuid,
    version     smallint NOT NULL,
    part_count  smallint NOT NULL,                                 -- personal parts it came with; a missing row of them is erased
    unknown     smallint NOT NULL,                                 -- members that its schema does not know
    stream      text     COLLATE "C" NOT NULL CHECK (stream <> ''),
    type        text     COLLATE "C" NOT NULL,
    source      text     COLLATE "C" NOT NULL,
    unit        text     COLLATE "C",
    sealed_id   bytea    NOT NULL,
    facts       json     NOT NULL                                  -- a JSON object without personal members
);

CREATE UNIQUE INDEX log_stream ON log (stream, revision);
CREATE UNIQUE INDEX log_event_key ON log (event_key);
CREATE INDEX log_record ON log (record_id, time) WHERE record_id IS NOT NULL;
CREATE INDEX log_type ON log (type, position);
-- Most events are facts about a record: reading that category walks the log, the others have an index.
CREATE INDEX log_category ON log (split_part(stream, '-', 1), position) WHERE split_part(stream, '-', 1) <> 'record';

-- Personal parts of events, one per retention class. Erasing a person deletes rows here, never in the log.
CREATE TABLE sealed (
    position bigint   NOT NULL,
    class    smallint NOT NULL,
    blob     bytea    NOT NULL,
    PRIMARY KEY (position, class)
);

CREATE TABLE record (
    first_position bigint NOT NULL,
    record_id      uuid   PRIMARY KEY,
    source         text   COLLATE "C" NOT NULL,
    sealed_subject bytea  NOT NULL
);

CREATE TABLE record_key (
    record_id uuid     NOT NULL,
    class     smallint NOT NULL,
    wrapped   bytea    NOT NULL,
    PRIMARY KEY (record_id, class)
);

-- The one row that every writer locks: it gives out positions. It is rewritten by every commit, so its page keeps room.
CREATE TABLE log_state (
    id          smallint PRIMARY KEY CHECK (id = 1),
    head        bigint   NOT NULL,
    recorded_at bigint   NOT NULL,
    commits     bigint   NOT NULL,                                 -- changes with every group that writes anything
    secret      bytea                                              -- the log's own secret, wrapped by the master key
) WITH (fillfactor = 10);
INSERT INTO log_state (id, head, recorded_at, commits) VALUES (1, 0, -9223372036854775808, 0);

CREATE TABLE cursor (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE command_result (
    key         uuid     PRIMARY KEY,
    request     uuid     NOT NULL,
    recorded_at bigint   NOT NULL,
    position    bigint   NOT NULL,                                 -- the log's last one after the command
    status      smallint NOT NULL,
    sealed_body bytea    NOT NULL
);

CREATE TABLE dead_letter (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at      bigint NOT NULL,
    settled_position bigint,
    letter_key       uuid   NOT NULL UNIQUE,
    record_id        uuid,
    door             text   COLLATE "C" NOT NULL,
    origin           text   NOT NULL,
    reason           text   COLLATE "C" NOT NULL,
    problems         json   NOT NULL,
    sealed_body      bytea  NOT NULL,
    state            text   COLLATE "C" NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resubmitted', 'dismissed'))
);
CREATE INDEX dead_letter_open ON dead_letter (id) WHERE state = 'open';

-- Names of actors may be personal: the name can be emptied, the number stays.
CREATE TABLE actor (
    actor bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name  text COLLATE "C" UNIQUE
);

-- Who may write under a name. The epoch rises with every new holder; writers of an older epoch are fenced off.
CREATE TABLE owner (
    name   text COLLATE "C" PRIMARY KEY,
    epoch  bigint NOT NULL,
    holder text   NOT NULL
);
