-- The generations of projection tables. Each lives in a file of its own beside this one, <file>-g<number>, made and
-- deleted as a whole; postgres/0002_generations.sql is the same in PostgreSQL's words. All of it can be thrown away and
-- computed from the log.

CREATE TABLE generation (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice
    created_at INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('building', 'live', 'retired'))
) STRICT;
CREATE UNIQUE INDEX generation_live ON generation (state) WHERE state = 'live';
