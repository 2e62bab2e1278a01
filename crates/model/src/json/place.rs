//! Where a fault lies, as a JSON Pointer: computed only when there is one, so that the check need not keep track.

use super::text::{after_number, after_space, after_string};

enum Inside {
    /// The escaped key whose value is being read.
    Object(String),
    /// The index of the element that is being read.
    List(usize),
}

/// The pointer of the innermost value that `offset` lies in. All before `offset` is well-formed.
pub(super) fn pointer(bytes: &[u8], offset: usize) -> String {
    let mut path: Vec<Inside> = Vec::new();
    let mut at = 0;
    while at < offset.min(bytes.len()) {
        at = match bytes[at] {
            b'{' => {
                path.push(Inside::Object(String::new()));
                at + 1
            }
            b'[' => {
                path.push(Inside::List(0));
                at + 1
            }
            b'}' | b']' => {
                path.pop();
                at + 1
            }
            b',' => {
                if let Some(Inside::List(index)) = path.last_mut() {
                    *index += 1;
                }
                at + 1
            }
            b'"' => {
                let behind = after_string(bytes, at + 1).unwrap_or(bytes.len());
                note_key(&bytes[at..behind], bytes, behind, &mut path);
                behind
            }
            b'-' | b'0'..=b'9' => after_number(bytes, at).unwrap_or(bytes.len()),
            _ => at + 1,
        };
    }
    path.iter().map(Inside::segment).collect()
}

/// A string with a colon behind it is the key of what follows.
fn note_key(string: &[u8], bytes: &[u8], behind: usize, path: &mut [Inside]) {
    if bytes.get(after_space(bytes, behind)) == Some(&b':')
        && let Some(Inside::Object(key)) = path.last_mut()
    {
        let read: Result<String, _> = serde_json::from_slice(string);
        *key = read.unwrap_or_default().replace('~', "~0").replace('/', "~1");
    }
}

impl Inside {
    fn segment(&self) -> String {
        match self {
            Self::Object(key) if key.is_empty() => String::new(),
            Self::Object(key) => format!("/{key}"),
            Self::List(index) => format!("/{index}"),
        }
    }
}
