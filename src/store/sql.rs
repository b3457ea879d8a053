//! SQL texts that are the same on both stores.
//!
//! Placeholders are `$n` throughout. A back end stamps the paged reads with its own list of columns
//! ([`selections`]); what cannot be one text stands beside its use, under the same name on both.

/// The last position.
pub const HEAD: &str = "SELECT head FROM log_state";

/// The last position recorded at or before $1. `recorded_at` never falls, so halving finds it without an index.
pub const POSITION_AT: &str = "
WITH RECURSIVE search (low, high) AS (
    SELECT CAST(0 AS bigint), head FROM log_state
    UNION ALL
    SELECT CASE WHEN recorded_at <= $1 THEN position ELSE low END,
           CASE WHEN recorded_at <= $1 THEN high ELSE position - 1 END
    FROM search JOIN log ON position = (low + high + 1) / 2
    WHERE low < high
)
SELECT low FROM search WHERE low = high";

pub const CURSOR: &str = "SELECT value FROM cursor WHERE name = $1";

/// Customers that topic $1 holds, behind $2.
pub const SENT_PAGE: &str = "SELECT customer_id, records FROM sent_customer WHERE topic = $1 AND customer_id > $2 ORDER BY customer_id LIMIT $3";

pub const COMMAND_RESULT: &str =
    "SELECT key, request, status, position, sealed_body FROM command_result WHERE key = $1";

pub const DEAD_LETTERS: &str = "
SELECT id, letter_key, door, origin, reason, problems, sealed_body, record_id, recorded_at, state, settled_position
FROM dead_letter WHERE id > $1 ORDER BY id LIMIT $2";

pub const OPEN_DEAD_LETTERS: &str = "
SELECT id, letter_key, door, origin, reason, problems, sealed_body, record_id, recorded_at, state, settled_position
FROM dead_letter WHERE id > $1 AND state = 'open' ORDER BY id LIMIT $2";

pub const COUNT_OPEN_DEAD_LETTERS: &str = "SELECT count(*) FROM dead_letter WHERE state = 'open'";

pub const DEAD_LETTER: &str = "
SELECT id, letter_key, door, origin, reason, problems, sealed_body, record_id, recorded_at, state, settled_position
FROM dead_letter WHERE id = $1";

pub const SETTLE_DEAD_LETTER: &str = "
UPDATE dead_letter SET state = 'resubmitted', settled_position = $2 WHERE id = $1 AND state = 'open'";

pub const DISMISS_DEAD_LETTER: &str = "
UPDATE dead_letter SET state = 'dismissed', settled_position = (SELECT head FROM log_state)
WHERE id = $1 AND state = 'open'";

pub const ACTOR: &str = "SELECT actor FROM actor WHERE name = $1";

pub const ADD_ACTOR: &str = "INSERT INTO actor (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";

pub const ACTOR_NAME: &str = "SELECT name FROM actor WHERE actor = $1";

pub const SECRET: &str = "SELECT secret FROM log_state";

pub const INIT_SECRET: &str = "UPDATE log_state SET secret = $1 WHERE secret IS NULL";

/// A new holder of name $1; what it returns is its epoch.
pub const CLAIM: &str = "
INSERT INTO owner (name, epoch, holder) VALUES ($1, 1, $2)
ON CONFLICT (name) DO UPDATE SET epoch = owner.epoch + 1, holder = excluded.holder
RETURNING epoch";

/// The newest migration that was applied.
pub const SCHEMA_VERSION: &str = "SELECT max(version) FROM _sqlx_migrations";

