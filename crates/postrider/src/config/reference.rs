//! The configuration reference, made from the table of options (`docs/configuration.md` is kept equal by a test).

use std::fmt::Write as _;

use super::options::{Kind, OPTIONS};

/// The reference in Markdown.
pub(crate) fn reference() -> String {
    let mut text = String::from(HEAD);
    for opt in OPTIONS {
        let flag = match opt.kind {
            Kind::Secret => "none: a command line can be read by every user of the machine".to_owned(),
            Kind::Switch => format!("`--{}`", opt.flag()),
            _ => format!("`--{} <{}>`", opt.flag(), opt.value),
        };
        let _ = writeln!(
            text,
            "## `{key}`\n\n{help}\n\n- flag: {flag}\n- environment: `{variable}`\n- default: {default}\n",
            key = opt.key,
            help = opt.help,
            variable = opt.variable(),
            default = opt.default,
        );
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

const HEAD: &str = "\
# Configuration

<!-- Made from the table in crates/postrider/src/config/options.rs; `postrider config-reference` prints it. -->

Each option of `postrider serve` can be given as a flag, as an environment variable, or as a key of a TOML file. A
flag wins over the environment, the environment over the file, the file over the default. The file is the one that
`--config` (or `POSTRIDER_CONFIG`) names, else `postrider.toml` in the working directory, if it is there:

```toml
listen = \"0.0.0.0:8080\"
data_dir = \"/var/lib/postrider\"
allow_networks = [\"10.20.0.0/16\"]
```

Lists are arrays in the file and separated by commas elsewhere. An unknown key in the file stops the start; an unknown
variable that begins with `POSTRIDER_` is warned of in the log. An empty variable counts as not set.

";
