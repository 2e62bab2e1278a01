//! Every fault of a contract file points to its place and says what would be right.

use postrider_contract::Contract;
use proptest::prelude::*;

const GOOD: &str = r#"name = "acme"

[endpoint]
secret = { source = "given-or-generated", prefix = "whsec_", bytes = 24 }
batch = { max_size = 10, max_wait = "5s" }

[payload]
fields = ["id=event.id", "data=event.data", "changes=event.changes?"]

[[signature]]
header = "x-signature"
content = "{timestamp}.{body}"
value = "sha256={hex}"
key = "utf8"

[[header]]
name = "x-time"
value = "{timestamp}"

[delivery]
timeout = "5s"
schedule = ["5s", "1m"]

[health]
disable = "never"

[[event_type]]
name = "a.b"
"#;

/// What is wrong with the good file after `from` became `to`: line, column, key and words.
fn fault(from: &str, to: &str) -> (usize, usize, String, String) {
    assert_eq!(GOOD.matches(from).count(), 1, "{from} stands once in the good file");
    let error = Contract::parse(&GOOD.replace(from, to)).expect_err(to);
    (error.line, error.column, error.key, error.detail)
}

#[test]
fn the_good_file_is_read() {
    assert!(Contract::parse(GOOD).is_ok());
}

#[test]
fn a_fault_points_to_line_column_and_key() {
    let (line, column, key, detail) = fault("\"sha256={hex}\"", "\"é={hex}{nope}\"");
    assert_eq!((line, column, key.as_str()), (13, 9, "signature[0].value"));
    assert_eq!(detail, "unknown placeholder {nope}; known here are {hex}, {base64}, {id}, {timestamp}");
    let (line, column, key, detail) = fault("\"1m\"", "\"1 minute\"");
    assert_eq!((line, column, key.as_str()), (22, 19, "delivery.schedule[1]"));
    assert!(detail.contains("is not a duration"), "{detail}");
    let (line, column, key, detail) = fault("max_wait", "wait");
    assert_eq!((line, column, key.as_str()), (5, 26, "endpoint.batch.wait"));
    assert_eq!(detail, "unknown key; known here are max_size, max_wait");
    let error = Contract::parse(&GOOD.replace("timeout = \"5s\"", "timeout = ")).unwrap_err();
    assert_eq!((error.line, error.key.as_str()), (21, ""));
    assert!(error.to_string().starts_with("line 21, column "));
}

#[test]
fn a_fault_in_an_example_points_into_it() {
    let example = "name = \"a.b\"\nexample = '''\n{\n  \"a\": 1,\n  \"b\": oops\n}'''";
    let (line, column, key, detail) = fault("name = \"a.b\"", example);
    assert_eq!((line, column, key.as_str()), (32, 8, "event_type[0].example"));
    assert_eq!(detail, "the example is not JSON: unexpected character");
}

