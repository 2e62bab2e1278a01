//! As much of HTTP/1.1 as a measuring tool needs: cheap, so that what is measured is the sender.

/// A whole message at the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// The first line, without its end.
    pub first_line: &'a [u8],
    /// The body.
    pub body: &'a [u8],
    /// Bytes of the whole.
    pub len: usize,
}

/// The first message of `buffer`, if it is all there. Only `Content-Length` framing.
pub(crate) fn message(buffer: &[u8]) -> Option<Message<'_>> {
    let head = memchr::memmem::find(buffer, b"\r\n\r\n")?;
    let first_line = &buffer[..memchr::memchr(b'\r', buffer)?];
    let body_len = content_length(&buffer[..head]);
    let len = head + 4 + body_len;
    (buffer.len() >= len).then(|| Message { first_line, body: &buffer[head + 4..len], len })
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    head.split(|byte| *byte == b'\n')
        .find(|line| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME))
        .and_then(|line| std::str::from_utf8(&line[NAME.len()..]).ok())
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0)
}

/// The status of a response's first line.
pub(crate) fn status(first_line: &[u8]) -> u16 {
    first_line
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

/// The path of a request's first line.
pub(crate) fn path(first_line: &[u8]) -> &[u8] {
    first_line.split(|byte| *byte == b' ').nth(1).unwrap_or_default()
}

/// The number behind `"t":` in an event's data: when it was due to be sent.
pub(crate) fn sent_at(body: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(body, b"\"t\":")? + 4;
    let digits = body[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&body[at..at + digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_when_it_is_whole() {
        let text = b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloPOST";
        assert_eq!(message(&text[..30]), None);
        let found = message(text).unwrap();
        assert_eq!(
            (found.first_line, found.body, found.len),
            (&b"POST /x HTTP/1.1"[..], &b"hello"[..], text.len() - 4)
        );
    }

    #[test]
    fn a_status_and_a_time_are_found() {
        assert_eq!(status(b"HTTP/1.1 202 Accepted"), 202);
        assert_eq!(status(b"nonsense"), 0);
        assert_eq!((path(b"POST /ok/3 HTTP/1.1"), path(b"nonsense")), (&b"/ok/3"[..], &b""[..]));
        assert_eq!(sent_at(br#"{"data":{"t":123,"pad":""}}"#), Some(123));
        assert_eq!(sent_at(b"{}"), None);
    }
}
