"""The rules of benches/replay/*.toml as SQL over an archive's Parquet files, with DuckDB.

    python3 with_duckdb.py ARCHIVE THREADS unordered|ordered

Prints the seconds that it took and the sum of all customers' points.
"""

import sys
import time

import duckdb

ARCHIVE, THREADS, NAME = sys.argv[1], int(sys.argv[2]), sys.argv[3]
AS_OF = "2026-01-01T00:00:00Z"

EVENTS = f"""
CREATE OR REPLACE VIEW e AS
SELECT m.customer_id AS c, e.*
FROM read_parquet('{ARCHIVE}/events-*.parquet', union_by_name = true) e
JOIN read_parquet('{ARCHIVE}/crosswalk*.parquet') m USING (record_id)
WHERE e.time < TIMESTAMPTZ '{AS_OF}'
"""

UNORDERED = """
SELECT c, sum(CASE
    WHEN type = 'purchase.made' THEN
        floor(amount)
        + CASE WHEN margin > 20 THEN margin * 0.5 ELSE 0 END
        + CASE WHEN market = 'FI' AND amount > 50 THEN 5 ELSE 0 END
        + CASE WHEN product_group IN ('pumps', 'valves', 'filters') THEN amount * 0.1 ELSE 0 END
    WHEN type = 'purchase.returned' THEN -floor(amount)
    WHEN type = 'invoice.paid' THEN
        CASE WHEN days_late > 14 THEN -10 ELSE 0 END + CASE WHEN days_late <= 0 THEN 2 ELSE 0 END
    WHEN type = 'email.link_clicked' THEN 1
    WHEN type = 'web.visited' THEN 0.1
    WHEN type = 'complaint.opened' THEN -20
    ELSE 0 END) AS points
FROM e GROUP BY c
"""

# Running sums and row numbers in the order of facts, as the rules say; `hot` by groups of three clicks within seven days.
ORDERED = f"""
WITH d AS (
    SELECT c, type, time, source, rank, amount, margin, product_group, days_late,
        CAST(timezone('Europe/Helsinki', time) AS DATE) AS day,
        CAST(timezone('Europe/Helsinki', TIMESTAMPTZ '{AS_OF}') AS DATE) AS today
    FROM e),
p AS (
    SELECT *,
        sum(floor(amount)) OVER m AS bought,
        sum(CASE WHEN product_group IN ('pumps', 'valves', 'filters') THEN amount * 0.1 ELSE 0 END) OVER q AS pumps
    FROM d WHERE type = 'purchase.made'
    WINDOW m AS (PARTITION BY c, date_trunc('month', day) ORDER BY time, source, rank ROWS UNBOUNDED PRECEDING),
        q AS (PARTITION BY c, date_trunc('quarter', day) ORDER BY time, source, rank ROWS UNBOUNDED PRECEDING)),
buying AS (SELECT c, sum(least(bought, 500) - least(bought - floor(amount), 500)) AS points FROM p GROUP BY c),
pumps AS (
    SELECT c, sum(least(pumps, 100)
        - least(pumps - CASE WHEN product_group IN ('pumps', 'valves', 'filters') THEN amount * 0.1 ELSE 0 END, 100)) AS points
    FROM p GROUP BY c),
margin AS (
    SELECT c, sum(margin * 0.5 * pow(0.5, (today - day) / 180.0)) AS points FROM p WHERE margin > 20 GROUP BY c),
s AS (
    SELECT c, sum(CASE WHEN type = 'purchase.made' THEN amount ELSE -amount END) OVER y AS after,
        sum(CASE WHEN type = 'purchase.made' THEN amount ELSE -amount END) OVER y
            - CASE WHEN type = 'purchase.made' THEN amount ELSE -amount END AS before
    FROM d WHERE type IN ('purchase.made', 'purchase.returned')
    WINDOW y AS (PARTITION BY c, year(day) ORDER BY time, source, rank ROWS UNBOUNDED PRECEDING)),
tiers AS (
    SELECT c, sum(
        least(greatest(after, 0), 500) + 0.5 * (least(greatest(after, 500), 2000) - 500)
            + 0.1 * (greatest(after, 2000) - 2000)
        - least(greatest(before, 0), 500) - 0.5 * (least(greatest(before, 500), 2000) - 500)
            - 0.1 * (greatest(before, 2000) - 2000)) AS points
    FROM s GROUP BY c),
late AS (
    SELECT c, sum(-10 * pow(0.5, (today - day) / 365.0)) AS points
    FROM d WHERE type = 'invoice.paid' AND days_late > 14 GROUP BY c),
in_time AS (
    SELECT c, 2 * count(*) AS points FROM (
        SELECT c, row_number() OVER (PARTITION BY c, date_trunc('week', day) ORDER BY time, source, rank) AS n
        FROM d WHERE type = 'invoice.paid' AND days_late <= 0) WHERE n = 1 GROUP BY c),
interest AS (
    SELECT c, sum(2 * pow(0.5, (today - day) / 90.0)) AS points FROM (
        SELECT c, day, today, row_number() OVER (PARTITION BY c, day ORDER BY time, source, rank) AS n
        FROM d WHERE type IN ('email.link_clicked', 'web.visited')) WHERE n = 1 GROUP BY c),
hot AS (
    SELECT c, 25 * count(*) AS points FROM (
        SELECT c, day, lag(day, 2) OVER w AS first, row_number() OVER w AS n
        FROM d WHERE type = 'email.link_clicked'
        WINDOW w AS (PARTITION BY c ORDER BY time, source, rank)) WHERE n % 3 = 0 AND day - first < 7 GROUP BY c),
complaints AS (
    SELECT c, -20 * count(*) AS points FROM d WHERE type = 'complaint.opened' AND today - day < 365 GROUP BY c),
quiet AS (
    SELECT c, -50 * count(*) AS points FROM (
        SELECT c, time, lead(time, 1, TIMESTAMPTZ '{AS_OF}') OVER (PARTITION BY c ORDER BY time) AS next
        FROM d WHERE type = 'purchase.made') WHERE next - time >= INTERVAL 180 DAY GROUP BY c)
SELECT c, sum(points) AS points FROM (
    FROM buying UNION ALL FROM pumps UNION ALL FROM margin UNION ALL FROM tiers UNION ALL FROM late
    UNION ALL FROM in_time UNION ALL FROM interest UNION ALL FROM hot UNION ALL FROM complaints UNION ALL FROM quiet)
GROUP BY c
"""

database = duckdb.connect()
database.execute(f"SET threads = {THREADS}")
database.execute("SET TimeZone = 'UTC'")
database.execute(EVENTS)
start = time.monotonic()
database.execute(f"CREATE TEMP TABLE scores AS {UNORDERED if NAME == 'unordered' else ORDERED}")
seconds = time.monotonic() - start
print(f"{seconds:.3f}", database.execute("SELECT sum(points) FROM scores").fetchone()[0])
