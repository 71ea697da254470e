//! The `terahour` binary: serves a venue, plays the demo, and the small tools around both.

#![allow(clippy::print_stderr, reason = "the last word of a failed command is for the person at the terminal")]

use std::process::ExitCode;

use api::commands::{self, CommandLine};
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// Exit code when the venue had to stop: a restart replays the journal (EX_SOFTWARE of sysexits.h).
const EXIT_STOPPED: u8 = 70;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match commands::run(CommandLine::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            if error.is_fatal() { ExitCode::from(EXIT_STOPPED) } else { ExitCode::FAILURE }
        }
    }
}
