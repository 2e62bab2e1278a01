//! Takes a picture of every page with every look (`make screenshots`): into `target/screenshots`, and of the pages that
//! `pages.json` marks for it into `docs/images`.

use std::time::Duration;

use postrider_browser_tests::Town;

/// Long enough that an endpoint which fails is disabled by the contract `standard` (5 days), and that a week's chart
/// has something in it.
const SPAN: Duration = Duration::from_secs(7 * 86_400);

#[tokio::main]
async fn main() {
    Town::with_history(SPAN).await.walk("screenshots").await;
}
