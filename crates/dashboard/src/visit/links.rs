//! Every address that a page of a project holds is made here: the two faces have the same pages at different places.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use postrider_model::id::Mode;

use super::Face;

/// What may stand in a segment of a path as it is (RFC 3986 "unreserved").
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The word for a mode in addresses.
pub(crate) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Test => "test",
    }
}

/// The addresses of a project's pages on one face.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    face: Face,
    base: String,
}

impl Links {
    /// Of a customer.
    pub(crate) fn customer() -> Self {
        Self { face: Face::Customer, base: Face::Customer.prefix().to_owned() }
    }

    /// Of an operator in a project and mode.
    pub(crate) fn operator(project: &str, mode: Mode) -> Self {
        let base = format!("{}/p/{}/{}", Face::Operator.prefix(), segment(project), mode_word(mode));
        Self { face: Face::Operator, base }
    }

    /// Of an operator above the projects.
    pub(crate) fn above() -> Self {
        Self { face: Face::Operator, base: Face::Operator.prefix().to_owned() }
    }

    /// A page right below the project (operator) or the portal, such as `"/deliveries"`; the overview for `""`.
    pub(crate) fn at(&self, page: &str) -> String {
        format!("{}{page}", self.base)
    }

    /// The list of a tenant's endpoints.
    pub(crate) fn webhooks(&self, tenant: &str) -> String {
        match self.face {
            Face::Customer => self.at("/webhooks"),
            Face::Operator => self.at(&format!("/tenants/{}/webhooks", segment(tenant))),
        }
    }

    /// An endpoint's page.
    pub(crate) fn webhook(&self, tenant: &str, id: &str) -> String {
        format!("{}/{}", self.webhooks(tenant), segment(id))
    }

    /// Something of an endpoint, such as `"/edit"`.
    pub(crate) fn webhook_at(&self, tenant: &str, id: &str, what: &str) -> String {
        format!("{}{what}", self.webhook(tenant, id))
    }

    /// A tenant's page; operators only.
    pub(crate) fn tenant(&self, tenant: &str) -> String {
        self.at(&format!("/tenants/{}", segment(tenant)))
    }

    /// An event's page.
    pub(crate) fn event(&self, event: &str) -> String {
        self.at(&format!("/events/{}", segment(event)))
    }

    /// A delivery's page.
    pub(crate) fn delivery(&self, event: &str, endpoint: &str) -> String {
        format!("{}/deliveries/{}", self.event(event), segment(endpoint))
    }

    /// A replay's page.
    pub(crate) fn replay(&self, id: &str) -> String {
        self.at(&format!("/replays/{}", segment(id)))
    }

    /// A type of the catalogue.
    pub(crate) fn event_type(&self, name: &str) -> String {
        match name {
            // Where a new type is declared there is a page already; the same name in other letters is another path.
            "new" => self.at("/catalogue/%6Eew"),
            name => self.at(&format!("/catalogue/{}", segment(name))),
        }
    }
}

/// An address with a query; pairs with an empty value are left out.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_page_has_a_place_on_each_face() {
        let customer = Links::customer();
        assert_eq!(customer.webhook("t1", "ep_1"), "/portal/webhooks/ep_1");
        assert_eq!(customer.delivery("evt_1", "ep_1"), "/portal/events/evt_1/deliveries/ep_1");
        let operator = Links::operator("acme", Mode::Test);
        assert_eq!(operator.webhook("t@1", "ep_1"), "/dashboard/p/acme/test/tenants/t%401/webhooks/ep_1");
        assert_eq!(operator.at(""), "/dashboard/p/acme/test");
    }

    #[test]
    fn names_cannot_leave_their_segment() {
        let links = Links::customer();
        assert_eq!(links.event_type("Call Ended"), "/portal/catalogue/Call%20Ended");
        assert_eq!(links.event_type("a?b#c%2f&"), "/portal/catalogue/a%3Fb%23c%252f%26");
        assert_eq!(with_query("/a", &[("q", "x&y"), ("empty", "")]), "/a?q=x%26y");
        assert_eq!(with_query("/a", &[("empty", "")]), "/a");
    }
}
