//! Which event types an endpoint wants (DESIGN 4.4, "Types, filters, payloads").

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

use crate::name::{self, NameError};

/// Why a pattern is refused; the text is a clause for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A `*` that is neither alone nor the last segment.
    #[error("a '*' stands alone or as the last segment, as in 'contact.*'")]
    Wildcard,
    /// What is left of the wildcard is not an event type.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// An event type, or `*` for every type, or `contact.*` for everything below `contact`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypePattern(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Every,
    /// The text with its final `.*`.
    Below(Box<str>),
    Exactly(Box<str>),
}

impl TypePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] for a `*` elsewhere and for what cannot be an event type.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text == "*" {
            return Ok(Self(Kind::Every));
        }
        let stem = text.strip_suffix(".*");
        let name = stem.unwrap_or(text);
        if name.contains('*') || text == ".*" {
            return Err(PatternError::Wildcard);
        }
        name::event_type(name)?;
        Ok(Self(if stem.is_some() { Kind::Below(text.into()) } else { Kind::Exactly(text.into()) }))
    }

    /// Whether it stands for this event type. `contact.*` stands for `contact.a` and `contact.a.b`, not for `contact`.
    pub fn matches(&self, event_type: &str) -> bool {
        match &self.0 {
            Kind::Every => true,
            Kind::Exactly(name) => **name == *event_type,
            Kind::Below(text) => {
                let stem = &text[..text.len() - 1];
                event_type.len() > stem.len() && event_type.starts_with(stem)
            }
        }
    }

    /// Whether it may stand for several types.
    pub fn is_wildcard(&self) -> bool {
        !matches!(self.0, Kind::Exactly(_))
    }

    /// The text it was read from.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kind::Every => "*",
            Kind::Below(text) | Kind::Exactly(text) => text,
        }
    }
}

impl fmt::Display for TypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for TypePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TypePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// The patterns of an endpoint; it wants a type that one of them stands for. An empty list means every type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSet(Wants);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wants {
    /// No type: no list of patterns says this.
    Nothing,
    Patterns(Box<[TypePattern]>),
}

impl TypeSet {
    /// Every type.
    pub fn all() -> Self {
        Self(Wants::Patterns(Box::default()))
    }

    /// No type at all: for an endpoint whose stored patterns cannot be read. It cannot be written down.
    pub fn none() -> Self {
        Self(Wants::Nothing)
    }

    /// Reads a list of patterns.
    ///
    /// # Errors
    /// The first [`PatternError`] in it.
    pub fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Self, PatternError> {
        let patterns: Result<Box<[_]>, _> =
            patterns.iter().map(|text| TypePattern::parse(text.as_ref())).collect();
        Ok(Self(Wants::Patterns(patterns?)))
    }

    /// Whether it contains this event type.
    pub fn matches(&self, event_type: &str) -> bool {
        match &self.0 {
            Wants::Nothing => false,
            Wants::Patterns(patterns) => {
                patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(event_type))
            }
        }
    }

    /// Its patterns, in the order given; none for [`TypeSet::all`] and for [`TypeSet::none`].
    pub fn patterns(&self) -> &[TypePattern] {
        match &self.0 {
            Wants::Nothing => &[],
            Wants::Patterns(patterns) => patterns,
        }
    }

    /// Its patterns as text, in the order given.
    pub fn as_strings(&self) -> Vec<String> {
        self.patterns().iter().map(TypePattern::to_string).collect()
    }
}

impl Default for TypeSet {
    fn default() -> Self {
        Self::all()
    }
}

impl Serialize for TypeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Wants::Nothing => Err(S::Error::custom("the empty set of types cannot be written as patterns")),
            Wants::Patterns(patterns) => serializer.collect_seq(patterns.iter()),
        }
    }
}

impl<'de> Deserialize<'de> for TypeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Wants::Patterns(Box::deserialize(deserializer)?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> TypePattern {
        TypePattern::parse(text).unwrap()
    }

    #[test]
    fn a_final_star_stands_for_one_or_more_further_segments() {
        let below = pattern("contact.*");
        assert!(below.matches("contact.created") && below.matches("contact.a.b"));
        for other in ["contact", "contact.", "contacts.created", "Contact.created", "x.contact.created"] {
            assert!(!below.matches(other), "{other}");
        }
    }

    #[test]
    fn a_plain_pattern_is_that_type_alone() {
        assert!(pattern("Call ended").matches("Call ended"));
        assert!(!pattern("contact").matches("contact.created"));
        assert!(!pattern("Call ended").is_wildcard());
    }

    #[test]
    fn a_star_elsewhere_is_refused() {
        for text in ["con*", "*.created", "a.*.b", "**", "a.**", "*.*", ".*", "* ", "a*.*"] {
            assert_eq!(TypePattern::parse(text), Err(PatternError::Wildcard), "{text}");
        }
        for text in ["", "a/b", " a", "a\n.*", " .*"] {
            assert!(matches!(TypePattern::parse(text), Err(PatternError::Name(_))), "{text:?}");
        }
    }

    #[test]
    fn an_empty_list_means_every_type_and_none_means_none() {
        assert!(TypeSet::parse::<&str>(&[]).unwrap().matches("anything"));
        assert!(TypeSet::parse(&["a", "*"]).unwrap().matches("anything"));
        assert!(!TypeSet::none().matches("anything"));
        assert!(serde_json::to_string(&TypeSet::none()).is_err());
        assert!(TypeSet::parse(&["a", "b*"]).is_err());
    }

    #[test]
    fn patterns_travel_as_strings() {
        let set: TypeSet = serde_json::from_str(r#"["a.*","b"]"#).unwrap();
        assert_eq!(set.as_strings(), ["a.*", "b"]);
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["a.*","b"]"#);
        assert!(serde_json::from_str::<TypeSet>(r#"["a.*","*b"]"#).is_err());
    }

    /// The rule of DESIGN 4.4, said with segments instead of prefixes.
    fn by_segments(pattern: &str, event_type: &str) -> bool {
        let Some(stem) = pattern.strip_suffix(".*") else { return pattern == "*" || pattern == event_type };
        let (stem, name): (Vec<_>, Vec<_>) = (stem.split('.').collect(), event_type.split('.').collect());
        name.len() > stem.len() && name.starts_with(&stem)
    }

    proptest! {
        #[test]
        fn patterns_match_by_whole_segments(stem in "[ab]{1,2}(\\.[ab]{1,2}){0,2}", star: bool, name in "[ab]{1,2}(\\.[ab]{1,2}){0,3}") {
            let text = if star { format!("{stem}.*") } else { stem };
            prop_assert_eq!(pattern(&text).matches(&name), by_segments(&text, &name));
        }

        #[test]
        fn any_text_is_read_without_a_panic_and_comes_back(text in ".{0,20}", name in ".{0,20}") {
            if let Ok(pattern) = TypePattern::parse(&text) {
                prop_assert_eq!(pattern.as_str(), &text);
                pattern.matches(&name);
            }
        }

        #[test]
        fn every_event_type_is_a_pattern_for_itself(name in "[a-z(]([ -)+-.0-~]{0,30}[!-)+-.0-~])?") {
            prop_assert_eq!(name::event_type(&name), Ok(()));
            prop_assert!(pattern(&name).matches(&name));
        }
    }
}
