-- What kulta has published to Kafka; sqlite/0005_kafka_out.sql is the same.

-- The customers that a topic holds under their ids, each with the records that it was published with, so that a tombstone
-- follows when the id is gone, whatever became of the projections meanwhile.
CREATE TABLE sent_customer (
    topic       text  COLLATE "C" NOT NULL,
    customer_id uuid  NOT NULL,
    records     bytea NOT NULL,                          -- record ids of 16 bytes, one after the other
    PRIMARY KEY (topic, customer_id)
);

-- The projections note changes of scores for their topic from here on. Those that were made without are computed from the
-- log again.
UPDATE generation SET state = 'retired';
