//! A planted fault as a file: what is wrong, which test must notice, and the difference that makes it so.

use std::fmt;

use crate::repo::File;

/// Where the patches lie.
pub(super) const FOLDER: &str = "tests/planted/";

/// Faults are planted here and nowhere else.
const PLANTED_IN: &str = "engine/src/";

/// A unified difference below two lines: a sentence that names the fault, and `test: <package> <target> <test>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Patch {
    /// The file's name without its ending.
    pub(super) name: String,
    /// The test that must fail.
    pub(super) test: Test,
    /// The files it changes, relative to the repository.
    pub(super) changes: Vec<String>,
}

/// One test, by its full name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Test {
    pub(super) package: String,
    /// `lib`, or the name of a file or folder in the package's `tests`.
    pub(super) target: String,
    pub(super) name: String,
}

impl Patch {
    /// Reads the head of a patch, and which files it changes.
    pub(super) fn parse(file: &File) -> Result<Patch, String> {
        let invalid = |rule: &str| format!("{}: {rule}", file.path);
        let mut lines = file.text.lines();
        let fault = lines.next().unwrap_or_default();
        if !fault.ends_with('.') || fault.split_whitespace().count() < 4 {
            return Err(invalid("the first line is a sentence that names the fault"));
        }
        let test = lines.next().and_then(|line| line.strip_prefix("test: ")).and_then(Test::parse);
        let test = test.ok_or_else(|| invalid("the second line is `test: <package> <target> <test>`"))?;
        if lines.next() != Some("") {
            return Err(invalid("the third line is empty, and the difference follows"));
        }
        let changes: Vec<String> = lines.filter_map(|line| line.strip_prefix("+++ b/")).map(str::to_owned).collect();
        if changes.is_empty() || changes.iter().any(|path| !path.starts_with(PLANTED_IN)) {
            return Err(invalid(&format!("a fault is a change of files in {PLANTED_IN}")));
        }
        let name = file.path.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(".patch"));
        let name = name.ok_or_else(|| invalid(&format!("patches lie in {FOLDER}")))?.to_owned();
        Ok(Patch { name, test, changes })
    }

    /// Where the patch lies in the repository.
    pub(super) fn path(&self) -> String {
        format!("{FOLDER}{}.patch", self.name)
    }
}

impl Test {
    pub(super) fn parse(text: &str) -> Option<Test> {
        match text.split(' ').collect::<Vec<&str>>()[..] {
            [package, target, name] if ![package, target, name].contains(&"") => {
                Some(Test { package: package.to_owned(), target: target.to_owned(), name: name.to_owned() })
            }
            _ => None,
        }
    }

    /// What makes cargo build it and nothing else.
    pub(super) fn cargo_arguments(&self) -> Vec<&str> {
        match self.target.as_str() {
            "lib" => vec!["-p", &self.package, "--lib"],
            target => vec!["-p", &self.package, "--test", target],
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.package, self.target, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Patch, Test};
    use crate::repo::File;

    const DIFFERENCE: &str = "--- a/engine/src/book/mod.rs\n+++ b/engine/src/book/mod.rs\n@@ -1 +1 @@\n-a\n+b\n";

    fn parse(path: &str, head: &str, difference: &str) -> Result<Patch, String> {
        Patch::parse(&File { path: path.to_owned(), text: format!("{head}\n{difference}") })
    }

    #[test]
    fn a_patch_says_what_it_plants_and_who_notices() {
        let head = "A maker loses its place.\ntest: engine core book::faults\n";
        let patch = parse("tests/planted/place.patch", head, DIFFERENCE).unwrap();
        let test = Test { package: "engine".to_owned(), target: "core".to_owned(), name: "book::faults".to_owned() };
        let changes = vec!["engine/src/book/mod.rs".to_owned()];
        assert_eq!(patch, Patch { name: "place".to_owned(), test: test.clone(), changes });
        assert_eq!(patch.path(), "tests/planted/place.patch");
        assert_eq!(test.cargo_arguments(), ["-p", "engine", "--test", "core"]);
        assert_eq!(test.to_string(), "engine core book::faults");
        let of_library = Test { target: "lib".to_owned(), ..test };
        assert_eq!(of_library.cargo_arguments(), ["-p", "engine", "--lib"]);
    }

    #[test]
    fn a_patch_without_its_head_is_refused() {
        let path = "tests/planted/place.patch";
        let good = "A maker loses its place.\ntest: engine core book::faults\n";
        let rows = [
            ("A maker loses its place\ntest: engine core x\n", DIFFERENCE, "a sentence"),
            ("Place.\ntest: engine core x\n", DIFFERENCE, "a sentence"),
            ("A maker loses its place.\ntest: engine core\n", DIFFERENCE, "second line"),
            ("A maker loses its place.\ntest: engine core  x\n", DIFFERENCE, "second line"),
            ("A maker loses its place.\ntest: engine core x y\n", DIFFERENCE, "second line"),
            ("A maker loses its place.\nengine core x\n", DIFFERENCE, "second line"),
            ("A maker loses its place.\ntest: engine core x\nmore", DIFFERENCE, "third line"),
            (good, "", "a change of files"),
            (good, "+++ b/engine/tests/core/main.rs\n", "a change of files"),
        ];
        for (head, difference, rule) in rows {
            let refused = parse(path, head, difference).unwrap_err();
            assert!(refused.starts_with(path) && refused.contains(rule), "{head}: {refused}");
        }
        assert!(parse("elsewhere/place.patch", good, DIFFERENCE).is_err());
    }
}
