-- Nearly every event is of its record's stream, which its record id names in 16 bytes: one index leads to what the log
-- holds of a record and, by revision, to its stream. The others go by name, as before. sqlite/0006_record_streams.sql is the
-- same in SQLite's words.
--
-- Events of other streams may be about a record too; they have no place in its stream, and unique keys let many NULLs be.

DROP INDEX log_stream;
DROP INDEX log_record;
CREATE UNIQUE INDEX log_stream ON log (stream, revision) WHERE NOT starts_with(stream, 'record-');
CREATE UNIQUE INDEX log_record ON log (record_id, (CASE WHEN starts_with(stream, 'record-') THEN revision END))
    WHERE record_id IS NOT NULL;
