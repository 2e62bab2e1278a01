//! Go: its standard library.

mod proof;

use postrider_contract::{KeyForm, PUBLIC_KEY_PREFIX, Part, Var};

use crate::body::Batch;
use crate::fill::Gaps;
use crate::recipe::{KnownBy, Recipe, Scheme};
use proof::{checks, of_header};

const FRAME: &str = include_str!("go/frame.go");

/// Writes the program.
pub(crate) fn write(recipe: &Recipe) -> String {
    let mut forms = Forms::default();
    let checks = checks(recipe, &mut forms);
    let (of_request, of_event) = once(recipe, &mut forms);
    let event_type = event_type(recipe, &mut forms);
    let mut flags = recipe.flags().to_vec();
    flags.extend([
        ("decoded", has_decoded_keys(recipe)),
        ("hex", recipe.schemes().any(Scheme::is_hex)),
        ("of base64", recipe.schemes().any(|scheme| !scheme.is_hex())),
        ("captures", forms.is_captured),
        ("fields", has_fields(recipe)),
    ]);
    let gaps = Gaps {
        flags: &flags,
        values: &[
            ("sender", &recipe.sender),
            ("imports", &imports(recipe, &forms)),
            ("tolerance", &recipe.tolerance_seconds.to_string()),
            ("key lists", &key_lists(recipe)),
            ("no keys", &no_keys(recipe)),
            ("public", &text(PUBLIC_KEY_PREFIX)),
            ("prefix", &text(&recipe.secret_prefix)),
            ("forms", &forms.lines),
            ("checks", &checks),
            ("events", &events(&recipe.body.batch)),
            ("once request", &of_request),
            ("once event", &of_event),
            ("type", &event_type),
            ("taken", &taken(recipe.taken_status)),
        ],
        empty_lines: 1,
    };
    gaps.fill(FRAME)
}

/// The patterns of a program, compiled once at its start.
#[derive(Default)]
struct Forms {
    lines: String,
    count: usize,
    /// Whether `capture` is called.
    is_captured: bool,
}

impl Forms {
    /// Adds a pattern; the name of its variable.
    fn add(&mut self, pattern: &str) -> String {
        self.count += 1;
        let name = format!("form{}", self.count);
        self.lines += &format!("var {name} = regexp.MustCompile(`^{pattern}$`)\n");
        name
    }
}

fn has_decoded_keys(recipe: &Recipe) -> bool {
    recipe.has(KeyForm::Base64) || recipe.has(KeyForm::Ed25519)
}

/// Whether the program looks into events.
fn has_fields(recipe: &Recipe) -> bool {
    recipe.body.id_field.is_some() || recipe.body.type_field.is_some()
}

/// Go refuses a program that imports what it does not use.
fn imports(recipe: &Recipe, forms: &Forms) -> String {
    let is_signed = recipe.is_signed();
    let is_hashed = matches!(recipe.known_by, KnownBy::Body);
    let has_more_than_body = |scheme: &Scheme| scheme.content != [Part::Var(Var::Body)];
    let is_split = recipe.checks.iter().any(|check| check.joined.is_some());
    let is_base64 = has_decoded_keys(recipe) || recipe.schemes().any(|scheme| !scheme.is_hex());
    let names = [
        ("bytes", recipe.schemes().any(has_more_than_body)),
        ("crypto/ed25519", recipe.has(KeyForm::Ed25519)),
        ("crypto/hmac", recipe.has_hmac()),
        ("crypto/sha256", recipe.has_hmac() || is_hashed || !is_signed),
        ("crypto/subtle", !is_signed),
        ("encoding/base64", is_base64),
        ("encoding/hex", recipe.schemes().any(Scheme::is_hex) || is_hashed),
        ("encoding/json", true),
        ("errors", !has_fields(recipe)),
        ("fmt", true),
        ("io", true),
        ("log", true),
        ("net", true),
        ("net/http", true),
        ("os", true),
        ("path", !is_signed),
        ("regexp", forms.count > 0),
        ("strconv", recipe.covers_time()),
        ("strings", has_decoded_keys(recipe) || is_split),
        ("sync", !matches!(recipe.known_by, KnownBy::Nothing)),
        ("time", recipe.covers_time()),
    ];
    names.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| format!("\"{name}\"\n")).collect()
}