#[test]
fn every_fault_is_explained() {
    for (from, to, key, words) in [
        ("name = \"acme\"", "name = \"Acme Inc\"", "name", "small letters"),
        ("name = \"acme\"", "title = \"Acme\"", "name", "missing"),
        ("name = \"acme\"", "name = \"acme\"\ncatalogue = \"half\"", "catalogue", "\"open\" or \"closed\""),
        (
            "name = \"acme\"",
            "name = \"acme\"\nlimits = 3",
            "limits",
            "must be a table, and is a whole number",
        ),
        ("bytes = 24", "bytes = 8", "endpoint.secret.bytes", "between 16 and 64"),
        ("bytes = 24", "bytes = \"many\"", "endpoint.secret.bytes", "whole number"),
        ("source = \"given-or-generated\"", "source = \"none\"", "endpoint.secret", "need a secret"),
        ("\"id=event.id\"", "\"id\"", "payload.fields[0]", "name=source"),
        ("\"id=event.id\"", "\"id=event.ID\"", "payload.fields[0]", "unknown source"),
        ("\"id=event.id\"", "\"data=event.id\"", "payload.fields[1]", "there already"),
        ("\"id=event.id\"", "\"id=event.id?\"", "payload.fields[0]", "leave out"),
        ("\"id=event.id\"", "\"c=event.changes?\"", "payload.fields[0]", "first field"),
        ("fields = ", "root = \"event.data\"\nfields = ", "payload.root", "not both"),
        (
            "[\"id=event.id\", \"data=event.data\", \"changes=event.changes?\"]",
            "[]",
            "payload.fields",
            "at least one",
        ),
        ("\"x-signature\"", "\"x signature\"", "signature[0].header", "HTTP header"),
        ("\"x-signature\"", "\"Content-Length\"", "signature[0].header", "set by the sender"),
        ("\"x-time\"", "\"X-Signature\"", "header[0].name", "holds the signature"),
        ("\"{timestamp}.{body}\"", "\"{timestamp}\"", "signature[0].content", "{body}"),
        ("\"{timestamp}.{body}\"", "\"{id}.{body}\"", "signature[0].content", "no header shows {id}"),
        ("\"sha256={hex}\"", "\"sha256\"", "signature[0].value", "{hex} or {base64}"),
        ("\"sha256={hex}\"", "\"{timestamp}{hex}\"", "signature[0].value", "between two placeholders"),
        ("\"sha256={hex}\"", "\"v1, {hex}\"", "signature[0].value", "joined by spaces"),
        ("key = \"utf8\"", "key = \"utf8\"\njoined = \"+\"", "signature[0].joined", "space, comma"),
        ("key = \"utf8\"", "key = \"utf8\"\njoined = 1", "signature[0].joined", "true or false"),
        (
            "key = \"utf8\"",
            "key = \"utf8\"\nbefore = \"t={timestamp}\"",
            "signature[0].before",
            "between this and the signature",
        ),
        (
            "key = \"utf8\"",
            "key = \"utf8\"\nbefore = \"t={hex},\"",
            "signature[0].before",
            "unknown placeholder",
        ),
        (
            "\"sha256={hex}\"",
            "\"t={timestamp},v1={hex}\"\njoined = \",\"",
            "signature[0].value",
            "joined by \",\"",
        ),
        ("\"id=event.id\"", "'object=\"event'", "payload.fields[0]", "not JSON"),
        ("\"id=event.id\"", "'version=1.'", "payload.fields[0]", "not JSON"),
        ("\"id=event.id\"", "'version=one'", "payload.fields[0]", "unknown source"),
        ("fields = ", "timestamp = \"unix-seconds\"\nfields = ", "payload.timestamp", "\"unix\""),
        ("\"sha256={hex}\"", "\"a\\nb{hex}\"", "signature[0].value", "cannot carry"),
        ("key = \"utf8\"", "key = \"hex\"", "signature[0].key", "\"utf8\" or \"base64\" or \"ed25519\""),
        ("value = \"{timestamp}\"", "value = \"{body}\"", "header[0].value", "unknown placeholder"),
        ("[[header]]", "[header]", "header", "must be a list of tables: write [[header]] for each"),
        ("[health]", "[health]\ncatalogue = \"open\"", "health.catalogue", "above the first table"),
        ("batch = {", "filter = \"sufix\"\nbatch = {", "endpoint.filter", "\"native\" or \"suffix\""),
        (
            "batch = {",
            "filter_field = { title = \"Lists\", path = \"attributes.lists\" }\nbatch = {",
            "endpoint.filter_field",
            "write [[endpoint.filter_field]]",
        ),
        (
            "batch = {",
            "filter_field = [{ path = \"attributes.lists\" }]\nbatch = {",
            "endpoint.filter_field[0].title",
            "missing",
        ),
        (
            "batch = {",
            "filter_field = [{ title = \"Lists\", path = \"data.lists\" }]\nbatch = {",
            "endpoint.filter_field[0].path",
            "must name an attribute",
        ),
        (
            "batch = {",
            "filter_field = [{ title = \"Lists\", path = \"attributes.$in\" }]\nbatch = {",
            "endpoint.filter_field[0].path",
            "must name an attribute",
        ),
        (
            "batch = {",
            "filter_field = [{ title = \"A\", path = \"attributes.a\" }, { title = \"B\", path = \"attributes.a\" }]\nbatch = {",
            "endpoint.filter_field[1].path",
            "already",
        ),
        ("timeout = \"5s\"", "timeout = 5", "delivery.timeout", "a duration such as"),
        ("timeout = \"5s\"", "timeout = \"1h\"", "delivery.timeout", "between"),
        ("timeout = \"5s\"", "timeout = \"5s\"\nretry_on = [\"6xx\"]", "delivery.retry_on[0]", "unknown"),
        ("timeout = \"5s\"", "timeout = \"5s\"\nsuccess = []", "delivery.success", "at least one"),
        (
            "timeout = \"5s\"",
            "timeout = \"5s\"\ndisable_on = [1410]",
            "delivery.disable_on[0]",
            "between 100 and 599",
        ),
        ("timeout = \"5s\"", "timeout = \"5s\"\njitter = 2", "delivery.jitter", "between 0 and 1"),
        (
            "timeout = \"5s\"",
            "timeout = \"5s\"\nrate = { per_second = 0 }",
            "delivery.rate.per_second",
            "between",
        ),
        (
            "timeout = \"5s\"",
            "timeout = \"5s\"\nordering = { key = [\"call_id\"] }",
            "delivery.ordering.key[0]",
            "path",
        ),
        ("timeout = \"5s\"", "timeout = \"5s\"\nbreaker = 1", "delivery.breaker", "true or false"),
        (
            "schedule = [\"5s\", \"1m\"]",
            "schedule = [\"6d\", \"6d\", \"6d\", \"6d\", \"7d\"]",
            "delivery.schedule",
            "30 days",
        ),
        ("disable = \"never\"", "disable = \"always\"", "health.disable", "consecutive_failures"),
        ("disable = \"never\"", "disable = {}", "health.disable", "consecutive_failures"),
        (
            "disable = \"never\"",
            "disable = { failing_for = \"0s\" }",
            "health.disable.failing_for",
            "between",
        ),
        ("disable = \"never\"", "notice_fields = [\"a=b\"]", "health.notice_fields", "no notice"),
        (
            "disable = \"never\"",
            "notice = \"x\"\nnotice_fields = [\"a=b\"]",
            "health.notice_fields[0]",
            "unknown source",
        ),
        ("name = \"a.b\"", "name = \"a/*\"", "event_type[0].name", "cannot name"),
        ("name = \"a.b\"", "name = \"a.b\"\nexample = { a = 1 }", "event_type[0].example", "a string"),
        ("name = \"a.b\"", "name = \"a.b\"\nexample = \"{'a': 1}\"", "event_type[0].example", "not JSON"),
        (
            "name = \"a.b\"",
            "name = \"a.b\"\n[[event_type]]\nname = \"a.b\"",
            "event_type[1].name",
            "there already",
        ),
    ] {
        let (_, _, found, detail) = fault(from, to);
        assert_eq!(found, key, "{to}: {detail}");
        assert!(detail.contains(words), "{to}: {detail}");
    }
}

