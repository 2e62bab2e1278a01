//! Operators at the dashboard.

use postrider_browser_tests::Town;

#[tokio::test]
async fn an_operator_signs_in_and_out_with_the_keyboard() {
    Town::empty().await.walk("sign_in").await;
}
