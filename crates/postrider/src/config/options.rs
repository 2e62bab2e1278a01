//! The table of every option of `serve`: flags, environment, file keys and the reference all come from it.

/// How the text of a flag or a variable is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As it is.
    Text,
    /// `true` or `false`; a flag alone is `true`.
    Switch,
    /// A whole number; `_` may group its digits.
    Number,
    /// Several, separated by commas; the flag may be repeated too.
    List,
    /// As it is, and never shown. Not a flag: what is on a command line can be read by every user of the machine.
    Secret,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opt {
    /// The key in the file. The flag is `--` and this with hyphens, the variable `POSTRIDER_` and this in capitals.
    pub(crate) key: &'static str,
    /// How it is read.
    pub(crate) kind: Kind,
    /// What stands for its value in help.
    pub(crate) value: &'static str,
    /// What holds if it is not given, for people.
    pub(crate) default: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
}

impl Opt {
    /// The name of its flag, without the leading hyphens.
    pub(crate) fn flag(&self) -> String {
        self.key.replace('_', "-")
    }

    /// Whether its value is shown nowhere: a secret, or a URL that may hold a password.
    pub(crate) fn is_hidden(&self) -> bool {
        self.kind == Kind::Secret || matches!(self.key, "proxy" | "database_url")
    }

    /// The name of its environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_uppercase())
    }
}

/// What every environment variable of Postrider begins with.
pub(crate) const PREFIX: &str = "POSTRIDER_";

const fn opt(
    key: &'static str,
    kind: Kind,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Opt {
    Opt { key, kind, value, default, help }
}

/// Every option of `serve`, in the order of the reference.
pub(crate) const OPTIONS: &[Opt] = &[
    opt(
        "listen",
        Kind::Text,
        "ADDRESS:PORT",
        "127.0.0.1:8080",
        "Where the API answers. Port 0 takes a free one; the ready line names it.",
    ),
    opt(
        "data_dir",
        Kind::Text,
        "DIR",
        "./postrider-data",
        "The directory of the embedded store and of the generated keys. One process at a time uses it. Not used with a database_url.",
    ),
    opt(
        "database_url",
        Kind::Text,
        "postgres://…",
        "none: the embedded store",
        "The PostgreSQL (15 or newer) that many nodes share, in place of the data directory. With a password in it, better a variable than a flag, which every user of the machine can read.",
    ),
    opt(
        "database_pooler",
        Kind::Switch,
        "BOOL",
        "false",
        "The URL leads to a pooler that hands out connections by transaction (PgBouncer): no prepared statements are kept and no LISTEN, news of other nodes are asked for every 100 ms.",
    ),
    opt(
        "database_connections",
        Kind::Number,
        "COUNT",
        "16",
        "Connections of this node to PostgreSQL for requests and standing work at most, at least 3; four more are for commits, the lease and news, two for the doorbell.",
    ),
    opt(
        "role",
        Kind::Text,
        "ROLE",
        "all",
        "What this node does: api answers requests, worker delivers, all does both. With the embedded store it is always all.",
    ),
    opt(
        "node_name",
        Kind::Text,
        "NAME",
        "the machine's host name",
        "What this node is called in GET /v1/nodes and in logs. Two nodes may have the same name.",
    ),
    opt(
        "dev",
        Kind::Switch,
        "BOOL",
        "false",
        "For development: endpoints may use http:// and private or loopback addresses, and the log is for people.",
    ),
    opt(
        "contract_file",
        Kind::List,
        "FILE",
        "none",
        "Contracts of your own, beside those compiled in. Repeatable. One of the same name replaces the one compiled in.",
    ),
    opt(
        "public_url",
        Kind::Text,
        "URL",
        "http:// and the listening address",
        "Where this server is reached from outside; links that are given out begin with it.",
    ),
    opt(
        "allow_networks",
        Kind::List,
        "CIDR",
        "none",
        "Networks that may be delivered to although they are not public, for example 10.20.0.0/16.",
    ),
    opt(
        "egress_ips",
        Kind::List,
        "IP",
        "none",
        "The addresses deliveries come from, shown to customers by GET /v1/meta.",
    ),
    opt(
        "metrics_listen",
        Kind::Text,
        "ADDRESS:PORT",
        "the API's listener",
        "A listener of its own for /metrics, which then leaves the API's.",
    ),
    opt(
        "bind_address",
        Kind::Text,
        "IP",
        "the system's choice",
        "The local address deliveries are sent from.",
    ),
    opt(
        "proxy",
        Kind::Text,
        "URL",
        "none",
        "Send everything through this proxy: http://, https:// or socks5://, with user:password@ if it asks for them.",
    ),
    opt(
        "proxy_resolves",
        Kind::Switch,
        "BOOL",
        "false",
        "Hand names to the proxy unresolved. The guard against private addresses is then the proxy's duty.",
    ),
    opt(
        "proxy_allow_networks",
        Kind::List,
        "CIDR",
        "none",
        "Networks in which the proxy itself may be, if it is not public.",
    ),
    opt(
        "ca_file",
        Kind::List,
        "FILE",
        "none",
        "Certificate authorities (PEM) that are trusted beside the system's, for receivers with certificates of your own authority. Repeatable. Read at the start.",
    ),
    opt(
        "max_event_bytes",
        Kind::Number,
        "BYTES",
        "262144",
        "The largest event, as sent. A project's settings may say otherwise.",
    ),
    opt(
        "max_store_bytes",
        Kind::Number,
        "BYTES",
        "no bound",
        "Above this size of the store the oldest history ends before its retention does.",
    ),
    opt(
        "min_free_bytes",
        Kind::Number,
        "BYTES",
        "536870912",
        "With less free disk than this no events are accepted (503), while deliveries go on.",
    ),
    opt(
        "max_in_flight",
        Kind::Number,
        "COUNT",
        "8192, at most half the file descriptors",
        "Attempts in flight at one time, all endpoints together.",
    ),
    opt(
        "worker_threads",
        Kind::Number,
        "COUNT",
        "the number of cores",
        "Threads that serve requests and send.",
    ),
    opt("user_agent", Kind::Text, "TEXT", "Postrider/ and the version", "The User-Agent of every delivery."),
    opt(
        "log_level",
        Kind::Text,
        "FILTER",
        "info",
        "What is logged: error, warn, info, debug, trace, or a filter such as info,postrider_engine=debug.",
    ),
    opt(
        "root_key",
        Kind::Secret,
        "KEY",
        "generated at first start",
        "The key that makes projects and their keys, at least 24 characters. A generated one is printed once; only its hash is kept.",
    ),
    opt(
        "master_key",
        Kind::Secret,
        "BASE64",
        "generated into the data directory; on PostgreSQL it must be given",
        "32 bytes in base64 that encrypt secrets at rest. Several, separated by commas: the first encrypts, all decrypt.",
    ),
];

/// Variables of Postrider that are no options of `serve`.
pub(crate) const OTHER_VARIABLES: &[&str] =
    &["POSTRIDER_CONFIG", "POSTRIDER_SERVER", "POSTRIDER_TENANT", "POSTRIDER_KEY", "POSTRIDER_SECRET"];
