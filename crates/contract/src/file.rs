//! The contract file (DESIGN 4.3): reading and checking, one module for each of its parts.
//!
//! Every key is known or refused, and every fault points to its line and column.

mod delivery;
mod duration;
mod endpoint;
mod health;
mod payload;
mod section;
mod signature;

use postrider_model::{json, limits, name};
use serde_json::Value;
use toml::de::DeTable;

use crate::contract::{Catalogue, Contract, EventType, Limits};
use crate::{ContractError, SecretSource};
use section::{Entry, Section};

type Result<T> = std::result::Result<T, ContractError>;

const KEYS: [&str; 12] = [
    "name",
    "title",
    "dialect",
    "catalogue",
    "endpoint",
    "payload",
    "signature",
    "header",
    "delivery",
    "health",
    "limits",
    "event_type",
];

/// The `dialect` of a contract that has the native API only.
const NO_DIALECT: &str = "none";

impl Contract {
    /// Reads a contract file.
    ///
    /// # Errors
    /// [`ContractError`] with the place of the first fault and what would be right there.
    pub fn parse(file: &str) -> Result<Self> {
        Self::read(file, None)
    }

    /// Reads a contract file whose `dialect`, where it has one, must be among these.
    ///
    /// # Errors
    /// As of [`Contract::parse`].
    pub fn parse_for(file: &str, dialects: &[&str]) -> Result<Self> {
        Self::read(file, Some(dialects))
    }

    fn read(file: &str, dialects: Option<&[&str]>) -> Result<Self> {
        let table = DeTable::parse(file).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            ContractError::at(file, offset, "", error.message())
        })?;
        let root = Section::root(file, table.get_ref(), &KEYS)?;
        let name_entry = root.required("name")?;
        let name = word(&name_entry)?;
        let (signatures, headers) = signature::read(&root)?;
        let contract = Self {
            title: root.entry("title").map_or(Ok(name.clone()), |entry| line(&entry))?,
            dialect: root
                .entry("dialect")
                .map_or(Ok(NO_DIALECT.to_owned()), |entry| dialect(&entry, dialects))?,
            catalogue: root.entry("catalogue").map_or(Ok(Catalogue::Open), |entry| {
                entry.choice(&[("open", Catalogue::Open), ("closed", Catalogue::Closed)])
            })?,
            endpoint: endpoint::read(&root, &signatures)?,
            envelope: payload::read(&root)?,
            delivery: delivery::read(&root)?,
            health: health::read(&root)?,
            limits: limits(&root)?,
            event_types: event_types(&root)?,
            name,
            signatures,
            headers,
        };
        check_whole(&root, &contract)?;
        Ok(contract)
    }
}

/// Rules between the parts.
fn check_whole(root: &Section<'_, '_>, contract: &Contract) -> Result<()> {
    if contract.catalogue == Catalogue::Closed && contract.event_types.is_empty() {
        return Err(root
            .required("catalogue")?
            .fault("a closed catalogue needs at least one [[event_type]]"));
    }
    if let Some(notice) = &contract.health.notice
        && contract.catalogue == Catalogue::Closed
        && contract.event_types.iter().all(|known| known.name != notice.event_type)
        && let Some(entry) = root.required("health")?.section(&health::KEYS)?.entry("notice")
    {
        return Err(entry.fault(
            "the catalogue is closed and has no [[event_type]] of this name, so no endpoint could ask for it",
        ));
    }
    if let Some(secret) = &contract.endpoint.secret
        && secret.source == SecretSource::Given
        && contract.offers(postrider_model::endpoint::SignatureKind::Ed25519)
    {
        return Err(root
            .required("endpoint")?
            .fault("ed25519 keys are generated: secret.source cannot be \"given\""));
    }
    Ok(())
}

fn limits(root: &Section<'_, '_>) -> Result<Limits> {
    let Some(section) = root.section("limits", &["active_endpoints_per_tenant"])? else {
        return Ok(Limits::default());
    };
    let most =
        section.entry("active_endpoints_per_tenant").map_or(Ok(0), |entry| entry.whole(0..=1_000_000))?;
    // 0 means no limit.
    Ok(Limits { active_endpoints_per_tenant: u32::try_from(most).ok().filter(|most| *most > 0) })
}

fn event_types(root: &Section<'_, '_>) -> Result<Vec<EventType>> {
    let mut types: Vec<EventType> = Vec::new();
    for section in root.sections("event_type", &["name", "description", "example"])? {
        let entry = section.required("name")?;
        let name = event_type(&entry)?;
        if types.iter().any(|known| known.name == name) {
            return Err(entry.fault(format!("the event type {name:?} is there already")));
        }
        let description = section.entry("description").map(|entry| line(&entry)).transpose()?;
        let example = section.entry("example").map(|entry| example(&entry)).transpose()?;
        types.push(EventType { name, description, example });
    }
    Ok(types)
}

/// The name of an event type (DESIGN 4.4 "Names").
fn event_type(entry: &Entry<'_, '_>) -> Result<String> {
    let text = entry.text()?;
    name::event_type(text)
        .map(|()| text.to_owned())
        .map_err(|error| entry.fault(format!("{text:?} cannot name an event type: {error}")))
}

/// An example of `data`: JSON in a string, because TOML knows no `null` and keeps no order of keys.
fn example(entry: &Entry<'_, '_>) -> Result<Value> {
    let limits = limits::Limits::default();
    let text = entry.text()?;
    if text.len() > limits.max_example_bytes {
        return Err(entry.fault(format!("an example has at most {} bytes", limits.max_example_bytes)));
    }
    json::check(text.as_bytes(), limits.json_depth).map_err(|fault| {
        entry.fault_within(fault.offset, format!("the example is not JSON: {}", fault.kind))
    })?;
    serde_json::from_str(text).map_err(|error| entry.fault(format!("the example is not JSON: {error}")))
}

/// Whose documented routes answer.
fn dialect(entry: &Entry<'_, '_>, known: Option<&[&str]>) -> Result<String> {
    let name = word(entry)?;
    match known {
        Some(known) if name != NO_DIALECT && !known.contains(&name.as_str()) => Err(entry.fault(format!(
            "{name:?} is no dialect; there are {}, and {NO_DIALECT:?} for the native API only",
            known.join(", ")
        ))),
        _ => Ok(name),
    }
}

/// A name for machines: small letters, digits and hyphens.
fn word(entry: &Entry<'_, '_>) -> Result<String> {
    let text = entry.text()?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=63).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-') {
        Ok(text.to_owned())
    } else {
        Err(entry
            .fault(format!("{text:?} must be 1 to 63 small letters, digits and hyphens, not a hyphen first")))
    }
}

/// One line of text for people.
fn line(entry: &Entry<'_, '_>) -> Result<String> {
    let text = entry.text()?;
    if !text.trim().is_empty() && text.chars().count() <= 2_000 && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(entry.fault("this must be one line of 1 to 2000 characters"))
    }
}
