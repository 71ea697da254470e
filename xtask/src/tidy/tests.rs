//! Every rule is seen to fail on a planted violation and to accept the lawful twin beside it.

use super::machine::{OF_A_MACHINE, OF_A_RUN};
use super::unfinished::MARKS;
use super::{RULES, findings};
use crate::repo::Tree;

const HEAD: &str = "//! A file that exists for a test.\n";
const LINTS: &str = "[lints]\nworkspace = true\n";
const CHANGELOG: (&str, &str) = ("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n");

/// Checks one file among others and returns `rule:line` for each finding.
fn check(path: &str, text: &str) -> Vec<String> {
    let others = [
        ("examples/Cargo.toml", "[[example]]\nname = \"01_day\"\npath = \"01_day.rs\"\n[lints]\nworkspace = true\n"),
        ("docs/there.md", "# There\n"),
        CHANGELOG,
    ];
    let others = others.iter().filter(|(other, _)| *other != path).copied();
    let files: Vec<(&str, &str)> = others.chain([(path, text)]).collect();
    findings(&Tree::of(&files)).iter().map(|(rule, finding)| format!("{rule}:{}", finding.line)).collect()
}

/// Rows are a path, a text, and what must be found in it.
fn check_all(rows: &[(&str, String, &[&str])]) {
    for (path, text, expected) in rows {
        assert_eq!(check(path, text), *expected, "{path}:\n{text}");
    }
}

