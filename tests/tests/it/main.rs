//! Black-box tests of the running binary.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod bad_input;
mod bytes_of_data;
mod cli_contract;
mod cli_doctor;
mod cli_endpoints;
mod cli_keys_rotate;
mod cli_portal;
mod cli_projects;
mod cli_replays;
mod cli_sending;
mod cli_tail;
mod commands;
mod crashes;
mod full_disk;
mod guarding;
mod migrating;
mod operating;
mod own_authority;
mod postgres_commands;
mod postgres_pages;
mod postgres_pooler;
mod postgres_starting;
mod postgres_tls;
mod promises;
mod receivers;
mod secrecy;
mod signatures;
mod starting;
mod stopping;
mod verification_code;
