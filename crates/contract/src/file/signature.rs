//! `[[signature]]` and `[[header]]`.

use http::{HeaderName, HeaderValue};

use super::Result;
use super::section::{Entry, Section};
use crate::sign::{
    BEFORE_VARS, CONTENT_VARS, ExtraHeader, HEADER_VARS, KeyForm, Scheme, SignatureHeader, VALUE_VARS, Var,
};
use crate::template::{self, Part};

/// Headers that frame the request or that the sender sets itself (DESIGN 7 "Secrets").
const RESERVED: [&str; 13] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "expect",
];

const KEYS: [&str; 6] = ["header", "content", "value", "key", "joined", "before"];

const KEY_FORMS: [(&str, KeyForm); 3] =
    [("utf8", KeyForm::Utf8), ("base64", KeyForm::Base64), ("ed25519", KeyForm::Ed25519)];

/// A `[[signature]]`, before those of one header are put together.
struct Read {
    name: HeaderName,
    joined: Option<Box<str>>,
    before: Vec<Part<Var>>,
    scheme: Scheme,
}

pub(super) fn read(root: &Section<'_, '_>) -> Result<(Vec<SignatureHeader>, Vec<ExtraHeader>)> {
    let sections = root.sections("signature", &KEYS)?;
    let read = sections.iter().map(signature).collect::<Result<Vec<_>>>()?;
    let mut headers = Vec::new();
    for section in root.sections("header", &["name", "value"])? {
        let header = extra_header(&section, &read, &headers)?;
        headers.push(header);
    }
    let mut signatures = Vec::new();
    for (section, read) in sections.iter().zip(read) {
        check_covered(section, &read, &headers)?;
        add(section, read, &mut signatures)?;
    }
    Ok((signatures, headers))
}

fn signature(section: &Section<'_, '_>) -> Result<Read> {
    let name = header_name(&section.required("header")?)?;
    let key = section.required("key")?.choice(&KEY_FORMS)?;
    let content = content(&section.required("content")?)?;
    let entry = section.required("value")?;
    let value = signature_value(&entry)?;
    let joined = joined(section, &entry)?;
    if let Some(between) = joined.as_deref()
        && value.iter().any(|part| matches!(part, Part::Text(text) if text.contains(between)))
    {
        let told = if between == " " { "spaces".to_owned() } else { format!("{between:?}") };
        return Err(entry.fault(format!("signatures are joined by {told}, so none may contain one")));
    }
    let before = section.entry("before").map_or_else(|| Ok(Vec::new()), |entry| before(&entry))?;
    Ok(Read { name, joined, before, scheme: Scheme { key, content, value } })
}

/// What stands between the signatures of several secrets: `true` is a space, `false` none: the newest stands alone.
fn joined(section: &Section<'_, '_>, value: &Entry<'_, '_>) -> Result<Option<Box<str>>> {
    let space = |is_joined: bool| is_joined.then(|| " ".into());
    let Some(entry) = section.entry("joined") else {
        // "v1,…" is the list form of Standard Webhooks; any other header holds one signature unless `joined` says so.
        let is_list = value.text()?.split_once(',').is_some_and(|(version, _)| is_version(version));
        return Ok(space(is_list));
    };
    let Some(between) = entry.value.as_str() else { return entry.flag().map(space) };
    if (1..=3).contains(&between.len()) && between.bytes().all(|byte| b" ,;|".contains(&byte)) {
        Ok(Some(between.into()))
    } else {
        Err(entry
            .fault("this must be true (a space), false, or one to three of space, comma, semicolon and bar"))
    }
}

/// `t={timestamp},`.
fn before(entry: &Entry<'_, '_>) -> Result<Vec<Part<Var>>> {
    let parts = template::parse(entry.text()?, &BEFORE_VARS).map_err(|detail| entry.fault(detail))?;
    check_parted(entry, &parts)?;
    if matches!(parts.last(), Some(Part::Var(_))) {
        return Err(entry
            .fault("there must be something between this and the signature, or receivers cannot part them"));
    }
    check_literals(entry, &parts)?;
    Ok(parts)
}

