//! Lists the catalogue: the contract's types first, then the project's own by name.

use postrider_engine::Engine;
use postrider_store::{Page, StoreError};

use super::CatalogueType;
use crate::{Caller, ServiceError};

/// The cursor that follows the contract's types. The store's own cursors come after it.
const OWN: &str = "own:";
const OF_CONTRACT: &str = "contract:";

/// A page of the catalogue.
#[derive(Debug)]
pub struct ListEventTypes<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

impl ListEventTypes<'_> {
    /// Reads the page. It may be short and still have a next one.
    ///
    /// # Errors
    /// Of the store; a cursor of another list.
    pub async fn run(self, engine: &Engine) -> Result<Page<CatalogueType>, ServiceError> {
        match self.cursor.as_deref() {
            None => self.of_contract(engine, 0).await,
            Some(cursor) => match (cursor.strip_prefix(OWN), cursor.strip_prefix(OF_CONTRACT)) {
                (Some(""), _) => self.own(engine, None).await,
                (Some(at), _) => self.own(engine, Some(at.to_owned())).await,
                (_, Some(at)) => {
                    self.of_contract(engine, at.parse().map_err(|_| StoreError::BadCursor)?).await
                }
                _ => Err(StoreError::BadCursor.into()),
            },
        }
    }

    async fn of_contract(&self, engine: &Engine, from: usize) -> Result<Page<CatalogueType>, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let types = context.contract.event_types();
        let mut rows = Vec::new();
        for (at, kind) in types.iter().enumerate().skip(from) {
            if rows.len() == self.limit {
                return Ok(Page { rows, next: Some(format!("{OF_CONTRACT}{at}")) });
            }
            let own = engine.store().event_type(self.caller.project, &kind.name).await?;
            if own.is_none_or(|own| own.archived_at.is_some()) {
                rows.push(kind.into());
            }
        }
        if rows.len() == self.limit {
            return Ok(Page { rows, next: Some(OWN.to_owned()) });
        }
        let rest = Self { limit: self.limit - rows.len(), cursor: None, caller: self.caller };
        let page = rest.own(engine, None).await?;
        rows.extend(page.rows);
        Ok(Page { rows, next: page.next })
    }

    async fn own(
        &self,
        engine: &Engine,
        cursor: Option<String>,
    ) -> Result<Page<CatalogueType>, ServiceError> {
        let page = engine.store().event_types(self.caller.project, cursor, self.limit).await?;
        let rows = page.rows.into_iter().map(CatalogueType::Own).collect();
        Ok(Page { rows, next: page.next.map(|next| format!("{OWN}{next}")) })
    }
}
