//! Every page of the dashboard and the portal, over a store with a million deliveries.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bed::{Bed, ROOT};
use super::{Options, Outcome, saturation};
use crate::latency::Latency;
use crate::process::need_descriptors;
use crate::product::Product;
use crate::report::{Report, line};
use crate::result::{Better, Figure, Goal};
use crate::visitor::Visitor;
use crate::workload::Workload;

/// Milliseconds within which a page answers, at the 99th percentile (issue "The dashboard and the customers' portal").
const GOAL_MS: f64 = 50.0;

/// How often a page is read before it is measured.
const WARM: usize = 3;

/// How often it is measured.
const TIMES: usize = 200;

/// Events for endpoints that fail, so that there is something to retry.
const FAILING: u64 = 10_000;

/// What operators read, below `/dashboard`. `{tenant}`, `{endpoint}` and `{event}` are of a delivery in the store.
const OPERATOR: &[(&str, &str)] = &[
    ("overview of an hour", "/p/bench/live"),
    ("overview of seven days", "/p/bench/live?span=7d"),
    ("webhooks", "/p/bench/live/webhooks"),
    ("webhooks that fail", "/p/bench/live/webhooks?state=failing"),
    ("tenants", "/p/bench/live/tenants"),
    ("a tenant", "/p/bench/live/tenants/{tenant}"),
    ("a tenant's webhook", "/p/bench/live/tenants/{tenant}/webhooks/{endpoint}"),
    ("replay", "/p/bench/live/tenants/{tenant}/webhooks/{endpoint}/replay"),
    ("events", "/p/bench/live/events"),
    ("events of a type", "/p/bench/live/events?type=type.3"),
    ("event", "/p/bench/live/events/{event}"),
    ("delivery", "/p/bench/live/events/{event}/deliveries/{endpoint}"),
    ("deliveries", "/p/bench/live/deliveries"),
    ("deliveries that failed or wait", "/p/bench/live/deliveries?status=pending&status=failed&status=held"),
    ("deliveries that wait", "/p/bench/live/deliveries?status=pending"),
    ("deliveries that were cancelled", "/p/bench/live/deliveries?status=cancelled"),
    ("deliveries of a tenant", "/p/bench/live/deliveries?tenant={tenant}"),
    ("deliveries of an endpoint", "/p/bench/live/deliveries?tenant={tenant}&endpoint={endpoint}"),
    ("deliveries of a type", "/p/bench/live/deliveries?type=type.3"),
    ("deliveries of a type that there is none of", "/p/bench/live/deliveries?type=type.none"),
    ("replays", "/p/bench/live/replays"),
    ("catalogue", "/p/bench/live/catalogue"),
    ("verification code", "/p/bench/live/code"),
    ("keys", "/p/bench/live/keys"),
    ("settings", "/p/bench/live/settings"),
    ("audit log", "/p/bench/live/audit"),
    ("deliveries that arrived, after thousands that did not", "/p/bench/live/deliveries?status=delivered"),
    ("projects", "/projects"),
    ("nodes", "/nodes"),
];

/// What customers read, below `/portal`.
const CUSTOMER: &[(&str, &str)] = &[
    ("webhooks", "/webhooks"),
    ("create", "/webhooks/new"),
    ("webhook", "/webhooks/{endpoint}"),
    ("edit", "/webhooks/{endpoint}/edit"),
    ("test", "/webhooks/{endpoint}/test"),
    ("replay", "/webhooks/{endpoint}/replay"),
    ("deliveries", "/deliveries"),
    ("deliveries that failed", "/deliveries?status=failed"),
    ("event", "/events/{event}"),
    ("delivery", "/events/{event}/deliveries/{endpoint}"),
    ("catalogue", "/catalogue"),
    ("verification code", "/code"),
];

