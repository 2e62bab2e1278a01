//! The suite every store passes: each sentence of the port as a case.
//!
//! A store crate's test calls [`crate::conformance_suite!`] with a function that makes a [`Backend`]; every case
//! becomes a test of its own.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

pub mod appending;
pub mod backlog;
pub mod catalogue;
pub mod changing;
pub mod endpoints;
pub mod history;
pub mod idempotency;
pub mod ordering;
pub mod random;
pub mod sealing;
pub mod sessions;
pub mod settling;
pub mod stats;
pub mod upkeep;
mod world;

use std::sync::Arc;

use async_trait::async_trait;

use crate::Store;

pub use world::World;

/// A store under test, which can be stopped and started.
#[async_trait]
pub trait Backend: Send {
    /// Opens the store. Called again, after every handle of the last one was dropped without being closed, it opens
    /// the same data, as after a crash.
    async fn open(&mut self) -> Arc<dyn Store>;

    /// What it does in another way than others. The suite asks for the rest all the more.
    fn ways(&self) -> Ways {
        Ways::default()
    }
}

/// What a store does in ways of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ways {
    /// Its server has means for backups: asked for one it answers [`crate::StoreError::Unsupported`].
    pub backs_up_elsewhere: bool,
    /// Its lists need no index that is built behind the hot path.
    pub lists_at_once: bool,
    /// The history of an event goes as a whole, however many deliveries it has, and takes no time to.
    pub forgets_whole: bool,
}

