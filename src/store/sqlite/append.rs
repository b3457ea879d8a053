//! Commits a group of appends in one transaction.
//!
//! Nobody else writes this file (`lock.rs`), and the writer's connection is held throughout, so what is looked up
//! before the transaction begins still holds in it; a small group then costs two calls of sqlx, or one when all that it
//! needs is remembered ([`Recent`]). That the keys it relies on are stored still is part of that one call: whoever erases
//! somebody by hand asks no lock.

use async_trait::async_trait;
use kulta_events::Instant;
use sqlx::{Executor, SqliteConnection};

use super::write::{COMMAND_RESULT, CURSOR, DEAD_LETTER, LOG, RECORD, RECORD_KEY, SEALED, SENT_CUSTOMER, Script};
use super::{Shared, known};
use crate::store::log::Append;
use crate::store::number::{signed, small};
use crate::store::plan::{Plan, Row, Wanted, plan, sealed_anew};
use crate::store::recent::{Guess, Recent};
use crate::store::writer::{Attempt, Commit, Outcome, Trace};
use crate::store::{CommandResult, Error, NewDeadLetter, NewKey, sql};

const ADVANCE: &str = "UPDATE log_state SET head = ?, recorded_at = ?, commits = commits + 1; COMMIT;";
/// Refused, by a NULL where none may be, unless each of these keys is stored as it is here.
const RELIED: &str = "UPDATE OR ROLLBACK log_state SET head = NULL WHERE EXISTS (SELECT 1 FROM json_each(?) AS relied
    WHERE unhex(relied.value ->> 2) IS NOT (SELECT wrapped FROM record_key
        WHERE record_id = unhex(relied.value ->> 0) AND class = relied.value ->> 1));";
const REMOVE_SENT: &str = "DELETE FROM sent_customer WHERE topic = ? AND customer_id = ?;";
/// Statements that are handed over together.
const REMOVED_AT_ONCE: usize = 200;
const STORED_EVENT: &str = "SELECT event_key, sealed_id, recorded_at FROM log WHERE position = $1";

/// The writer's way into the database.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) shared: std::sync::Arc<Shared>,
    pub(super) recent: Recent,
}

#[async_trait]
impl Commit for Group {
    async fn commit(&mut self, group: &[Append], attempt: &mut Attempt) -> Result<Vec<Outcome>, Error> {
        let Self { shared, recent } = self;
        let connection = &mut *shared.write().await?;
        if is_committed(connection, attempt.trace()).await? {
            recent.forget();
            shared.publish(connection).await?;
            return Ok(attempt.answers());
        }
        let wanted = Wanted::of(group);
        if let Some(Guess { mut known, asked, .. }) = recent.guess(&wanted)
            && let Some(relied) = recent.rely(group, &mut known)
        {
            if !asked.is_empty() {
                known.revisions.extend(known::revisions(connection, &asked).await?);
            }
            let group = sealed_anew(group, &known);
            let plan = plan(&group, known, (shared.clock)());
            match write_all(shared, recent, connection, plan, &relied, attempt).await {
                Err(Error::Refused(_)) => {
                    recent.was_wrong();
                    if !relied.is_empty() {
                        recent.forget();
                    }
                }
                done => return done,
            }
        }
        let (remembered, asked) = recent.share(&wanted);
        let mut known = known::look_up(connection, &wanted, &asked).await?;
        if Recent::overlooked(&wanted, &known, &remembered) {
            known = known::look_up(connection, &wanted, &wanted.streams).await?;
        } else {
            known.revisions.extend(remembered);
        }
        let group = sealed_anew(group, &known);
        let plan = plan(&group, known, (shared.clock)());
        write_all(shared, recent, connection, plan, &[], attempt).await
    }
}

/// Commits a plan, notes it as the attempt's before, and answers.
async fn write_all(
    shared: &Shared,
    recent: &mut Recent,
    connection: &mut SqliteConnection,
    mut plan: Plan<'_>,
    relied: &[&NewKey],
    attempt: &mut Attempt,
) -> Result<Vec<Outcome>, Error> {
    attempt.note(&mut plan);
    if plan.is_empty() {
        return Ok(attempt.answers());
    }
    if let Err(error) = write(connection, &plan, relied).await {
        if !matches!(error, Error::Refused(_)) {
            recent.forget();
        }
        // SQLite has rolled back by itself after some errors; then there is nothing to roll back any more.
        let _ = connection.execute("ROLLBACK").await;
        return Err(error);
    }
    recent.committed(&plan, 0);
    shared.head.send_replace(plan.head);
    shared.keep_wal_short(connection).await;
    Ok(attempt.answers())
}

/// Whether an earlier try of this group was committed although its answer was lost.
async fn is_committed(connection: &mut SqliteConnection, trace: Option<&Trace>) -> Result<bool, Error> {
    match trace {
        None | Some(Trace::None) => Ok(false),
        Some(Trace::Event { position, key, sealed_id, recorded_at }) => {
            let stored: Option<(uuid::Uuid, Vec<u8>, i64)> =
                sqlx::query_as(STORED_EVENT).bind(signed(*position)).fetch_optional(connection).await?;
            Ok(stored.is_some_and(|stored| stored == (*key, sealed_id.clone(), recorded_at.micros())))
        }
        Some(Trace::Result(result)) => {
            let row = sqlx::query(sql::COMMAND_RESULT).bind(result.key).fetch_optional(connection).await?;
            row.map_or(Ok(false), |row| Ok(known::result(&row, 0)? == *result))
        }
    }
}

