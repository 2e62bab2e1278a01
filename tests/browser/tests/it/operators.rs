//! Operators at the dashboard.

use std::time::Duration;

use postrider_browser_tests::Town;

#[tokio::test]
async fn an_operator_signs_in_and_out_with_the_keyboard_and_comes_back_after_a_lost_session() {
    Town::empty().await.walk("sign_in").await;
}

#[tokio::test]
async fn whoever_signs_in_with_a_key_is_offered_what_its_scopes_allow() {
    Town::empty().await.walk("key_holders").await;
}

#[tokio::test]
async fn an_operator_makes_a_project_and_a_key_which_is_shown_once_and_revoked() {
    Town::empty().await.walk("projects_and_keys").await;
}

#[tokio::test]
async fn an_operator_sees_what_happens_in_an_hour_a_day_and_a_week() {
    Town::with_history(Duration::from_secs(3 * 3_600)).await.walk("overview").await;
}

#[tokio::test]
async fn an_operator_opens_a_customer_s_portal_by_a_link_and_erases_a_customer() {
    Town::empty().await.walk("tenants").await;
}

#[tokio::test]
async fn an_operator_declares_changes_and_archives_a_type_of_events() {
    Town::empty().await.walk("catalogue").await;
}

#[tokio::test]
async fn an_operator_finds_a_delivery_and_sends_it_again_or_cancels_it() {
    Town::empty().await.walk("deliveries").await;
}

#[tokio::test]
async fn an_operator_reads_who_changed_what_and_which_nodes_there_are() {
    Town::empty().await.walk("audit_and_nodes").await;
}

#[tokio::test]
async fn an_operator_changes_a_project_s_settings_and_ends_a_project() {
    Town::empty().await.walk("settings").await;
}

#[tokio::test]
async fn an_operator_finds_webhooks_that_fail_and_things_by_their_ids() {
    Town::with_history(Duration::from_secs(3 * 3_600)).await.walk("webhooks_and_search").await;
}

#[tokio::test]
async fn an_operator_counts_replays_and_stops_what_was_held() {
    Town::empty().await.walk("replays").await;
}
