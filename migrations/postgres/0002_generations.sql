-- The generations of projection tables. Each lives in a schema of its own, kulta_g<number>, made and dropped as a whole;
-- sqlite/0002_generations.sql is the same in SQLite's words. All of it can be thrown away and computed from the log.

CREATE TABLE generation (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,   -- never given twice
    created_at bigint NOT NULL,
    state      text   COLLATE "C" NOT NULL CHECK (state IN ('building', 'live', 'retired'))
);
CREATE UNIQUE INDEX generation_live ON generation (state) WHERE state = 'live';

-- The documented views (docs/sql-views.md). Every swap points them at the tables of the new generation.
CREATE SCHEMA IF NOT EXISTS kulta;
