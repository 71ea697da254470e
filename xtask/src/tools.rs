//! Finds the programs a run needs, and installs what it may, always saying so.

use std::process::{Command, Stdio};

use crate::cargo::{cargo, run};

/// Whether a run may install what is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Install {
    Missing,
    /// Only names what is missing (`--no-install`).
    Nothing,
}

/// What `cargo xtask test` cannot do without.
pub(crate) fn check(install: Install) -> Result<(), String> {
    let mut missing = Vec::new();
    let has_python =
        answers(&mut Command::new("python3")) || (install == Install::Missing && install_package("python3"));
    if !has_python {
        missing.push("python3 (recomputes the fixings): install it, for example `apt-get install -y python3`");
    }
    if !answers(&mut cargo(&["fmt"])) {
        missing.push("cargo fmt: `rustup component add rustfmt`");
    }
    if !answers(&mut cargo(&["clippy"])) {
        missing.push("cargo clippy: `rustup component add clippy`");
    }
    if !answers(&mut Command::new("git")) {
        missing.push("git (applies the planted faults): install it, for example `apt-get install -y git`");
    }
    let has_node = || ["node", "npm"].iter().all(|program| answers(&mut Command::new(program)));
    if !(has_node() || (install == Install::Missing && install_package("nodejs") && has_node())) {
        missing.push(
            "node and npm (build the settlement contracts, run the verifier of proofs): install Node.js 20 or later",
        );
    }
    if !answers(&mut Command::new("bash")) {
        missing.push("bash (runs the commands of the documents)");
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("missing: {}", missing.join("; "))) }
}

/// `cargo deny`, built by cargo when it is missing and may be installed.
pub(crate) fn check_deny(install: Install) -> Result<(), String> {
    if answers(&mut cargo(&["deny"])) {
        return Ok(());
    }
    match install {
        Install::Missing => {
            println!("cargo deny is missing: installing it with cargo, which takes some minutes");
            run(&mut cargo(&["install", "cargo-deny", "--locked"]))
        }
        Install::Nothing => Err("missing: cargo deny: `cargo install cargo-deny --locked`".to_owned()),
    }
}

fn answers(command: &mut Command) -> bool {
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Works for root on a Debian or Ubuntu machine, which is what a bare build container is.
fn install_package(package: &str) -> bool {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root || !answers(&mut Command::new("apt-get")) {
        return false;
    }
    println!("{package} is missing: installing it with apt-get");
    // Debian's own Node.js comes without npm.
    let packages: &[&str] = if package == "nodejs" { &["nodejs", "npm"] } else { &[package] };
    let install = || run(Command::new("apt-get").args(["install", "-y"]).args(packages)).is_ok();
    let update = || run(Command::new("apt-get").arg("update")).is_ok();
    install() || (update() && install())
}
