//! The way to the older part of a list. A page may be short and still have a next one: the store looks through so many
//! rows in one go (DESIGN 5), and says where it stopped.

use maud::{Markup, html};

use super::filters::Filters;
use crate::view::pager;
use crate::visit::links::with_query;

/// Links below a list of `shown` rows, of which a page has `whole`.
pub(super) fn onward(
    path: &str,
    filters: &Filters,
    next: Option<&str>,
    shown: usize,
    whole: usize,
) -> Markup {
    let pairs = filters.pairs();
    let Some(cursor) = next.filter(|_| shown < whole) else {
        return pager::pager(path, &pairs, filters.cursor.as_deref(), next);
    };
    let further = [pairs.as_slice(), &[("cursor", cursor)]].concat();
    html! {
        div.further {
            p {
                "Only a part was looked through: "
                @match shown { 0 => "nothing in it matches", 1 => "one in it matches", _ => { (shown) " in it match" } }
                ". There may be more further back."
            }
            p.buttons {
                a.button.primary href=(with_query(path, &further)) rel="next" { "Look further back" }
                @if filters.cursor.is_some() { a.button href=(with_query(path, &pairs)) { "Newest" } }
            }
        }
    }
}
