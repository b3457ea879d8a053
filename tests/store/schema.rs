//! The log has one schema on both stores: the same tables, columns, NULLs and unique keys. PostgreSQL may have more.

use std::collections::BTreeSet;

use crate::kit::Kit;

const SQLITE_COLUMNS: &str = "
SELECT group_concat(line, char(10)) FROM (
    SELECT tables.name || '.' || columns.name || CASE WHEN columns.\"notnull\" OR columns.pk > 0 THEN ' NOT NULL' ELSE '' END AS line
    FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table' AND tables.name NOT LIKE '\\_%' ESCAPE '\\' AND tables.name NOT LIKE 'sqlite%'
)";
const POSTGRES_COLUMNS: &str = "
SELECT string_agg(table_name || '.' || column_name || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END, chr(10))
FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";
const SQLITE_INDEXES: &str = "
SELECT group_concat(name || CASE WHEN sql LIKE 'CREATE UNIQUE%' THEN ' UNIQUE' ELSE '' END, char(10))
FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
const POSTGRES_INDEXES: &str = "
SELECT string_agg(indexname || CASE WHEN indexdef LIKE 'CREATE UNIQUE%' THEN ' UNIQUE' ELSE '' END, chr(10))
FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'
    OR indexname = 'log_event_key'";

async fn lines(kit: &Kit, text: &str) -> BTreeSet<String> {
    kit.text(text).await.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn both_stores_have_the_same_schema() {
    let (sqlite, postgres) = (Kit::sqlite(), Kit::postgres().await);
    sqlite.open().await.close().await;
    postgres.open().await.close().await;
    let columns = lines(&sqlite, SQLITE_COLUMNS).await;
    assert!(columns.contains("log.position NOT NULL") && columns.contains("log.unit"), "{columns:?}");
    let tables: BTreeSet<_> = columns.iter().filter_map(|line| line.split('.').next()).collect();
    let of_the_log = |line: &String| line.split('.').next().is_some_and(|table| tables.contains(table));
    let found: BTreeSet<_> = lines(&postgres, POSTGRES_COLUMNS).await.into_iter().filter(of_the_log).collect();
    assert_eq!(columns, found);
    let indexes = lines(&sqlite, SQLITE_INDEXES).await;
    assert!(indexes.contains("log_stream UNIQUE"), "{indexes:?}");
    let found = lines(&postgres, POSTGRES_INDEXES).await;
    assert!(indexes.is_subset(&found), "{indexes:?} {found:?}");
}