fn key_names(recipe: &Recipe) -> impl Iterator<Item = &'static str> {
    let forms = [KeyForm::Utf8, KeyForm::Base64, KeyForm::Ed25519];
    forms.into_iter().filter(|form| recipe.has(*form)).map(keys_of)
}

fn key_lists(recipe: &Recipe) -> String {
    let kind = |name| if name == "ed25519Keys" { "[]ed25519.PublicKey" } else { "[][]byte" };
    key_names(recipe).map(|name| format!("var {name} {}\n", kind(name))).collect()
}

fn no_keys(recipe: &Recipe) -> String {
    let sizes: Vec<_> = key_names(recipe).map(|name| format!("len({name})")).collect();
    format!("{} == 0", sizes.join("+"))
}

/// The events of a body, where it may hold several.
fn events(batch: &Batch) -> String {
    match batch {
        Batch::Never => String::new(),
        Batch::List => "var events []json.RawMessage\n\
                        if json.Unmarshal(body, &events) != nil {\n\tevents = []json.RawMessage{body}\n}\n"
            .to_owned(),
        Batch::Field(field) => format!(
            "var message map[string]json.RawMessage\n\
             if err := json.Unmarshal(body, &message); err != nil {{\n\treturn err\n}}\n\
             events := []json.RawMessage{{body}}\n\
             if several, isBatch := message[{}]; isBatch {{\n\
             \tevents = nil\n\
             \tif err := json.Unmarshal(several, &events); err != nil {{\n\t\treturn err\n\t}}\n}}\n",
            text(field)
        ),
    }
}

/// What leaves out what came before: once for the request, or for each event in it.
fn once(recipe: &Recipe, forms: &mut Forms) -> (String, String) {
    let leave = if recipe.body.batch == Batch::Never { "return nil" } else { "continue" };
    match &recipe.known_by {
        KnownBy::Field(field) => {
            let id = format!("id := text(fields, {})", text(field));
            (String::new(), format!("if {id}; id != \"\" && !isNew(id) {{\n\t{leave}\n}}\n"))
        }
        KnownBy::Header(told) => {
            let id = format!("id := {}", of_header(told, forms));
            (format!("if {id}; id != \"\" && !isNew(id) {{\n\treturn nil\n}}\n"), String::new())
        }
        KnownBy::Body => {
            let why = "// An event has no id; what is the same to the last byte is the same event.";
            let question =
                "if hash := sha256.Sum256(body); !isNew(hex.EncodeToString(hash[:])) {\n\treturn nil\n}";
            (format!("{why}\n{question}\n"), String::new())
        }
        KnownBy::Nothing => Default::default(),
    }
}

fn event_type(recipe: &Recipe, forms: &mut Forms) -> String {
    match (&recipe.body.type_field, &recipe.type_header) {
        (Some(field), _) => format!("text(fields, {})", text(field)),
        (None, Some(header)) => of_header(header, forms),
        (None, None) => "\"event\"".to_owned(),
    }
}

fn taken(status: u16) -> String {
    if status == 200 { "http.StatusOK".to_owned() } else { status.to_string() }
}

fn keys_of(form: KeyForm) -> &'static str {
    match form {
        KeyForm::Utf8 => "utf8Keys",
        KeyForm::Base64 => "base64Keys",
        KeyForm::Ed25519 => "ed25519Keys",
    }
}

/// A text in quotes: JSON's escapes are Go's too.
fn text(plain: &str) -> String {
    serde_json::Value::from(plain).to_string()
}
