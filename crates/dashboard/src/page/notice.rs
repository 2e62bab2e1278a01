//! What was just done, said on the page after it. The address carries only a word from this list.

use crate::visit::links::with_query;

/// Something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notice(&'static str, &'static str);

macro_rules! notices {
    ($($constant:ident = $word:literal, $text:literal;)*) => {
        impl Notice {
            $(#[doc = $text] pub(crate) const $constant: Self = Self($word, $text);)*
            const ALL: &[Self] = &[$(Self::$constant),*];
        }
    };
}

notices! {
    CREATED = "created", "Created.";
    PROJECT_CREATED = "project", "The project was created. Make an API key to send events with.";
    SAVED = "saved", "Saved.";
    PROJECT_DELETED = "project-deleted", "The project was deleted. Its data is being erased.";
    UNCHANGED = "unchanged", "Nothing was changed: it was so already.";
    DELETED = "deleted", "Deleted.";
    ENABLED = "enabled", "Enabled. What was held back meanwhile is sent when you replay it.";
    DISABLED = "disabled", "Disabled. What happens from now on is kept and can be replayed.";
    TESTED = "tested", "The test event was sent. This is the answer.";
    RESENT = "resent", "It is being sent again.";
    CANCELLED = "cancelled", "Cancelled: it will not be sent.";
    REPLAYING = "replaying", "The replay has begun.";
    REPLAY_CANCELLED = "replay-cancelled", "The replay was cancelled. What it had sent again stays sent.";
    REVOKED = "revoked", "Revoked. It opens nothing any more.";
    ARCHIVED = "archived", "Archived: it is not in the catalogue any more. What was sent stays.";
    ERASED = "erased", "The event's data was erased.";
    SIGNED_OUT = "signed-out", "You have signed out.";
}

impl Notice {
    /// What is said.
    pub(crate) fn text(self) -> &'static str {
        self.1
    }

    /// The one that an address carries in `?done=`.
    pub(crate) fn named(word: Option<&str>) -> Option<Self> {
        Self::ALL.iter().copied().find(|notice| Some(notice.0) == word)
    }

    /// The address of the page that says it.
    pub(crate) fn on(self, path: &str) -> String {
        with_query(path, &[("done", self.0)])
    }
}
