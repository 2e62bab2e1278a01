use std::io::Write as _;

use super::layers::{Layer, environment};
use super::options::OPTIONS;
use super::{Config, effective, load, reference};

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
        ("", &[("database_url", "postgres://x")], &["embedded store"]),
        ("", &[("root_key", "too-short")], &["24"]),
    ] {
        let error = read(text, env, &[]).unwrap_err();
        for needle in needles {
            assert!(error.contains(needle), "{error:?} does not name {needle:?}");
        }
        assert!(!error.contains("too-short"), "a key must not be repeated: {error}");
    }
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
    let shown = format!("{:?}", Config::default());
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
    let file = file("listen = \"127.0.0.1:1\"\nproxy = \"http://user:secret@proxy:1\"");
    let (env, flags) =
        (layer("the environment", &[("dev", "1")]), layer("the command line", &[("role", "all")]));
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
    assert_eq!(settings.len(), OPTIONS.len());
}
