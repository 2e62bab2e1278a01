//! `postrider endpoint rotate-secret` and `secret`

use clap::Args;
use http::Method;
use serde_json::{Map, Value};

use super::Which;
use crate::body::{base, set};
use crate::cli::Failed;
use crate::client::Client;
use crate::columns::{Sheet, shown, some, time};
use crate::remote::Remote;

/// A rotation.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    which: Which,
    /// How long the old secret signs beside the new one; a day if not said
    #[arg(long, value_name = "SECONDS")]
    overlap: Option<u32>,
    /// The whole body as the API takes it, for a secret of your own: {"secret": "…"}; - reads standard input
    #[arg(long, value_name = "FILE")]
    from_json: Option<std::path::PathBuf>,
}

impl Rotate {
    /// Rotates.
    pub(super) async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        let mut body: Map<String, Value> = base(self.from_json.as_ref())?;
        set(&mut body, "overlap_seconds", self.overlap);
        let call = self.which.call(Method::POST, Some("rotate-secret")).json(&body.into());
        remote.show(&client.call(&call).await?, |rotated| {
            let until = some(&rotated["previous_expires_at"]);
            let until = until.map(|_| format!("signs too until {}", time(&rotated["previous_expires_at"])));
            Sheet::default()
                .field("id", shown(&rotated["id"]))
                .field("secret", shown(&rotated["secret"]))
                .field("the old one", until.unwrap_or_else(|| "signs no more".to_owned()))
                .to_string()
        });
        Ok(())
    }
}

/// The secrets that sign, newest first.
pub(super) fn secrets(answer: &Value) -> String {
    let mut sheet = Sheet::default().field("secret", shown(&answer["secret"]));
    for secret in answer["secrets"].as_array().into_iter().flatten() {
        if some(&secret["expires_at"]).is_some() {
            let until = time(&secret["expires_at"]);
            sheet = sheet.field("the old one", format!("{}   (until {until})", shown(&secret["secret"])));
        }
    }
    sheet.to_string()
}
