//! Lists an endpoint's attempts.

use postrider_engine::Engine;
use postrider_model::delivery::Attempt;
use postrider_model::id::Ordinal;
use postrider_store::{DeliveryQuery, DeliverySummary, Page, Scope, StoreError};

use crate::endpoint::{FoundEndpoint, find};
use crate::{Caller, ServiceError};

/// Pages of deliveries that one call looks at; then the rows it found are its page, however few.
const MOST_PAGES: usize = 8;

/// Which attempts.
#[derive(Debug)]
pub struct ListAttempts<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub endpoint: &'a str,
    /// From the page before.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// One attempt, with the delivery it was made for.
#[derive(Debug)]
pub struct ListedAttempt {
    /// The event.
    pub event: Ordinal,
    /// Its type.
    pub kind: String,
    /// The attempt.
    pub attempt: Attempt,
}

/// A page of attempts.
#[derive(Debug)]
pub struct ListedAttempts {
    /// The page.
    pub page: Page<ListedAttempt>,
    /// The endpoint.
    pub found: FoundEndpoint,
}

/// Where a page ended: within the deliveries that the store lists from `deliveries` on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    /// The last attempt shown.
    after: Option<(Ordinal, u32)>,
    deliveries: Option<String>,
}

impl ListAttempts<'_> {
    /// The latest event's attempts first, those of one delivery latest first.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for an endpoint there is not; [`ServiceError::Store`] for a bad cursor.
    pub async fn run(self, engine: &Engine) -> Result<ListedAttempts, ServiceError> {
        let found = find(engine, self.caller, self.tenant, self.endpoint).await?;
        let mut place = self.cursor.as_deref().map_or(Ok(Place::default()), Place::read)?;
        let scope = Scope { tenant: Some(found.endpoint.tenant), ..self.caller.scope() };
        let mut rows = Vec::new();
        for _ in 0..MOST_PAGES {
            let deliveries = self.deliveries(engine, scope, &found, &place).await?;
            for delivery in deliveries.rows {
                for attempt in attempts(engine, scope, &delivery, place.after).await? {
                    let shown = (delivery.event, attempt.number);
                    let kind = delivery.kind.clone();
                    rows.push(ListedAttempt { event: delivery.event, kind, attempt });
                    if rows.len() == self.limit {
                        place.after = Some(shown);
                        return Ok(ListedAttempts { page: Page { rows, next: Some(place.text()) }, found });
                    }
                }
            }
            let Some(next) = deliveries.next else {
                return Ok(ListedAttempts { page: Page { rows, next: None }, found });
            };
            place.deliveries = Some(next);
        }
        Ok(ListedAttempts { page: Page { rows, next: Some(place.text()) }, found })
    }

    async fn deliveries(
        &self,
        engine: &Engine,
        scope: Scope,
        found: &FoundEndpoint,
        place: &Place,
    ) -> Result<Page<DeliverySummary>, StoreError> {
        let query = DeliveryQuery {
            scope,
            endpoint: Some(found.endpoint.key),
            states: Vec::new(),
            types: Vec::new(),
            since: None,
            until: None,
            cursor: place.deliveries.clone(),
            limit: self.limit,
        };
        engine.store().deliveries(query).await
    }
}

/// A delivery's attempts that come after the one that was shown last, latest first.
async fn attempts(
    engine: &Engine,
    scope: Scope,
    delivery: &DeliverySummary,
    after: Option<(Ordinal, u32)>,
) -> Result<Vec<Attempt>, StoreError> {
    if delivery.attempts == 0 || after.is_some_and(|(event, _)| delivery.event > event) {
        return Ok(Vec::new());
    }
    let mut attempts = if delivery.attempts == 1 {
        delivery.last_attempt.iter().cloned().collect()
    } else {
        let detail = engine.store().delivery_detail(scope, delivery.event, delivery.endpoint).await?;
        detail.map(|detail| detail.attempts).unwrap_or_default()
    };
    attempts.reverse();
    if let Some((_, number)) = after.filter(|(event, _)| *event == delivery.event) {
        attempts.retain(|attempt| attempt.number < number);
    }
    Ok(attempts)
}

impl Place {
    fn text(&self) -> String {
        let (event, number) = self.after.map_or((0, 0), |(event, number)| (event.0, number));
        format!("{event}/{number}/{}", self.deliveries.as_deref().unwrap_or_default())
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().ok_or(StoreError::BadCursor);
        let event: i64 = part()?.parse().map_err(|_| StoreError::BadCursor)?;
        let number: u32 = part()?.parse().map_err(|_| StoreError::BadCursor)?;
        let deliveries = Some(part()?.to_owned()).filter(|cursor| !cursor.is_empty());
        Ok(Self { after: (event > 0).then_some((Ordinal(event), number)), deliveries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was() {
        for place in [
            Place::default(),
            Place { after: Some((Ordinal(7), 2)), deliveries: None },
            Place { after: Some((Ordinal(7), 2)), deliveries: Some("a/b".to_owned()) },
        ] {
            assert_eq!(Place::read(&place.text()).unwrap(), place);
        }
        for bad in ["", "7", "7/2", "x/2/", "7/x/"] {
            assert!(Place::read(bad).is_err(), "{bad}");
        }
    }
}
