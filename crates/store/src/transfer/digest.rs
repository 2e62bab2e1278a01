//! What proves that two stores hold the same rows.

use std::fmt;

use ring::digest::{SHA256, digest};

use super::Row;

/// Count and checksum of rows, whatever their order: the sum of their SHA-256, cut to 128 bits. No two rows of a table
/// are equal, so none can take the place of another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many rows.
    pub rows: u64,
    sum: u128,
}

impl Digest {
    /// Counts a row in.
    pub fn add(&mut self, row: &Row) {
        let mut bytes = Vec::with_capacity(256);
        for value in row {
            value.encode(&mut bytes);
        }
        let hash = digest(&SHA256, &bytes);
        let first = hash.as_ref().first_chunk::<16>().copied().unwrap_or_default();
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from_le_bytes(first));
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::Value;

    fn of(rows: &[Row]) -> Digest {
        let mut digest = Digest::default();
        rows.iter().for_each(|row| digest.add(row));
        digest
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_everything_in_them_does() {
        let text = |text: &str| Value::Text(text.to_owned());
        let (a, b) = (vec![text("a"), text("bc")], vec![Value::Int(7), Value::Null]);
        assert_eq!(of(&[a.clone(), b.clone()]), of(&[b.clone(), a.clone()]));
        for other in [
            vec![text("ab"), text("c")],
            vec![Value::Bytes(b"a".to_vec()), text("bc")],
            vec![text("a"), text("bc"), Value::Null],
            vec![text("a")],
        ] {
            assert_ne!(of(&[a.clone(), b.clone()]), of(&[other, b.clone()]));
        }
        assert_ne!(of(std::slice::from_ref(&a)), of(&[a.clone(), a.clone()]));
        assert_ne!(of(std::slice::from_ref(&b)), of(&[vec![Value::Ints(vec![7]), Value::Null]]));
    }
}
