//! `terahour settle`: the operator's batch jobs, sent to a venue that runs.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "prints what was settled, and how far a job is")]

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::client::{Client, ClientError};
use crate::commands::{CommandError, keygen};

/// Exit code when something is left that cannot be done now, or when the venue says no.
const EXIT_FAILED: u8 = 1;
/// Exit code when nothing was due.
const EXIT_NOTHING: u8 = 3;
/// Exit code when all that is left waits for the approval of somebody else.
const EXIT_WAITS: u8 = 4;
/// Exit code when the venue stopped or does not answer (EX_SOFTWARE of sysexits.h).
const EXIT_STOPPED: u8 = 70;

/// What scripts go by.
pub(super) const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed or held back, 2 usage, 3 nothing to do, \
    4 waits for an approval, 70 the venue stopped or does not answer.";

/// How long to wait for a body that is being made.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Width of the progress bar.
const BAR: usize = 30;

/// What to settle.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    job: Job,
    /// File with the secret half of an operator's key.
    #[arg(long, global = true)]
    key: Option<PathBuf>,
    /// The venue.
    #[arg(long, global = true, default_value = "http://127.0.0.1:7070")]
    url: String,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Settle a business day: variation margin of every contract, funding, cascades. Twice is once.
    Daily(Day),
    /// Settle for good what has ended and has all its final fixings.
    Final(Day),
    /// List the jobs, the latest first, and what is left of those that are under way.
    Status,
    /// Go on with every job that was interrupted, the earliest day first.
    Resume,
    /// Print the report of a business day, or an account's statement of it.
    Report {
        /// The business day, such as 2026-08-01.
        day: String,
        /// The statement of this account instead.
        #[arg(long)]
        account: Option<u32>,
        /// In which form.
        #[arg(long, value_enum, default_value_t = Format::Markdown)]
        format: Format,
    },
    /// Approve the final value that another operator proposed for a contract.
    Approve {
        /// The business day of the proposal.
        day: String,
        /// The contract.
        #[arg(long)]
        instrument: String,
        /// What a lot is worth, in USD, as `status` shows it.
        #[arg(long)]
        value: String,
    },
    /// Cut a settlement batch: what is due comes first. With its number, twice is once.
    Batch {
        /// The number of the batch; the next one unless given.
        number: Option<u64>,
    },
    /// Compare the history's books with the ledger.
    Reconcile,
}

#[derive(Debug, Args)]
struct Day {
    /// The business day, such as 2026-08-01.
    day: String,
    /// Only print what would be settled, at which price, and who would pay what in sum.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Csv,
    Markdown,
}

pub(super) async fn run(options: Options) -> Result<ExitCode, CommandError> {
    let path =
        options.key.ok_or_else(|| CommandError::Usage("--key is missing; jobs are signed by an operator".to_owned()));
    let client = match path.and_then(|path| keygen::read(&path)) {
        Ok(key) => Client::anonymous(&options.url).with_key(key),
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(ExitCode::from(2));
        }
    };
    let outcome = match options.job {
        Job::Daily(Day { day, dry_run: false }) => settle(&client, "daily", &day).await,
        Job::Final(Day { day, dry_run: false }) => settle(&client, "final", &day).await,
        Job::Daily(Day { day, .. }) => preview(&client, "daily", &day).await,
        Job::Final(Day { day, .. }) => preview(&client, "final", &day).await,
        Job::Status => status(&client).await,
        Job::Resume => resume(&client).await,
        Job::Report { day, account, format } => report(&client, &day, account, format).await,
        Job::Approve { day, instrument, value } => approve(&client, &day, &instrument, &value).await,
        Job::Batch { number } => batch(&client, number).await,
        Job::Reconcile => reconcile(&client).await,
    };
    Ok(outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(if has_stopped(&error) { EXIT_STOPPED } else { EXIT_FAILED })
    }))
}

fn has_stopped(error: &ClientError) -> bool {
    matches!(error, ClientError::Unanswered { .. }) || error.code() == Some("outcome_unknown")
}

/// Runs a job to its end: each request posts a bounded part of it.
async fn settle(client: &Client, kind: &str, day: &str) -> Result<ExitCode, ClientError> {
    let path = format!("/v1/operator/settlements/{kind}/{day}");
    let mut progress = Bar::new(format!("{kind} {day}"));
    loop {
        let answer = client.post(&path, &json!({})).await?;
        progress.show(&answer);
        if answer["state"] != "running" {
            progress.end();
            return Ok(tell(kind, day, &answer));
        }
    }
}

