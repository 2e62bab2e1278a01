//! A project's colour, made readable: what is written in it or on it keeps the contrast of WCAG 2.2 (1.4.3: 4.5 to 1).

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

const LIGHT_PAGE: Colour = Colour { red: 255, green: 255, blue: 255 };
const DARK_PAGE: Colour = Colour { red: 0x1b, green: 0x1f, blue: 0x2a };
/// Text needs 4.5; a little more, as panels are not quite the page's colour.
const CONTRAST: f64 = 5.2;

impl Colour {
    /// `#rrggbb`, as the setting has it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::parse_hex(text.strip_prefix('#')?)
    }

    /// `rrggbb`.
    pub(crate) fn parse_hex(text: &str) -> Option<Self> {
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        Some(Self { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    /// `rrggbb`.
    pub(crate) fn hex(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// The accents of the light and of the dark scheme, each with the colour of what is written on it.
    pub(crate) fn accents(self) -> [(Self, Self); 2] {
        [LIGHT_PAGE, DARK_PAGE].map(|page| {
            let accent = self.against(page);
            (accent, accent.ink())
        })
    }

    /// The style sheet that makes it the accent of both schemes.
    pub(crate) fn style(self) -> String {
        let [(light, on_light), (dark, on_dark)] = self.accents();
        format!(
            ":root{{--accent:#{};--on-accent:#{}}}\n@media (prefers-color-scheme: dark){{:root{{--accent:#{};--on-accent:#{}}}}}\n",
            light.hex(),
            on_light.hex(),
            dark.hex(),
            on_dark.hex()
        )
    }

    /// The same hue, as much darker or lighter as it takes to be read on that page.
    fn against(self, page: Self) -> Self {
        let towards = if page.luminance() > 0.5 { 0.0 } else { 255.0 };
        (0..=50)
            .map(|step| self.mixed(towards, f64::from(step) / 50.0))
            .find(|colour| colour.contrast(page) >= CONTRAST)
            .unwrap_or(self)
    }

    fn mixed(self, towards: f64, share: f64) -> Self {
        let mix = |part: u8| (f64::from(part) + (towards - f64::from(part)) * share).round() as u8;
        Self { red: mix(self.red), green: mix(self.green), blue: mix(self.blue) }
    }

    /// Black or white, whichever is read better on it.
    fn ink(self) -> Self {
        let black = Self { red: 0x10, green: 0x12, blue: 0x18 };
        if self.contrast(LIGHT_PAGE) >= self.contrast(black) { LIGHT_PAGE } else { black }
    }

    /// WCAG 2.2, "contrast ratio".
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_can_be_read_on_both_pages_and_written_on() {
        for hex in ["000000", "ffffff", "ffff00", "0000ff", "00ff00", "ff0000", "808080", "123456", "fedcba"]
        {
            let colour = Colour::parse_hex(hex).unwrap();
            for page in [LIGHT_PAGE, DARK_PAGE] {
                let accent = colour.against(page);
                assert!(accent.contrast(page) >= 4.5, "{hex} on {}", page.hex());
                assert!(accent.contrast(accent.ink()) >= 4.5, "on {hex} beside {}", page.hex());
            }
        }
    }

    #[test]
    fn what_is_no_colour_is_none() {
        for bad in ["", "#12345", "#1234567", "123456", "#12345g", "#+12345"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
        assert_eq!(Colour::parse("#0A7f5b").map(Colour::hex).as_deref(), Some("0a7f5b"));
    }
}
