//! The pages of the running binary as people use them: in a real Chromium, headless, driven by the scripts in `walks/`.
//!
//! A test starts what a walk needs and runs it with [`walk`]; the walk does what a person does, on a phone and a
//! desktop, in light and dark (`kit/looks.mjs`), and every page it comes to is checked (`kit/sound.mjs`).

#![expect(clippy::panic, reason = "a test ends where something is not as it must be")]

mod internet;
pub mod sample;
mod town;
mod walk;

pub use internet::Internet;
pub use town::Town;
pub use walk::walk;
