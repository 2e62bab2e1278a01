//! What figures depend on beside the code: the processor as valgrind shows it, compilers and libraries.

use std::collections::BTreeMap;
use std::process::Command;

/// The processor as this program sees it: libraries choose their code by it (memchr, ring, the C library's copying).
pub(crate) fn processor() -> String {
    let mut name = std::env::consts::ARCH.to_owned();
    for feature in features() {
        name.push('+');
        name.push_str(feature);
    }
    name
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let known = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avx512bw", is_x86_feature_detected!("avx512bw")),
        ("sha", is_x86_feature_detected!("sha")),
    ];
    known.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    let known = [("sha2", std::arch::is_aarch64_feature_detected!("sha2"))];
    known.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

/// The versions of what the programs are made with and run on.
pub(crate) fn tools() -> BTreeMap<String, String> {
    let commands: [(&str, &[&str]); 4] = [
        ("cc", &["cc", "--version"]),
        ("libc", &["getconf", "GNU_LIBC_VERSION"]),
        ("rustc", &["rustc", "--version"]),
        ("valgrind", &["valgrind", "--version"]),
    ];
    commands.into_iter().map(|(name, command)| (name.to_owned(), first_line(command))).collect()
}

fn first_line(command: &[&str]) -> String {
    let output =
        command.split_first().map(|(program, arguments)| Command::new(program).args(arguments).output());
    let Some(Ok(output)) = output else { return "not found".to_owned() };
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

/// What is not as it was when the figures were recorded, a line for each.
pub(crate) fn differences(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let differs = |(name, now): (&String, &String)| {
        let then = then.get(name).map_or("none", String::as_str);
        (then != now).then(|| format!("{name}: recorded with {then}, now {now}"))
    };
    now.iter().filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tools_of_another_version_are_named() {
        let tools = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
        };
        let then = tools(&[("cc", "12"), ("rustc", "1.95.0")]);
        let now = tools(&[("cc", "12"), ("libc", "2.36"), ("rustc", "1.96.0")]);
        assert_eq!(
            differences(&then, &now),
            ["libc: recorded with none, now 2.36", "rustc: recorded with 1.95.0, now 1.96.0"]
        );
    }

    #[test]
    fn the_processor_is_named_by_its_architecture_first() {
        assert!(processor().starts_with(std::env::consts::ARCH));
    }
}
