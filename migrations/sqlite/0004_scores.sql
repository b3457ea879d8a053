-- Lists of scores belong to the projections from here on. Projections that were made without them are computed from the log
-- again; postgres/0004_scores.sql is the same.
UPDATE generation SET state = 'retired';
