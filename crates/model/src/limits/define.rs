//! A limit is written once: its meaning, name, type, default and range.

use std::ops::RangeInclusive;

/// What is known of one limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The name of the setting.
    pub key: &'static str,
    /// What it bounds, in one or two sentences for people.
    pub help: &'static str,
    /// The values it may have: outside of them the program would not do what it is for.
    pub range: RangeInclusive<f64>,
}

/// Declares [`Limits`](super::Limits) with its defaults, and the table of what is known of each.
macro_rules! limits {
    (@key $name:ident) => { stringify!($name) };
    (@key $name:ident $key:tt) => { $key };
    ($(
        $(#[doc = $doc:literal])+
        $(#[serde(rename = $key:tt, with = $with:tt)])?
        $name:ident: $type:ty = $default:expr, $range:expr;
    )+) => {
        /// What is refused, and from which size on. As settings lengths of time are in seconds, and their names say so:
        /// `max_retry_step_seconds`.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits {
            $(
                $(#[doc = $doc])+
                $(#[serde(rename = $key, with = $with)])?
                pub $name: $type,
            )+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default),+ }
            }
        }

        impl Limits {
            /// What is known of each limit, in the order of the reference.
            pub const TABLE: &[Limit] = &[$(
                Limit {
                    key: limits!(@key $name $($key)?),
                    help: concat!($($doc),+).trim_ascii(),
                    range: $range,
                },
            )+];
        }
    };
}

pub(super) use limits;

impl Limit {
    /// The limit of that name.
    pub fn named(key: &str) -> Option<&'static Self> {
        super::Limits::TABLE.iter().find(|limit| limit.key == key)
    }
}
