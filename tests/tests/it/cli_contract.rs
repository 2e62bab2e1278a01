//! `postrider contract show`.

use postrider_tests::{Cli, repository};
use serde_json::Value;
use standardwebhooks::Webhook;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/examples");

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
async fn every_shipped_contract_and_every_worked_example_is_explained() {
    let list = Cli::default().run(&["contract", "list", "--json"]).await.expect(0).documents();
    let names: Vec<_> = list.iter().map(|contract| contract["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["backend", "call-center", "lead-intake", "scendcore", "scopien", "standard"]);
    let examples = ["stripe", "github"].map(|name| format!("{EXAMPLES}/{name}.toml"));
    for (named, needles) in names.into_iter().chain(examples).zip([
        ["whsec_… of 24 bytes); can be read back", "v1,{base64}", "conversation.completed"].as_slice(),
        &["requests are not signed", "4        4 s", "by key (data.call_id, data.message_id)", "500–599"],
        &["joined by a space", "24 bytes); shown once", "10       1 day"],
        &[
            "given by the customer, or none",
            "One attempt",
            "10 of a tenant",
            "after 10 failed attempts in a row",
        ],
        &[
            "at most 100 requests a second",
            "at most 10 requests a second",
            "\"failureCount\":6,\"lastError\":\"Connection timeout\",\"disabled\":true}",
            "up to 100 events, waiting at most 1 min",
            "{\"events\":[…]}",
        ],
        &["the data of the notice", "ed25519; receivers verify with the public key"],
        &["begins with  t={timestamp},", "joined by \",\"", "object       always \"event\""],
        &["the event's data alone", "X-GitHub-Delivery    {id}"],
    ]) {
        let told = Cli::default().run(&["contract", "show", &named]).await.expect(0).out;
        for needle in needles {
            assert!(told.contains(needle), "{needle:?} is not in\n{told}");
        }
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

/// What `contract check` says of the call center's file after `from` became `to`; the line where `at` then stands.
fn mistaken(dir: &std::path::Path, number: usize, from: &str, to: &str, at: &str) -> (String, usize) {
    let file = std::fs::read_to_string(repository().join("contracts/call-center.toml")).unwrap();
    assert!(file.contains(from), "{from}");
    let text = file.replacen(from, to, 1);
    let line = text.lines().position(|line| line.contains(at)).unwrap() + 1;
    let path = dir.join(format!("{number}.toml"));
    std::fs::write(&path, text).unwrap();
    (path.to_str().unwrap().to_owned(), line)
}

#[tokio::test]
async fn the_commonest_mistakes_are_pointed_at_by_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let mistakes = [
        ("\"20s\"", "20s", "20s ", "string values must be quoted"),
        ("\"20s\"", "20", "timeout  =", "a duration such as \"5s\", and is a whole number"),
        ("\"1s\", \"2s\"", "1, 2", "schedule =", "delivery.schedule[0]"),
        (
            "schedule =",
            "shedule =",
            "shedule",
            "unknown key; known here are timeout, success, retry_on, schedule",
        ),
        ("timeout  =", "# timeout =", "[delivery]", "delivery.timeout`: this key is missing"),
        ("[delivery]", "[deliver]", "[deliver]", "unknown key; known here are name, title"),
        ("wildcards = false", "catalogue = \"open\"", "catalogue = \"open\"", "above the first table"),
        (
            "\"data=event.data\"",
            "\"data=event.body\"",
            "event.body",
            "unknown source \"event.body\"; known are event.id",
        ),
        ("\"data=event.data\"", "\"event.data\"", "event.data\"", "a field is written \"name=source\""),
        ("\"5xx\"]", "\"500+\"]", "500+", "\"500+\" is unknown; write"),
        ("secret = \"none\"", "secret = \"generated\"", "\"generated\"", "a secret needs a [[signature]]"),
        ("\"Message Sent\"", "\"Message *\"", "Message *", "cannot name an event type"),
        ("\"Message Sent\"", "\"Message Received\"", "An outbound", "there already"),
    ];
    let mut files = Vec::new();
    for (number, (from, to, at, _)) in mistakes.iter().enumerate() {
        files.push(mistaken(dir.path(), number, from, to, at));
    }
    let args = ["contract", "check"].into_iter().chain(files.iter().map(|(path, _)| path.as_str()));
    let said = Cli::default().run(&args.collect::<Vec<_>>()).await.expect(1);
    let told: Vec<_> = said.err.lines().collect();
    assert_eq!(told.len(), mistakes.len() + 1, "one line for each file, and how many: {told:?}");
    for ((told, (path, line)), (_, to, at, words)) in told.iter().zip(files).zip(mistakes) {
        // The name of a type that is there twice stands above its description.
        let line = if at == "An outbound" { line - 1 } else { line };
        assert!(told.starts_with(&format!("{path}: line {line}, column ")), "{to}: line {line}: {told}");
        assert!(told.contains(words), "{to}: {told}");
    }
}
