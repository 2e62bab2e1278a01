//! The fields of create and PATCH, put into ours. Others are ignored (DESIGN 4.4).

use postrider_engine::ProjectContext;
use postrider_model::endpoint::BatchSetting;
use postrider_model::limits::Limits;
use postrider_service::endpoint::{Changes, EndpointFields, FoundEndpoint, GivenFilter, Terms};
use postrider_service::{Fault, merge_patch};
use serde_json::{Map, Value, json};

use super::{batch, filter};
use crate::document;

/// Fields that are ours too: the document's name and our own.
const SAME: [(&str, &str); 6] = [
    ("url", "url"),
    ("events", "event_types"),
    ("name", "name"),
    ("description", "description"),
    ("secret", "secret"),
    ("headers", "headers"),
];

const FILTERS: &str = "filters";

/// What a new webhook is to be.
pub(super) fn of_new(body: &Map<String, Value>, context: &ProjectContext, limits: &Limits) -> EndpointFields {
    let mut fields = read(body, None, context, limits);
    document::ask_for_events(&mut fields, context);
    fields
}

/// A PATCH, for [`postrider_service::endpoint::ChangeEndpoint`].
#[derive(Debug)]
pub(super) struct Patch<'a> {
    pub(super) body: Map<String, Value>,
    pub(super) limits: &'a Limits,
}

impl Changes for Patch<'_> {
    fn of(&self, found: &FoundEndpoint) -> EndpointFields {
        let mut body = self.body.clone();
        if let Some(filters) = self.body.get(FILTERS) {
            body.insert(FILTERS.to_owned(), merged(own_filters(found), filters));
        }
        let mut fields = read(&body, found.endpoint.config.batch, &found.context, self.limits);
        if body.contains_key("events") {
            document::ask_for_events(&mut fields, &found.context);
        }
        fields
    }
}

/// The filters of an endpoint as they were given, in whichever grammar.
pub(super) fn filters_of(found: &FoundEndpoint) -> Option<&Value> {
    let config = &found.endpoint.config;
    config.dialect.as_ref().and_then(|kept| kept.get(FILTERS)).or(config.filter.as_ref())
}

/// Those that are in the grammar of the contract, for a patch to be merged into.
fn own_filters(found: &FoundEndpoint) -> Option<&Value> {
    let kept = found.endpoint.config.dialect.is_some();
    filters_of(found).filter(|_| kept == in_suffixes(&found.context))
}

/// What comes out of a merge patch (RFC 7396).
fn merged(held: Option<&Value>, patch: &Value) -> Value {
    let member = |value: &Value| Map::from_iter([(FILTERS.to_owned(), value.clone())]);
    let mut whole = held.map(member).unwrap_or_default();
    merge_patch::merge(&mut whole, member(patch));
    whole.shift_remove(FILTERS).unwrap_or_default()
}

fn in_suffixes(context: &ProjectContext) -> bool {
    context.contract.endpoint.filter == filter::GRAMMAR
}

fn read(
    body: &Map<String, Value>,
    batch: Option<BatchSetting>,
    context: &ProjectContext,
    limits: &Limits,
) -> EndpointFields {
    let mut read = document::ours(body, &SAME);
    let most = context.contract.endpoint.batch;
    let most =
        most.map(|most| batch::Most { size: most.max_size, wait_seconds: most.max_wait.as_secs_f64() });
    if let Some(batch) = batch::read(body, batch, most, &mut read.faults) {
        read.fields.insert("batch".to_owned(), batch);
    }
    match filters(body, context, limits) {
        Ok(filter) => read.filter = filter,
        Err(mut faults) => read.faults.append(&mut faults),
    }
    read
}

/// The filters, compiled; `None` where the request does not name them.
fn filters(
    body: &Map<String, Value>,
    context: &ProjectContext,
    limits: &Limits,
) -> Result<Option<GivenFilter>, Vec<Fault>> {
    let Some(given) = body.get(FILTERS) else { return Ok(None) };
    let at = format!("/{FILTERS}");
    if given.is_null() {
        return Ok(Some(GivenFilter::default()));
    }
    if !in_suffixes(context) {
        return match given {
            Value::Object(_) => Ok(Some(GivenFilter { compiled: Some(given.clone()), dialect: None })),
            _ => Err(vec![Fault::at(at, "This must be an object.")]),
        };
    }
    if given.to_string().len() > limits.max_filter_bytes {
        let detail = format!("Filters have at most {} bytes as JSON.", limits.max_filter_bytes);
        return Err(vec![Fault::at(at, detail)]);
    }
    let terms = Terms::of(context);
    let compiled = filter::compile(given, &at, &|name| terms.pattern(name))?;
    Ok(Some(GivenFilter { compiled: Some(compiled), dialect: Some(json!({FILTERS: given})) }))
}