/// Says how a job ended, in words and as an exit code.
fn tell(kind: &str, day: &str, answer: &Value) -> ExitCode {
    let held_back = answer["held_back"].as_array().map(Vec::as_slice).unwrap_or_default();
    match answer["state"].as_str() {
        Some("done") => {
            let job = &answer["job"];
            println!("{kind} {day} is done: {} settlements", answer["settled"]);
            println!("state hash    {} behind command {}", text(&job["state_hash"]), job["seq"]);
            println!("journal head  {}", text(&job["journal_head"]));
            ExitCode::SUCCESS
        }
        Some("nothing") => {
            println!("{kind} {day}: nothing is due");
            ExitCode::from(EXIT_NOTHING)
        }
        _ => {
            println!("{kind} {day}: {} of {} settled", answer["settled"], answer["settlements"]);
            for held in held_back {
                println!(
                    "  {} {} is held back: {}",
                    text(&held["instrument"]),
                    text(&held["kind"]),
                    text(&held["detail"])
                );
            }
            let waits = !held_back.is_empty() && held_back.iter().all(|held| held["code"] == "not_approved");
            ExitCode::from(if waits { EXIT_WAITS } else { EXIT_FAILED })
        }
    }
}

async fn preview(client: &Client, kind: &str, day: &str) -> Result<ExitCode, ClientError> {
    let answer = client.post(&format!("/v1/operator/settlements/{kind}/{day}"), &json!({ "dry_run": true })).await?;
    let preview = &answer["preview"];
    let lines = preview["settlements"].as_array().map(Vec::as_slice).unwrap_or_default();
    println!("{kind} {day}, dry run: nothing is changed");
    for line in lines {
        let amounts = [&line["price"], &line["value_per_lot"], &line["received"]].map(text);
        println!(
            "  {:<32} {:<8} {:>12} {:<20} {:>6} accounts {:>16} a lot {:>18} moved",
            text(&line["instrument"]),
            text(&line["kind"]),
            amounts[0],
            text(&line["rung"]),
            line["accounts"],
            amounts[1],
            amounts[2],
        );
    }
    let held_back = answer["held_back"].as_array().map(Vec::as_slice).unwrap_or_default();
    for held in held_back {
        println!(
            "  {} {} would be held back: {}",
            text(&held["instrument"]),
            text(&held["kind"]),
            text(&held["detail"])
        );
    }
    println!(
        "received {}, paid {}, shortfalls {}",
        text(&preview["received"]),
        text(&preview["paid"]),
        text(&preview["shortfalls"])
    );
    let is_empty = lines.is_empty() && held_back.is_empty();
    Ok(if is_empty { ExitCode::from(EXIT_NOTHING) } else { ExitCode::SUCCESS })
}

async fn approve(client: &Client, day: &str, instrument: &str, value: &str) -> Result<ExitCode, ClientError> {
    let body = json!({ "instrument": instrument, "day": day, "value_per_lot": value });
    let done = client.post("/v1/operator/approvals", &body).await?;
    println!("{instrument} {day} is approved at {value} USD a lot, command {}", done["seq"]);
    Ok(ExitCode::SUCCESS)
}

/// Cuts a batch, and waits until it is published.
async fn batch(client: &Client, number: Option<u64>) -> Result<ExitCode, ClientError> {
    let cut = client.post("/v1/operator/batches", &json!({ "number": number })).await;
    let (number, is_new) = match (cut, number) {
        (Ok(cut), _) => (cut["number"].as_u64().unwrap_or_default(), true),
        (Err(error), Some(number)) if error.code() == Some("batch_cut") => (number, false),
        (Err(error), _) => return Err(error),
    };
    let path = format!("/v1/batches/{number}");
    let batch = loop {
        match client.get(&path).await {
            Err(error) if error.code() == Some("batch_in_the_making") => tokio::time::sleep(LOOK_AGAIN).await,
            answer => break answer?,
        }
    };
    println!("batch {number} is {}", if is_new { "cut" } else { "cut already" });
    println!("commands      {} to {}", batch["batch"]["firstSeq"], batch["batch"]["lastSeq"]);
    println!(
        "equity        {} micro-USD, withdrawn {}",
        text(&batch["batch"]["equity"]),
        text(&batch["batch"]["withdrawn"])
    );
    println!("digest        {}", text(&batch["digest"]));
    Ok(ExitCode::SUCCESS)
}

