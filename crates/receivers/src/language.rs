//! What receivers are written in.

use crate::recipe::Recipe;
use crate::{Snippet, go, node, php, python, rust};

/// A language that there is verification code in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Node.js, with nothing but its own modules.
    Node,
    /// Python, with its standard library.
    Python,
    /// PHP, behind any web server.
    Php,
    /// Go, with its standard library.
    Go,
    /// Rust, with axum and ring.
    Rust,
}

impl Language {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 5] = [Self::Node, Self::Python, Self::Php, Self::Go, Self::Rust];

    /// How people name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Node => "Node.js",
            Self::Python => "Python",
            Self::Php => "PHP",
            Self::Go => "Go",
            Self::Rust => "Rust",
        }
    }

    /// How addresses and parameters name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
            Self::Php => "php",
            Self::Go => "go",
            Self::Rust => "rust",
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
            Self::Php => "receiver.php",
            Self::Go => "receiver.go",
            Self::Rust => "main.rs",
        }
    }

    pub(crate) fn write(self, recipe: &Recipe) -> Snippet {
        let code = match self {
            Self::Node => node::write(recipe),
            Self::Python => python::write(recipe),
            Self::Php => php::write(recipe),
            Self::Go => go::write(recipe),
            Self::Rust => rust::write(recipe),
        };
        Snippet { language: self, code, note: recipe.note(self) }
    }
}