/// Stamps the paged reads of the log. Literals of the back end: `$head` and `$tail` go around each text and name the
/// columns, `$category` is its expression for the category of a stream, `$of_category` and `$of_type` test that an event
/// is of $1 and from position $2 to $3, `$records` that its record is among those of $1, `$share` is the share of its
/// record, `$own` its revision if it is of its record's stream, `$named` tests that it is of another. The two texts of a
/// pair read forwards and backwards.
///
/// Every page takes the lowest position, the highest position and the limit as its last three parameters. A plus sign
/// keeps the planner from walking the log by position where an index leads to a few rows of it.
macro_rules! selections {
    (
        ($($head:expr),+), $tail:literal, $category:literal, $of_category:literal, $of_type:literal, $records:literal,
        $share:literal, $own:literal, $named:literal
    ) => {
        pub const ALL: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE position >= $1 AND position <= $2 ORDER BY position LIMIT $3", $tail),
            concat!($($head),+, " FROM log WHERE position >= $1 AND position <= $2 ORDER BY position DESC LIMIT $3", $tail),
        ];
        /// The stream of a record. Whoever pages through a long stream hands in the position of an event of it: its
        /// revision is where to go on.
        pub const RECORD_STREAM: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE record_id = $1 AND +position >= $2 AND +position <= $3",
                " AND ", $own, " > coalesce((SELECT ", $own, " FROM log WHERE position = $2 - 1 AND record_id = $1), -1)",
                " ORDER BY ", $own, " LIMIT $4", $tail),
            concat!($($head),+, " FROM log WHERE record_id = $1 AND +position >= $2 AND +position <= $3",
                " AND ", $own, " < coalesce((SELECT ", $own, " FROM log WHERE position = $3 + 1 AND record_id = $1),",
                " 9223372036854775807) ORDER BY ", $own, " DESC LIMIT $4", $tail),
        ];
        /// Any other stream.
        pub const STREAM: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE stream = $1 AND ", $named,
                " AND +position >= $2 AND +position <= $3",
                " AND revision > coalesce((SELECT revision FROM log WHERE position = $2 - 1 AND stream = $1), -1)",
                " ORDER BY revision LIMIT $4", $tail),
            concat!($($head),+, " FROM log WHERE stream = $1 AND ", $named,
                " AND +position >= $2 AND +position <= $3",
                " AND revision < coalesce((SELECT revision FROM log WHERE position = $3 + 1 AND stream = $1),",
                " 9223372036854775807) ORDER BY revision DESC LIMIT $4", $tail),
        ];
        pub const CATEGORY: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE ", $of_category, " AND ", $category, " <> 'record' ORDER BY ", $category,
                ", position LIMIT $4", $tail),
            concat!($($head),+, " FROM log WHERE ", $of_category, " AND ", $category, " <> 'record' ORDER BY ", $category,
                " DESC, position DESC LIMIT $4", $tail),
        ];
        /// The category `record`: nearly every event is of it.
        pub const RECORD_CATEGORY: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE ", $category, " = 'record'",
                " AND position >= $1 AND position <= $2 ORDER BY position LIMIT $3", $tail),
            concat!($($head),+, " FROM log WHERE ", $category, " = 'record'",
                " AND position >= $1 AND position <= $2 ORDER BY position DESC LIMIT $3", $tail),
        ];
        pub const TYPE: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE ", $of_type, " ORDER BY type, position LIMIT $4", $tail),
            concat!($($head),+, " FROM log WHERE ", $of_type, " ORDER BY type DESC, position DESC LIMIT $4", $tail),
        ];
        /// Types of records $1 that begin with $2.
        pub const RECORDS: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE ", $records, " AND substr(type, 1, length($2)) = $2",
                " AND +position >= $3 AND +position <= $4 ORDER BY +position LIMIT $5", $tail),
            concat!($($head),+, " FROM log WHERE ", $records, " AND substr(type, 1, length($2)) = $2",
                " AND +position >= $3 AND +position <= $4 ORDER BY +position DESC LIMIT $5", $tail),
        ];
        /// Records of the shares whose bits are set in $1 and, if $2, what is not about one record.
        pub const SHARES: [&str; 2] = [
            concat!($($head),+, " FROM log WHERE (record_id IS NOT NULL AND (CAST($1 AS bigint) >> ", $share, ") & 1 = 1",
                " OR $2 AND (record_id IS NULL OR substr(type, 1, 9) = 'identity.'",
                " OR type IN ('survivorship_policy.published', 'match_policy.published')))",
                " AND position >= $3 AND position <= $4 ORDER BY position LIMIT $5", $tail),
            concat!($($head),+, " FROM log WHERE (record_id IS NOT NULL AND (CAST($1 AS bigint) >> ", $share, ") & 1 = 1",
                " OR $2 AND (record_id IS NULL OR substr(type, 1, 9) = 'identity.'",
                " OR type IN ('survivorship_policy.published', 'match_policy.published')))",
                " AND position >= $3 AND position <= $4 ORDER BY position DESC LIMIT $5", $tail),
        ];
    };
}

/// Stamps the read of a timeline: records $1, times below $2, positions up to $3, at least $4 rows and all of the oldest
/// time.
macro_rules! timeline {
    (($($head:expr),+), $tail:literal, $records:literal) => {
        pub const TIMELINE: &str = concat!($($head),+, " FROM log WHERE ", $records,
            " AND time < $2 AND +position <= $3 AND time >= coalesce((SELECT min(time) FROM (SELECT time FROM log WHERE ",
            $records, " AND time < $2 AND +position <= $3 ORDER BY time DESC LIMIT $4) AS latest), $2)",
            " ORDER BY time DESC, position DESC", $tail);
    };
}

pub(super) use {selections, timeline};
