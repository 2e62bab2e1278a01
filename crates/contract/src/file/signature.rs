//! `[[signature]]` and `[[header]]`.

use http::{HeaderName, HeaderValue};

use super::Result;
use super::section::{Entry, Section};
use crate::sign::{
    CONTENT_VARS, ExtraHeader, HEADER_VARS, KeyForm, Scheme, SignatureHeader, VALUE_VARS, Var,
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

const KEY_FORMS: [(&str, KeyForm); 3] =
    [("utf8", KeyForm::Utf8), ("base64", KeyForm::Base64), ("ed25519", KeyForm::Ed25519)];

/// A `[[signature]]`, before those of one header are put together.
struct Read {
    name: HeaderName,
    joined: bool,
    scheme: Scheme,
}

pub(super) fn read(root: &Section<'_, '_>) -> Result<(Vec<SignatureHeader>, Vec<ExtraHeader>)> {
    let sections = root.sections("signature", &["header", "content", "value", "key", "joined"])?;
    let read = sections.iter().map(signature).collect::<Result<Vec<_>>>()?;
    let mut headers = Vec::new();
    for section in root.sections("header", &["name", "value"])? {
        let header = extra_header(&section, &read, &headers)?;
        headers.push(header);
    }
    let mut signatures = Vec::new();
    for (section, read) in sections.iter().zip(read) {
        check_covered(section, &read.scheme, &headers)?;
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
    // "v1,…" is the list form of Standard Webhooks; any other header holds one signature unless `joined` says so.
    let is_list = entry.text()?.split_once(',').is_some_and(|(version, _)| is_version(version));
    let joined = section.entry("joined").map_or(Ok(is_list), |entry| entry.flag())?;
    if joined && contains_space(&value) {
        return Err(entry.fault("signatures are joined by spaces, so none may contain one"));
    }
    Ok(Read { name, joined, scheme: Scheme { key, content, value } })
}

/// Adds a signature to those of its header.
fn add(section: &Section<'_, '_>, read: Read, signatures: &mut Vec<SignatureHeader>) -> Result<()> {
    let Read { name, joined, scheme } = read;
    let Some(known) = signatures.iter_mut().find(|signature| signature.name == name) else {
        signatures.push(SignatureHeader { name, joined, schemes: vec![scheme] });
        return Ok(());
    };
    let is_pair = |scheme: &Scheme| scheme.key == KeyForm::Ed25519;
    let same_kind = known.schemes.iter().any(|other| is_pair(other) == is_pair(&scheme));
    if known.joined != joined || (!joined && same_kind) {
        let detail = "another [[signature]] has this header, and it holds one signature only";
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
    if parts.windows(2).any(|pair| matches!(pair, [Part::Var(_), Part::Var(_)])) {
        return Err(
            entry.fault("there must be something between two placeholders, or receivers cannot part them")
        );
    }
    check_literals(entry, &parts)?;
    Ok(parts)
}

fn contains_space(parts: &[Part<Var>]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(' ')))
}

/// What a signature covers beside the body must reach the receiver in a header.
fn check_covered(section: &Section<'_, '_>, scheme: &Scheme, headers: &[ExtraHeader]) -> Result<()> {
    for (name, var) in CONTENT_VARS.into_iter().filter(|(_, var)| *var != Var::Body) {
        let part = Part::Var(var);
        let is_told =
            scheme.value.contains(&part) || headers.iter().any(|header| header.value.contains(&part));
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