fn row<'a>(path: &'a str, text: impl Into<String>, expected: &'a [&'a str]) -> (&'a str, String, &'a [&'a str]) {
    (path, text.into(), expected)
}

fn manifest(text: &str) -> String {
    format!("[dependencies]\n{text}\n{LINTS}")
}

#[test]
fn edges() {
    check_all(&[
        row("engine/Cargo.toml", manifest("blake3.workspace = true\nthiserror = \"2\""), &[]),
        row("engine/Cargo.toml", manifest("blake3 = \"1\"\nserde = \"1\""), &["edges:3"]),
        row("engine/Cargo.toml", manifest("hash = { package = \"sha2\", version = \"1\" }"), &["edges:1"]),
        row("engine/Cargo.toml", format!("[dev-dependencies]\nproptest = \"1\"\n{LINTS}"), &[]),
        row("engine/Cargo.toml", format!("[dev-dependencies]\npricing.workspace = true\n{LINTS}"), &["edges:2"]),
        row("engine/Cargo.toml", format!("[build-dependencies]\ncc = \"1\"\n{LINTS}"), &["edges:2"]),
        row("engine/Cargo.toml", format!("[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n{LINTS}"), &["edges:2"]),
        row("pricing/Cargo.toml", manifest("engine.workspace = true"), &["edges:2"]),
        row("pricing/Cargo.toml", manifest("rand = \"1\""), &["edges:2"]),
        row("settlement/Cargo.toml", manifest("engine.workspace = true"), &["edges:2"]),
        row("settlement/Cargo.toml", manifest("api.workspace = true"), &["edges:2"]),
        row("settlement/Cargo.toml", manifest("serde_json = \"1\""), &["edges:2"]),
        row("settlement/Cargo.toml", format!("[dev-dependencies]\nserde_json = \"1\"\n{LINTS}"), &[]),
        row("router/Cargo.toml", manifest("engine.workspace = true"), &["edges:2"]),
        row("router/Cargo.toml", manifest("axum = \"0.8\""), &["edges:2"]),
        row("api/Cargo.toml", manifest("axum = \"0.8\"\nsqlx = \"0.9\"\nserde_json = \"1\"\nengine = \"1\""), &[]),
        row("api/Cargo.toml", manifest("tests.workspace = true"), &["edges:2"]),
        row("tests/Cargo.toml", format!("[dev-dependencies]\nserde_json = \"1\"\nsqlx = \"0.9\"\n{LINTS}"), &[]),
        row("tests/Cargo.toml", manifest("sqlx = \"0.9\""), &["edges:2"]),
        row("examples/Cargo.toml", manifest("serde_json = \"1\""), &["edges:2"]),
        row("examples/Cargo.toml", format!("[dev-dependencies]\nserde_json = \"1\"\n{LINTS}"), &[]),
        row("examples/Cargo.toml", format!("[dev-dependencies]\nsqlx = \"0.9\"\n{LINTS}"), &["edges:2"]),
        row("xtask/Cargo.toml", manifest("engine.workspace = true"), &["edges:2"]),
        row("api/Cargo.toml", "[dependencies]\n", &["edges:1"]),
        row("api/Cargo.toml", "not a manifest", &["edges:1"]),
    ]);
}

#[test]
fn heads() {
    check_all(&[
        row("api/src/a.rs", HEAD, &[]),
        row("api/src/a.rs", "//! Two lines that say why\n//! this file exists.\n//!\n//! More\n", &[]),
        row("api/src/a.rs", "use std::fmt;\n", &["heads:1"]),
        row("api/src/a.rs", "", &["heads:1"]),
        row("api/src/a.rs", "//! Helpers.\n", &["heads:1"]),
        row("api/src/a.rs", "//! a heading without an end\n\nfn a() {}\n", &["heads:1"]),
        row("api/src/a.rs", "#![allow(unused)]\n//! A sentence that comes too late.\n", &["heads:1"]),
        row("examples/a.py", "#!/usr/bin/env python3\n\"\"\"Says why this file exists.\"\"\"\n", &[]),
        row("examples/a.py", "\"\"\"Says why\nthis file exists.\n\nMore\n\"\"\"\n", &[]),
        row("examples/a.py", "# Says why this file exists.\nimport sys\n", &[]),
        row("examples/a.py", "import sys\n", &["heads:1"]),
        row("migrations/1.sql", "-- why this table exists:\ncreate table a (b);\n", &[]),
        row("migrations/1.sql", "create table a (b);\n", &["heads:1"]),
    ]);
}

#[test]
fn every_mark_of_unfinished_work() {
    for mark in MARKS {
        let line = format!("fn a() {{}} // {mark} b\n");
        assert_eq!(check("api/src/a.rs", &format!("{HEAD}{line}")), ["unfinished:2"], "{mark}");
        assert_eq!(check("api/Cargo.toml", &format!("{LINTS}# {mark} c\n")), ["unfinished:3"], "{mark}");
    }
    let mark = MARKS[5];
    check_all(&[
        row("docs/a.md", format!("{mark}: write this\n"), &["unfinished:1"]),
        row("docs/a.md", format!("no `{mark}` in the source\n"), &[]),
        row("docs/a.md", format!("nothing {} is final\n", MARKS[8]), &[]),
        row("api/src/a.rs", format!("{HEAD}// {}, capital\n", MARKS[8].replacen('f', "F", 1)), &["unfinished:2"]),
        row("api/src/a.rs", format!("{HEAD}// A{mark}B is part of a longer word\n"), &[]),
    ]);
}

#[test]
fn exact() {
    for word in ["f32", "f64", "HashMap", "HashSet", "std::time", "SystemTime", "Instant"] {
        let text = format!("{HEAD}type A = {word};\n");
        assert_eq!(check("engine/src/a.rs", &text), ["exact:2"], "{word}");
        assert_eq!(check("pricing/src/index.rs", &text), ["exact:2"], "{word}");
        assert_eq!(check("pricing/src/index/a.rs", &text), ["exact:2"], "{word}");
        assert_eq!(check("pricing/src/curve.rs", &text), [""; 0], "{word}");
        assert_eq!(check("engine/src/bin/a/b.rs", &text), [""; 0], "{word}");
        assert_eq!(check("engine/src/a.rs", &format!("{HEAD}// no {word} here\n")), [""; 0], "{word}");
        assert_eq!(check("engine/src/a.rs", &format!("{HEAD}fn my_{word}s() {{}}\n")), [""; 0], "{word}");
    }
}

#[test]
fn links() {
    check_all(&[
        row("README.md", "[a](docs/there.md#x) [b](https://a.b/c) [c](#d) [e](docs) [f](mailto:a@b.c)\n", &[]),
        row("README.md", "\n[a](docs/gone.md)\n", &["links:2"]),
        row("docs/a.md", "[a](there.md) [b](../README.md)\n", &["links:1"]),
        row("docs/a.md", "[a](../../outside.md)\n", &["links:1"]),
        row("docs/a.md", "[a]: gone.md\n", &["links:1"]),
        row("docs/a.md", "see `docs/there.md`, `there.md`, `docs/`, `N/A`, `a/b`, `/v1/x`, `.rs`\n", &[]),
        row("docs/a.md", "see `docs/gone.md`\n", &["links:1"]),
        row("docs/a.md", "see `settlement/contracts`\n", &["links:1"]),
        row("docs/a.md", "see `gone.rs`\n", &["links:1"]),
        row("CHANGELOG.md", "## Unreleased\nmoved `gone.rs`, see [a](gone.md)\n", &["links:2"]),
    ]);
}

#[test]
fn calls() {
    let sh = |line: &str| format!("```sh\n{line}\n```\n");
    check_all(&[
        row("README.md", sh("cargo run -p examples --example 01_day"), &[]),
        row("README.md", sh("cargo run -p examples --example 02_day"), &["calls:2"]),
        row("README.md", "```console\n$ cargo run --example 02_day\n```\n", &["calls:2"]),
        row("README.md", "```text\ncargo run --example 02_day\n```\n", &[]),
        row("README.md", sh("cargo xtask tidy"), &[]),
        row("README.md", sh("cargo xtask plant"), &["calls:2"]),
        row("README.md", sh("cargo xtask test"), &["calls:2"]),
        row("README.md", sh("cargo run --release -- demo"), &["calls:2"]),
        row("README.md", "<!-- it runs until stopped -->\n```sh no-run\ncargo run -- demo\n```\n", &[]),
        row("README.md", "\n```sh no-run\ncargo run -- demo\n```\n", &["calls:2"]),
        row("README.md", "```sh norun\nls\n```\n", &["calls:1"]),
        row("README.md", "```bash\nls\n```\n", &["calls:1"]),
    ]);
}

#[test]
fn length() {
    let lines = |count: usize| format!("{HEAD}{}", "//\n".repeat(count - 1));
    check_all(&[
        row("api/src/a.rs", lines(700), &[]),
        row("api/src/a.rs", lines(701), &["length:701"]),
        row("golden.csv", lines(701), &[]),
    ]);
}

#[test]
fn machine() {
    for folder in OF_A_MACHINE.into_iter().chain([OF_A_RUN]) {
        assert_eq!(check("docs/a.md", &format!("see {folder}a\n")), ["machine:1"], "{folder}");
        assert_eq!(check("docs/a.md", &format!("see https://a.b{folder}a\n")), [""; 0], "{folder}");
    }
    assert_eq!(check("api/src/a.rs", &format!("{HEAD}// {}a\n", OF_A_MACHINE[0])), ["machine:2"]);
    assert_eq!(check("api/src/a.rs", &format!("{HEAD}// {OF_A_RUN}a\n")), [""; 0]);
}

#[test]
fn changelog() {
    assert_eq!(check("CHANGELOG.md", "# Changelog\n\n## Unreleased\n"), [""; 0]);
    assert_eq!(check("CHANGELOG.md", "# Changelog\n\n## 0.1.0\n"), ["changelog:1"]);
    let without = Tree::of(&[("docs/a.md", "")]);
    assert_eq!(findings(&without).len(), 1);
}

/// A rule without its planted violation would be a rule that nobody has seen fail.
#[test]
fn every_rule_has_its_planted_violations() {
    let source = include_str!("tests.rs");
    for (rule, _) in RULES {
        assert!(source.contains(&format!("[\"{rule}:")), "plant a violation of `{rule}` in this file");
    }
}
