//! Chance that is the same each time.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In `0.0..1.0`.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of them; of several with shares, the more often the larger its share.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T], share: impl Fn(&T) -> u64) -> &'a T {
        let mut left = self.next() % from.iter().map(&share).sum::<u64>();
        let found = from.iter().find(|one| {
            let here = left < share(one);
            left = left.saturating_sub(share(one));
            here
        });
        found.expect("the shares add up")
    }
}