pub(super) fn run(options: &Options) -> Outcome {
    let title = format!("pages over {} deliveries", options.preload);
    let mut report = options.report("pages", &title)?;
    let workload =
        Workload { tenants: options.tenants, failing_one_in: options.failing_one_in, ..Workload::SPREAD };
    need_descriptors(workload.descriptors())?;
    let bed = Bed::new(options)?;
    bed.tell(&mut report)?;
    let ours = bed.postrider()?;
    let key = bed.set_up(ours.address, &workload)?;
    line(&format!("storing {} deliveries first …", options.preload));
    saturation::store(&bed, &ours, &key, &workload, options.preload)?;
    let mut product = Product::connect(ours.address, &key)?;
    let sample = product.call("GET", "/v1/deliveries?limit=1&status=delivered", &Value::Null)?;
    let names = |name: &str| sample["data"][0][name].as_str().unwrap_or_default().to_owned();
    let (tenant, endpoint, event) = (names("tenant"), names("endpoint"), names("event"));
    fail(&mut product, &workload)?;
    let link = product.call("POST", &format!("/v1/tenants/{tenant}/portal"), &json!({}))?;
    let link = link["url"].as_str().unwrap_or_default().to_owned();
    for (face, prefix, pages) in [("operator", "/dashboard", OPERATOR), ("customer", "/portal", CUSTOMER)] {
        // Each when it is its turn: the server closes connections that nobody uses.
        let mut visitor = match face {
            "operator" => Visitor::operator(ours.address, ROOT)?,
            _ => Visitor::customer(ours.address, &link)?,
        };
        let filled = |path: &str| {
            let path = path.replace("{tenant}", &tenant).replace("{endpoint}", &endpoint);
            format!("{prefix}{}", path.replace("{event}", &event))
        };
        let pages: Vec<_> = pages.iter().map(|(name, path)| (*name, filled(path))).collect();
        measure(&mut report, face, &mut visitor, &pages)?;
    }
    report.finish()?;
    Ok(())
}

/// Posts events that only endpoints which fail want: the last type of the workload, to the tenants whose last one does.
fn fail(product: &mut Product, workload: &Workload) -> std::io::Result<()> {
    let last = workload.endpoints - 1;
    let failing: Vec<u64> =
        (0..workload.tenants).filter(|tenant| workload.fails(*tenant, last)).take(500).collect();
    if failing.is_empty() {
        return Ok(());
    }
    for _ in 0..FAILING.div_ceil(failing.len() as u64) {
        let event = |tenant: &u64| json!({"tenant": format!("t{tenant}"), "type": format!("type.{last}"), "data": {}});
        let events: Vec<_> = failing.iter().map(event).collect();
        product.call("POST", "/v1/events/batch", &json!({"events": events}))?;
    }
    Ok(())
}

/// Reads the pages in turns, so that what else the server does falls on all of them alike.
fn measure(report: &mut Report, face: &str, visitor: &mut Visitor, pages: &[(&str, String)]) -> Outcome {
    let mut latencies = vec![(Latency::new(), 0); pages.len()];
    for round in 0..WARM + TIMES {
        for ((_, path), (latency, size)) in pages.iter().zip(&mut latencies) {
            let begun = Instant::now();
            *size = visitor.page(path)?;
            if round >= WARM {
                latency.record(begun.elapsed().max(Duration::from_micros(1)));
            }
        }
    }
    for ((name, _), (latency, size)) in pages.iter().zip(&latencies) {
        line(&format!("{face}, {name}: {}, {} KiB", latency.show(), size / 1024));
        tell(report, &format!("{face}, {name}"), latency);
    }
    Ok(())
}

fn tell(report: &mut Report, of: &str, latency: &Latency) {
    let figure =
        |name, quantile| Figure::new(name, of, "ms", Better::Less, vec![latency.quantile_ms(quantile)]);
    report.add(figure("page p50", 0.5));
    report.add(figure("page p99", 0.99).with_goal(Goal::AtMost(GOAL_MS)));
}
