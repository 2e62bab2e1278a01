//! Customers in the portal.

use std::time::Duration;

use postrider_browser_tests::Town;

#[tokio::test]
async fn scopiens_via_dashboard_works_step_by_step() {
    Town::empty().await.walk("scopien_via_dashboard").await;
}

#[tokio::test]
async fn scopiens_using_the_dashboard_works_step_by_step() {
    Town::empty().await.walk("scopien_using_the_dashboard").await;
}

#[tokio::test]
async fn scopiens_recent_deliveries_look_as_drawn_and_are_live() {
    Town::with_history(Duration::from_secs(3 * 3_600)).await.walk("scopien_monitoring").await;
}

#[tokio::test]
async fn a_call_center_webhook_is_made_with_url_events_and_contact_lists() {
    Town::empty().await.walk("call_center").await;
}

#[tokio::test]
async fn a_webhook_is_made_changed_rotated_and_deleted_with_all_that_the_contract_offers() {
    Town::empty().await.walk("standard_webhook").await;
}

#[tokio::test]
async fn a_disabled_webhook_says_why_and_everything_is_sent_again_from_the_portal() {
    Town::empty().await.walk("standard_failures").await;
}

#[tokio::test]
async fn the_catalogue_and_the_verification_code_are_read_and_copied() {
    Town::empty().await.walk("portal_catalogue").await;
}

#[tokio::test]
async fn a_webhook_is_made_tested_and_sent_again_with_the_keyboard_alone() {
    Town::empty().await.walk("portal_keyboard").await;
}

#[tokio::test]
async fn the_product_is_named_everywhere_and_its_maker_nowhere() {
    Town::empty().await.walk("white_label").await;
}
