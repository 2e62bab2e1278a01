//! Which brackets are open, one bit each: nothing is allocated for the first 64.

/// Open brackets, innermost last.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// The innermost up to 64; the lowest bit is the innermost, 1 for an object.
    bits: u64,
    /// Those further out, 64 each.
    outer: Vec<u64>,
    depth: usize,
}

impl Stack {
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn push(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.bits);
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
    }

    /// Closes the innermost; the result says what encloses it: `Some(true)` an object, `None` nothing.
    pub(super) fn pop(&mut self) -> Option<bool> {
        self.depth = self.depth.saturating_sub(1);
        self.bits >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.bits = self.outer.pop().unwrap_or_default();
        }
        self.in_object()
    }

    /// Whether the innermost is an object; `None` if none is open.
    pub(super) fn in_object(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.bits & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_remembers_every_bracket_at_any_depth(objects in prop::collection::vec(any::<bool>(), 0..300)) {
            let mut stack = Stack::default();
            objects.iter().for_each(|object| stack.push(*object));
            for depth in (0..objects.len()).rev() {
                prop_assert_eq!(stack.in_object(), Some(objects[depth]));
                prop_assert_eq!(stack.pop(), depth.checked_sub(1).map(|outer| objects[outer]));
            }
            prop_assert_eq!(stack.depth(), 0);
        }
    }
}
