//! Seeded randomness: everything that happens by chance in a run is drawn from here.

use parking_lot::Mutex;
use postrider_engine::ports::Rng;

/// SplitMix64: small, fast, and good enough to choose by.
#[derive(Debug, Clone)]
pub(crate) struct Prng(u64);

impl Prng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    /// A stream of its own, so that what one part draws does not depend on when another does.
    pub(crate) fn fork(&self, name: u64) -> Self {
        let mut mixed = Self(self.0 ^ name.wrapping_mul(0xd605_bbb5_8c8a_bbf5));
        mixed.next();
        mixed
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    pub(crate) fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    pub(crate) fn chance(&mut self, fraction: f64) -> bool {
        ((self.next() >> 11) as f64) < fraction * (1u64 << 53) as f64
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(from.len() as u64) as usize;
        from.get(at)
    }
}

/// The engine's randomness.
#[derive(Debug)]
pub(crate) struct SimRng(pub(crate) Mutex<Prng>);

impl Rng for SimRng {
    fn fill(&self, bytes: &mut [u8]) {
        let mut prng = self.0.lock();
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&prng.next().to_le_bytes()[..chunk.len()]);
        }
    }
}
