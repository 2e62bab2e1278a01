//! Projects as the engine needs them: contract, settings, catalogue, compiled schemas; read once and cached.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ahash::AHashMap;
use parking_lot::RwLock;
use postrider_contract::{Catalogue, Contract, DeliveryPolicy, Settings};
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{ProjectKey, TypeKey};
use postrider_model::limits::Limits;
use postrider_store::{EventType, Project, Store, StoreError};
use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;

use crate::schema::Schema;

/// What the cache of type names makes room for from the start; it grows to its limit.
const EXPECTED_TYPES: usize = 64;

/// Contracts by name: the shipped ones and those given in files.
#[derive(Debug, Clone, Default)]
pub struct Contracts {
    by_name: BTreeMap<String, Arc<Contract>>,
}

impl Contracts {
    /// The contracts compiled in.
    pub fn builtin() -> Self {
        let mut contracts = Self::default();
        for name in postrider_contract::builtin_names() {
            if let Some(contract) = Contract::builtin(name) {
                contracts.add(contract);
            }
        }
        contracts
    }

    /// Adds one; a contract of the same name is replaced.
    pub fn add(&mut self, contract: Arc<Contract>) {
        self.by_name.insert(contract.name().to_owned(), contract);
    }

    /// The contract of that name.
    pub fn get(&self, name: &str) -> Option<Arc<Contract>> {
        self.by_name.get(name).cloned()
    }

    /// One of them, where it does not matter which.
    pub(crate) fn any(&self) -> Option<Arc<Contract>> {
        self.by_name.values().next().cloned()
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<String> {
        self.by_name.keys().cloned().collect()
    }
}

/// A project with everything its events are checked against.
#[derive(Debug)]
pub struct ProjectContext {
    /// Its row.
    pub project: Project,
    /// Its contract.
    pub contract: Arc<Contract>,
    /// Its settings.
    pub settings: Settings,
    /// Largest event, in bytes of its JSON.
    pub max_event_bytes: usize,
    /// Days its history is kept.
    pub retention_days: u16,
    declared: AHashMap<String, Declared>,
    /// Of the names used lately: in an open catalogue there may be any number of them.
    keys: Cache<Arc<str>, (TypeKey, Arc<str>), UnitWeighter>,
}

#[derive(Debug, Default)]
struct Declared {
    schema: Option<Schema>,
}

impl ProjectContext {
    fn new(project: Project, contract: Arc<Contract>, types: Vec<EventType>, limits: &Limits) -> Self {
        let settings: Settings = serde_json::from_value(project.settings.clone()).unwrap_or_else(|error| {
            tracing::error!(project = project.id, %error, "a project's stored settings are not readable; the contract's numbers hold");
            Settings::default()
        });
        let mut declared: AHashMap<String, Declared> =
            contract.event_types().iter().map(|kind| (kind.name.clone(), Declared::default())).collect();
        for kind in types {
            let schema = kind.schema.as_ref().and_then(|schema| match Schema::compile(schema, limits) {
                Ok(schema) => Some(schema),
                Err(error) => {
                    tracing::error!(project = project.id, kind = kind.name, %error, "a stored schema does not compile; its events are not checked");
                    None
                }
            });
            declared.insert(kind.name, Declared { schema });
        }
        Self {
            max_event_bytes: settings.max_event_bytes.unwrap_or(limits.max_event_bytes),
            retention_days: settings.retention_days.unwrap_or(30),
            project,
            contract,
            settings,
            declared,
            keys: Cache::with_weighter(EXPECTED_TYPES, limits.cached_event_types, UnitWeighter),
        }
    }

    /// Whether an event of this type is accepted.
    pub fn takes(&self, kind: &str) -> bool {
        self.contract.catalogue() == Catalogue::Open || self.is_declared(kind)
    }

    /// Whether the type is in the catalogue.
    pub fn is_declared(&self, kind: &str) -> bool {
        self.declared.contains_key(kind)
    }

    /// The names in the catalogue: the contract's in the order of its document, then the project's own, sorted.
    pub fn valid_types(&self) -> Vec<String> {
        let shipped = self.contract.event_types();
        let declared = shipped.iter().map(|kind| &kind.name).filter(|name| self.declared.contains_key(*name));
        let own = |name: &&String| shipped.iter().all(|kind| kind.name != **name);
        let mut added: Vec<_> = self.declared.keys().filter(own).collect();
        added.sort_unstable();
        declared.chain(added).cloned().collect()
    }

    /// The longest that retries of a delivery go on after it falls due, by the project's timetable.
    pub(crate) fn retry_total(&self) -> Duration {
        DeliveryPolicy::resolve(&self.contract, &self.settings, &EndpointConfig::default()).timetable.total()
    }

    /// The schema of a type's `data`.
    pub(crate) fn schema(&self, kind: &str) -> Option<&Schema> {
        self.declared.get(kind).and_then(|declared| declared.schema.as_ref())
    }

    /// The type's row number and shared name, if it was used lately.
    pub(crate) fn type_key(&self, kind: &str) -> Option<(TypeKey, Arc<str>)> {
        self.keys.get(kind)
    }

