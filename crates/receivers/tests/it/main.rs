//! The code is run, as its reader would run it, against requests that the contract's own signer signed.

mod contracts;
mod program;
mod request;
mod taken;
