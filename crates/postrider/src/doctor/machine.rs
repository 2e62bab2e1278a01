//! The machine: files, clock, names.

use std::path::Path;
use std::time::Duration;

use postrider_courier::{Resolve, ResolveError};
use postrider_engine::ports::Clock as _;
use postrider_model::time::Millis;
use rustix::process::{Resource, getrlimit};

use super::report::Finding;
use crate::config::Config;
use crate::ports::SystemClock;
use crate::serve::MAX_IN_FLIGHT;

/// No clock that is right shows less: 2026-01-01.
const EARLIEST: Millis = Millis(1_767_225_600_000);
/// How far a file may be ahead of the clock.
const AHEAD: Duration = Duration::from_secs(60);
/// The longest a name may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// That attempts in flight are not bounded by the open files.
pub(super) fn open_files(config: &Config) -> Finding {
    const CHECK: &str = "open files";
    let wanted = config.max_in_flight.unwrap_or(MAX_IN_FLIGHT) as u64;
    let Some(limit) = getrlimit(Resource::Nofile).maximum else {
        return Finding::ok(CHECK, format_args!("no limit; up to {wanted} attempts in flight"));
    };
    if limit / 2 >= wanted {
        return Finding::ok(CHECK, format_args!("at most {limit}; up to {wanted} attempts in flight"));
    }
    Finding::warn(
        CHECK,
        format_args!(
            "at most {limit}, of which half is for attempts: {} in flight instead of {wanted}",
            limit / 2
        ),
        format_args!("LimitNOFILE={} in the unit file (ulimit -Hn)", wanted * 2),
    )
}

/// That the clock is not obviously wrong.
pub(super) fn clock(data_dir: &Path) -> Finding {
    const CHECK: &str = "clock";
    let advice =
        "set it, and keep it by NTP: signatures carry its time and receivers refuse what is minutes off";
    let now = SystemClock.now();
    let shown = now.rfc3339_seconds();
    if now < EARLIEST {
        return Finding::fail(CHECK, format_args!("{shown} is in the past"), advice);
    }
    let written = std::fs::metadata(data_dir.join("postrider.db")).and_then(|file| file.modified());
    let written = written.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let written = Millis(written.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0));
    if written.since(now) > AHEAD {
        let told = format_args!("{shown}, but the store was written at {}", written.rfc3339_seconds());
        return Finding::fail(CHECK, told, advice);
    }
    Finding::ok(CHECK, shown)
}

/// That names are resolved.
pub(super) async fn names(resolver: Result<&dyn Resolve, &ResolveError>, host: &str) -> Finding {
    const CHECK: &str = "names";
    let advice = "look at /etc/resolv.conf and at the name servers in it; deliveries go to names";
    let resolver = match resolver {
        Ok(resolver) => resolver,
        Err(error) => return Finding::fail(CHECK, error, advice),
    };
    match tokio::time::timeout(PATIENCE, resolver.resolve(host)).await {
        Ok(Ok(addresses)) if !addresses.is_empty() => {
            let first = addresses.iter().map(ToString::to_string).take(2).collect::<Vec<_>>().join(", ");
            Finding::ok(CHECK, format_args!("{host} is {first}"))
        }
        Ok(Ok(_) | Err(ResolveError::NoAddress)) => {
            Finding::fail(CHECK, format_args!("{host} has no address"), advice)
        }
        Ok(Err(error)) => Finding::fail(CHECK, format_args!("{host} is not resolved: {error}"), advice),
        Err(_) => {
            let told = format_args!("{host} is not resolved within {} s", PATIENCE.as_secs());
            Finding::fail(CHECK, told, advice)
        }
    }
}