#[test]
fn two_signatures_of_one_header_must_be_of_two_kinds_or_a_list() {
    let second = |value: &str, key: &str| {
        let extra = format!(
            "[[signature]]\nheader = \"X-Signature\"\ncontent = \"{{body}}\"\nvalue = \"{value}\"\nkey = \"{key}\"\n"
        );
        Contract::parse(&GOOD.replace("[[header]]", &format!("{extra}\n[[header]]")))
    };
    assert!(second("ed={base64}", "ed25519").is_ok());
    for (value, key) in [("sha256={hex}", "utf8"), ("v1a,{base64}", "ed25519")] {
        let error = second(value, key).unwrap_err();
        assert_eq!((error.key.as_str(), error.line), ("signature[1].header", 17));
    }
}

#[test]
fn two_signatures_of_one_header_have_one_beginning() {
    let list = GOOD.replace("key = \"utf8\"", "key = \"utf8\"\njoined = \",\"\nbefore = \"t={timestamp},\"");
    let second = |before: &str| {
        let extra = format!(
            "[[signature]]\nheader = \"X-Signature\"\ncontent = \"{{body}}\"\nvalue = \"v1a={{base64}}\"\n\
            key = \"ed25519\"\njoined = \",\"\nbefore = \"{before}\"\n"
        );
        Contract::parse(&list.replace("[[header]]", &format!("{extra}\n[[header]]")))
    };
    assert!(second("t={timestamp},").is_ok());
    let error = second("time={timestamp},").unwrap_err();
    assert_eq!((error.key.as_str(), error.line), ("signature[1].header", 19));
    assert!(error.detail.contains("`before`"), "{error}");
}

