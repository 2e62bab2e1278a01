//! The invariants (DESIGN 9): those that are looked at on the way, and those at the end.

pub(crate) mod begin;
pub(crate) mod commit;
pub(crate) mod end;
pub(crate) mod order;
pub(crate) mod rate;
pub(crate) mod tables;
