//! The fields of a form as they were sent.

/// Names and values in their order; a name may come several times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of a field, without blanks around it; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The value of a field as it was sent.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The value of a field, `None` where it is blank.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// All values of a field, in their order, without those that are blank.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Every value of a field, blank ones too: rows of fields stay beside each other.
    pub(crate) fn every<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// Whether a box is checked.
    pub(crate) fn checked(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Fields {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_their_order() {
        let fields = Fields::parse(b"url=%20https%3A%2F%2Fa.example+&types=a&types=b&types=&on=&name=%C3%A4");
        assert_eq!(fields.text("url"), "https://a.example");
        assert_eq!(fields.raw("url"), " https://a.example ");
        assert_eq!(fields.all("types").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(fields.every("types").collect::<Vec<_>>(), ["a", "b", ""]);
        assert_eq!((fields.checked("on"), fields.checked("off")), (true, false));
        assert_eq!((fields.given("name"), fields.given("on"), fields.text("none")), (Some("ä"), None, ""));
    }
}
