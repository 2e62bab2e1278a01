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

use crate::schema::Schema;

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
    keys: RwLock<AHashMap<Arc<str>, TypeKey>>,
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
            keys: RwLock::default(),
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

    /// The names in the catalogue, sorted.
    pub fn valid_types(&self) -> Vec<String> {
        let mut names: Vec<_> = self.declared.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// The longest that retries of a delivery go on after it falls due, by the project's timetable.
    pub(crate) fn retry_total(&self) -> Duration {
        DeliveryPolicy::resolve(&self.contract, &self.settings, &EndpointConfig::default()).timetable.total()
    }

    /// The schema of a type's `data`.
    pub(crate) fn schema(&self, kind: &str) -> Option<&Schema> {
        self.declared.get(kind).and_then(|declared| declared.schema.as_ref())
    }

    /// The type's row number and shared name, if they are known yet.
    pub(crate) fn type_key(&self, kind: &str) -> Option<(TypeKey, Arc<str>)> {
        let keys = self.keys.read();
        keys.get_key_value(kind).map(|(name, key)| (*key, Arc::clone(name)))
    }

    /// Reads the type's row number, making it if the type is new.
    pub(crate) async fn intern(
        &self,
        kind: &str,
        store: &dyn Store,
    ) -> Result<(TypeKey, Arc<str>), StoreError> {
        let key = store.intern_type(self.project.key, kind).await?;
        let mut keys = self.keys.write();
        if let Some((name, key)) = keys.get_key_value(kind) {
            return Ok((*key, Arc::clone(name)));
        }
        let name: Arc<str> = kind.into();
        keys.insert(Arc::clone(&name), key);
        Ok((key, name))
    }
}

/// The cache of projects. They are few, so it keeps them all.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    by_key: RwLock<AHashMap<ProjectKey, Arc<ProjectContext>>>,
}

impl Projects {
    pub(crate) fn cached(&self, key: ProjectKey) -> Option<Arc<ProjectContext>> {
        self.by_key.read().get(&key).cloned()
    }

    /// The project; [`StoreError::NotFound`] when it is gone.
    pub(crate) async fn get(
        &self,
        key: ProjectKey,
        store: &dyn Store,
        contracts: &Contracts,
        limits: &Limits,
    ) -> Result<Arc<ProjectContext>, StoreError> {
        if let Some(context) = self.cached(key) {
            return Ok(context);
        }
        let project = store.project_by_key(key).await?.ok_or(StoreError::NotFound("project"))?;
        let contract = contracts.get(&project.contract).ok_or_else(|| StoreError::Corrupt {
            table: "project",
            column: "contract",
            key: project.id.clone(),
            detail: format!(
                "no contract named {} is loaded; start with its --contract-file",
                project.contract
            ),
        })?;
        let types = all_types(key, store).await?;
        let context = Arc::new(ProjectContext::new(project, contract, types, limits));
        self.by_key.write().insert(key, Arc::clone(&context));
        Ok(context)
    }

    pub(crate) fn forget(&self, key: ProjectKey) {
        self.by_key.write().remove(&key);
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
