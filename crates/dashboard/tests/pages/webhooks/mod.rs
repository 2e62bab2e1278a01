//! Pages about webhooks.

mod all;
mod create;
mod edit;
mod replay;
mod secret;
mod show;
mod tenancy;
mod test;