/// Adds a signature to those of its header.
fn add(section: &Section<'_, '_>, read: Read, signatures: &mut Vec<SignatureHeader>) -> Result<()> {
    let Read { name, joined, before, scheme } = read;
    let Some(known) = signatures.iter_mut().find(|signature| signature.name == name) else {
        signatures.push(SignatureHeader { name, joined, before, schemes: vec![scheme] });
        return Ok(());
    };
    let is_pair = |scheme: &Scheme| scheme.key == KeyForm::Ed25519;
    let same_kind = known.schemes.iter().any(|other| is_pair(other) == is_pair(&scheme));
    if known.joined != joined || (joined.is_none() && same_kind) {
        let detail = "another [[signature]] has this header, and it holds one signature only";
        return Err(section.required("header")?.fault(detail));
    }
    if known.before != before {
        let detail = "another [[signature]] has this header, and its `before` is not the same";
        return Err(section.required("header")?.fault(detail));
    }
    known.schemes.push(scheme);
    Ok(())
}

/// `v1`, `v1a`.
fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|version| {
        version.starts_with(|c: char| c.is_ascii_digit())
            && version.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn content(entry: &Entry<'_, '_>) -> Result<Vec<Part<Var>>> {
    let parts = template::parse(entry.text()?, &CONTENT_VARS).map_err(|detail| entry.fault(detail))?;
    if template::count(&parts, &Var::Body) == 0 {
        return Err(entry.fault("a signature that does not cover {body} proves nothing"));
    }
    Ok(parts)
}

fn signature_value(entry: &Entry<'_, '_>) -> Result<Vec<Part<Var>>> {
    let parts = template::parse(entry.text()?, &VALUE_VARS).map_err(|detail| entry.fault(detail))?;
    if template::count(&parts, &Var::Hex) + template::count(&parts, &Var::Base64) != 1 {
        return Err(entry.fault("a signature's value needs {hex} or {base64}, once"));
    }
    check_parted(entry, &parts)?;
    check_literals(entry, &parts)?;
    Ok(parts)
}

fn check_parted(entry: &Entry<'_, '_>, parts: &[Part<Var>]) -> Result<()> {
    if parts.windows(2).any(|pair| matches!(pair, [Part::Var(_), Part::Var(_)])) {
        Err(entry.fault("there must be something between two placeholders, or receivers cannot part them"))
    } else {
        Ok(())
    }
}

/// What a signature covers beside the body must reach the receiver in a header.
fn check_covered(section: &Section<'_, '_>, read: &Read, headers: &[ExtraHeader]) -> Result<()> {
    let Read { before, scheme, .. } = read;
    for (name, var) in CONTENT_VARS.into_iter().filter(|(_, var)| *var != Var::Body) {
        let part = Part::Var(var);
        let is_told = scheme.value.contains(&part)
            || before.contains(&part)
            || headers.iter().any(|header| header.value.contains(&part));
        if scheme.content.contains(&part) && !is_told {
            let detail =
                format!("no header shows {{{name}}}, so no receiver could verify it: add a [[header]]");
            return Err(section.required("content")?.fault(detail));
        }
    }
    Ok(())
}

fn extra_header(
    section: &Section<'_, '_>,
    signatures: &[Read],
    headers: &[ExtraHeader],
) -> Result<ExtraHeader> {
    let entry = section.required("name")?;
    let name = header_name(&entry)?;
    if signatures.iter().any(|signature| signature.name == name) {
        return Err(entry.fault("this header holds the signature: it cannot be set to something else"));
    }
    if headers.iter().any(|header| header.name == name) {
        return Err(entry.fault("this header is there already"));
    }
    let entry = section.required("value")?;
    let value = template::parse(entry.text()?, &HEADER_VARS).map_err(|detail| entry.fault(detail))?;
    check_literals(&entry, &value)?;
    Ok(ExtraHeader { name, value })
}

fn header_name(entry: &Entry<'_, '_>) -> Result<HeaderName> {
    let text = entry.text()?;
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| entry.fault(format!("{text:?} is not the name of an HTTP header")))?;
    if RESERVED.contains(&name.as_str()) {
        return Err(entry.fault(format!("the header {text} is set by the sender")));
    }
    Ok(name)
}

fn check_literals(entry: &Entry<'_, '_>, parts: &[Part<Var>]) -> Result<()> {
    let legal = |text: &str| text.is_ascii() && HeaderValue::from_str(text).is_ok();
    if parts.iter().all(|part| !matches!(part, Part::Text(text) if !legal(text))) {
        Ok(())
    } else {
        Err(entry.fault("this holds a character that a header cannot carry"))
    }
}
