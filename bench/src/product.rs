//! Sets Postrider up by its own API, as a product would.

use std::io::{Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::wire;
use crate::workload::Workload;

/// A client of the API; one connection, one request at a time.
#[derive(Debug)]
pub(crate) struct Product {
    stream: TcpStream,
    key: String,
}

impl Product {
    /// Connects with a key.
    pub(crate) fn connect(address: SocketAddr, key: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream, key: key.to_owned() })
    }

    /// Makes a request and reads its JSON; anything but a 2xx is an error that shows the answer.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let answer = self.send(method, path, &body.to_string())?;
        serde_json::from_slice(&answer).map_err(Error::other)
    }

    /// The same with a body of text, and the answer's bytes.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.key,
            body.len()
        );
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(body.as_bytes())?;
        let mut answer = Vec::new();
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some(message) = wire::message(&answer) {
                let status = wire::status(message.first_line);
                if !(200..300).contains(&status) {
                    let text = String::from_utf8_lossy(message.body).into_owned();
                    return Err(Error::other(format!("{method} {path}: {status} {text}")));
                }
                return Ok(message.body.to_vec());
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                count => answer.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// A counter or gauge of `GET /metrics`, which needs no key.
pub(crate) fn metric(address: SocketAddr, name: &str) -> Result<f64> {
    let text = Product::connect(address, "")?.send("GET", "/metrics", "")?;
    let text = String::from_utf8_lossy(&text);
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.ok_or_else(|| Error::other(format!("/metrics does not tell {name}")))
}

/// Creates a project with its settings, and a key, which it returns.
pub(crate) fn project(address: SocketAddr, root: &str, settings: &Value) -> Result<String> {
    let mut product = Product::connect(address, root)?;
    let project = json!({"id": "bench", "name": "Bench", "contract": "standard", "settings": settings});
    product.call("POST", "/v1/projects", &project)?;
    let made = product.call(
        "POST",
        "/v1/projects/bench/keys",
        &json!({"name": "bench", "mode": "live", "scopes": ["*"]}),
    )?;
    Ok(made["key"].as_str().ok_or_else(|| Error::other("no key in the answer"))?.to_owned())
}

/// Creates the workload's endpoints at a receiver (`http://address`).
pub(crate) fn endpoints(address: SocketAddr, key: &str, workload: &Workload, receiver: &str) -> Result<()> {
    let mut product = Product::connect(address, key)?;
    for tenant in 0..workload.tenants {
        for endpoint in 0..workload.endpoints {
            let path = if workload.fails(tenant, endpoint) { "fail" } else { "ok" };
            let url = format!("{receiver}/{path}");
            let tenant = workload.first_tenant + tenant;
            add_endpoint(&mut product, tenant, workload.kind(endpoint), &json!({"url": url}))?;
        }
    }
    Ok(())
}

/// Creates one endpoint with these fields, subscribed to the type of that number.
pub(crate) fn add_endpoint(product: &mut Product, tenant: u64, kind: u64, fields: &Value) -> Result<()> {
    let mut body = fields.clone();
    body["event_types"] = json!([format!("type.{kind}")]);
    product.call("POST", &format!("/v1/tenants/t{tenant}/endpoints"), &body)?;
    Ok(())
}

/// Posts `count` events in batches of 1,000, spread over the workload, each with `extra` fields.
pub(crate) fn preload(
    address: SocketAddr,
    key: &str,
    workload: &Workload,
    count: u64,
    extra: &str,
) -> Result<()> {
    let mut product = Product::connect(address, key)?;
    let pad = workload.pad();
    let mut made = 0;
    while made < count {
        let batch = (count - made).min(1_000);
        let events: Vec<String> = (made..made + batch)
            .map(|index| {
                let tenant = index % workload.tenants;
                // Only endpoints that take what they get: a preload is history, not a storm of retries.
                let endpoint = (0..workload.endpoints)
                    .map(|step| (index / workload.tenants + step) % workload.endpoints)
                    .find(|endpoint| !workload.fails(tenant, *endpoint))
                    .unwrap_or(0);
                let tenant = workload.first_tenant + tenant;
                format!(
                    r#"{{"tenant":"t{tenant}","type":"type.{endpoint}"{extra},"data":{{"pad":"{pad}"}}}}"#
                )
            })
            .collect();
        let body = format!(r#"{{"events":[{}]}}"#, events.join(","));
        match product.send("POST", "/v1/events/batch", &body) {
            Ok(_) => made += batch,
            // The commit queue is full: that is its promise, and the preload can wait.
            Err(error) if error.to_string().contains(": 503 ") => {
                std::thread::sleep(Duration::from_millis(100))
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