/// Says whether one operator's word is enough, and what waits for a second one.
async fn show_approvals(client: &Client) -> Result<(), ClientError> {
    let approvals = client.get("/v1/operator/approvals").await?;
    match approvals["required"].as_bool() {
        Some(true) => println!("approvals     required: final settlements need a second operator"),
        _ => println!("approvals     off: one operator's word is enough for a final settlement"),
    }
    for proposal in approvals["proposals"].as_array().into_iter().flatten() {
        let [instrument, day, value, price, proposer] =
            ["instrument", "day", "value_per_lot", "price", "proposer"].map(|name| text(&proposal[name]));
        let state = if proposal["approver"].is_null() { "waits for approval" } else { "approved" };
        println!(
            "  {instrument} {day} final at {value} USD a lot ({price} per GPU-hour), proposed by {proposer}: {state}"
        );
    }
    Ok(())
}

async fn status(client: &Client) -> Result<ExitCode, ClientError> {
    show_approvals(client).await?;
    let jobs = client.get("/v1/operator/settlements?limit=1000").await?;
    let jobs = jobs["items"].as_array().cloned().unwrap_or_default();
    for job in &jobs {
        let (kind, day) = (text(&job["kind"]), text(&job["day"]));
        if job["state"] == "done" {
            println!(
                "{day} {kind:<6} done      {:>4} settlements, state {} behind command {}",
                job["settlements"].as_u64().unwrap_or_default(),
                text(&job["state_hash"]),
                job["seq"]
            );
            continue;
        }
        let answer = client.get(&format!("/v1/operator/settlements/{kind}/{day}")).await?;
        println!(
            "{day} {kind:<6} {:<9} {:>4} of {} settled",
            text(&answer["state"]),
            answer["settled"].as_u64().unwrap_or_default(),
            answer["settlements"]
        );
        for held in answer["held_back"].as_array().into_iter().flatten() {
            println!("  {} {} is held back: {}", text(&held["instrument"]), text(&held["kind"]), text(&held["detail"]));
        }
    }
    Ok(if jobs.is_empty() { ExitCode::from(EXIT_NOTHING) } else { ExitCode::SUCCESS })
}

async fn resume(client: &Client) -> Result<ExitCode, ClientError> {
    let jobs = client.get("/v1/operator/settlements?limit=1000").await?;
    let jobs = jobs["items"].as_array().cloned().unwrap_or_default();
    let mut code = ExitCode::from(EXIT_NOTHING);
    for job in jobs.iter().rev().filter(|job| job["state"] == "running") {
        code = settle(client, text(&job["kind"]), text(&job["day"])).await?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    if code == ExitCode::from(EXIT_NOTHING) {
        println!("no job is under way");
    }
    Ok(code)
}

async fn report(client: &Client, day: &str, account: Option<u32>, format: Format) -> Result<ExitCode, ClientError> {
    let path = match account {
        None => format!("/v1/operator/reports/{day}"),
        Some(account) => format!("/v1/operator/accounts/{account}/statements/{day}"),
    };
    match format {
        Format::Json => println!("{:#}", client.get(&path).await?),
        Format::Csv => print!("{}", client.get_text(&format!("{path}?format=csv")).await?),
        Format::Markdown => print!("{}", client.get_text(&format!("{path}?format=markdown")).await?),
    }
    Ok(ExitCode::SUCCESS)
}

async fn reconcile(client: &Client) -> Result<ExitCode, ClientError> {
    let answer = client.get("/v1/operator/reconciliation").await?;
    println!(
        "{} balances and {} positions are equal behind command {}",
        answer["balances"], answer["positions"], answer["seq"]
    );
    Ok(ExitCode::SUCCESS)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// How far a job is: a bar at a terminal, a line for each answer elsewhere.
struct Bar {
    name: String,
    is_terminal: bool,
}

impl Bar {
    fn new(name: String) -> Bar {
        Bar { name, is_terminal: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, answer: &Value) {
        let number =
            |name: &str| answer[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
        let (done, all) = (number("settled"), number("settlements"));
        if !self.is_terminal {
            eprintln!("{}: {done} of {all} settled", self.name);
            return;
        }
        let filled = (BAR * done).checked_div(all).unwrap_or(BAR);
        eprint!("\r{} [{}{}] {done}/{all}", self.name, "#".repeat(filled), ".".repeat(BAR - filled));
        drop(std::io::stderr().flush());
    }

    fn end(&self) {
        if self.is_terminal {
            eprintln!();
        }
    }
}
