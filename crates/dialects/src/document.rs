//! What a document's fields say of an endpoint, put into ours for the use cases (DESIGN 4.2 "Body of an endpoint").

use postrider_engine::ProjectContext;
use postrider_service::Fault;
use postrider_service::endpoint::EndpointFields;
use serde_json::{Map, Value};

/// Our name of what a document calls `events`.
const EVENT_TYPES: &str = "event_types";

/// The fields that are ours too, by the document's names and our own. Others are ignored (DESIGN 4.4).
pub(crate) fn ours(body: &Map<String, Value>, same: &[(&str, &str)]) -> EndpointFields {
    let given =
        same.iter().filter_map(|(theirs, ours)| Some(((*ours).to_owned(), body.get(*theirs)?.clone())));
    EndpointFields { fields: given.collect(), ..EndpointFields::default() }
}

/// Notes a fault where no event is named. The documents ask for at least one, where an empty list means all in the
/// native API (DESIGN 4.4).
pub(crate) fn ask_for_events(read: &mut EndpointFields, context: &ProjectContext) {
    if names_none(read.fields.get(EVENT_TYPES)) {
        read.fields.shift_remove(EVENT_TYPES);
        let valid = context.valid_types().join(", ");
        read.faults.push(Fault::at("/events", format!("Name at least one event; valid are {valid}.")));
    }
}

fn names_none(given: Option<&Value>) -> bool {
    match given {
        None | Some(Value::Null) => true,
        Some(given) => given.as_array().is_some_and(Vec::is_empty),
    }
}
