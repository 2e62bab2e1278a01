//! The history of a sample, lived in virtual time.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use parking_lot::Mutex;
use postrider_model::time::Millis;
use postrider_tests::MASTER_KEY;
use postrider_vault::MasterKey;
use postrider_world::{Ground, World};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::time::Instant;

use super::dice::Dice;
use super::template::Fill;
use super::{Call, Project, hours, weather};

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Lived {
    /// Its projects, by their ids.
    pub projects: HashMap<String, LivedProject>,
}

/// A project that is there.
#[derive(Debug, Clone)]
pub struct LivedProject {
    /// A key that may do everything in its live mode.
    pub key: String,
    /// The ids of its endpoints by `tenant/name`.
    pub endpoints: HashMap<String, String>,
}

/// Lives these projects' last so many hours in `dir`, until now; a server may be started on it then.
///
/// # Panics
/// When something is not as it must be.
pub fn live(projects: &[Project], span: Duration, dir: &Path, now: Millis) -> Lived {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime for virtual time");
    std::fs::create_dir_all(dir).expect("its directory can be made");
    runtime.block_on(async {
        let master_key = MasterKey::from_base64(MASTER_KEY).expect("a master key");
        let start = Millis(now.0 - span.as_millis() as i64);
        let world = World::on(postrider_api::router, Ground { dir: dir.to_owned(), master_key, start }).await;
        let mut history = History::begin(world, projects, span).await;
        history.live().await;
        history.end().await
    })
}

struct History<'a> {
    world: World,
    projects: &'a [Project],
    lived: Lived,
    dice: Dice,
    began: Instant,
    span: Duration,
    calls: Vec<(&'a Project, &'a Call)>,
    number: u64,
}

impl<'a> History<'a> {
    async fn begin(world: World, projects: &'a [Project], span: Duration) -> Self {
        let began = Instant::now();
        let hosts = Mutex::new(weather(projects));
        world.receivers.behave(move |sent| {
            let host = sent.url.split('/').nth(2).unwrap_or_default();
            let ago = span.saturating_sub(sent.at - began);
            let (status, body, latency) = hosts.lock().answer(host, ago);
            (status, Bytes::from(body), latency)
        });
        let mut calls: Vec<_> = projects
            .iter()
            .flat_map(|project| project.calls.iter().map(move |call| (project, call)))
            .collect();
        calls.retain(|(_, call)| hours(call.hours_ago) < span);
        calls.sort_by(|(_, one), (_, other)| one.hours_ago.total_cmp(&other.hours_ago));
        let mut lived = Lived { projects: HashMap::new() };
        for project in projects {
            lived.projects.insert(project.id.clone(), found(&world, project).await);
        }
        Self { world, projects, lived, dice: Dice::new(6), began, span, calls, number: 48_000 }
    }

    /// Minute by minute: events by chance, more by day than by night and more of late, and what is called by hand.
    async fn live(&mut self) {
        while let Some(left) = self.span.checked_sub(self.began.elapsed()).filter(|left| !left.is_zero()) {
            while let Some((project, call)) = self.calls.pop_if(|(_, call)| hours(call.hours_ago) >= left) {
                self.call(project, call).await;
            }
            for project in self.projects {
                let wave = (left.as_secs_f64() / 86_400.0 * std::f64::consts::TAU).cos();
                let crowd = if left < hours(24.0) { 1.0 } else { 0.3 };
                let chance = project.events_per_hour / 60.0 * (1.0 + 0.6 * wave) * crowd;
                if self.dice.fraction() < chance {
                    self.send(project).await;
                }
            }
            let step = Duration::from_secs_f64(40.0 + 40.0 * self.dice.fraction());
            self.world.pass(step.min(left)).await;
        }
    }

    async fn send(&mut self, project: &Project) {
        self.number += 1;
        let template = self.dice.pick(&project.events, |one| one.share);
        let tenant = self.dice.pick(&project.tenants, |one| one.share);
        let mut fill = Fill { values: &project.values, dice: &mut self.dice, number: self.number };
        let mut event = fill.fill(&Value::Object(template.event.clone()));
        event["tenant"] = json!(tenant.id);
        let key = &self.lived.projects[&project.id].key;
        let _ = self.world.call_as(key, Method::POST, "/v1/events", event).await.expect(202);
    }

    /// `{Name}` in its path is the endpoint of that name, `{ago:3}` in its body the time three hours before the end.
    async fn call(&mut self, project: &Project, call: &Call) {
        let lived = &self.lived.projects[&project.id];
        let path = lived.endpoints.iter().fold(call.path.clone(), |path, (name, id)| {
            let (_, name) = name.split_once('/').expect("tenant/name");
            path.replace(&format!("{{{name}}}"), id)
        });
        let mut body = call.body.clone();
        if let Some(ago) =
            body["since"].as_str().and_then(|text| text.strip_prefix("{ago:")?.strip_suffix('}'))
        {
            let end = self.world.engine.now() + self.span.saturating_sub(self.began.elapsed());
            let ago = hours(ago.parse().expect("hours"));
            body["since"] = Millis(end.0 - ago.as_millis() as i64).rfc3339_millis().into();
        }
        let method = call.method.parse().expect("a method");
        let answer = self.world.call_as(&lived.key, method, &path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
    }

    async fn end(self) -> Lived {
        self.world.end().await;
        self.lived
    }
}

/// Makes a project with its catalogue, its customers and their endpoints.
async fn found(world: &World, project: &Project) -> LivedProject {
    let Project { id, name, contract, settings, .. } = project;
    let new = json!({"id": id, "name": name, "contract": contract, "settings": settings});
    let _ = world.root(Method::POST, "/v1/projects", new).await.expect(201);
    let key = json!({"name": "Production", "mode": "live", "scopes": ["*"]});
    let made = world.root(Method::POST, &format!("/v1/projects/{id}/keys"), key).await.expect(201);
    let key = made.json["key"].as_str().expect("a new key is shown").to_owned();
    let narrow = json!({"name": "Continuous integration", "mode": "test", "scopes": ["events:write"]});
    let _ = world.root(Method::POST, &format!("/v1/projects/{id}/keys"), narrow).await.expect(201);
    for declared in &project.event_types {
        let mut body = declared.clone();
        let name = body.remove("name").expect("a type has a name");
        let path = format!("/v1/event-types/{}", name.as_str().expect("a name"));
        let answer = world.call_as(&key, Method::PUT, &path, body.into()).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
    }
    let mut endpoints = HashMap::new();
    for tenant in &project.tenants {
        for endpoint in &tenant.endpoints {
            let path = format!("/v1/tenants/{}/endpoints", tenant.id);
            let made = world.call_as(&key, Method::POST, &path, endpoint.clone()).await.expect(201);
            let name = endpoint["name"].as_str().expect("an endpoint of the sample has a name");
            endpoints.insert(format!("{}/{name}", tenant.id), made.id());
        }
    }
    LivedProject { key, endpoints }
}