/// Expands to one `#[tokio::test]` for each case; `$make` is a function that returns a [`Backend`] with no data. With
/// `maybe` it returns none where the machine has not what the store needs: then the cases are left out.
#[macro_export]
macro_rules! conformance_suite {
    ($make:path) => {
        $crate::conformance_suite! { @all (Some($make())) }
    };
    (maybe $make:path) => {
        $crate::conformance_suite! { @all ($make()) }
    };
    (@all ($backend:expr)) => {
        $crate::conformance_suite! { @each ($backend);
            appending: [
                an_event_and_its_deliveries_are_there_after_the_commit,
                one_bad_item_never_fails_the_others,
                a_match_against_an_older_routing_version_is_stale_and_writes_nothing,
                events_of_one_append_are_stored_together_or_not_at_all,
                an_event_nobody_wants_is_kept,
                the_bytes_of_data_come_back_as_they_came,
                a_large_match_set_is_written_in_chunks_after_its_event,
                a_chunk_of_an_event_that_is_gone_is_passed_over,
            ],
            idempotency: [
                a_key_given_again_with_the_same_body_is_a_repetition,
                a_key_given_again_with_another_body_is_a_conflict,
                a_key_belongs_to_its_project_and_mode,
                a_requests_key_answers_with_every_event_of_that_request,
                a_key_given_twice_in_one_append_is_noticed,
                keys_survive_a_restart,
                keys_survive_their_merge_into_the_table,
                a_key_is_forgotten_after_a_day,
                a_stale_append_does_not_use_its_key_up,
                a_requests_key_is_kept_though_all_its_events_repeat,
                a_key_goes_with_its_event,
            ],
            settling: [
                a_delivered_delivery_is_out_of_the_backlog,
                a_failed_attempt_is_due_again_with_its_step_and_first_attempt,
                a_success_wins_over_any_other_state,
                a_failure_does_not_undo_held_or_cancelled,
                a_settle_of_a_delivery_that_is_gone_does_nothing,
                a_fresh_settle_of_a_row_that_was_indexed_meanwhile_takes_it_out_of_the_index,
            ],
            changing: [
                an_indexed_delivery_is_due_and_indexing_twice_changes_nothing,
                a_reopened_delivery_starts_its_timetable_anew_and_goes_on_counting_attempts,
                what_is_pending_cannot_be_reopened,
                nothing_is_reopened_for_a_disabled_endpoint,
                pending_and_held_can_be_cancelled_and_nothing_else,
                a_change_of_a_delivery_that_never_was_finds_it_missing,
            ],
            ordering: [
                only_the_head_of_a_key_is_due,
                each_end_of_a_head_releases_the_next_in_line,
                a_head_that_is_due_again_stays_head,
                one_blocked_key_never_stops_another,
                a_cancelled_follower_leaves_the_line,
                a_scheduled_delivery_takes_its_place_when_it_enters,
                a_reopened_delivery_is_outside_the_order,
                the_order_survives_a_restart,
            ],
            backlog: [
                deliveries_in_lanes_are_due_after_a_crash,
                what_lies_before_the_low_water_mark_is_not_looked_at,
                the_rest_of_a_fan_out_is_found_by_a_second_crash_too,
                due_deliveries_come_by_time_then_event_and_of_one_endpoint_only,
                what_is_in_memory_is_skipped,
                a_page_says_whether_it_ended_and_when_the_next_falls_due,
                bodies_come_along_as_far_as_the_bytes_allow,
                no_id_ever_made_lies_above_the_highest,
                unfinished_fanouts_are_found_after_a_restart,
                match_sets_are_read_in_pages,
            ],
            catalogue: [
                a_projects_id_is_taken_until_it_is_deleted,
                a_change_of_a_project_against_an_old_revision_is_not_made,
                a_projects_patch_leaves_the_rest_and_makes_matches_stale,
                a_key_is_found_by_its_hash_until_revoked,
                keys_of_a_deleted_project_open_nothing,
                a_tenant_is_made_once,
                a_deleted_tenant_is_gone_with_its_endpoints_and_keys,
                a_type_is_replaced_archived_and_taken_back,
                facts_are_set_once_or_again,
                lists_are_newest_first_and_paged,
                a_cursor_that_is_not_ours_is_refused,
                audit_entries_are_found_by_what_they_are_about,
                counted_minutes_add_up,
                a_cancelled_replay_stays_cancelled,
                nothing_is_reopened_for_a_replay_that_was_cancelled,
            ],
            stats: [
                what_nodes_counted_of_a_project_adds_up,
                counts_belong_to_their_project_and_mode,
                minutes_become_hours_after_eight_days_and_go_after_ninety,
                a_deleted_projects_counts_go,
            ],
            endpoints: [
                an_endpoint_comes_back_as_it_was_given,
                endpoints_are_found_by_their_rows_deleted_ones_too,
                an_endpoint_is_seen_in_its_scope_only,
                endpoints_are_listed_by_whether_they_are_enabled_and_whether_they_fail,
                every_change_makes_matches_stale,
                a_change_against_an_old_revision_is_not_made,
                the_limit_of_active_endpoints_holds_for_creating_and_enabling,
                enabling_clears_the_failure_count,
                a_rule_disables_an_endpoint_once_and_writes_an_entry,
                a_deleted_endpoint_keeps_its_history,
            ],
            sealing: [
                what_is_sealed_is_walked_to_its_end_deleted_endpoints_too,
                what_is_sealed_anew_changes_nothing_else_and_spares_what_changed_meanwhile,
            ],
            history: [
                events_are_listed_newest_first_within_scope_time_and_type,
                deliveries_are_listed_by_endpoint_state_and_type,
                a_pending_delivery_of_a_disabled_endpoint_is_shown_as_held,
                another_tenant_sees_nothing,
                pages_of_deliveries_join_without_gap_or_repetition,
                an_events_detail_shows_everything,
                attempts_are_shown_with_the_last_failures_responses,
                a_selection_is_walked_oldest_first_to_its_end,
                a_selection_leaves_test_sends_out,
                erased_data_is_gone_and_the_rows_stay,
                what_an_endpoint_says_about_an_event_erased_meanwhile_is_not_kept,
            ],
            upkeep: [
                lists_are_the_same_before_and_after_their_indexes_are_built,
                lists_stay_the_same_at_every_step_of_upkeep_and_after_a_stop_in_it,
                history_ends_with_its_class,
                retention_says_how_far_it_is_behind,
                what_is_still_pending_at_its_end_becomes_failed_as_expired,
                an_event_with_many_deliveries_ends_in_small_steps,
                a_deleted_tenants_events_are_erased,
                a_deleted_projects_rows_are_erased,
                a_sweep_holds_what_is_pending_wherever_it_waits,
                a_sweep_leaves_what_was_accepted_after_the_endpoint_was_enabled_again,
                an_ordered_key_whose_head_expires_goes_on_and_its_endpoint_is_named,
                a_sweep_of_a_deleted_endpoint_cancels_held_ones_too,
                a_backup_is_a_store_with_everything,
                a_closed_store_answers_unavailable,
            ],
            sessions: [
                a_session_comes_back_as_it_was_begun_until_it_is_ended,
                a_link_begins_one_session_of_its_tenant,
                a_link_that_is_opened_many_times_at_once_begins_one_session,
                a_link_that_is_late_or_unknown_begins_nothing,
                what_became_of_a_link_is_known_for_a_week,
                sessions_and_forms_that_have_expired_are_removed,
                links_and_sessions_end_with_their_tenant,
                links_and_sessions_end_with_their_project,
                a_link_is_of_a_tenant_of_its_project,
                a_form_is_taken_once_and_tells_what_became_of_it,
                a_form_that_is_sent_many_times_at_once_is_taken_once,
                forms_end_with_their_session,
            ],
            random: [
                random_batches_leave_the_store_as_a_simple_model_says,
            ],
        }
    };
    (@each ($backend:expr); $($module:ident: [$($case:ident),* $(,)?]),* $(,)?) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $case() {
                if let Some(backend) = $backend {
                    $crate::conformance::$module::$case(Box::new(backend)).await;
                }
            })*
        })*
    };
}
