//! The contract files in the user guide are contract files.

#![expect(clippy::unwrap_used, reason = "a test may panic, in the functions it shares with others too")]

use postrider_contract::Contract;

const GUIDE: &str = include_str!("../../../docs/contracts.md");
const STRIPE: &str = include_str!("../../../contracts/examples/stripe.toml");
const GITHUB: &str = include_str!("../../../contracts/examples/github.toml");

/// The TOML blocks of the guide.
fn blocks() -> Vec<&'static str> {
    GUIDE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_whole_file_in_the_guide_can_be_read() {
    let whole: Vec<_> = blocks().into_iter().filter(|block| block.starts_with("name =")).collect();
    assert_eq!(whole.len(), 2, "the beginning of a file, and every key");
    for block in whole {
        Contract::parse(block).unwrap_or_else(|error| panic!("{error}\n{block}"));
    }
}

#[test]
fn the_excerpts_of_the_worked_examples_stand_in_their_files() {
    let excerpts: Vec<_> = blocks().into_iter().filter(|block| !block.starts_with("name =")).collect();
    assert_eq!(excerpts.len(), 2);
    for (excerpt, file) in excerpts.into_iter().zip([STRIPE, GITHUB]) {
        for line in excerpt.lines().filter(|line| !line.is_empty()) {
            let there = file.lines().any(|known| known.split("  #").next().unwrap().trim_end() == line);
            assert!(there, "the file has no line {line:?}");
        }
    }
}

#[test]
fn every_contract_compiled_in_is_in_the_table() {
    for name in postrider_contract::builtin_names() {
        assert!(GUIDE.contains(&format!("\n| `{name}` | ")), "{name}");
    }
}
