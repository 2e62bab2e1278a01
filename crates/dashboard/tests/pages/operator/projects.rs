//! Projects and nodes.

use http::Method;
use serde_json::Value;

use crate::browser::{Browser, location};
use crate::world;

#[tokio::test(start_paused = true)]
async fn a_project_is_created_under_a_contract_that_was_explained() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let page = root.see("/dashboard/projects/new").await;
    page.shows("Scopien AI").shows("x-scopien-signature").shows("after 5 s, 30 s");
    let form = page.form("/dashboard/projects/new");
    assert_eq!(form.value("contract"), Some("standard"));
    let form = form.with("id", "beta").with("name", "Beta <b>").with("contract", "scopien");
    let keys = root.done(&form).await;
    assert_eq!(keys.path, "/dashboard/p/beta/live/keys?done=project");
    keys.shows("The project was created.").shows("No API keys yet");
    root.see("/dashboard/projects").await.shows("Beta <b>").shows("Scopien AI").shows("Acme");
    let shown = world.root(Method::GET, "/v1/projects/beta", Value::Null).await.expect(200);
    assert_eq!(shown.json["contract"], "scopien");
}

#[tokio::test(start_paused = true)]
async fn a_project_that_cannot_be_is_shown_again_with_what_is_wrong() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let form = root.see("/dashboard/projects/new").await.form("/dashboard/projects/new");
    let refused = root.send(&form.clone().with("id", "No Good").with("contract", "none")).await.expect(422);
    assert!(refused.text.contains("value=\"No Good\""), "{}", refused.text);
    assert!(refused.text.contains("There is no contract"), "{}", refused.text);
    let form = root.see("/dashboard/projects/new").await.form("/dashboard/projects/new");
    let refused = root.send(&form.with("id", "acme")).await.expect(422);
    assert!(refused.text.contains("exists already"), "{}", refused.text);
}

#[tokio::test(start_paused = true)]
async fn a_form_sent_twice_makes_one_project_and_says_where_it_is() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let form = root.see("/dashboard/projects/new").await.form("/dashboard/projects/new").with("id", "beta");
    root.send(&form).await.expect(303);
    let again = root.send(&form).await.expect(409);
    assert!(again.text.contains("/dashboard/p/beta/live/keys"), "{}", again.text);
}

#[tokio::test(start_paused = true)]
async fn what_is_above_projects_needs_the_root_key() {
    let world = world("standard").await;
    let key = Browser::operator(&world, "sk_live_all").await;
    for path in
        ["/dashboard/projects", "/dashboard/projects/new", "/dashboard/nodes", "/dashboard/nodes/live"]
    {
        let refused = key.open(path).await.expect(403);
        assert!(refused.text.contains("needs the root key"), "{}", refused.text);
    }
    assert_eq!(location(&key.open("/dashboard").await.expect(303)), "/dashboard/p/acme/live");
    let root = Browser::root(&world).await;
    assert_eq!(location(&root.open("/dashboard").await.expect(303)), "/dashboard/projects");
    let nodes = root.see("/dashboard/nodes").await;
    nodes.shows("256 slots");
    assert!(nodes.html().contains("data-live=\"/dashboard/nodes/live\""), "{}", nodes.html());
}