#[test]
fn a_closed_catalogue_needs_types() {
    let file = GOOD.replace("[[event_type]]\nname = \"a.b\"", "");
    assert!(Contract::parse(&file).is_ok());
    let error = Contract::parse(&file.replace("name = \"acme\"", "name = \"acme\"\ncatalogue = \"closed\""))
        .unwrap_err();
    assert_eq!((error.key.as_str(), error.line, error.column), ("catalogue", 2, 13));
}

#[test]
fn a_notice_that_nobody_could_ask_for_is_refused() {
    let closed = GOOD.replace("name = \"acme\"", "name = \"acme\"\ncatalogue = \"closed\"");
    let notice = closed.replace("disable = \"never\"", "disable = \"never\"\nnotice = \"webhook.failed\"");
    let error = Contract::parse(&notice).unwrap_err();
    assert_eq!((error.key.as_str(), error.line, error.column), ("health.notice", 27, 10));
    assert!(error.detail.contains("no [[event_type]] of this name"), "{error}");
    assert!(Contract::parse(&format!("{notice}[[event_type]]\nname = \"webhook.failed\"\n")).is_ok());
    assert!(Contract::parse(&notice.replace("\"closed\"", "\"open\"")).is_ok());
}

#[test]
fn a_secret_that_signs_nothing_is_refused() {
    let start = GOOD.find("[[signature]]").unwrap();
    let end = GOOD.find("[[header]]").unwrap();
    let unsigned = format!("{}{}", &GOOD[..start], &GOOD[end..]);
    let error = Contract::parse(&unsigned).unwrap_err();
    assert_eq!((error.key.as_str(), error.line), ("endpoint.secret", 4));
    let error = Contract::parse(&GOOD.replace("secret = {", "# {")).unwrap_err();
    assert_eq!((error.key.as_str(), error.line), ("endpoint", 3));
}

proptest! {
    #[test]
    fn a_damaged_file_is_refused_or_read_without_a_panic(
        from in any::<prop::sample::Index>(), length in 0usize..40, instead in "\\PC{0,12}",
    ) {
        let chars: Vec<char> = GOOD.chars().collect();
        let from = from.index(chars.len());
        let after = (from + length).min(chars.len());
        let damaged: String =
            chars[..from].iter().copied().chain(instead.chars()).chain(chars[after..].iter().copied()).collect();
        if let Err(error) = Contract::parse(&damaged) {
            let line = damaged.split('\n').nth(error.line - 1);
            prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1), "{error}");
        }
    }
}

#[test]
fn a_dialect_that_the_program_has_not_is_refused_at_its_line() {
    let file = include_str!("../../../contracts/scopien.toml")
        .replace("dialect = \"scopien\"", "dialect = \"scopein\"");
    let error = Contract::parse_for(&file, &["backend", "scopien"]).unwrap_err();
    let line = file.lines().position(|line| line.starts_with("dialect")).unwrap() + 1;
    assert_eq!((error.line, error.key.as_str()), (line, "dialect"));
    assert!(error.detail.contains("backend, scopien"), "{error}");
    assert!(Contract::parse_for(&file.replace("scopein", "scopien"), &["scopien"]).is_ok());
    assert!(Contract::parse_for(&file.replace("scopein", "none"), &[]).is_ok());
}
