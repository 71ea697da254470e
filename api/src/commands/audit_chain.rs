//! `terahour audit-chain`: recomputes every settlement batch, from what was published alone or from the journal.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "prints the table, and what is wrong")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use settlement::Digest;

use crate::batches::audit::{Audit, Audited};
use crate::batches::documents::Signable;
use crate::batches::{Recomputation, RecomputeError};
use crate::client::{Client, ClientError};
use crate::commands::{CommandError, require_journal};
use crate::venue::durable::FileError;
use crate::venue::store::Store;

/// Exit code when a batch is not what it has to be.
const EXIT_FOUND: u8 = 1;
/// Exit code when nothing was published or cut.
const EXIT_NOTHING: u8 = 3;
/// Exit code when the venue does not answer (EX_SOFTWARE of sysexits.h).
const EXIT_STOPPED: u8 = 70;

/// What scripts go by.
pub(super) const EXIT_CODES: &str = "Exit codes: 0 every batch is right, 1 one is not, 2 usage, 3 there is no batch, \
    70 the venue does not answer.";

/// Batches asked for at once.
const PAGE: u64 = 100;

/// What to audit.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The venue that publishes the batches.
    #[arg(long, conflicts_with = "folder", required_unless_present_any = ["folder", "journal"])]
    url: Option<String>,
    /// A folder with what `--save` has kept: NNNNNNNN.json and NNNNNNNN.body of each batch.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Keep what is read from the venue in this folder.
    #[arg(long, requires = "url")]
    save: Option<PathBuf>,
    /// A venue's folder: recompute every batch from its journal too, as an attester does.
    #[arg(long)]
    journal: Option<PathBuf>,
}

/// A batch as it was published.
struct Published {
    signable: Signable,
    body: Vec<u8>,
}

/// Why the audit ends before its end.
enum Stop {
    /// Something is wrong.
    Found(String),
    /// It could not be done.
    Failed(CommandError),
}

impl<E: Into<CommandError>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Failed(error.into())
    }
}

