//! A document's promises, as `documents/*.toml` lists them.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::Failure;

/// A document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// The contract that keeps its promises.
    pub(crate) contract: String,
    /// How people name it.
    pub(crate) title: String,
    /// In the document's order.
    #[serde(rename = "promise")]
    pub(crate) promises: Vec<Promise>,
}

/// One promise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promise {
    /// The document's section; that of the row before, where it is not said.
    #[serde(default)]
    pub(crate) section: String,
    /// What is promised, in few words.
    pub(crate) says: String,
    /// What proves it.
    #[serde(default)]
    pub(crate) tests: Vec<TestName>,
}

/// A test, written as nextest writes it: `postrider-dialects::dialects backend::a_test…` is one of the integration tests
/// `dialects`, `postrider-contract secret::tests::a_test…` one beside the code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TestName {
    /// The package.
    pub(crate) package: String,
    /// The target in it; that of the library or program has the package's name.
    pub(crate) target: Option<String>,
    /// The test's path in the target.
    pub(crate) path: String,
}

impl Document {
    /// All tests it names.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &TestName> {
        self.promises.iter().flat_map(|promise| &promise.tests)
    }

    fn read(text: &str) -> Result<Self, toml::de::Error> {
        let mut document: Self = toml::from_str(text)?;
        let mut section = String::new();
        for promise in &mut document.promises {
            if promise.section.is_empty() {
                promise.section.clone_from(&section);
            } else {
                section.clone_from(&promise.section);
            }
        }
        Ok(document)
    }
}

/// Reads every document of a folder.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Document>, Failure> {
    let entries: Result<Vec<_>, _> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = entries?;
    paths.sort();
    let mut documents = Vec::with_capacity(paths.len());
    for path in paths {
        let document = Document::read(&fs::read_to_string(&path)?);
        documents.push(document.map_err(|error| format!("{}: {error}", path.display()))?);
    }
    Ok(documents)
}

impl TestName {
    fn parse(text: &str) -> Option<Self> {
        let (binary, path) = text.split_once(' ')?;
        let (package, target) = match binary.split_once("::") {
            Some((package, target)) => (package, Some(target.to_owned())),
            None => (binary, None),
        };
        Some(Self { package: package.to_owned(), target, path: path.trim().to_owned() })
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Some(target) => write!(f, "{}::{target} {}", self.package, self.path),
            None => write!(f, "{} {}", self.package, self.path),
        }
    }
}

impl<'de> Deserialize<'de> for TestName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is no test: write \"package::target path\" or \"package path\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_section_belongs_to_the_one_before() {
        let text = r#"
            contract = "c"
            title = "C"
            [[promise]]
            section = "One"
            says = "a"
            tests = ["p::t m::x"]
            [[promise]]
            says = "b"
        "#;
        let document = Document::read(text).unwrap();
        assert_eq!(document.promises[1].section, "One");
        assert_eq!(document.tests().next().unwrap().to_string(), "p::t m::x");
        assert!(document.promises[1].tests.is_empty());
    }

    #[test]
    fn a_test_that_is_not_written_as_one_is_refused() {
        let text = "contract = \"c\"\ntitle = \"C\"\n[[promise]]\nsays = \"a\"\ntests = [\"just_a_name\"]\n";
        assert!(Document::read(text).unwrap_err().to_string().contains("just_a_name"));
    }

    #[test]
    fn every_document_of_the_repository_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents");
        let documents = read_all(&folder).unwrap();
        assert!(!documents.is_empty());
        for document in documents {
            assert!(
                document.promises.iter().all(|promise| !promise.section.is_empty()),
                "{}",
                document.contract
            );
        }
    }
}
