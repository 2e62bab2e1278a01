//! Pages about webhooks.

mod create;
mod edit;
mod secret;
mod show;
mod tenancy;
