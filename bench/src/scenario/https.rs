//! Receivers that speak TLS, over HTTP/1.1 and over HTTP/2; connections are kept alive.

use super::bed::Ground;
use super::saturation::{Case, measure};
use super::steady::Held;
use super::{Options, Outcome};
use crate::authority::Authority;
use crate::workload::Workload;

pub(super) fn run(options: &Options) -> Outcome {
    let mut report = options.report("https", "100 endpoints over TLS, HTTP/1.1 and HTTP/2")?;
    let folder = tempfile::tempdir()?;
    let authority = Authority::make(folder.path())?;
    for variant in ["HTTP/1.1", "HTTP/2"] {
        let mut receiver = vec![
            format!("--certificate={}", authority.certificate.display()),
            format!("--key={}", authority.key.display()),
        ];
        receiver.extend((variant == "HTTP/2").then(|| "--http2".to_owned()));
        let case = Case {
            workload: Workload { tenants: 10, endpoints: 10, ..Workload::ONE },
            ground: Ground { receiver, ca_file: Some(authority.ca_file.clone()), ..Ground::default() },
            preload: 0,
            variant,
            goal: None,
            per_second: 1_000.0,
            held: Held::default(),
        };
        measure(options, &mut report, &case)?;
    }
    report.finish()?;
    Ok(())
}
