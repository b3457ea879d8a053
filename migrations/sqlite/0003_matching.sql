-- Who is one customer is found by matching from here on. Projections that were made without it are computed from the log
-- again; postgres/0003_matching.sql is the same.
UPDATE generation SET state = 'retired';
