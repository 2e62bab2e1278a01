//! How the portal's head and main button look in both schemes, drawn: a page of ours has no colours of its own
//! (Content-Security-Policy allows no styles in place).

use maud::{Markup, html};

use super::values::Values;
use crate::view::colour::Colour;

/// The accent where the project has none: the style sheet's own.
const OWN: &str = "#3552d8";
/// Grounds of the page and of its panels, and the ink on them: those of the style sheet.
const SCHEMES: [(&str, [&str; 4]); 2] = [
    ("Light", ["#f4f5f8", "#ffffff", "#d9dde6", "#171a22"]),
    ("Dark", ["#12151d", "#1b1f2a", "#313849", "#eceef4"]),
];
/// As many characters of a name as there is room for.
const MOST_CHARS: usize = 20;

/// The portal as the saved name, logo and colour make it.
pub(super) fn show(saved: &Values, project: &str) -> Markup {
    let name = if saved.branding_name.is_empty() { project } else { &saved.branding_name };
    let name: String = name.chars().take(MOST_CHARS).collect();
    let logo = Some(saved.logo.as_str()).filter(|logo| is_picture(logo));
    let accents = Colour::parse(&saved.colour).or_else(|| Colour::parse(OWN)).map(Colour::accents);
    html! {
        @if let Some(accents) = accents {
            div.previews { @for ((scheme, colours), (accent, ink)) in SCHEMES.into_iter().zip(accents) {
                (card(scheme, colours, (&accent.hex(), &ink.hex()), &name, logo))
            } }
        }
    }
}

fn card(
    scheme: &str,
    [ground, panel, line, text]: [&str; 4],
    (accent, ink): (&str, &str),
    name: &str,
    logo: Option<&str>,
) -> Markup {
    let (accent, ink) = (format!("#{accent}"), format!("#{ink}"));
    let beside = if logo.is_some() { "88" } else { "16" };
    html! {
        svg role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 132" {
            title { (scheme) ": the portal as it is saved" }
            rect width="320" height="132" rx="10" fill=(ground) {}
            rect width="320" height="40" rx="10" fill=(panel) {}
            line x1="0" x2="320" y1="40" y2="40" stroke=(line) {}
            @if let Some(logo) = logo { image href=(logo) x="14" y="10" width="66" height="20" preserveAspectRatio="xMinYMid meet" {} }
            text x=(beside) y="25" font-size="14" font-weight="650" fill=(text) { (name) }
            text x="16" y="74" font-size="16" font-weight="650" fill=(text) { "Webhooks" }
            rect x="168" y="55" width="138" height="30" rx="7" fill=(accent) {}
            text x="237" y="75" font-size="13" font-weight="600" text-anchor="middle" fill=(ink) { "Create Webhook" }
            text x="16" y="112" font-size="13" fill=(accent) text-decoration="underline" { "https://example.com/hook" }
        }
    }
}

/// What the settings take as a logo; nothing else is ever shown.
fn is_picture(logo: &str) -> bool {
    logo.starts_with("https://") || logo.starts_with("data:image/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(colour: &str, logo: &str) -> String {
        let saved = Values { colour: colour.into(), logo: logo.into(), ..Values::default() };
        show(&saved, "Acme").into_string()
    }

    #[test]
    fn both_schemes_are_drawn_in_readable_colours() {
        let html = shown("#ffff00", "");
        assert_eq!(html.matches("<svg").count(), 2, "{html}");
        // On white yellow cannot be read; on the dark page it can.
        assert_eq!(html.matches("#ffff00").count(), 2, "{html}");
        assert!(shown("", "").contains(OWN), "the style sheet's own");
    }

    #[test]
    fn only_a_picture_is_shown_as_a_logo() {
        assert!(shown("", "https://a.example/logo.png").contains("<image"));
        assert!(!shown("", "javascript:alert(1)").contains("<image"));
    }
}
