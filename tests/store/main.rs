//! The contract of the stores: one suite, stamped on each back end, and what only one of them can get wrong. One binary,
//! so that they are linked once.
//!
//! A test of the suite takes a [`kit::Kit`], knows only `Log`, and is named once in `suite!` below.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "whatever fails here has failed the test")]
mod beside;
mod concurrent;
mod expected;
mod facts;
mod generations;
mod kit;
mod opening;
mod people;
mod postgres_only;
mod proxy;
mod reads;
mod schema;
mod sqlite_only;
mod timelines;

/// Stamps every test on both stores.
macro_rules! suite {
    ($($module:ident: $($test:ident),+ $(,)?;)+) => {
        mod sqlite {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::$module::$test(crate::kit::Kit::sqlite()).await;
                })+
            })+
        }
        mod postgres {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::$module::$test(crate::kit::Kit::postgres().await).await;
                })+
            })+
        }
    };
}

suite! {
    expected:
        any_takes_whatever_there_is,
        none_exists_and_exact_are_held_to,
        a_refusal_touches_nobody_else,
        several_streams_are_checked_together,
        a_repeated_command_succeeds_whatever_it_expects,
        a_command_with_other_content_is_refused,
        revisions_are_dense_per_stream;
    facts:
        everything_comes_back_as_it_was,
        the_same_again_is_a_duplicate,
        another_content_is_a_conflict_and_kept,
        a_batch_sees_its_own_events,
        times_are_exact_to_the_microsecond,
        absent_values_stay_absent,
        large_and_strange_values_come_back,
        an_append_of_nothing_is_nothing,
        bulk_is_as_small;
    beside:
        what_goes_with_events_is_stored_with_them,
        a_refused_request_leaves_nothing,
        a_cursor_is_moved_by_one_only,
        what_topics_hold_is_stored_with_its_cursor,
        an_idempotency_key_gives_the_first_answer,
        a_dead_letter_is_kept_once,
        dead_letters_are_listed_and_settled;
    reads:
        the_whole_log_in_both_directions,
        a_stream_in_both_directions,
        the_stream_of_a_record_in_both_directions,
        a_place_in_a_stream_is_given_once,
        categories_and_types,
        records_with_a_type_prefix,
        shares_of_records,
        until_cuts_the_log,
        parts_only_when_asked_for,
        erased_parts_keep_reading,
        the_position_at_a_moment;
    timelines:
        latest_first_and_ties_stay_together,
        cut_by_time_and_position,
        empty_when_there_is_nothing;
    people:
        a_record_begins_with_its_first_accepted_event,
        the_first_data_key_holds,
        an_erased_record_gets_no_key,
        actors_keep_their_numbers,
        the_secret_is_made_once,
        names_are_claimed_one_at_a_time;
    concurrent:
        writers_and_subscribers,
        what_the_database_refuses_fails_alone,
        an_append_given_up_by_its_caller_is_whole_or_absent;
    opening:
        a_restart_keeps_everything,
        a_newer_schema_is_left_alone,
        a_closed_log_refuses,
        closing_answers_what_waits;
}
