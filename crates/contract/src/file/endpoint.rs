//! `[endpoint]`.

use std::time::Duration;

use postrider_model::id::IdForm;

use super::section::{Entry, Section};
use super::{Result, line};
use crate::contract::{Batch, EndpointTerms, FilterField, SecretSource, SecretTerms};
use crate::secret::BASE64_BYTES;
use crate::sign::{KeyForm, SignatureHeader};

const KEYS: [&str; 7] = ["id", "secret", "wildcards", "headers", "filter", "filter_field", "batch"];

/// Who chooses the secret, or that there is none.
const SOURCES: [(&str, Option<SecretSource>); 4] = [
    ("given", Some(SecretSource::Given)),
    ("given-or-generated", Some(SecretSource::GivenOrGenerated)),
    ("generated", Some(SecretSource::Generated)),
    ("none", None),
];

/// The grammars of filters: ours, and `amount_greater_than` of the field it is about.
const FILTERS: [(&str, &str); 2] = [("native", "native"), ("suffix", "suffix")];

pub(super) fn read(root: &Section<'_, '_>, signatures: &[SignatureHeader]) -> Result<EndpointTerms> {
    let section = root.required("endpoint")?.section(&KEYS)?;
    let entry = section.entry("secret");
    let secret = entry.as_ref().map(|entry| secret(entry, signatures)).transpose()?.flatten();
    let detail = match (&secret, signatures.is_empty()) {
        (Some(_), true) => Some("a secret needs a [[signature]] that is made with it"),
        (None, false) => {
            Some("the contract has a [[signature]], so its endpoints need a secret (other than \"none\")")
        }
        _ => None,
    };
    if let Some(detail) = detail {
        return Err(entry.map_or_else(|| section.fault(detail), |entry| entry.fault(detail)));
    }
    Ok(EndpointTerms {
        id: id_form(section.entry("id"), "ep_")?,
        secret,
        wildcards: section.flag("wildcards")?,
        headers: section.flag("headers")?,
        filter: section.entry("filter").map_or(Ok("native"), |entry| entry.choice(&FILTERS))?.to_owned(),
        filter_fields: filter_fields(&section)?,
        batch: section.entry("batch").map(|entry| batch(&entry)).transpose()?,
    })
}

/// `"uuid"` or `{ prefix = "wh_" }`.
pub(super) fn id_form(entry: Option<Entry<'_, '_>>, default: &str) -> Result<IdForm> {
    let Some(entry) = entry else { return Ok(IdForm::prefix(default)) };
    if entry.value.as_str() == Some("uuid") {
        return Ok(IdForm::Uuid);
    }
    if entry.value.is_str() {
        return Err(entry.fault("an id is \"uuid\" or { prefix = \"…\" }"));
    }
    let prefix = entry.section(&["prefix"])?.required("prefix")?;
    let text = prefix.text()?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (2..=16).contains(&text.len()) && text.ends_with('_') && text.bytes().all(allowed) {
        Ok(IdForm::prefix(text))
    } else {
        Err(prefix.fault("a prefix has 2 to 16 small letters and digits, and ends with an underscore"))
    }
}

fn secret(entry: &Entry<'_, '_>, signatures: &[SignatureHeader]) -> Result<Option<SecretTerms>> {
    if entry.value.is_str() {
        let source = entry.choice(&SOURCES)?;
        return Ok(source.map(|source| terms(source, signatures)));
    }
    let section = entry.section(&["source", "prefix", "bytes", "retrievable"])?;
    let Some(source) = section.required("source")?.choice(&SOURCES)? else { return Ok(None) };
    let mut terms = terms(source, signatures);
    if let Some(entry) = section.entry("prefix") {
        terms.prefix = prefix(&entry)?;
    }
    if let Some(entry) = section.entry("bytes") {
        let least = if is_base64(signatures) { *BASE64_BYTES.start() } else { 16 };
        let bytes = entry.whole(least as u64..=*BASE64_BYTES.end() as u64)?;
        terms.bytes = usize::try_from(bytes).unwrap_or(*BASE64_BYTES.end());
    }
    terms.retrievable = section.flag("retrievable")?;
    Ok(Some(terms))
}

fn terms(source: SecretSource, signatures: &[SignatureHeader]) -> SecretTerms {
    let prefix = if is_base64(signatures) { "whsec_" } else { "" };
    SecretTerms { source, prefix: prefix.to_owned(), bytes: 32, retrievable: false }
}

fn is_base64(signatures: &[SignatureHeader]) -> bool {
    signatures.iter().flat_map(|signature| &signature.schemes).any(|scheme| scheme.key == KeyForm::Base64)
}

fn prefix(entry: &Entry<'_, '_>) -> Result<String> {
    let text = entry.text()?;
    if text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(entry.fault("a prefix has at most 32 ASCII characters, without spaces"))
    }
}

/// `[[endpoint.filter_field]]`: an attribute of events that pages offer to filter by.
fn filter_fields(section: &Section<'_, '_>) -> Result<Vec<FilterField>> {
    let mut fields: Vec<FilterField> = Vec::new();
    for section in section.sections("filter_field", &["title", "path", "hint"])? {
        let path = section.required("path")?;
        let attribute = attribute(&path)?;
        if fields.iter().any(|known| known.attribute == attribute) {
            return Err(path.fault(format!("there is a filter field of {:?} already", path.text()?)));
        }
        fields.push(FilterField {
            title: line(&section.required("title")?)?,
            hint: section.entry("hint").map(|entry| line(&entry)).transpose()?,
            attribute,
        });
    }
    Ok(fields)
}

/// `attributes.NAME`: what the product says of an event so that endpoints can filter by it (DESIGN 4.2). Attributes are
/// texts or lists of texts, and so is what people enter on a page.
fn attribute(path: &Entry<'_, '_>) -> Result<String> {
    let text = path.text()?;
    match text.strip_prefix("attributes.") {
        Some(name)
            if (1..=128).contains(&name.len())
                && !name.starts_with('$')
                && !name.contains(|char: char| char.is_whitespace() || char.is_control() || char == '.') =>
        {
            Ok(name.to_owned())
        }
        _ => {
            Err(path
                .fault(format!("{text:?} must name an attribute of events, as \"attributes.lists\" does")))
        }
    }
}

fn batch(entry: &Entry<'_, '_>) -> Result<Batch> {
    let section = entry.section(&["max_size", "max_wait"])?;
    let max_size = section.required("max_size")?.whole(1..=10_000)?;
    let max_wait = section.required("max_wait")?.duration(Duration::ZERO..=Duration::from_secs(3_600))?;
    Ok(Batch { max_size: u32::try_from(max_size).unwrap_or(10_000), max_wait })
}
