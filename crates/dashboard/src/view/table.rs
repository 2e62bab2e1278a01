//! Tables: rows of equal shape, which become cards on a phone.

use maud::{Markup, html};

/// A table. The first cell of a row names it.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    /// What it lists, for who cannot see it.
    pub(crate) caption: &'a str,
    /// The heads of its columns; an empty one is for buttons.
    pub(crate) columns: &'a [&'a str],
    /// Its rows, each with a cell for each column.
    pub(crate) rows: Vec<Vec<Markup>>,
}

impl Table<'_> {
    /// The table.
    pub(crate) fn show(self) -> Markup {
        let columns = self.columns;
        html! {
            table.list {
                caption.unseen { (self.caption) }
                thead { tr { @for column in columns {
                    th scope="col" { @if column.is_empty() { span.unseen { "Actions" } } @else { (column) } }
                } } }
                tbody { @for row in &self.rows { tr {
                    @for (index, cell) in row.iter().enumerate() {
                        @let label = columns.get(index).copied().unwrap_or_default();
                        @if index == 0 { th scope="row" data-label=(label) { (cell) } }
                        @else { td data-label=(label) { (cell) } }
                    }
                } } }
            }
        }
    }
}
