//! The operators' own pages.

mod catalogue;
mod isolation;
mod keys;
mod overview;
mod projects;
mod settings;
mod tenants;

/// Below the project of every world, in its live mode.
const LIVE: &str = "/dashboard/p/acme/live";
