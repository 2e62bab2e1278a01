//! Every page there is.

use std::time::Duration;

use postrider_browser_tests::Town;

#[tokio::test]
async fn every_page_is_sound_on_every_screen() {
    Town::with_history(Duration::from_secs(3 * 3_600)).await.walk("every_page").await;
}
