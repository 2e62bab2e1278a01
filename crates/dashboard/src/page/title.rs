//! The title of a window: the page, the project it is about, and whose page it is.

use postrider_model::id::Mode;

use crate::view::shortened_text;
use crate::visit::{Face, Visit};

/// The most characters of a name: a tab shows fewer, a bookmark hardly more.
const MOST: usize = 60;

/// The title of a page of this visit.
pub(super) fn of(page: &str, visit: &Visit) -> String {
    match visit.face {
        Face::Operator => {
            let project = readable(&visit.project.name);
            let mode = if visit.mode() == Mode::Test { " (test)" } else { "" };
            named(page, &format!("{project}{mode} · Postrider"))
        }
        Face::Customer => named(page, &readable(visit.product())),
    }
}

/// The title of a page in the frame of `frame`.
pub(super) fn named(page: &str, frame: &str) -> String {
    format!("{} · {frame}", readable(page))
}

/// A name of somebody else's where no markup can stand: not endless, and without the characters that turn round what
/// follows them (Unicode Standard Annex 9, "Explicit Directional Formatting").
fn readable(name: &str) -> String {
    let is_turning = |sign: &char| matches!(sign, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = name.chars().filter(|sign| !is_turning(sign)).collect();
    shortened_text(&plain, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{hostile, visit};

    #[test]
    fn an_operator_s_windows_tell_projects_and_modes_apart() {
        let mut visit = visit(Face::Operator, "standard");
        assert_eq!(of("Overview", &visit), "Overview · Acme · Postrider");
        visit.caller.mode = Mode::Test;
        assert_eq!(of("Overview", &visit), "Overview · Acme (test) · Postrider");
    }

    #[test]
    fn a_customer_s_windows_bear_the_product_s_name() {
        assert_eq!(of("Webhooks", &visit(Face::Customer, "standard")), "Webhooks · Acme");
    }

    #[test]
    fn a_name_neither_fills_the_title_nor_turns_it_round() {
        let mut visit = visit(Face::Operator, "standard");
        visit.project.name = format!("\u{202e}{}", hostile());
        let title = of(&hostile(), &visit);
        assert!(title.ends_with("… · Postrider") && title.chars().count() < 150, "{title}");
        assert!(!title.contains('\u{202e}'), "{title}");
    }
}
