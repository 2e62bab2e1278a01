//! A session never reaches what is not its own (DESIGN 7 "Tenancy"), route by route.
//!
//! Two customers have the same things. A crawler opens every page that one of them can come to, and notes every
//! address and every form. Then each is asked for again with the other one's ids in it: as a page, and as a form whose
//! token is right for that address. A new page is in the test by being linked.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use http::StatusCode;
use postrider_model::id::Mode;
use postrider_world::World;
use serde_json::{Value, json};

use crate::browser::{Browser, Form, Seen, location};
use crate::forged::token;
use crate::world;

/// What one customer has: an endpoint that fails, an event, a delivery, a replay.
#[derive(Debug)]
struct Own {
    tenant: &'static str,
    /// Every id of it that may stand in an address.
    ids: Vec<String>,
}

impl Own {
    async fn of(world: &World, key: &str, tenant: &'static str) -> Self {
        let call =
            async |path: String, body: Value| world.call_as(key, http::Method::POST, &path, body).await;
        let endpoint =
            json!({"url": format!("https://{tenant}.example/hook"), "name": format!("name-of-{tenant}")});
        let endpoint = call(format!("/v1/tenants/{tenant}/endpoints"), endpoint).await.expect(201).id();
        let event = json!({"tenant": tenant, "type": "contact.created", "data": {"secret": format!("data-of-{tenant}")}});
        let event = call("/v1/events".into(), event).await.expect(202).id();
        world.pass(Duration::from_secs(2)).await;
        let replay = json!({"status": ["delivered", "failed", "held"]});
        let replay =
            call(format!("/v1/tenants/{tenant}/endpoints/{endpoint}/replay"), replay).await.expect(202).id();
        world.pass(Duration::from_secs(5)).await;
        Self { tenant, ids: vec![endpoint, event, replay] }
    }

    /// The texts that only pages of this customer may hold.
    fn traces(&self) -> Vec<String> {
        let Self { tenant, ids } = self;
        let named =
            [format!("https://{tenant}.example"), format!("name-of-{tenant}"), format!("data-of-{tenant}")];
        ids.iter().cloned().chain(named).collect()
    }
}

/// Every address that can be come to from the first one, and every form on the way.
#[derive(Debug, Default)]
struct Crawled {
    pages: BTreeSet<String>,
    /// Addresses of the parts that are kept up to date.
    streams: BTreeSet<String>,
    forms: Vec<Form>,
}

impl Crawled {
    async fn from(browser: &Browser<'_>, first: &str, own: &Own) -> Self {
        let mut crawled = Self::default();
        let below = first.trim_end_matches("/webhooks");
        // A replay's page is come to by starting one.
        let replay = format!("{below}/replays/{}", own.ids[2]);
        let mut next = VecDeque::from([first.to_owned(), replay]);
        while let Some(path) = next.pop_front() {
            if !crawled.pages.insert(path.clone()) {
                continue;
            }
            assert!(crawled.pages.len() < 400, "the pages have no end: {path}");
            let page = browser.see(&path).await;
            crawled.streams.extend(values(&page, "data-live"));
            next.extend(links(&page, below).filter(|link| !crawled.pages.contains(link)));
            for form in page.forms() {
                let is_known = crawled.forms.iter().any(|known| known.action == form.action);
                if !is_known && form.action != "/dashboard/sign-out" {
                    crawled.forms.push(form);
                }
            }
        }
        crawled
    }
}

/// The addresses of other pages on a page; lists are looked at without their many filters.
fn links<'p>(page: &'p Seen, below: &'p str) -> impl Iterator<Item = String> + 'p {
    values(page, "href").filter(move |link| {
        link.starts_with(below) && !link.contains("/assets/") && !link.contains(['?', '#'])
    })
}

fn values<'p>(page: &'p Seen, attribute: &str) -> impl Iterator<Item = String> + 'p {
    let parts: Vec<_> = page.html().split(&format!(" {attribute}=\"")).skip(1).collect();
    parts.into_iter().filter_map(|part| part.split('"').next()).map(|value| value.replace("&amp;", "&"))
}

/// The address with one's ids replaced by the other's; all that there are, and each alone.
fn strayed(address: &str, own: &Own, other: &Own) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut all = address.to_owned();
    for (mine, theirs) in own.ids.iter().zip(&other.ids) {
        found.insert(address.replace(mine.as_str(), theirs));
        all = all.replace(mine.as_str(), theirs);
    }
    found.insert(all);
    found.remove(address);
    found
}

