//! An SVG document, element by element. Colours are classes, so that one file is readable on light and dark pages.

use std::fmt::Write as _;

/// One drawing.
#[derive(Debug)]
pub(super) struct Svg {
    width: f64,
    body: String,
}

/// Which end of a text its place names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty one.
    pub(super) const fn new(width: f64) -> Self {
        Self { width, body: String::new() }
    }

    pub(super) fn rect(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) {
        let (x, y, width, height) = (place(x), place(y), place(width.max(0.0)), place(height.max(0.0)));
        self.element(&format!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="1.5"/>"#
        ));
    }

    pub(super) fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        let (x1, y1, x2, y2) = (place(x1), place(y1), place(x2), place(y2));
        self.element(&format!(r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#));
    }

    pub(super) fn dot(&mut self, class: &str, [x, y]: [f64; 2], radius: f64) {
        self.element(&format!(
            r#"<circle class="{class}" cx="{}" cy="{}" r="{}"/>"#,
            place(x),
            place(y),
            place(radius)
        ));
    }

    /// Points joined by lines.
    pub(super) fn curve(&mut self, class: &str, points: impl IntoIterator<Item = [f64; 2]>) {
        let points: Vec<String> =
            points.into_iter().map(|[x, y]| format!("{},{}", place(x), place(y))).collect();
        self.element(&format!(r#"<polyline class="{class}" points="{}"/>"#, points.join(" ")));
    }

    pub(super) fn text(&mut self, class: &str, anchor: Anchor, [x, y]: [f64; 2], text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.element(&format!(
            r#"<text class="{class}" text-anchor="{anchor}" x="{}" y="{}">{}</text>"#,
            place(x),
            place(y),
            escape(text)
        ));
    }

    fn element(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// The whole document, of this height; the title is what a screen reader says.
    pub(super) fn finish(self, height: f64, title: &str) -> String {
        let (width, height, title) = (place(self.width), place(height), escape(title));
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n<style>\n{}</style>\n\
             <rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n{}</svg>\n",
            include_str!("style.css"),
            self.body
        );
        text
    }
}

/// The width that a text is likely to take at 12 pixels: which font a reader has is not known.
pub(super) fn width_of(text: &str) -> f64 {
    text.chars().count() as f64 * 7.0
}

/// The text, or as much of it as fits.
pub(super) fn shortened(text: &str, width: f64) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let mut fitting =
        text.char_indices().map(|(end, _)| end).filter(|end| width_of(&text[..*end]) + 10.0 <= width);
    format!("{}…", &text[..fitting.next_back().unwrap_or(0)])
}

/// A tenth of a pixel is enough.
fn place(at: f64) -> String {
    let text = format!("{at:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// What stands between tags and in attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_does_not_fit_ends_in_dots() {
        assert_eq!(shortened("abc", 21.0), "abc");
        assert_eq!(shortened("ünïcödé", 32.0), "ünï…");
        assert_eq!(shortened("abc", 0.0), "…");
    }

    #[test]
    fn what_a_result_says_cannot_end_an_element() {
        let mut svg = Svg::new(10.0);
        svg.text("small", Anchor::Start, [0.0, 0.0], r#"a<b & "c">"#);
        let text = svg.finish(10.0, "x\"><script>");
        assert!(text.contains("a&lt;b &amp; &quot;c&quot;&gt;"), "{text}");
        assert!(!text.contains("<script"), "{text}");
    }
}
