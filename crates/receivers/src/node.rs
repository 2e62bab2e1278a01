//! Node.js: one module, nothing to install.

use postrider_contract::{KeyForm, Part, Var};

use crate::body::Batch;
use crate::fill::fill;
use crate::pattern::pattern;
use crate::recipe::{Check, Recipe, Scheme, TOLERANCE_SECONDS, Told, public_prefix};

const FRAME: &str = r#"// Receives the webhooks of ⟨title⟩: ⟨what⟩, takes each event once and answers at once.
// Node.js 18 or later, nothing to install. Save it as receiver.mjs and run:
//   ⟨env⟩='…' PORT=3000 node receiver.mjs
⟨crypto⟩
import { createServer } from "node:http";

⟨keys⟩

const LONGEST_BODY = 32 * 1024 * 1024;

⟨proof⟩

// This is where your work begins. The request has been answered: take the time you need.
function handle(type, event) {
  console.log(type, JSON.stringify(event));
}

⟨taking⟩

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LONGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answer(request) {
  ⟨door⟩
  if (request.method !== "POST") return 405;
  const body = await read(request);
  if (body === null) return 413;
  ⟨check⟩
  try {
    take(request.headers, body);
  } catch {
    return 400;
  }
  return ⟨taken⟩;
}

const server = createServer(async (request, response) => {
  const status = await answer(request).catch(() => 400);
  response.writeHead(status).end();
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on port ${server.address().port}`));
"#;

const SECRETS: &str = r#"
// The webhook's secret. During a rotation the one before may stand beside it.
const secrets = [process.env.WEBHOOK_SECRET, process.env.WEBHOOK_SECRET_BEFORE].filter(Boolean);
if (secrets.length === 0) throw new Error("WEBHOOK_SECRET is not set");
"#;

/// Where nothing is signed, the address is the secret.
const TOKEN: &str = r#"
// These requests are not signed: nothing in them proves who sent them. So keep the URL secret and let it end in a long
// random token (openssl rand -hex 32), allow only the sender's addresses in your firewall, and before you act on what
// matters ask the sender's API whether it is true.
const token = process.env.WEBHOOK_TOKEN ?? "";
if (token.length < 32) throw new Error("WEBHOOK_TOKEN needs 32 characters or more");

// Hashes have one length, so that the time this takes tells nothing of the token.
const hash = (text) => createHash("sha256").update(text).digest();
const knowsToken = (path) => timingSafeEqual(hash(path.slice(path.lastIndexOf("/") + 1)), hash(token));
"#;

const RECENT: &str = r#"
// An older request may have been recorded by somebody and sent again.
const TOLERANCE_SECONDS = ⟨tolerance⟩;
const isRecent = (timestamp) => Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS;
"#;

const HMAC: &str = r#"
function hmacFits(keys, content, signature) {
  const fits = (key) => timingSafeEqual(createHmac("sha256", key).update(content).digest(), signature);
  return keys.some(fits);
}
"#;

const ED25519: &str = r#"
function ed25519Fits(keys, content, signature) {
  return keys.some((key) => verify(null, content, key, signature));
}
"#;

const ONCE: &str = r#"
// The same event may come again: after a retry, or when somebody sends it anew. In your program a table with the id as
// its key is the better memory: it outlives the process.
const seen = new Set();
function isNew(id) {
  if (seen.has(id)) return false;
  seen.add(id);
  if (seen.size > 10_000) seen.delete(seen.values().next().value);
  return true;
}
"#;

const ONE: &str = r#"
⟨memory⟩

function take(headers, body) {
  const event = JSON.parse(body);
  ⟨request⟩
  ⟨event⟩
  setImmediate(handle, ⟨kind⟩, event);
}
"#;

const MANY: &str = r#"
⟨memory⟩

// One event, or several in one request.
function take(headers, body) {
  const message = JSON.parse(body);
  ⟨request⟩
  for (const event of ⟨list⟩) {
    ⟨event⟩
    setImmediate(handle, ⟨kind⟩, event);
  }
}
"#;

/// Writes the program.
pub(crate) fn write(recipe: &Recipe) -> String {
    let is_signed = recipe.is_signed();
    let (keys, proof) =
        if is_signed { (keys(recipe), proof(recipe)) } else { (TOKEN.to_owned(), String::new()) };
    let check = if is_signed { "if (!isGenuine(request.headers, body)) return 401;" } else { "" };
    let door = r#"if (!knowsToken(request.url.split("?")[0])) return 404;"#;
    fill(
        FRAME,
        &[
            ("title", &recipe.title),
            ("what", if is_signed { "checks that each is genuine" } else { "keeps others out" }),
            ("env", if is_signed { "WEBHOOK_SECRET" } else { "WEBHOOK_TOKEN" }),
            ("crypto", &imports(recipe)),
            ("keys", &keys),
            ("proof", &proof),
            ("taking", &taking(recipe)),
            ("door", if is_signed { "" } else { door }),
            ("check", check),
            ("taken", &recipe.taken_status.to_string()),
        ],
    )
}

fn imports(recipe: &Recipe) -> String {
    let is_hashed = !recipe.is_signed() || is_known_by_hash(recipe);
    let names = [
        ("createHash", is_hashed),
        ("createHmac", recipe.has_hmac()),
        ("createPublicKey", recipe.has(KeyForm::Ed25519)),
        ("timingSafeEqual", recipe.has_hmac() || !recipe.is_signed()),
        ("verify", recipe.has(KeyForm::Ed25519)),
    ];
    let names: Vec<_> = names.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name).collect();
    format!("import {{ {} }} from \"node:crypto\";", names.join(", "))
}

fn keys(recipe: &Recipe) -> String {
    let mut lines = SECRETS.trim_start().to_owned();
    let public = public_prefix();
    let is_public = format!("secret.startsWith(\"{public}\")");
    let both = recipe.has_both_kinds();
    let of = if both { format!("secrets.filter((secret) => !{is_public})") } else { "secrets".to_owned() };
    if recipe.has(KeyForm::Utf8) {
        lines += &format!("const utf8Keys = {of};\n");
    }
    if recipe.has(KeyForm::Base64) {
        let prefix = text(&recipe.secret_prefix);
        let wrong = text(&format!("a secret begins with {}", recipe.secret_prefix));
        lines += &format!(
            "// After the prefix stands the key in base64.\nconst base64Keys = {of}.map((secret) => {{\n  \
             if (!secret.startsWith({prefix})) throw new Error({wrong});\n  \
             return Buffer.from(secret.slice({prefix}.length), \"base64\");\n}});\n",
        );
    }
    if recipe.has(KeyForm::Ed25519) {
        lines += &format!(
            "// {public} and base64 is the public key of a webhook that signs with ed25519.\n\
             const ed25519Keys = secrets.filter((secret) => {is_public}).map((secret) => {{\n  \
             const x = Buffer.from(secret.slice(\"{public}\".length), \"base64\").toString(\"base64url\");\n  \
             return createPublicKey({{ key: {{ kty: \"OKP\", crv: \"Ed25519\", x }}, format: \"jwk\" }});\n}});\n"
        );
    }
    lines
}

fn proof(recipe: &Recipe) -> String {
    let mut functions = Vec::new();
    if recipe.covers_time() {
        functions.push(RECENT.replace("⟨tolerance⟩", &TOLERANCE_SECONDS.to_string()));
    }
    if recipe.has_hmac() {
        functions.push(HMAC.to_owned());
    }
    if recipe.has(KeyForm::Ed25519) {
        functions.push(ED25519.to_owned());
    }
    let bytes = "// `body` is the bytes as they came: parsed and written anew they would not be the ones that were signed.";
    if let [check] = recipe.checks.as_slice() {
        functions.push(format!("{bytes}\n{}", function("isGenuine", check)));
    } else {
        let name = |index: usize| format!("isGenuineBy{}", index + 1);
        functions
            .extend(recipe.checks.iter().enumerate().map(|(index, check)| function(&name(index), check)));
        let all: Vec<_> =
            (0..recipe.checks.len()).map(|index| format!("{}(headers, body)", name(index))).collect();
        functions.push(format!(
            "{bytes}\nfunction isGenuine(headers, body) {{\n  return {};\n}}\n",
            all.join(" && ")
        ));
    }
    functions.join("\n")
}

/// The function that checks one header.
fn function(name: &str, check: &Check) -> String {
    let mut lines: Vec<String> = check.told.iter().map(let_told).collect();
    let value = format!("headers[{}] ?? \"\"", text(&check.header));
    let signatures = start(check, &value, &mut lines);
    if check.time_is_shared() {
        lines.push("if (!isRecent(timestamp)) return false;".to_owned());
    }
    if let Some(parts) = check.shared_content().filter(|parts| *parts != [Part::Var(Var::Body)]) {
        lines.push(format!("const content = {};", content(parts)));
    }
    let attempts: Vec<_> = check.schemes.iter().flat_map(|scheme| attempt(check, scheme)).collect();
    if let Some(between) = &check.joined {
        lines.push("// One signature for each secret that holds; one that fits is enough.".to_owned());
        lines.push(format!("for (const signature of {signatures}.split({})) {{", text(between)));
        lines.extend(attempts.iter().map(|line| format!("  {line}")));
        lines.push("}".to_owned());
    } else {
        lines.push(format!("const signature = {};", signatures.trim_matches(['(', ')'])));
        lines.extend(attempts);
    }
    end(&mut lines);
    let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("function {name}(headers, body) {{\n{body}}}\n")
}

fn let_told(told: &Told) -> String {
    format!("const {} = {};", name_of(told.var), of_header(told))
}

/// Ends the function: one last question is its answer.
fn end(lines: &mut Vec<String>) {
    let last = lines.pop().unwrap_or_default();
    match last.strip_prefix("if (").and_then(|last| last.strip_suffix(") return true;")) {
        Some(question) => {
            lines.push(format!("return {};", question.replacen("found &&", "found !== null &&", 1)))
        }
        None => lines.extend([last, "return false;".to_owned()]),
    }
}

/// Takes apart what stands before the signatures; where those then are, as an expression.
fn start(check: &Check, value: &str, lines: &mut Vec<String>) -> String {
    if check.before.is_empty() {
        return format!("({value})");
    }
    let pattern = pattern(&check.before, &check.before_covered, KeyForm::Utf8);
    let names: String = check.before_covered.iter().map(|var| format!("{}, ", name_of(*var))).collect();
    lines.push(format!("const start = /^{pattern}(.*)$/.exec({value});"));
    lines.push("if (!start) return false;".to_owned());
    lines.push(format!("const [, {names}signatures] = start;"));
    "signatures".to_owned()
}

/// Looks at one signature as one of this scheme.
fn attempt(check: &Check, scheme: &Scheme) -> Vec<String> {
    let pattern = pattern(&scheme.value, &scheme.captured, scheme.key);
    let (keys, fits) = match scheme.key {
        KeyForm::Utf8 => ("utf8Keys", "hmacFits"),
        KeyForm::Base64 => ("base64Keys", "hmacFits"),
        KeyForm::Ed25519 => ("ed25519Keys", "ed25519Fits"),
    };
    let found = if check.schemes.len() > 1 { keys.replace("Keys", "") } else { "found".to_owned() };
    let is_body = scheme.content == [Part::Var(Var::Body)];
    let shared = if is_body { "body" } else { "content" };
    let content = check.shared_content().map_or_else(|| content(&scheme.content), |_| shared.to_owned());
    let encoding = if scheme.is_hex() { "hex" } else { "base64" };
    let call = |digits: &str| format!("{fits}({keys}, {content}, Buffer.from({digits}, \"{encoding}\"))");
    let exec = format!("const {found} = /^{pattern}$/.exec(signature);");
    if scheme.captured.len() == 1 {
        let recent =
            if scheme.covers_time && !check.time_is_shared() { "isRecent(timestamp) && " } else { "" };
        return vec![exec, format!("if ({found} && {recent}{}) return true;", call(&format!("{found}[1]")))];
    }
    let names: Vec<_> = scheme.captured.iter().map(|var| name_of(*var)).collect();
    let recent = if scheme.covers_time { "isRecent(timestamp) && " } else { "" };
    vec![
        exec,
        format!("if ({found}) {{"),
        format!("  const [, {}] = {found};", names.join(", ")),
        format!("  if ({recent}{}) return true;", call("digits")),
        "}".to_owned(),
    ]
}

fn name_of(var: Var) -> &'static str {
    match var {
        Var::Id => "id",
        Var::Timestamp => "timestamp",
        Var::EventType => "type",
        Var::Body => "body",
        Var::Hex | Var::Base64 => "digits",
    }
}

/// What a header tells, as an expression; empty text where the header is not there.
fn of_header(told: &Told) -> String {
    let header = text(&told.header);
    if told.value == [Part::Var(told.var)] {
        return format!("headers[{header}] ?? \"\"");
    }
    let pattern = pattern(&told.value, &[told.var], KeyForm::Utf8);
    format!("/^{pattern}$/.exec(headers[{header}] ?? \"\")?.[1] ?? \"\"")
}

/// What is signed, as bytes.
fn content(parts: &[Part<Var>]) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut run = String::new();
    let end = |run: &mut String, pieces: &mut Vec<String>| {
        if !run.is_empty() {
            pieces.push(format!("Buffer.from(`{}`)", std::mem::take(run)));
        }
    };
    for part in parts {
        match part {
            Part::Text(plain) => run += &in_template(plain),
            Part::Var(Var::Body) => {
                end(&mut run, &mut pieces);
                pieces.push("body".to_owned());
            }
            Part::Var(var) => run += &format!("${{{}}}", name_of(*var)),
        }
    }
    end(&mut run, &mut pieces);
    match pieces.as_slice() {
        [piece] => piece.clone(),
        _ => format!("Buffer.concat([{}])", pieces.join(", ")),
    }
}

/// Text between backticks.
fn in_template(plain: &str) -> String {
    plain.replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$").replace('\r', "\\r")
}

/// A text in quotes.
fn text(plain: &str) -> String {
    serde_json::Value::from(plain).to_string()
}

/// A field of an object.
fn member(object: &str, field: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if field.chars().all(is_name) && !field.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{object}.{field}")
    } else {
        format!("{object}[{}]", text(field))
    }
}

/// Whether an event has no id, and is known by the hash of its body.
fn is_known_by_hash(recipe: &Recipe) -> bool {
    recipe.body.id_field.is_none() && recipe.id_header.is_none() && recipe.body.is_dated
}

/// `take`, which takes a request apart, and what it needs.
fn taking(recipe: &Recipe) -> String {
    let kind = match (&recipe.body.type_field, &recipe.type_header) {
        (Some(field), _) => member("event", field),
        (None, Some(header)) => of_header(header),
        (None, None) => "\"event\"".to_owned(),
    };
    let id = match (&recipe.body.id_field, &recipe.id_header) {
        (Some(field), _) => member("event", field),
        (None, Some(header)) => of_header(header),
        (None, None) => "createHash(\"sha256\").update(body).digest(\"hex\")".to_owned(),
    };
    let is_once = recipe.body.id_field.is_some() || recipe.id_header.is_some() || is_known_by_hash(recipe);
    let of_each = recipe.body.id_field.is_some();
    let list = match &recipe.body.batch {
        Batch::Never => None,
        Batch::List => Some("Array.isArray(message) ? message : [message]".to_owned()),
        Batch::Field(field) => Some(format!("{} ?? [message]", member("message", field))),
    };
    let leave = if of_each && list.is_some() { "continue" } else { "return" };
    let once = [format!("const id = {id};"), format!("if (id && !isNew(id)) {leave};")];
    let once = if is_once { once.join("\n") } else { String::new() };
    let frame = if list.is_some() { MANY } else { ONE };
    fill(
        frame,
        &[
            ("memory", if is_once { ONCE } else { "" }),
            ("request", if of_each { "" } else { &once }),
            ("list", &list.unwrap_or_default()),
            ("event", if of_each { &once } else { "" }),
            ("kind", &kind),
        ],
    )
}
