-- Nearly every event is of its record's stream, which its record id names in 16 bytes: one index leads to what the log
-- holds of a record and, by revision, to its stream. The others go by name, as before. postgres/0006_record_streams.sql is
-- the same in PostgreSQL's words.
--
-- Events of other streams may be about a record too; they have no place in its stream, and unique keys let many NULLs be.

DROP INDEX log_stream;
DROP INDEX log_record;
CREATE UNIQUE INDEX log_stream ON log (stream, revision) WHERE substr(stream, 1, 7) <> 'record-';
CREATE UNIQUE INDEX log_record ON log (record_id, (CASE WHEN substr(stream, 1, 7) = 'record-' THEN revision END))
    WHERE record_id IS NOT NULL;
