use std::io::Write as _;
use std::time::Duration;

use postrider_model::limits::Limits;

use super::layers::{Layer, environment};
use super::options::OPTIONS;
use super::{Config, Role, effective, load, reference};

fn layer(name: &'static str, values: &[(&str, &str)]) -> Layer {
    let mut layer = Layer::new(name);
    for (key, value) in values {
        let opt = OPTIONS.iter().find(|opt| opt.key == *key).unwrap();
        layer.add(opt, [(*value).to_owned()]);
    }
    layer
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn read(text: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, String> {
    let file = file(text);
    let (env, flags) = (layer("the environment", env), layer("the command line", flags));
    load(Some(file.path()), env, flags).map_err(|error| error.to_string())
}

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
    let port = |config: Config| config.listen.port();
    let text = "listen = \"127.0.0.1:1\"";
    let (env, flag) = ([("listen", "127.0.0.1:2")], [("listen", "127.0.0.1:3")]);
    assert_eq!(port(read("", &[], &[]).unwrap()), 8080);
    assert_eq!(port(read(text, &[], &[]).unwrap()), 1);
    assert_eq!(port(read(text, &env, &[]).unwrap()), 2);
    assert_eq!(port(read(text, &env, &flag).unwrap()), 3);
}

#[test]
fn lists_are_arrays_in_the_file_and_commas_elsewhere() {
    let networks = |config: Config| config.allow_networks.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = ["10.0.0.0/8", "fd00::/8"];
    assert_eq!(
        networks(read("allow_networks = [\"10.0.0.0/8\", \"fd00::/8\"]", &[], &[]).unwrap()),
        expected
    );
    let env = [("allow_networks", "10.0.0.0/8, fd00::/8")];
    assert_eq!(networks(read("", &env, &[]).unwrap()), expected);
}

#[test]
fn a_wrong_value_is_refused_with_its_key_and_where_it_stands() {
    for (text, env, needles) in [
        ("listen = 8080", &[][..], &["listen", "TOML file"][..]),
        ("nonsense = 1", &[], &["nonsense"]),
        ("listen = ", &[], &["line 1"]),
        ("", &[("listen", "nowhere")], &["listen", "the environment"]),
        ("", &[("dev", "perhaps")], &["dev", "perhaps"]),
        ("", &[("max_event_bytes", "many")], &["max_event_bytes", "many"]),
        ("role = \"king\"", &[], &["role", "king"]),
        ("", &[("role", "api")], &["embedded store"]),
        ("", &[("database_url", "postgres://u:too-short@x")], &["POSTRIDER_MASTER_KEY"]),
        (
            "master_key = \"k\"\ndatabase_url = \"postgres://x\"\nmax_store_bytes = 1",
            &[],
            &["max_store_bytes"],
        ),
        ("master_key = \"k\"\ndatabase_url = \"postgres://x\"\nnode_name = \"\"", &[], &["node_name"]),
        ("master_key = \"k\"\ndatabase_url = \"x\"", &[("database_connections", "2")], &["at least 3"]),
        ("", &[("root_key", "too-short")], &["24"]),
        ("max_event_bytes = 0", &[], &["max_event_bytes", "64 to 16777216", "not 0"]),
    ] {
        let error = read(text, env, &[]).unwrap_err();
        for needle in needles {
            assert!(error.contains(needle), "{error:?} does not name {needle:?}");
        }
        assert!(!error.contains("too-short"), "a key must not be repeated: {error}");
    }
}

#[test]
fn a_limit_is_set_in_its_section_and_by_its_variable_which_wins() {
    let text = "[limits]\nmax_batch_events = 20\nmax_timeout_seconds = 30\nmin_timeout_seconds = 0.5";
    let variables = [("POSTRIDER_LIMITS_MAX_BATCH_EVENTS", "3_0"), ("POSTRIDER_LIMITS_MAX_HEADERS", "")];
    let (env, unknown) = environment(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(unknown, Vec::<String>::new());
    let read = load(Some(file(text).path()), env, Layer::new("x")).unwrap().limits;
    let expected = Limits {
        max_batch_events: 30,
        max_timeout: Duration::from_secs(30),
        min_timeout: Duration::from_millis(500),
        ..Limits::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn the_largest_event_is_an_option_and_reaches_the_limits() {
    assert_eq!(read("max_event_bytes = 1000", &[], &[]).unwrap().limits.max_event_bytes, 1_000);
    let error = read("[limits]\nmax_event_bytes = 1000", &[], &[]).unwrap_err();
    assert!(error.contains("--max-event-bytes"), "{error}");
}

#[test]
fn a_limit_that_is_unknown_or_out_of_its_range_is_refused_with_its_name_and_range() {
    for (text, needles) in [
        ("[limits]\nmax_bach_events = 1", &["limits.max_bach_events", "no such limit"][..]),
        ("[limits]\nmax_batch_events = 0", &["limits.max_batch_events", "TOML file", "1 to 10000", "not 0"]),
        ("[limits]\nmax_batch_events = 4000000000", &["limits.max_batch_events", "not 4000000000"]),
        ("[limits]\nmax_headers = -1", &["limits.max_headers", "0 to 50", "not -1"]),
        ("[limits]\nmax_headers = 1.5", &["limits.max_headers", "a whole number", "not 1.5"]),
        ("[limits]\nmax_headers = \"many\"", &["limits.max_headers", "not \"many\""]),
        ("[limits]\nmax_headers = [1]", &["limits.max_headers", "not [1]"]),
        ("[limits]\nmax_timeout_seconds = 1e9", &["limits.max_timeout_seconds", "1 to 600"]),
        ("[limits]\nmax_timeout_seconds = nan", &["limits.max_timeout_seconds"]),
        ("limits = 5", &["[limits]"]),
        ("[limits]\nmax_list_limit = 10", &["default_list_limit is more than max_list_limit"]),
        ("[limits]\nmax_headers = -1\njson_depth = 1000", &["limits.max_headers", "limits.json_depth"]),
    ] {
        let error = read(text, &[], &[]).unwrap_err();
        for needle in needles {
            assert!(error.contains(needle), "{error:?} does not name {needle:?}");
        }
    }
    let mut env = Layer::new("the environment");
    env.limit("max_headers", "lots".to_owned());
    let error = load(Some(file("").path()), env, Layer::new("x")).unwrap_err().to_string();
    assert!(error.contains("limits.max_headers (in the environment)") && error.contains("lots"), "{error}");
}

#[test]
fn a_database_url_and_a_master_key_make_a_node_of_many() {
    let env = [("database_url", "postgres://u:hunter22@x/y"), ("master_key", "k"), ("database_pooler", "1")];
    let config = read("node_name = \"one\"", &env, &[("role", "worker")]).unwrap();
    assert_eq!(config.role, Role::Worker);
    assert!(config.database_pooler);
    assert!(!format!("{config:?}").contains("hunter22"));
}

#[test]
fn a_key_of_digits_stays_a_text() {
    let config = read("", &[("root_key", "123456789012345678901234567890")], &[]).unwrap();
    assert_eq!(config.root_key.unwrap().expose(), "123456789012345678901234567890");
}

#[test]
fn a_named_file_that_is_not_there_is_an_error() {
    let (layer, _) = environment(Vec::new());
    let error =
        load(Some(std::path::Path::new("/nowhere/postrider.toml")), layer, Layer::new("x")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/postrider.toml"));
}

#[test]
fn every_option_of_the_table_is_a_field_of_the_configuration_and_the_reverse() {
    let limits = format!(", limits: {:?}", Config::default().limits);
    let shown = format!("{:?}", Config::default()).replace(&limits, "");
    for opt in OPTIONS {
        assert!(shown.contains(&format!("{}: ", opt.key)), "{} is no field", opt.key);
    }
    assert_eq!(shown.matches(": ").count() - shown.matches("://").count(), OPTIONS.len());
}

#[test]
fn the_reference_in_the_user_guide_is_the_one_made_from_the_table() {
    let kept = include_str!("../../../../docs/configuration.md");
    assert!(kept == reference(), "write it anew: postrider config-reference > docs/configuration.md");
}

#[test]
fn each_option_says_where_it_comes_from_and_secrets_are_not_shown() {
    let file =
        file("listen = \"127.0.0.1:1\"\nproxy = \"http://user:secret@proxy:1\"\n[limits]\nmax_headers = 5");
    let (mut env, flags) =
        (layer("the environment", &[("dev", "1")]), layer("the command line", &[("role", "all")]));
    env.limit("max_faults", "7".to_owned());
    let settings = effective(Some(file.path()), env, flags).unwrap();
    let of = |key: &str| {
        let setting = settings.iter().find(|setting| setting.key == key).unwrap();
        (setting.value.to_string(), setting.source.as_str(), setting.is_default)
    };
    let path = file.path().to_str().unwrap();
    assert_eq!(of("listen"), ("\"127.0.0.1:1\"".to_owned(), path, false));
    assert_eq!(of("proxy"), ("\"(set)\"".to_owned(), path, false));
    assert_eq!(of("dev"), ("true".to_owned(), "POSTRIDER_DEV", false));
    assert_eq!(of("role"), ("\"all\"".to_owned(), "--role", false));
    assert_eq!(of("log_level"), ("\"info\"".to_owned(), "the default", true));
    assert_eq!(of("limits.max_headers"), ("5".to_owned(), path, false));
    assert_eq!(of("limits.max_faults"), ("7".to_owned(), "POSTRIDER_LIMITS_MAX_FAULTS", false));
    assert_eq!(settings.len(), OPTIONS.len() + 2);
}
