//! `cargo xtask planted`: puts known faults into a copy of the engine, one after the other, and demands that the test
//! which each one names fails. A check that nobody has seen fail is not a check.

mod patch;
mod scratch;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use crate::repo::{self, Tree};
use crate::step::step;
use crate::tally::Tally;

use patch::{FOLDER, Patch, Test};
use scratch::{Outcome, Scratch, git_apply};

/// What a run counts, and must have counted.
pub(crate) const CAUGHT: &str = "planted faults caught";

/// Plants the faults of these names, or all if there is no name.
pub(crate) fn run(names: &[&str]) -> ExitCode {
    let mut tally = Tally::default();
    step(&mut tally, "planted faults", |tally| plant(tally, names));
    tally.require(CAUGHT);
    tally.finish()
}

/// Every patch names a test that is there and applies to the files as they are: so cheap that every change is checked
/// for it.
pub(crate) fn check_apply() -> Result<String, String> {
    let tree = load_tree()?;
    let patches = patches_of(&tree)?;
    check(&tree, &patches)?;
    Ok(format!("{} planted faults apply", patches.len()))
}

/// Plants faults; each that is not caught is a failure of its own.
pub(crate) fn plant(tally: &mut Tally, names: &[&str]) -> Result<(), String> {
    let tree = load_tree()?;
    let patches = chosen(patches_of(&tree)?, names)?;
    check(&tree, &patches)?;
    let scratch = Scratch::make()?;
    check_without(&scratch, &patches)?;
    for patch in &patches {
        let start = Instant::now();
        let outcome = scratch.plant(patch)?;
        let seconds = start.elapsed().as_secs_f64();
        let (word, reason) = verdict(&outcome, &patch.test);
        println!("{word:8}{seconds:6.1} s  {}: {}", patch.name, patch.test);
        if let Some(reason) = reason {
            println!("{reason}");
            tally.fail(format!("{}: {}", patch.path(), reason.lines().next().unwrap_or_default()));
        } else {
            tally.pass(1);
            tally.count(CAUGHT, 1);
        }
    }
    Ok(())
}

/// One word, and what is wrong if something is.
fn verdict(outcome: &Outcome, test: &Test) -> (&'static str, Option<String>) {
    match outcome {
        Outcome::Failed => ("caught", None),
        Outcome::Passed => ("SURVIVED", Some(format!("{test} passes with the fault in place"))),
        Outcome::DoesNotApply(error) => ("REFUSED", Some(format!("does not apply: write it anew\n{error}"))),
        Outcome::DoesNotBuild(error) => {
            ("BROKEN", Some(format!("does not build, which catches nothing: write it anew\n{error}")))
        }
        Outcome::NoVerdict(reason) => ("UNKNOWN", Some(reason.clone())),
    }
}

/// A test that fails without any fault catches nothing.
fn check_without(scratch: &Scratch, patches: &[Patch]) -> Result<(), String> {
    let tests: BTreeSet<&Test> = patches.iter().map(|patch| &patch.test).collect();
    for test in tests {
        let start = Instant::now();
        let outcome = scratch.test(test)?;
        println!("{:8}{:6.1} s  without a fault: {test}", "passes", start.elapsed().as_secs_f64());
        if outcome != Outcome::Passed {
            let (_, reason) = verdict(&outcome, test);
            return Err(format!("without a fault {test} does not pass\n{}", reason.unwrap_or_default()));
        }
    }
    Ok(())
}

fn load_tree() -> Result<Tree, String> {
    Tree::load(&repo::root()).map_err(|error| format!("cannot read the repository: {error}"))
}

fn check(tree: &Tree, patches: &[Patch]) -> Result<(), String> {
    let root = repo::root();
    let mut errors = Vec::new();
    for patch in patches {
        if !is_there(tree, &patch.test) {
            errors.push(format!("{}: there is no test {}", patch.path(), patch.test));
        }
        if let Err(error) = git_apply(&root, patch, &["--check"]) {
            errors.push(format!("{}: does not apply: write it anew\n{error}", patch.path()));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

/// Whether the package has a function of the test's name.
fn is_there(tree: &Tree, test: &Test) -> bool {
    let function = format!("fn {}(", test.name.rsplit("::").next().unwrap_or_default());
    let folder = format!("{}/", test.package);
    tree.files.iter().any(|file| file.path.starts_with(&folder) && file.text.contains(&function))
}

/// All patches, by name.
fn patches_of(tree: &Tree) -> Result<Vec<Patch>, String> {
    let files = tree.files.iter().filter(|file| file.path.starts_with(FOLDER) && file.has_extension(&["patch"]));
    let patches = files.map(Patch::parse).collect::<Result<Vec<Patch>, String>>()?;
    if patches.is_empty() { Err(format!("no patch in {FOLDER}")) } else { Ok(patches) }
}

fn chosen(mut patches: Vec<Patch>, names: &[&str]) -> Result<Vec<Patch>, String> {
    if let Some(unknown) = names.iter().find(|name| !patches.iter().any(|patch| patch.name == **name)) {
        return Err(format!("no planted fault `{unknown}`: names are those of {FOLDER}*.patch"));
    }
    if !names.is_empty() {
        patches.retain(|patch| names.contains(&patch.name.as_str()));
    }
    Ok(patches)
}

#[cfg(test)]
mod tests {
    use super::patch::Test;
    use super::{Outcome, chosen, is_there, patches_of, verdict};
    use crate::repo::Tree;

    #[test]
    fn only_a_test_that_fails_catches_a_fault() {
        let test = Test::parse("engine core book::x").unwrap();
        let errors = [
            Outcome::Passed,
            Outcome::DoesNotApply(String::new()),
            Outcome::DoesNotBuild(String::new()),
            Outcome::NoVerdict("no such test".to_owned()),
        ];
        assert_eq!(verdict(&Outcome::Failed, &test), ("caught", None));
        assert!(errors.iter().all(|outcome| verdict(outcome, &test).1.is_some()));
    }

    #[test]
    fn a_name_that_no_patch_has_is_an_error() {
        let text = "A maker loses its place.\ntest: engine core book::x\n\n+++ b/engine/src/book/mod.rs\n";
        let tree = Tree::of(&[("tests/planted/b.patch", text), ("tests/planted/a.patch", text), ("a.patch", "")]);
        let patches = patches_of(&tree).unwrap();
        assert_eq!(chosen(patches.clone(), &[]).unwrap(), patches);
        assert_eq!(chosen(patches.clone(), &["a"]).unwrap(), patches[1..]);
        assert!(chosen(patches, &["a", "c"]).unwrap_err().contains("`c`"));
        assert!(patches_of(&Tree::of(&[("a.patch", text)])).is_err());
    }

    #[test]
    fn a_test_is_there_if_its_package_has_it() {
        let tree = Tree::of(&[("engine/tests/core/book.rs", "fn rests() {}"), ("api/src/lib.rs", "fn serves() {}")]);
        let test = |name| Test::parse(&format!("engine core book::{name}")).unwrap();
        assert!(is_there(&tree, &test("rests")));
        assert!(!is_there(&tree, &test("rest")) && !is_there(&tree, &test("serves")));
    }
}
