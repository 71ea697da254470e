//! A copy of the repository in which faults are planted, built and taken out again: the repository stays as it is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::patch::{Patch, Test};
use crate::cargo::{COUNTS_VARIABLE, FIXED_SEED, cargo};
use crate::repo::{self, Tree};

/// Cases of a property: enough to come by each fault, few enough to run once for each of them.
const PROPERTY_CASES: &str = "64";

/// A fault may make a test run for ever.
const SECONDS_MAX: u64 = 300;

/// What became of a test with a fault in place, or of the fault before that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Passed,
    Failed,
    DoesNotApply(String),
    DoesNotBuild(String),
    NoVerdict(String),
}

/// The copy, and where it is built. Both are kept, so that the next run builds only what has changed.
pub(super) struct Scratch {
    repository: Tree,
    tree: PathBuf,
    target: PathBuf,
    log: PathBuf,
}

impl Scratch {
    /// Brings the copy up to date.
    pub(super) fn make() -> Result<Scratch, String> {
        let folder = repo::target_dir().join("planted");
        let (tree, target, log) = (folder.join("tree"), folder.join("target"), folder.join("output.txt"));
        fs::create_dir_all(&tree).map_err(|error| format!("cannot make {}: {error}", tree.display()))?;
        let load = |path: &Path| Tree::load(path).map_err(|error| format!("cannot read {}: {error}", path.display()));
        let (repository, copied) = (load(&repo::root())?, load(&tree)?);
        for file in copied.files.iter().filter(|file| repository.file(&file.path).is_none()) {
            let path = tree.join(&file.path);
            fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
        }
        let scratch = Scratch { repository, tree, target, log };
        for file in &scratch.repository.files {
            // A file that stays as it is keeps its time, so that cargo does not build it again.
            if copied.file(&file.path).is_none_or(|copy| copy.text != file.text) {
                scratch.write(&file.path)?;
            }
        }
        Ok(scratch)
    }

    /// Runs the test of a patch with its fault in place, and takes the fault out again.
    pub(super) fn plant(&self, patch: &Patch) -> Result<Outcome, String> {
        let outcome = match git_apply(&self.tree, patch, &[]) {
            Ok(()) => self.test(&patch.test)?,
            Err(error) => Outcome::DoesNotApply(error),
        };
        for path in &patch.changes {
            self.write(path)?;
        }
        Ok(outcome)
    }

    /// Builds and runs one test.
    pub(super) fn test(&self, test: &Test) -> Result<Outcome, String> {
        let mut build = cargo(&["test", "--no-run"]);
        build.args(test.cargo_arguments()).current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target);
        build.env("CARGO_INCREMENTAL", "1");
        let built = build.output().map_err(|error| format!("cannot start cargo: {error}"))?;
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        if !built.status.success() {
            return Ok(Outcome::DoesNotBuild(said));
        }
        let program = executable(&said).ok_or_else(|| format!("cargo names no test program:\n{said}"))?;
        self.run(&self.tree.join(program), test)
    }

    fn run(&self, program: &Path, test: &Test) -> Result<Outcome, String> {
        let failed = |what: &str, error: std::io::Error| format!("cannot {what} {}: {error}", self.log.display());
        let output = File::create(&self.log).map_err(|error| failed("write", error))?;
        let errors = output.try_clone().map_err(|error| failed("write", error))?;
        let mut command = Command::new(program);
        command.args(["--exact", &test.name]).current_dir(self.tree.join(&test.package));
        command.env("PROPTEST_CASES", PROPERTY_CASES).env("PROPTEST_RNG_SEED", FIXED_SEED);
        // It fails or it does not: how short a script it fails on is of no interest.
        command.env("PROPTEST_MAX_SHRINK_ITERS", "0").env_remove(COUNTS_VARIABLE);
        let spawned = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let mut child = spawned.map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|error| format!("{}: {error}", program.display()))? {
                break status;
            }
            if start.elapsed().as_secs() > SECONDS_MAX {
                let killed = child.kill().and_then(|()| child.wait());
                killed.map_err(|error| format!("cannot end {}: {error}", program.display()))?;
                return Ok(Outcome::NoVerdict(format!("{test} runs for more than {SECONDS_MAX} s")));
            }
            thread::sleep(Duration::from_millis(10));
        };
        let said = fs::read(&self.log).map_err(|error| failed("read", error))?;
        Ok(outcome_of(&String::from_utf8_lossy(&said), status.success(), test))
    }

    /// Writes a file as it is in the repository.
    fn write(&self, path: &str) -> Result<(), String> {
        let file = self.repository.file(path).ok_or_else(|| format!("{path} is not in the repository"))?;
        let to = self.tree.join(path);
        let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
        folder.and_then(|()| fs::write(&to, &file.text)).map_err(|error| format!("cannot write {path}: {error}"))
    }
}

/// Applies a patch in a folder, with what else `git apply` is told.
pub(super) fn git_apply(folder: &Path, patch: &Patch, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("git");
    command.arg("apply").args(arguments).arg(repo::root().join(patch.path())).current_dir(folder);
    // In a folder that a repository ignores git would apply nothing and say nothing, so it must not look above.
    let above = folder.canonicalize().ok().and_then(|folder| folder.parent().map(Path::to_owned));
    command.env("GIT_CEILING_DIRECTORIES", above.unwrap_or_default());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(variable);
    }
    let output = command.output().map_err(|error| format!("cannot start git: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()) }
}

/// The program in `Executable tests/core/main.rs (target/debug/deps/core-0123456789abcdef)`.
fn executable(said: &str) -> Option<&str> {
    let line = said.lines().find_map(|line| line.trim_start().strip_prefix("Executable "))?;
    line.strip_suffix(')')?.rsplit_once('(').map(|(_, program)| program)
}

/// What a test program said of the one test it was asked to run. One that died in the middle of it failed.
fn outcome_of(said: &str, succeeded: bool, test: &Test) -> Outcome {
    if !said.lines().any(|line| line == "running 1 test") {
        return Outcome::NoVerdict(format!("there is no test {test}"));
    }
    if said.lines().any(|line| line.ends_with(" ... ignored")) {
        return Outcome::NoVerdict(format!("{test} is ignored"));
    }
    if succeeded { Outcome::Passed } else { Outcome::Failed }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Test, executable, outcome_of};

    #[test]
    fn cargo_names_the_program_it_has_built() {
        let said = "   Compiling engine v0.1.0 (/x)\n  Executable tests/core/main.rs (target/debug/deps/core-12)\n";
        assert_eq!(executable(said), Some("target/debug/deps/core-12"));
        assert_eq!(executable("    Finished `test` profile\n"), None);
    }

    #[test]
    fn a_test_has_to_run_before_it_can_fail() {
        let test = Test::parse("engine core book::x").unwrap();
        let outcome = |said, succeeded| outcome_of(said, succeeded, &test);
        assert_eq!(outcome("running 1 test\ntest book::x ... ok\n", true), Outcome::Passed);
        assert_eq!(outcome("running 1 test\ntest book::x ... FAILED\n", false), Outcome::Failed);
        assert_eq!(outcome("running 1 test\n", false), Outcome::Failed);
        assert!(matches!(outcome("running 0 tests\n", true), Outcome::NoVerdict(_)));
        assert!(matches!(outcome("running 1 test\ntest book::x ... ignored\n", true), Outcome::NoVerdict(_)));
        assert!(matches!(outcome("", false), Outcome::NoVerdict(_)));
    }
}
