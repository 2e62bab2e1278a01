//! Names that a product chooses: projects, tenants, event types (DESIGN 4.4, "Names").

/// The longest project id, in characters.
pub const MAX_PROJECT_ID: usize = 63;
/// The longest tenant id, in characters.
pub const MAX_TENANT_ID: usize = 128;
/// The longest event type, in characters.
pub const MAX_EVENT_TYPE: usize = 128;

/// Why a name is refused; the text is a clause for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It has no characters.
    #[error("a name must not be empty")]
    Empty,
    /// It has too many characters.
    #[error("a name has at most {0} characters")]
    TooLong(usize),
    /// A project id of other characters.
    #[error("a project id consists of a-z, 0-9 and '-', and begins with a letter or digit")]
    ProjectCharacter,
    /// A tenant id of other characters.
    #[error("a tenant id consists of A-Z, a-z, 0-9 and . _ : @ -")]
    TenantCharacter,
    /// `.` and `..` mean something else in a path.
    #[error("a tenant id is neither '.' nor '..'")]
    TenantDots,
    /// An event type with a character that means something else, or cannot be seen.
    #[error("an event type consists of printable characters without '*' and '/'")]
    TypeCharacter,
    /// An event type that begins or ends with a space.
    #[error("an event type has spaces only within")]
    TypeEdge,
}

/// Checks a project id: `[a-z0-9][a-z0-9-]{0,62}`.
///
/// # Errors
/// [`NameError`] says which rule it breaks.
pub fn project_id(id: &str) -> Result<(), NameError> {
    length(id, MAX_PROJECT_ID)?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.starts_with('-') || !id.bytes().all(fits) { Err(NameError::ProjectCharacter) } else { Ok(()) }
}

/// Checks a tenant id: 1–128 of `[A-Za-z0-9._:@-]`, not `.` or `..`.
///
/// # Errors
/// [`NameError`] says which rule it breaks.
pub fn tenant_id(id: &str) -> Result<(), NameError> {
    length(id, MAX_TENANT_ID)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'@' | b'-');
    if !id.bytes().all(fits) {
        Err(NameError::TenantCharacter)
    } else if matches!(id, "." | "..") {
        Err(NameError::TenantDots)
    } else {
        Ok(())
    }
}

/// Checks an event type: 1–128 printable characters, spaces within, no `*`, `/` or control character.
///
/// # Errors
/// [`NameError`] says which rule it breaks.
pub fn event_type(name: &str) -> Result<(), NameError> {
    length(name, MAX_EVENT_TYPE)?;
    if !name.chars().all(|character| is_printable(character) && !matches!(character, '*' | '/')) {
        Err(NameError::TypeCharacter)
    } else if name.starts_with(' ') || name.ends_with(' ') {
        Err(NameError::TypeEdge)
    } else {
        Ok(())
    }
}

fn length(name: &str, most: usize) -> Result<(), NameError> {
    if name.is_empty() {
        Err(NameError::Empty)
    } else if name.len() > most && name.chars().count() > most {
        Err(NameError::TooLong(most))
    } else {
        Ok(())
    }
}

/// Neither a control character, nor white space other than the plain space, nor a sign that is not seen or turns
/// the direction of writing: two names that look the same are the same.
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    let unseen = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !(unseen || character.is_control() || character.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_ids_are_lower_case_words() {
        for id in ["a", "acme", "0", "a-b-", &"a".repeat(63)] {
            assert_eq!(project_id(id), Ok(()), "{id}");
        }
        for id in ["-a", "Acme", "a_b", "a.b", "ä", "a b"] {
            assert_eq!(project_id(id), Err(NameError::ProjectCharacter), "{id}");
        }
        assert_eq!(project_id(""), Err(NameError::Empty));
        assert_eq!(project_id(&"a".repeat(64)), Err(NameError::TooLong(63)));
    }

    #[test]
    fn tenant_ids_fit_into_a_path() {
        for id in ["t1", "...", "A:b@c.d_e-f", &"t".repeat(128)] {
            assert_eq!(tenant_id(id), Ok(()), "{id}");
        }
        for id in ["a/b", "a b", "a%2f", "ä", "a\n"] {
            assert_eq!(tenant_id(id), Err(NameError::TenantCharacter), "{id}");
        }
        for id in [".", ".."] {
            assert_eq!(tenant_id(id), Err(NameError::TenantDots), "{id}");
        }
        assert_eq!(tenant_id(&"t".repeat(129)), Err(NameError::TooLong(128)));
    }

    #[test]
    fn event_types_are_what_can_be_read() {
        for name in ["contact.created", "Call ended", "größe.geändert", "a", &"ö".repeat(128)] {
            assert_eq!(event_type(name), Ok(()), "{name}");
        }
        for name in ["a.*", "*", "a/b", "a\tb", "a\u{7f}", "a\u{85}b", "a\u{a0}b", "a\u{200b}b", "a\u{202e}b"]
        {
            assert_eq!(event_type(name), Err(NameError::TypeCharacter), "{name:?}");
        }
        for name in [" a", "a ", " "] {
            assert_eq!(event_type(name), Err(NameError::TypeEdge), "{name:?}");
        }
        assert_eq!(event_type(&"ö".repeat(129)), Err(NameError::TooLong(128)));
    }
}
