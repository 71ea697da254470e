//! `terahour keygen`: a key to sign requests with.

#![allow(clippy::print_stdout, reason = "prints what the command is for")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::SigningKey;

use crate::commands::CommandError;
use crate::signing;

/// Where to put it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// File for the secret half; must not exist yet, and only you can read it.
    #[arg(long)]
    out: PathBuf,
}

pub(super) fn run(options: &Options) -> Result<(), CommandError> {
    let key = SigningKey::from_bytes(&rand::random());
    let file_error = |error| CommandError::File { path: options.out.clone(), error };
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let mut file = open.open(&options.out).map_err(file_error)?;
    writeln!(file, "{}", signing::hex(&key.to_bytes())).map_err(file_error)?;
    file.sync_all().map_err(file_error)?;

    let public_key = key.verifying_key().to_bytes();
    println!("key        {}", signing::key_id(&public_key));
    println!("public key {}", signing::hex(&public_key));
    Ok(())
}

/// Reads a secret half.
pub(super) fn read(path: &Path) -> Result<SigningKey, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| CommandError::File { path: path.to_owned(), error })?;
    let secret = signing::unhex::<32>(text.trim()).ok_or_else(|| {
        CommandError::Usage(format!("{} holds no key; make one with `terahour keygen`", path.display()))
    })?;
    Ok(SigningKey::from_bytes(&secret))
}
