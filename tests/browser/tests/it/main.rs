//! Tests of pages in a real browser, one file for each kind of visitor.

mod customers;
mod documentation;
mod operators;
mod pages;
mod portal;
mod sample;