/// Everything of a customer that the API shows.
async fn all_of(world: &World, key: &str, own: &Own) -> Vec<Value> {
    let tenant = own.tenant;
    let mut seen = Vec::new();
    for path in [
        format!("/v1/tenants/{tenant}/endpoints"),
        format!("/v1/deliveries?tenant={tenant}"),
        format!("/v1/events?tenant={tenant}"),
        format!("/v1/replays?tenant={tenant}"),
    ] {
        let answer = world.call_as(key, http::Method::GET, &path, Value::Null).await.expect(200);
        seen.push(answer.json);
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn a_customer_reaches_nothing_of_another_on_any_route() {
    let world = world("standard").await;
    world.receivers.answer("https://t1.example/hook", 500, b"no");
    let own = Own::of(&world, "sk_live_all", "t1").await;
    let other = Own::of(&world, "sk_live_all", "t2").await;
    let before = all_of(&world, "sk_live_all", &other).await;
    let browser = Browser::customer(&world, "t1").await;
    let crawled = Crawled::from(&browser, "/portal/webhooks", &own).await;
    for page in &crawled.pages {
        let page = browser.see(page).await;
        for trace in other.traces() {
            page.hides(&trace);
        }
        // Customers know the product whose webhooks these are, not what sends them (DESIGN 10).
        page.hides("ostrider");
    }
    let asked = strays_are_not_found(&browser, &crawled, &own, &other).await;
    assert!(asked >= 20, "only {asked} addresses were asked for: {crawled:?}");
    assert_eq!(all_of(&world, "sk_live_all", &other).await, before);
}

/// Asks for every page and form with the other's ids; how many there were.
async fn strays_are_not_found(browser: &Browser<'_>, crawled: &Crawled, own: &Own, other: &Own) -> usize {
    let mut asked = 0;
    for address in crawled.pages.iter().chain(&crawled.streams).flat_map(|page| strayed(page, own, other)) {
        assert_eq!(browser.open(&address).await.status, StatusCode::NOT_FOUND, "GET {address}");
        asked += 1;
    }
    for form in &crawled.forms {
        for address in strayed(&form.action, own, other) {
            let sent = Form { action: address.clone(), ..form.clone() };
            let sent = sent.with("_form", &token(browser, &address, asked as u8));
            let answer = browser.send(&sent).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "POST {address}: {}", answer.text);
            asked += 1;
        }
    }
    asked
}

#[tokio::test(start_paused = true)]
async fn what_a_customer_opens_without_a_session_is_not_shown() {
    let world = world("standard").await;
    let own = Own::of(&world, "sk_live_all", "t1").await;
    let browser = Browser::customer(&world, "t1").await;
    let crawled = Crawled::from(&browser, "/portal/webhooks", &own).await;
    assert!(crawled.pages.iter().any(|page| page.contains(&own.ids[0])), "{crawled:?}");
    let nobody = Browser::new(&world);
    for page in &crawled.pages {
        assert_eq!(nobody.open(page).await.status, StatusCode::UNAUTHORIZED, "{page}");
    }
    for form in &crawled.forms {
        assert_eq!(nobody.send(form).await.status, StatusCode::UNAUTHORIZED, "{}", form.action);
    }
}

#[tokio::test(start_paused = true)]
async fn a_project_s_key_reaches_nothing_of_its_other_mode_on_any_route() {
    let world = world("standard").await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let own = Own::of(&world, "sk_live_all", "t1").await;
    let other = Own::of(&world, "sk_test_all", "t1").await;
    let before = all_of(&world, "sk_test_all", &other).await;
    let browser = Browser::operator(&world, "sk_live_all").await;
    let base = "/dashboard/p/acme/live";
    let crawled = Crawled::from(&browser, base, &own).await;
    for page in &crawled.pages {
        let page = browser.see(page).await;
        // Both modes have one audit log, as they have one project.
        for id in other.ids.iter().filter(|_| !page.path.ends_with("/audit")) {
            page.hides(id);
        }
        let elsewhere = page.path.replace("/p/acme/live", "/p/acme/test");
        assert_eq!(browser.open(&elsewhere).await.status, StatusCode::NOT_FOUND, "{elsewhere}");
    }
    for form in &crawled.forms {
        let action = form.action.replace("/p/acme/live", "/p/acme/test");
        let sent =
            Form { action: action.clone(), ..form.clone() }.with("_form", &token(&browser, &action, 1));
        assert_eq!(browser.send(&sent).await.status, StatusCode::NOT_FOUND, "POST {action}");
    }
    let asked = strays_are_not_found(&browser, &crawled, &own, &other).await;
    assert!(asked >= 20, "only {asked} addresses were asked for: {crawled:?}");
    assert_eq!(all_of(&world, "sk_test_all", &other).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_project_s_key_reaches_nothing_of_another_project_on_any_route() {
    let world = world("standard").await;
    let new = json!({"id": "other", "name": "Other", "contract": "standard"});
    world.root(http::Method::POST, "/v1/projects", new).await.expect(201);
    let key = json!({"name": "k", "mode": "live", "scopes": ["*"]});
    let key = world.root(http::Method::POST, "/v1/projects/other/keys", key).await.expect(201);
    let key = key.json["key"].as_str().unwrap().to_owned();
    let own = Own::of(&world, &key, "t1").await;
    let root = Browser::root(&world).await;
    let base = "/dashboard/p/other/live";
    let crawled = Crawled::from(&root, base, &own).await;
    assert!(crawled.pages.iter().any(|page| page.contains(&own.ids[1])), "{crawled:?}");
    let browser = Browser::operator(&world, "sk_live_all").await;
    for page in &crawled.pages {
        assert_eq!(browser.open(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    for form in &crawled.forms {
        let sent = form.clone().with("_form", &token(&browser, &form.action, 2));
        assert_eq!(browser.send(&sent).await.status, StatusCode::NOT_FOUND, "POST {}", form.action);
    }
    for above in ["/dashboard/nodes", "/dashboard/projects/new"] {
        assert_eq!(browser.open(above).await.status, StatusCode::FORBIDDEN, "{above}");
    }
    assert_eq!(location(&browser.open("/dashboard").await.expect(303)), "/dashboard/p/acme/live");
}
