//! The configuration reference, made from the table of options (`docs/configuration.md` is kept equal by a test).

use std::fmt::Write as _;

use postrider_model::limits::Limit;

use super::limits::{self, default};
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
    text.push_str(LIMITS_HEAD);
    for limit in limits::settable() {
        let _ = writeln!(text, "{}", row(limit));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn row(limit: &Limit) -> String {
    let (least, most) = (limit.range.start(), limit.range.end());
    let default = default(limit).as_f64().unwrap_or_default();
    format!("| `{}` | {default} | {least} to {most} | {} |", limit.key, limit.help)
}

const HEAD: &str = "\
# Configuration

<!-- Made from crates/postrider/src/config/options.rs and crates/model/src/limits.rs; `postrider config-reference` prints it. -->

Each option of `postrider serve` can be given as a flag, as an environment variable, or as a key of a TOML file. A
flag wins over the environment, the environment over the file, the file over the default. The file is the one that
`--config` (or `POSTRIDER_CONFIG`) names, else `postrider.toml` in the working directory, if it is there:

```toml
listen = \"0.0.0.0:8080\"
data_dir = \"/var/lib/postrider\"
allow_networks = [\"10.20.0.0/16\"]
```

Lists are arrays in the file and separated by commas elsewhere. An unknown key in the file stops the start; an unknown
variable that begins with `POSTRIDER_` is warned of in the log. An empty variable counts as not set. The [limits](#limits) stand at the end of this page.

";

const LIMITS_HEAD: &str = "\
## `[limits]`

What is refused, and from which size on: a section of the file, and an environment variable for each, `POSTRIDER_LIMITS_`
and the name in capitals. There are no flags for them.

```toml
[limits]
max_batch_events = 200
max_timeout_seconds = 30
```

A name that is none, or a value outside its range, stops the start with a message that names both. What a limit
refuses is answered with the status in brackets, 422 with a pointer to the place. A limit holds for what comes from
then on: what is stored stays as it is. Schemas are the exception, for they work on every event: one that no longer
keeps the limits is told of in the log, and its events are not checked. Contracts, compiled in or of your own, are
held to the defaults. The largest event is the option [`max_event_bytes`](#max_event_bytes), not a name of this section.

| name | default | range | what it bounds |
| --- | --- | --- | --- |
";
