//! The repository as data: which files there are and what they say, so that every rule is a pure function that a test
//! can feed with a planted violation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// One text file. `path` is relative to the repository and uses `/`.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }

    /// Lines with their number from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The first line that starts with `start`, or line 1: a finding has to point somewhere.
    pub(crate) fn line_starting(&self, start: &str) -> usize {
        self.lines().find(|(_, line)| line.trim_start().starts_with(start)).map_or(1, |(number, _)| number)
    }
}

/// All files of the repository, sorted by path. A file that is not UTF-8 is present in `paths` only.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    paths: BTreeSet<String>,
}

impl Tree {
    pub(crate) fn load(root: &Path) -> io::Result<Self> {
        let ignored = Ignored::parse(&fs::read_to_string(root.join(".gitignore")).unwrap_or_default());
        let mut tree = Self::default();
        tree.add_folder(root, "", &ignored)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files: Vec<File> =
            files.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
        let paths = files.iter().map(|file| file.path.clone()).collect();
        Self { files, paths }
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether `path` names a file or a folder.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        path.is_empty() || self.paths.contains(path) || self.paths.iter().any(|known| known.starts_with(&folder))
    }

    /// Whether any folder holds a file of this name.
    pub(crate) fn holds_name(&self, name: &str) -> bool {
        self.paths.iter().any(|path| path.rsplit('/').next() == Some(name))
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str, ignored: &Ignored) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if name == ".git" || ignored.covers(&path, &name) || kind.is_symlink() {
                continue;
            }
            if kind.is_dir() {
                self.add_folder(&entry.path(), &path, ignored)?;
                continue;
            }
            if let Ok(text) = String::from_utf8(fs::read(entry.path())?) {
                self.files.push(File { path: path.clone(), text });
            }
            self.paths.insert(path);
        }
        Ok(())
    }
}

/// The forms of `.gitignore` lines that this repository uses: `/path`, `name` or `name/` at any depth, `*.ending`.
struct Ignored {
    patterns: Vec<String>,
}

impl Ignored {
    fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { patterns: lines.map(|line| line.trim_end_matches('/').to_owned()).collect() }
    }

    fn covers(&self, path: &str, name: &str) -> bool {
        self.patterns.iter().any(|pattern| match (pattern.strip_prefix('/'), pattern.strip_prefix('*')) {
            (Some(rooted), _) => rooted == path,
            (None, Some(ending)) => name.ends_with(ending),
            (None, None) => pattern == name,
        })
    }
}

/// The repository that this program was built from.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Where cargo puts what it builds; logs and counts of a run go there too.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

#[cfg(test)]
mod tests {
    use super::{Ignored, Tree};

    #[test]
    fn ignore_lines_cover_what_git_would() {
        let ignored = Ignored::parse("# built\n/target\n__pycache__/\n*.pyc\n");
        let rows = [
            ("target", true),
            ("api/target", false),
            ("examples/__pycache__", true),
            ("examples/a.pyc", true),
            ("examples/a.py", false),
        ];
        for (path, covered) in rows {
            let name = path.rsplit('/').next().unwrap();
            assert_eq!(ignored.covers(path, name), covered, "{path}");
        }
    }

    #[test]
    fn a_folder_exists_when_a_file_lies_in_it() {
        let tree = Tree::of(&[("docs/a/b.md", "")]);
        assert!(tree.exists("docs/a/b.md") && tree.exists("docs/a") && tree.exists("docs/a/"));
        assert!(!tree.exists("docs/a/b") && !tree.exists("doc"));
        assert!(tree.holds_name("b.md") && !tree.holds_name("c.md"));
    }
}
