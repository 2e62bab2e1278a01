//! Where a page begins: an event, and in lists of deliveries an endpoint.

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::StoreError;

use crate::fault::{Fault, Res};

/// A place in a list; the page holds what lies strictly below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) event: Ordinal,
    pub(super) endpoint: EndpointKey,
}

impl Place {
    /// As text: hexadecimal numbers with a point between them.
    pub(super) fn show(self) -> String {
        format!("{:x}.{:x}", self.event.0, self.endpoint.0)
    }

    fn read(text: &str) -> Option<Self> {
        let (event, endpoint) = text.split_once('.')?;
        // Negative ones too: a place below all endpoints of an event is where a walk broke between two events.
        let number = |text| u64::from_str_radix(text, 16).ok().map(u64::cast_signed);
        Some(Self { event: Ordinal(number(event)?), endpoint: EndpointKey(number(endpoint)?) })
    }
}

/// The part of a list that a page may come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// The first event of it.
    pub(super) first: Ordinal,
    /// Strictly below this.
    pub(super) below: Place,
}

impl Range {
    /// From the bounds of a query and its cursor. `since` is inclusive, `until` exclusive (DESIGN 4.4).
    pub(super) fn new(since: Option<Millis>, until: Option<Millis>, cursor: Option<&str>) -> Res<Self> {
        let end =
            Place { event: until.map_or(Ordinal(i64::MAX), Ordinal::at), endpoint: EndpointKey(i64::MIN) };
        let below = match cursor {
            None => end,
            Some(text) => Place::read(text).ok_or(Fault::Store(StoreError::BadCursor))?.min(end),
        };
        Ok(Self { first: since.map_or(Ordinal(i64::MIN), Ordinal::at), below })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_text_and_anything_else_is_refused() {
        for endpoint in [77, i64::MIN, i64::MAX] {
            let place = Place { event: Ordinal(1 << 50), endpoint: EndpointKey(endpoint) };
            assert_eq!(Place::read(&place.show()), Some(place));
        }
        for text in ["", ".", "12", "x.1", "1.2.3", "99999999999999999999.1"] {
            assert_eq!(Place::read(text), None, "{text}");
        }
    }
}
