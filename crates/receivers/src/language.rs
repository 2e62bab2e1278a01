//! What receivers are written in.

use crate::recipe::Recipe;
use crate::{Snippet, node, python};

/// A language that there is verification code in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Node.js, with nothing but its own modules.
    Node,
    /// Python, with its standard library.
    Python,
}

impl Language {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 2] = [Self::Node, Self::Python];

    /// How people name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Node => "Node.js",
            Self::Python => "Python",
        }
    }

    /// How addresses and parameters name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    /// The language of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// What the program is best saved as.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Node => "receiver.mjs",
            Self::Python => "receiver.py",
        }
    }

    pub(crate) fn write(self, recipe: &Recipe) -> Snippet {
        let code = match self {
            Self::Node => node::write(recipe),
            Self::Python => python::write(recipe),
        };
        Snippet { language: self, code, note: recipe.note(self) }
    }
}
