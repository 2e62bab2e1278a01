//! The way into the portal, and what goes wrong on it.

use postrider_browser_tests::Town;

#[tokio::test]
async fn an_expired_used_altered_or_foreign_link_says_what_happened_and_what_to_do() {
    // The least there is: nobody waits for it in vain.
    Town::with("POSTRIDER_LIMITS_PORTAL_LINK_SECONDS", "10").await.walk("portal_links").await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_too_late_or_without_a_session_does_nothing_twice() {
    Town::empty().await.walk("portal_twice").await;
}

#[tokio::test]
async fn the_portal_stands_in_an_iframe_of_allowed_origins_only() {
    Town::empty().await.walk("portal_embedded").await;
}
