//! How a project's customer portal looks (DESIGN 10).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postrider_model::limits::Limits;
use serde::{Deserialize, Serialize};

use crate::settings::is_origin;

/// A product's own name, logo and colour.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Branding {
    /// The product's name; the project's own if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its logo: an `https://` address, or a picture as a `data:` URL (PNG, JPEG, WebP, SVG; in base64).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Its colour, `#rrggbb`. The portal darkens or lightens it as far as it takes to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
}

const PICTURES: [&str; 4] = ["png", "jpeg", "webp", "svg+xml"];

impl Branding {
    /// Tells everything that is wrong with it.
    pub(crate) fn validate(&self, limits: &Limits, fault: &mut impl FnMut(String, String)) {
        let mut at = |field: &str, detail: String| fault(format!("/branding/{field}"), detail);
        if let Some(detail) = self.name.as_deref().and_then(|name| wrong_name(name, limits)) {
            at("name", detail);
        }
        if let Some(detail) = self.logo.as_deref().and_then(|logo| wrong_logo(logo, limits)) {
            at("logo", detail);
        }
        if !self.colour.as_deref().is_none_or(is_colour) {
            at(
                "colour",
                "This must be a colour such as \"#0a7f5b\": `#` and six hexadecimal digits.".to_owned(),
            );
        }
    }
}

fn wrong_name(name: &str, limits: &Limits) -> Option<String> {
    let most = limits.max_label_chars;
    if name.trim().is_empty() || name.chars().any(char::is_control) || name.chars().count() > most {
        return Some(format!("A name has 1 to {most} characters, and no control characters."));
    }
    None
}

fn wrong_logo(logo: &str, limits: &Limits) -> Option<String> {
    let Some(picture) = logo.strip_prefix("data:") else {
        let most = limits.max_url_bytes;
        let is_fine = logo.len() <= most && is_address(logo);
        return (!is_fine).then(|| {
            format!("This must be an https:// address of at most {most} bytes, or a picture as a data: URL.")
        });
    };
    let media = |kind: &&str| picture.strip_prefix("image/")?.strip_prefix(*kind)?.strip_prefix(";base64,");
    let Some(text) = PICTURES.iter().find_map(media) else {
        let kinds = PICTURES.join(", ");
        return Some(format!("A picture is written data:image/KIND;base64,… where KIND is one of {kinds}."));
    };
    let most = limits.max_logo_bytes;
    // Not decoded before it is known not to be huge.
    if text.len() / 4 * 3 > most + 2 {
        return Some(format!("A picture has at most {most} bytes."));
    }
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.is_empty() => Some("The picture is empty.".to_owned()),
        Ok(bytes) if bytes.len() > most => Some(format!("A picture has at most {most} bytes.")),
        Ok(_) => None,
        Err(_) => Some("What follows \";base64,\" is not base64.".to_owned()),
    }
}

/// An address whose origin can be written into a policy, and which has nothing that must be escaped in an address.
fn is_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
    is_origin(&text[.."https://".len() + host.len()])
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&byte))
}

/// `#rrggbb` (CSS Color Module Level 4, 5.2).
fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(branding: &Branding) -> Vec<String> {
        let mut pointers = Vec::new();
        branding.validate(&Limits::default(), &mut |pointer, detail| {
            assert!(detail.ends_with('.'), "{detail}");
            pointers.push(pointer);
        });
        pointers
    }

    fn logo(text: &str) -> Branding {
        Branding { logo: Some(text.to_owned()), ..Branding::default() }
    }

    #[test]
    fn a_logo_is_an_address_or_a_picture() {
        let most = format!("data:image/svg+xml;base64,{}", STANDARD.encode(vec![b'x'; 64 * 1024]));
        for good in [
            "https://a.example/logo.svg?v=2#x",
            "https://a.example:8443",
            "https://[2001:db8::1]/l.png",
            "data:image/png;base64,iVBORw0KGgo=",
            "data:image/jpeg;base64,/9j/",
            "data:image/webp;base64,UklGRg==",
            &most,
        ] {
            assert_eq!(pointers(&logo(good)), [""; 0], "{good}");
        }
    }

    #[test]
    fn what_a_browser_or_a_policy_would_read_otherwise_is_no_logo() {
        let too_large = format!("data:image/png;base64,{}", STANDARD.encode(vec![0; 64 * 1024 + 1]));
        let much_too_large = format!("data:image/png;base64,{}", "A".repeat(400_000));
        for bad in [
            "",
            "logo.png",
            "http://a.example/logo.png",
            "//a.example/logo.png",
            "javascript:alert(1)",
            "https://",
            "https:///logo.png",
            "https://a.example; script-src *",
            "https://a.example;script-src/x",
            "https://user:secret@a.example/",
            "https://a.example/a b",
            "https://a.example/\"onerror=x",
            "https://a.example/\n",
            "https://ä.example/",
            "data:text/html;base64,PHNjcmlwdD4=",
            "data:image/svg+xml,<svg/>",
            "data:image/gif;base64,R0lGOD==",
            "data:image/png;base64,",
            "data:image/png;base64,####",
            "data:image/png;charset=x;base64,iVBORw0KGgo=",
            &too_large,
            &much_too_large,
            &format!("https://a.example/{}", "x".repeat(2_100)),
        ] {
            assert_eq!(pointers(&logo(bad)), ["/branding/logo"], "{bad}");
        }
    }

    #[test]
    fn names_and_colours_out_of_bounds_are_pointed_at() {
        for good in ["#0a7f5b", "#FFFFFF"] {
            assert!(is_colour(good));
        }
        for bad in ["", "red", "#fff", "0a7f5b", "#0a7f5g", "#0a7f5b;", "#0a7f5b0", "#ä7f5b"] {
            let branding = Branding { colour: Some(bad.to_owned()), ..Branding::default() };
            assert_eq!(pointers(&branding), ["/branding/colour"], "{bad}");
        }
        for bad in ["", "  ", "a\nb", &"x".repeat(257)] {
            let branding = Branding { name: Some(bad.to_owned()), ..Branding::default() };
            assert_eq!(pointers(&branding), ["/branding/name"], "{bad:?}");
        }
        assert_eq!(
            pointers(&Branding { name: Some("Ä & Söhne <b>".into()), ..Branding::default() }),
            [""; 0]
        );
    }
}
