//! One header of signatures, as a receiver looks at it.

use postrider_contract::{Contract, KeyForm, Part, SignatureHeader, Var};

/// A header that must hold a good signature.
#[derive(Debug)]
pub(crate) struct Check {
    /// Its name, in small letters.
    pub(crate) header: String,
    /// What other headers tell of id and time, as far as signatures cover them.
    pub(crate) told: Vec<Told>,
    /// What stands once before the signatures; empty where nothing does.
    pub(crate) before: Vec<Part<Var>>,
    /// What of it the signatures cover, in the order in which it stands there.
    pub(crate) before_covered: Vec<Var>,
    /// What parts several signatures; `None` where there is one.
    pub(crate) joined: Option<String>,
    /// Any of them may have made the signature.
    pub(crate) schemes: Vec<Scheme>,
}

/// What a header tells.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) var: Var,
    /// The header's name, in small letters.
    pub(crate) header: String,
    /// The form of its value.
    pub(crate) value: Vec<Part<Var>>,
}

impl Told {
    /// The last header that tells it counts, as in `Contract::verify`.
    pub(super) fn by(contract: &Contract, var: Var) -> Option<Self> {
        let header =
            contract.extra_headers().iter().rfind(|header| header.value.contains(&Part::Var(var)))?;
        Some(Self { var, header: header.name.as_str().to_owned(), value: header.value.clone() })
    }

    /// Whether the header's value is that alone.
    pub(crate) fn is_whole(&self) -> bool {
        self.value == [Part::Var(self.var)]
    }
}

/// How a signature is made and written.
#[derive(Debug)]
pub(crate) struct Scheme {
    pub(crate) key: KeyForm,
    pub(crate) content: Vec<Part<Var>>,
    pub(crate) value: Vec<Part<Var>>,
    /// What to take out of the value, in the order in which it stands there: the signature, and what it covers.
    pub(crate) captured: Vec<Var>,
    pub(crate) covers_time: bool,
}

impl Check {
    pub(super) fn of(header: &SignatureHeader, contract: &Contract) -> Self {
        let schemes: Vec<_> = header.schemes.iter().map(Scheme::of).collect();
        // What the value itself tells counts before what the start of the header tells, and that before other headers.
        let lacking = |var: Var| {
            schemes.iter().any(|scheme| scheme.covers(var) && !scheme.value.contains(&Part::Var(var)))
        };
        let is_before = |var: Var| header.before.contains(&Part::Var(var));
        let elsewhere = [Var::Id, Var::Timestamp].into_iter().filter(|var| lacking(*var) && !is_before(*var));
        Self {
            header: header.name.as_str().to_owned(),
            told: elsewhere.filter_map(|var| Told::by(contract, var)).collect(),
            before: header.before.clone(),
            before_covered: vars(&header.before).filter(|var| lacking(*var)).collect(),
            joined: header.joined.as_deref().map(str::to_owned),
            schemes,
        }
    }

    /// What every scheme signs, where it can be put together before the signatures are looked at.
    pub(crate) fn shared_content(&self) -> Option<&[Part<Var>]> {
        let [first, rest @ ..] = self.schemes.as_slice() else { return None };
        let is_shared = |scheme: &Scheme| scheme.captured.len() == 1 && scheme.content == first.content;
        (is_shared(first) && rest.iter().all(is_shared)).then_some(&first.content)
    }

    /// Whether the time can be looked at before the signatures are.
    pub(crate) fn time_is_shared(&self) -> bool {
        self.schemes.iter().all(|scheme| scheme.covers_time && !scheme.captured.contains(&Var::Timestamp))
    }
}

impl Scheme {
    fn of(scheme: &postrider_contract::Scheme) -> Self {
        let covers = |var: Var| scheme.content.contains(&Part::Var(var));
        let captured = vars(&scheme.value).filter(|var| is_signature(*var) || covers(*var)).collect();
        Self {
            key: scheme.key,
            content: scheme.content.clone(),
            value: scheme.value.clone(),
            captured,
            covers_time: covers(Var::Timestamp),
        }
    }

    fn covers(&self, var: Var) -> bool {
        self.content.contains(&Part::Var(var))
    }

    /// Whether the signature is written in hexadecimal digits, and not in base64.
    pub(crate) fn is_hex(&self) -> bool {
        self.value.contains(&Part::Var(Var::Hex))
    }
}

fn is_signature(var: Var) -> bool {
    matches!(var, Var::Hex | Var::Base64)
}

/// The placeholders of a template, each once.
fn vars(parts: &[Part<Var>]) -> impl Iterator<Item = Var> {
    let first = |(index, part): (usize, &Part<Var>)| match part {
        Part::Var(var) if !parts[..index].contains(part) => Some(*var),
        _ => None,
    };
    parts.iter().enumerate().filter_map(first)
}