    /// Reads the type's row number, making it if the type is new.
    pub(crate) async fn intern(
        &self,
        kind: &str,
        store: &dyn Store,
    ) -> Result<(TypeKey, Arc<str>), StoreError> {
        let key = store.intern_type(self.project.key, kind).await?;
        Ok(self.keep_key(kind, key))
    }

    fn keep_key(&self, kind: &str, key: TypeKey) -> (TypeKey, Arc<str>) {
        let name: Arc<str> = kind.into();
        self.keys.insert(Arc::clone(&name), (key, Arc::clone(&name)));
        (key, name)
    }
}

/// The cache of projects. They are few, so it keeps them all.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_key: AHashMap<ProjectKey, Arc<ProjectContext>>,
    /// Counted up whenever a project was changed.
    changes: u64,
}

/// The changes there had been when a reading began: what was read is kept only if there was none since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Began(u64);

/// What a context is made from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub store: &'a dyn Store,
    pub contracts: &'a Contracts,
    pub limits: &'a Limits,
}

impl Projects {
    pub(crate) fn cached(&self, key: ProjectKey) -> Option<Arc<ProjectContext>> {
        self.known.read().by_key.get(&key).cloned()
    }

    /// The project; [`StoreError::NotFound`] when it is gone.
    pub(crate) async fn get(
        &self,
        key: ProjectKey,
        sources: Sources<'_>,
    ) -> Result<Arc<ProjectContext>, StoreError> {
        match self.cached(key) {
            Some(context) => Ok(context),
            None => self.confirmed(key, sources).await,
        }
    }

    /// The project as its row is now, whatever is cached: what is made from it and kept for long (routes, plans)
    /// is of no earlier state than what was read before this call. [`StoreError::NotFound`] when it is gone.
    pub(crate) async fn confirmed(
        &self,
        key: ProjectKey,
        sources: Sources<'_>,
    ) -> Result<Arc<ProjectContext>, StoreError> {
        let began = self.began();
        let project = sources.store.project_by_key(key).await?.ok_or(StoreError::NotFound("project"))?;
        if let Some(context) = self.cached(key).filter(|context| context.project == project) {
            return Ok(context);
        }
        let contract = sources.contracts.get(&project.contract).ok_or_else(|| StoreError::Corrupt {
            table: "project",
            column: "contract",
            key: project.id.clone(),
            detail: format!(
                "no contract named {} is loaded; start with its --contract-file",
                project.contract
            ),
        })?;
        let types = all_types(key, sources.store).await?;
        let context = Arc::new(ProjectContext::new(project, contract, types, sources.limits));
        self.keep(&context, began);
        Ok(context)
    }

    fn began(&self) -> Began {
        Began(self.known.read().changes)
    }

    /// Keeps what was read, unless a project was changed while it was: the reading may lie before the change.
    fn keep(&self, context: &Arc<ProjectContext>, began: Began) {
        let mut known = self.known.write();
        if Began(known.changes) == began {
            known.by_key.insert(context.project.key, Arc::clone(context));
        }
    }

    /// Anything may have changed.
    pub(crate) fn forget_all(&self) {
        let mut known = self.known.write();
        known.changes += 1;
        known.by_key.clear();
    }

    /// A project or its catalogue was changed.
    pub(crate) fn forget(&self, key: ProjectKey) {
        let mut known = self.known.write();
        known.changes += 1;
        known.by_key.remove(&key);
    }
}

async fn all_types(key: ProjectKey, store: &dyn Store) -> Result<Vec<EventType>, StoreError> {
    let mut types = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.event_types(key, cursor, 250).await?;
        types.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(types);
        }
    }
}

#[cfg(test)]
mod tests {
    use postrider_model::time::Millis;

    use super::*;

    const KEY: ProjectKey = ProjectKey(1);

    fn context(limits: &Limits) -> Arc<ProjectContext> {
        let contract = Contracts::builtin().get("standard").unwrap();
        let project = Project {
            key: KEY,
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            contract: "standard".to_owned(),
            settings: serde_json::json!({}),
            created_at: Millis(0),
            updated_at: Millis(0),
            revision: 1,
        };
        Arc::new(ProjectContext::new(project, contract, Vec::new(), limits))
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let projects = Projects::default();
        let began = projects.began();
        let read = context(&Limits::default());
        projects.forget(KEY);
        projects.keep(&read, began);
        assert!(projects.cached(KEY).is_none(), "an old state stays until the next change");
        projects.keep(&read, projects.began());
        assert!(projects.cached(KEY).is_some());
    }

    #[test]
    fn only_so_many_type_names_are_kept() {
        let limits = Limits { cached_event_types: 100, ..Limits::default() };
        let context = context(&limits);
        for n in 0..10_000 {
            context.keep_key(&format!("type.{n}"), TypeKey(n));
        }
        let kept = (0..10_000).filter(|n| context.type_key(&format!("type.{n}")).is_some()).count();
        assert!((1..=128).contains(&kept), "{kept}");
        let (key, name) = context.keep_key("type.again", TypeKey(7));
        assert_eq!(context.type_key("type.again"), Some((key, name)));
    }
}
