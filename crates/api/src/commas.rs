//! Query parameters that take several values (DESIGN 4.4 "several `status` by comma").

/// The values between the commas, without the empty ones.
pub(crate) fn commas(text: Option<&str>) -> Vec<String> {
    let values = text.unwrap_or_default().split(',').map(str::trim);
    values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_between_commas() {
        assert_eq!(commas(Some("a, b,,c")), ["a", "b", "c"]);
        assert!(commas(Some("")).is_empty());
        assert!(commas(None).is_empty());
    }
}