async fn write(connection: &mut SqliteConnection, plan: &Plan<'_>, relied: &[&NewKey]) -> Result<(), Error> {
    let recorded_at = plan.recorded_at;
    let mut script = Script::new(connection);
    script.add("BEGIN IMMEDIATE;");
    if !relied.is_empty() {
        script.add(RELIED);
        script.bind(known::json_keys(relied))?;
    }
    script.insert(&LOG, &plan.rows, |script, row| bind_event(script, row, recorded_at)).await?;
    let parts: Vec<_> = plan.parts().collect();
    script
        .insert(&SEALED, &parts, |script, (position, class, blob)| {
            script.bind(signed(*position))?;
            script.bind(*class as i16)?;
            script.bind(*blob)
        })
        .await?;
    script
        .insert(&RECORD, &plan.records, |script, (record, first)| {
            script.bind(record.record.0)?;
            script.bind(record.source.clone())?;
            script.bind(record.sealed_subject.as_slice())?;
            script.bind(signed(*first))
        })
        .await?;
    script
        .insert(&RECORD_KEY, &plan.keys, |script, key| {
            script.bind(key.record.0)?;
            script.bind(key.class as i16)?;
            script.bind(key.wrapped.as_slice())
        })
        .await?;
    let cursors: Vec<_> = plan.cursors.iter().collect();
    script
        .insert(&CURSOR, &cursors, |script, (name, value)| {
            script.bind(**name)?;
            script.bind(**value)
        })
        .await?;
    sent(&mut script, plan).await?;
    script.insert(&COMMAND_RESULT, &plan.results, |script, result| bind_result(script, result, recorded_at)).await?;
    script.insert(&DEAD_LETTER, &plan.dead_letters, |script, letter| bind_letter(script, letter, recorded_at)).await?;
    for (id, position) in &plan.settles {
        script.run().await?;
        let settle = sqlx::query(sql::SETTLE_DEAD_LETTER).bind(*id).bind(signed(*position));
        settle.execute(script.connection()).await?;
    }
    script.add(ADVANCE);
    script.bind(signed(plan.head))?;
    script.bind(recorded_at.micros())?;
    script.run().await
}

async fn sent(script: &mut Script<'_>, plan: &Plan<'_>) -> Result<(), Error> {
    let put: Vec<_> = plan.put().collect();
    script
        .insert(&SENT_CUSTOMER, &put, |script, (topic, sent)| {
            script.bind((*topic).to_owned())?;
            script.bind(sent.customer.0)?;
            script.bind(sent.bytes())
        })
        .await?;
    for (place, (topic, customer)) in plan.removed().enumerate() {
        script.add(REMOVE_SENT);
        script.bind(topic.to_owned())?;
        script.bind(customer.0)?;
        if place % REMOVED_AT_ONCE == REMOVED_AT_ONCE - 1 {
            script.run().await?;
        }
    }
    Ok(())
}

fn bind_event(script: &mut Script<'_>, row: &Row<'_>, recorded_at: Instant) -> Result<(), Error> {
    let event = row.event;
    script.bind(signed(row.position))?;
    script.bind(event.stream.clone())?;
    script.bind(signed(row.revision))?;
    script.bind(event.key)?;
    script.bind(event.fingerprint)?;
    script.bind(event.type_name)?;
    script.bind(event.version)?;
    script.bind(event.source.clone())?;
    script.bind(event.record.map(|record| record.0))?;
    script.bind(event.time.micros())?;
    script.bind(recorded_at.micros())?;
    script.bind(event.actor)?;
    script.bind(event.unit.clone())?;
    script.bind(small(event.parts.len()))?;
    script.bind(event.unknown)?;
    script.bind(event.sealed_id.as_slice())?;
    script.bind(event.facts.as_str())
}

fn bind_result(script: &mut Script<'_>, result: &CommandResult, recorded_at: Instant) -> Result<(), Error> {
    script.bind(result.key)?;
    script.bind(result.request)?;
    script.bind(result.status)?;
    script.bind(signed(result.position))?;
    script.bind(result.sealed_body.as_slice())?;
    script.bind(recorded_at.micros())
}

fn bind_letter(script: &mut Script<'_>, letter: &NewDeadLetter, recorded_at: Instant) -> Result<(), Error> {
    script.bind(letter.key)?;
    script.bind(letter.door.as_str())?;
    script.bind(letter.origin.as_str())?;
    script.bind(letter.reason.as_str())?;
    script.bind(letter.problems.as_str())?;
    script.bind(letter.sealed_body.as_slice())?;
    script.bind(letter.record.map(|record| record.0))?;
    script.bind(recorded_at.micros())
}
