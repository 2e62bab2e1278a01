//! Somebody with a browser, as far as a server notices: a cookie, and one connection that is kept.

use std::io::{Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::wire;

/// One visitor.
#[derive(Debug)]
pub(crate) struct Visitor {
    stream: TcpStream,
    cookie: String,
    answer: Vec<u8>,
}

impl Visitor {
    /// Signs in at the dashboard with a key.
    pub(crate) fn operator(address: SocketAddr, key: &str) -> Result<Self> {
        let mut visitor = Self::new(address)?;
        visitor.enter("POST", "/dashboard/sign-in", &format!("key={key}"))?;
        Ok(visitor)
    }

    /// Opens a link to the portal.
    pub(crate) fn customer(address: SocketAddr, link: &str) -> Result<Self> {
        let path =
            link.find("/portal/").and_then(|at| link.get(at..)).ok_or_else(|| Error::other("a link"))?;
        let mut visitor = Self::new(address)?;
        visitor.enter("GET", path, "")?;
        Ok(visitor)
    }

    fn new(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream, cookie: String::new(), answer: Vec::new() })
    }

    /// Gets a page; its size in bytes. Anything but a 200 is an error.
    pub(crate) fn page(&mut self, path: &str) -> Result<usize> {
        let (status, size) = self.send("GET", path, "")?;
        if status == 200 { Ok(size) } else { Err(Error::other(format!("GET {path}: {status}"))) }
    }

    /// Makes the request that is answered with a cookie, and keeps it.
    fn enter(&mut self, method: &str, path: &str, form: &str) -> Result<()> {
        let (status, _) = self.send(method, path, form)?;
        let head = String::from_utf8_lossy(&self.answer).into_owned();
        let mut lines = head.split("\r\n").take_while(|line| !line.is_empty());
        let cookie = lines.find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next().unwrap_or_default())
        });
        let none = || Error::other(format!("{method} {path}: {status} without a cookie"));
        self.cookie = cookie.ok_or_else(none)?.to_owned();
        Ok(())
    }

    /// Status and bytes of the body; the whole answer is in `self.answer`.
    fn send(&mut self, method: &str, path: &str, form: &str) -> Result<(u16, usize)> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\ncookie: {}\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.cookie,
            form.len()
        );
        self.stream.write_all(head.as_bytes())?;
        self.answer.clear();
        let mut chunk = [0; 64 * 1024];
        loop {
            if let Some(message) = wire::message(&self.answer) {
                return Ok((wire::status(message.first_line), message.body.len()));
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                count => self.answer.extend_from_slice(&chunk[..count]),
            }
        }
    }
}