pub(super) async fn run(options: Options) -> Result<ExitCode, CommandError> {
    match audit(&options).await {
        Ok(0) => {
            println!("there is no batch");
            Ok(ExitCode::from(EXIT_NOTHING))
        }
        Ok(count) => {
            println!("{count} batches, every one right");
            Ok(ExitCode::SUCCESS)
        }
        Err(Stop::Found(finding)) => {
            eprintln!("error: {finding}");
            Ok(ExitCode::from(EXIT_FOUND))
        }
        Err(Stop::Failed(CommandError::Client(error @ ClientError::Unanswered { .. }))) => {
            eprintln!("error: {error}");
            Ok(ExitCode::from(EXIT_STOPPED))
        }
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// How many batches were found right.
async fn audit(options: &Options) -> Result<u64, Stop> {
    let published = match (&options.url, &options.folder) {
        (Some(url), _) => Some(audit_url(url, options.save.as_deref()).await?),
        (None, Some(folder)) => Some(audit_folder(folder)?),
        (None, None) => None,
    };
    let Some(journal) = &options.journal else { return Ok(published.map_or(0, |digests| count(&digests))) };
    let recomputed = audit_journal(journal).await?;
    let Some(published) = published else { return Ok(count(&recomputed)) };
    for (number, digest) in &published {
        match recomputed.get(number) {
            Some(found) if found == digest => {}
            Some(found) => {
                return Err(Stop::Found(format!(
                    "batch {number} was published as {digest}, the journal makes {found}"
                )));
            }
            None => return Err(Stop::Found(format!("batch {number} was published, but this journal does not cut it"))),
        }
    }
    println!("journal       {} batches recomputed, {} of them published", recomputed.len(), published.len());
    Ok(count(&published).max(count(&recomputed)))
}

fn count(digests: &BTreeMap<u64, Digest>) -> u64 {
    digests.len() as u64
}

async fn audit_url(url: &str, save: Option<&Path>) -> Result<BTreeMap<u64, Digest>, Stop> {
    let client = Client::anonymous(url);
    print_heading();
    let newest = client.get("/v1/batches?limit=1").await?;
    let last = newest["items"][0]["batch"]["number"].as_u64().unwrap_or(0);
    let (mut audit, mut digests) = (Audit::default(), BTreeMap::new());
    let mut first = 1;
    while first <= last {
        let next = (first + PAGE).min(last + 1);
        let page = client.get(&format!("/v1/batches?limit={}&cursor={next}", next - first)).await?;
        for item in page["items"].as_array().into_iter().flatten().rev() {
            let signable: Signable = serde_json::from_value(item.clone())
                .map_err(|error| Stop::Found(format!("a batch cannot be read: {error}")))?;
            let number = signable.batch.number;
            let body = client.get_bytes(&format!("/v1/batches/{number}/body")).await?;
            let published = Published { signable, body };
            if let Some(folder) = save {
                keep(folder, number, &published)?;
            }
            digests.insert(number, take(&mut audit, number, &published)?);
        }
        first = next;
    }
    if count(&digests) != last {
        return Err(Stop::Found(format!("{last} batches are said to be there, {} were listed", digests.len())));
    }
    Ok(digests)
}

fn audit_folder(folder: &Path) -> Result<BTreeMap<u64, Digest>, Stop> {
    print_heading();
    let (mut audit, mut digests) = (Audit::default(), BTreeMap::new());
    for number in 1.. {
        let (json, body) = names(folder, number);
        if !json.is_file() {
            break;
        }
        let text = std::fs::read(&json).map_err(FileError::at(&json))?;
        let signable: Signable = serde_json::from_slice(&text)
            .map_err(|error| Stop::Found(format!("{} cannot be read: {error}", json.display())))?;
        let body = std::fs::read(&body).map_err(FileError::at(&body))?;
        digests.insert(number, take(&mut audit, number, &Published { signable, body })?);
    }
    Ok(digests)
}

fn names(folder: &Path, number: u64) -> (PathBuf, PathBuf) {
    let name = |extension| folder.join(format!("{number:08}.{extension}"));
    (name("json"), name("body"))
}

fn keep(folder: &Path, number: u64, published: &Published) -> Result<(), Stop> {
    let (json, body) = names(folder, number);
    std::fs::create_dir_all(folder).map_err(FileError::at(folder))?;
    let text = serde_json::to_vec_pretty(&published.signable).expect("documents are JSON");
    std::fs::write(&json, text).map_err(FileError::at(&json))?;
    Ok(std::fs::write(&body, &published.body).map_err(FileError::at(&body))?)
}

fn take(audit: &mut Audit, number: u64, published: &Published) -> Result<Digest, Stop> {
    let audited = audit.take(&published.signable, &published.body);
    let audited = audited.map_err(|finding| Stop::Found(format!("batch {number}: {finding}")))?;
    print_line(&audited);
    Ok(audited.digest)
}

/// Replays a journal from its first command, and makes every batch anew.
async fn audit_journal(folder: &Path) -> Result<BTreeMap<u64, Digest>, Stop> {
    let mut store = Store::open_read_only(&require_journal(folder)?).await?;
    let (mut recomputation, mut digests) = (Recomputation::default(), BTreeMap::new());
    print_heading();
    loop {
        let rows = match store.read_next().await {
            Ok(rows) if rows.is_empty() => break,
            Ok(rows) => rows,
            Err(error) => return Err(wrong(error)),
        };
        for row in &rows {
            if let Some(made) = recomputation.apply(row).map_err(|error: RecomputeError| wrong(error))? {
                let trees = made.body.state().trees();
                print_line(&Audited {
                    batch: made.batch,
                    digest: made.digest,
                    leaves: trees.iter().map(|tree| tree.holdings().len()).sum(),
                    assets: trees.len(),
                    lots: made.body.markets().iter().map(|market| market.long()).sum(),
                });
                digests.insert(made.batch.number, made.digest);
            }
        }
    }
    println!("journal       {} commands, every event hash, deposit and signature checked", store.last_seq());
    store.close().await?;
    Ok(digests)
}

fn wrong(error: impl std::fmt::Display) -> Stop {
    Stop::Found(error.to_string())
}

fn print_heading() {
    println!(
        "{:>6} {:>12} {:>12} {:>9} {:>6} {:>20} {:>20} {:>12}  digest",
        "batch", "first", "last", "leaves", "assets", "equity", "withdrawn", "lots"
    );
}

/// A line of the table: commands, leaves, US dollars in smallest units, lots that are long and as many short.
fn print_line(audited: &Audited) {
    let Audited { batch, digest, leaves, assets, lots } = audited;
    println!(
        "{:>6} {:>12} {:>12} {leaves:>9} {assets:>6} {:>20} {:>20} {lots:>12}  {digest}",
        batch.number, batch.first_seq, batch.last_seq, batch.equity.0, batch.withdrawn.0
    );
}
