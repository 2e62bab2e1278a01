//! Every page there is.

use std::time::Duration;

use postrider_browser_tests::Town;

#[tokio::test]
async fn every_page_is_sound_on_every_screen() {
    Town::with_history(Duration::from_secs(3 * 3_600)).await.walk("every_page").await;
}

#[tokio::test]
async fn every_page_is_sound_where_nothing_happened_yet() {
    Town::empty().await.walk("empty_pages").await;
}

#[tokio::test]
async fn every_page_is_sound_where_customers_write_everything_against_us() {
    Town::empty().await.walk("hostile_pages").await;
}
