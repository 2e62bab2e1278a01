//! Declares an event type, or declares it anew.

use postrider_engine::Engine;
use postrider_engine::schema::Schema;
use postrider_model::name;
use postrider_store::{EventType, NewEventType};
use serde_json::{Value, json};

use crate::{Caller, Fault, ServiceError, no_faults};

/// A type to declare.
#[derive(Debug)]
pub struct PutEventType<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Its name.
    pub name: &'a str,
    /// What it means.
    pub description: String,
    /// JSON Schema of `data`: an event of the type that breaks it is refused.
    pub schema: Option<Value>,
    /// An example of `data`, which must keep the schema.
    pub example: Option<Value>,
}

/// The type as it is now.
#[derive(Debug)]
pub struct PutOutcome {
    /// The type.
    pub kind: EventType,
    /// Whether the project had no type of that name.
    pub created: bool,
}

impl PutEventType<'_> {
    /// Declares it. Events accepted from now on are held to it.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every fault.
    pub async fn run(self, engine: &Engine) -> Result<PutOutcome, ServiceError> {
        no_faults(self.faults(engine))?;
        let Self { caller, name, description, schema, example } = self;
        let created = engine.store().event_type(caller.project, name).await?.is_none();
        let now = engine.now();
        let detail = json!({"description": description, "has_schema": schema.is_some()});
        let audit = caller.audit("event_type.put", None, name.to_owned(), detail, now);
        let new = NewEventType {
            project: caller.project,
            name: name.to_owned(),
            description,
            schema,
            example,
            now,
        };
        let kind = engine.store().put_event_type(new, audit).await?;
        engine.catalogue_changed(caller.project);
        Ok(PutOutcome { kind, created })
    }

    fn faults(&self, engine: &Engine) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Err(error) = name::event_type(self.name) {
            faults.push(Fault::at("", error.to_string()));
        }
        let limits = engine.limits();
        let most = limits.max_event_type_description_chars;
        if self.description.chars().count() > most {
            faults.push(Fault::at("/description", format!("A description has at most {most} characters.")));
        }
        let most = limits.max_example_bytes;
        if self.example.as_ref().is_some_and(|example| example.to_string().len() > most) {
            faults.push(Fault::at("/example", format!("An example has at most {most} bytes.")));
        }
        let Some(schema) = &self.schema else { return faults };
        match Schema::compile(schema, limits) {
            Err(error) => faults.push(Fault::at(format!("/schema{}", error.pointer), error.detail)),
            Ok(schema) => {
                let breaks = self.example.iter().flat_map(|example| schema.validate(example));
                faults
                    .extend(breaks.map(|(pointer, detail)| Fault::at(format!("/example{pointer}"), detail)));
            }
        }
        faults
    }
}
