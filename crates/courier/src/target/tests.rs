use super::*;

fn strict(url: &str) -> Result<Target, TargetError> {
    Target::parse(url, &GuardPolicy::default())
}

fn dev(url: &str) -> Result<Target, TargetError> {
    Target::parse(url, &GuardPolicy::dev())
}

#[test]
fn a_public_https_url_is_taken_apart_as_it_will_be_sent() {
    let target = strict("https://Hooks.Example.com/a/b?c=d&e").expect("a good URL");
    assert_eq!(target.host(), &TargetHost::Name("hooks.example.com".into()));
    assert_eq!(target.port(), 443);
    assert!(target.is_https());
    assert_eq!(target.origin_form().to_string(), "/a/b?c=d&e");
    assert_eq!(target.absolute_form().to_string(), "https://hooks.example.com/a/b?c=d&e");
    assert_eq!(target.host_header(), "hooks.example.com");
    let other_port = strict("https://example.com:8443").expect("a good URL");
    assert_eq!(other_port.host_header(), "example.com:8443");
    assert_eq!(other_port.origin_form().to_string(), "/");
    let v6 = strict("https://[2606:4700::1111]:444/x").expect("a good URL");
    assert_eq!(v6.host_header(), "[2606:4700::1111]:444");
    assert_eq!(strict("https://bücher.example/").expect("a good URL").host_header(), "xn--bcher-kva.example");
}

#[test]
fn a_url_that_cannot_be_meant_is_refused_when_saved() {
    let long = format!("https://example.com/{}", "a".repeat(MAX_URL_BYTES));
    let long_label = format!("https://{}.example/", "a".repeat(64));
    let cases = [
        ("", "invalid_url"),
        ("example.com", "invalid_url"),
        ("/path", "invalid_url"),
        ("https://", "invalid_url"),
        ("ftp://example.com/", "invalid_url"),
        ("file:///etc/passwd", "invalid_url"),
        ("javascript:alert(1)", "invalid_url"),
        ("http://example.com/", "insecure_url"),
        ("https://user@example.com/", "invalid_url"),
        ("https://user:pass@example.com/", "invalid_url"),
        ("https://:pass@example.com/", "invalid_url"),
        ("https://example.com/#part", "invalid_url"),
        ("https://example.com/#", "invalid_url"),
        ("https://example.com:0/", "invalid_url"),
        ("https://example.com:99999/", "invalid_url"),
        ("https://exa mple.com/", "invalid_url"),
        ("https://example.com/\r\nX-Injected: 1", "invalid_url"),
        ("https://example.com/a\tb", "invalid_url"),
        (" https://example.com/", "invalid_url"),
        ("https://example.com\\@evil.example/", "invalid_url"),
        ("https://exa..mple/", "invalid_url"),
        ("https://.example/", "invalid_url"),
        ("https://exa$mple.com/", "invalid_url"),
        (long_label.as_str(), "invalid_url"),
        (long.as_str(), "url_too_long"),
    ];
    for (url, code) in cases {
        assert_eq!(strict(url).expect_err(url).code(), code, "{url}");
    }
}

#[test]
fn localhost_is_refused_by_every_name_it_has() {
    for host in
        ["localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.LocalHost.", "%6cocalhost", "ｌocalhost"]
    {
        let url = format!("https://{host}/");
        assert_eq!(strict(&url), Err(TargetError::Localhost), "{url}");
        assert!(dev(&url).is_ok(), "{url} in dev");
    }
    assert!(strict("https://localhost.example/").is_ok());
    assert!(strict("https://notlocalhost/").is_ok());
}

#[test]
fn a_literal_address_is_judged_however_it_is_written() {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.0.0.1.",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "１２７.0.0.1",
        "255.255.255.255",
        "224.0.0.1",
    ];
    for host in hosts {
        let url = format!("https://{host}/");
        assert_eq!(strict(&url).expect_err(&url).code(), "blocked_address", "{url}");
    }
    assert!(strict("https://1.1.1.1/").is_ok());
    assert!(strict("https://[64:ff9b::1.1.1.1]/").is_ok());
}

#[test]
fn dev_opens_http_and_this_machine_but_not_a_clouds_metadata() {
    assert!(dev("http://127.0.0.1:9000/hook").is_ok());
    assert!(dev("http://[::1]:9000/hook").is_ok());
    assert!(dev("http://192.168.0.7/").is_ok());
    assert!(dev("http://169.254.169.254/latest/meta-data").is_err());
    assert!(dev("http://0.0.0.0/").is_err());
}

#[test]
fn an_operators_network_is_open_to_literal_addresses() {
    let policy = GuardPolicy {
        allow_networks: vec!["10.1.0.0/16".parse().expect("a network")],
        ..GuardPolicy::default()
    };
    assert!(Target::parse("https://10.1.2.3/", &policy).is_ok());
    assert!(Target::parse("https://[::ffff:10.1.2.3]/", &policy).is_ok());
    assert!(Target::parse("https://10.2.2.3/", &policy).is_err());
    assert!(Target::parse("https://localhost/", &policy).is_err());
}

#[test]
fn a_target_in_a_log_keeps_its_path_to_itself() {
    let target = strict("https://example.com/hook/secret-token?key=1").expect("a good URL");
    assert_eq!(format!("{target:?}"), "https://example.com/…");
}

#[test]
fn a_certificate_is_asked_for_without_the_final_dot() {
    let name = strict("https://example.com./").expect("a good URL").server_name().expect("a name");
    assert_eq!(name.to_str(), "example.com");
}
