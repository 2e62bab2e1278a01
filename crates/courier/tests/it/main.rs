//! The courier against real servers on the loopback interface.

mod answers;
mod connections;
mod encrypted;
mod framing;
mod guarding;
mod proxies;
mod receiver;
mod sending;
