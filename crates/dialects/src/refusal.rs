//! Error answers of documented routes: `{"error": {"code", "message"}}` (document `backend`; DESIGN 4.3 gives the same to
//! the documents that show none).

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use postrider_http::Problem;
use postrider_service::Fault;
use serde_json::json;

/// The most faults that one message tells.
const MOST_FAULTS: usize = 10;

/// The answer in place of a problem's own: its status and headers stay, its body becomes the document's.
pub(crate) fn refuse(problem: &Problem, fields: &[(&str, &str)], answer: Response) -> Response {
    let body = json!({"error": {"code": problem.code().name, "message": message(problem, fields)}});
    let (mut head, _) = answer.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(head, Body::from(body.to_string()))
}

/// Every fault with the document's name of its field.
fn message(problem: &Problem, fields: &[(&str, &str)]) -> String {
    let faults = problem.errors();
    if faults.is_empty() {
        return problem.detail().to_owned();
    }
    let told: Vec<_> = faults.iter().take(MOST_FAULTS).map(|fault| tell(fault, fields)).collect();
    let more = faults.len().saturating_sub(MOST_FAULTS);
    let rest = if more > 0 { format!(" ({more} more)") } else { String::new() };
    format!("{}{rest}", told.join(" "))
}

fn tell(fault: &Fault, fields: &[(&str, &str)]) -> String {
    let place = place(&documented(&fault.pointer, fields));
    if place.is_empty() { fault.detail.clone() } else { format!("{place}: {}", fault.detail) }
}

/// The pointer with the document's name in place of ours.
fn documented(pointer: &str, fields: &[(&str, &str)]) -> String {
    let renamed = fields.iter().find_map(|(ours, theirs)| {
        let below = pointer.strip_prefix(ours)?;
        (below.is_empty() || below.starts_with('/')).then(|| format!("{theirs}{below}"))
    });
    renamed.unwrap_or_else(|| pointer.to_owned())
}

/// A JSON pointer as people write it: `/events/0` is `events[0]`.
fn place(pointer: &str) -> String {
    let mut place = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            place.push_str(&format!("[{part}]"));
        } else {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(&part);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use postrider_http::code;

    use super::*;

    const FIELDS: &[(&str, &str)] = &[("/event_types", "/events"), ("/enabled", "")];

    #[test]
    fn faults_are_told_with_the_documents_names() {
        let faults = vec![
            Fault::at("/event_types/0", "There is no such type."),
            Fault::at("/enabled", "Too many."),
            Fault::at("/headers/a~1b", "Not a name."),
        ];
        let told = message(&Problem::invalid(faults), FIELDS);
        assert_eq!(told, "events[0]: There is no such type. Too many. headers.a/b: Not a name.");
    }

    #[test]
    fn a_name_is_only_replaced_where_it_is_the_whole_of_one() {
        assert_eq!(documented("/event_types_of_mine", FIELDS), "/event_types_of_mine");
        assert_eq!(documented("/event_types", FIELDS), "/events");
    }

    #[test]
    fn what_has_no_faults_is_told_by_its_detail() {
        let problem = Problem::new(code::NOT_FOUND, "There is no such endpoint.");
        assert_eq!(message(&problem, FIELDS), "There is no such endpoint.");
    }
}
