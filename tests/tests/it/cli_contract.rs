//! `postrider contract show`.

use postrider_tests::Cli;
use serde_json::Value;
use standardwebhooks::Webhook;

#[tokio::test]
async fn the_example_of_a_contract_is_verified_by_a_library_that_is_not_ours() {
    let said = Cli::default().run(&["contract", "show", "standard", "--json"]).await.expect(0).document();
    let example = &said["example"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let header = |name: &str| text(&example["headers"][name]);
    let body = text(&example["body"]);
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let webhook = Webhook::new(&text(&example["secret"])).unwrap();
    let signature = webhook.sign(&id, timestamp.parse().unwrap(), body.as_bytes()).unwrap();
    assert_eq!(header("webhook-signature"), signature);
    assert_eq!(text(&example["signed"][0]), format!("{id}.{timestamp}.{body}"), "to the letter");
}

#[tokio::test]
async fn a_contract_is_explained_for_people() {
    let told = Cli::default().run(&["contract", "show", "standard"]).await.expect(0).out;
    for needle in [
        "Standard Webhooks (standard)",
        "over     {id}.{timestamp}.{body}",
        "10       1 day",
        "disabled          after 5 days of nothing but failures",
    ] {
        assert!(told.contains(needle), "{needle:?} is not in\n{told}");
    }
}

#[tokio::test]
async fn a_file_of_your_own_is_explained_and_a_wrong_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let standard = include_str!("../../../contracts/standard.toml");
    let own = dir.path().join("own.toml");
    let text = standard
        .replace("name = \"standard\"", "name = \"own\"")
        .replace("{ failing_for = \"5d\" }", "{ consecutive_failures = 3 }");
    std::fs::write(&own, text).unwrap();
    let told = Cli::default().run(&["contract", "show", own.to_str().unwrap()]).await.expect(0).out;
    assert!(told.contains("Standard Webhooks (own)"), "{told}");
    assert!(told.contains("after 3 failed attempts in a row"), "{told}");

    std::fs::write(&own, "name = \"own\"\nnonsense = 1\n").unwrap();
    let wrong = Cli::default().run(&["contract", "show", own.to_str().unwrap()]).await.expect(1);
    assert!(wrong.err.contains("nonsense"), "{wrong:?}");
    let unknown = Cli::default().run(&["contract", "show", "nobody"]).await.expect(2);
    assert!(unknown.err.contains("standard"), "the names there are: {unknown:?}");
}
