//! Black-box tests of the running binary.

mod bad_input;
mod bytes_of_data;
mod crashes;
mod full_disk;
mod guarding;
mod operating;
mod secrecy;
mod signatures;
mod starting;
