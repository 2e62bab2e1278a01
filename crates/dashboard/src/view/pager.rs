//! The way to the next page of a list. Lists are read from a cursor, never from a number of rows (DESIGN 5).

use maud::{Markup, html};

use crate::visit::links::with_query;

/// `next`: the cursor of the next page; `query`: what else the list's address carries, without its cursor.
pub(crate) fn pager(path: &str, query: &[(&str, &str)], cursor: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if cursor.is_some() || next.is_some() {
            nav.pager aria-label="Pages of the list" {
                @if cursor.is_some() { a href=(with_query(path, query)) { "Newest" } }
                @if let Some(next) = next {
                    @let older = [query, &[("cursor", next)]].concat();
                    a href=(with_query(path, &older)) rel="next" { "Older" }
                }
            }
        }
    }
}
