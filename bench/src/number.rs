//! Figures as people read them: no more digits than mean something, thousands set apart.

/// Digits behind the point that are worth reading.
pub(crate) fn digits(figure: f64) -> usize {
    match figure.abs() {
        0.0 | 100.0.. => 0,
        10.0..100.0 => 1,
        0.1..10.0 => 2,
        _ => 3,
    }
}

/// With so many digits behind the point: `12,345.6`.
pub(crate) fn with_digits(figure: f64, digits: usize) -> String {
    let plain = format!("{:.digits$}", figure.abs());
    let (whole, fraction) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut text = String::new();
    if figure < 0.0 && plain.bytes().any(|digit| matches!(digit, b'1'..=b'9')) {
        text.push('−');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// With the digits worth reading.
pub(crate) fn show(figure: f64) -> String {
    with_digits(figure, digits(figure))
}

/// For an axis or a goal: without zeros at the end.
pub(crate) fn plain(figure: f64) -> String {
    let text = with_digits(figure, 3);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart_and_small_figures_keep_their_digits() {
        assert_eq!(
            [0.0, 0.012_34, 0.5, 9.876, 99.94, 999.6, 26_591.4, 1_234_567.0].map(show),
            ["0", "0.012", "0.50", "9.88", "99.9", "1,000", "26,591", "1,234,567"]
        );
    }

    #[test]
    fn a_figure_below_nothing_has_a_sign_and_nothing_has_none() {
        assert_eq!((show(-1_234.0), show(-0.000_1)), ("−1,234".to_owned(), "0.000".to_owned()));
    }

    #[test]
    fn a_tick_has_no_zeros_behind_the_point() {
        assert_eq!([0.0, 0.05, 1.5, 20.0, 1_000.0].map(plain), ["0", "0.05", "1.5", "20", "1,000"]);
    }
}
