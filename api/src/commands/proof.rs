//! `terahour proof`: fetches the proof that an account is counted in a batch, and verifies it here.

#![allow(clippy::print_stdout, reason = "prints what was proved")]

use std::path::PathBuf;

use clap::Args;
use settlement::{AccountId, Digest};

use crate::batches::documents::ProofDocument;
use crate::client::Client;
use crate::commands::{CommandError, keygen};

/// Whose proof, in which batch.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The batch.
    #[arg(long)]
    batch: u64,
    /// The asset.
    #[arg(long, default_value = "USD")]
    asset: String,
    /// File with the secret half of the account's key: the proof of the account that it trades for.
    #[arg(long, required_unless_present = "pseudonym", conflicts_with = "pseudonym")]
    key: Option<PathBuf>,
    /// The pseudonym whose proof is wanted; no key is needed for it.
    #[arg(long)]
    pseudonym: Option<AccountId>,
    /// The digest that the chain or an attester shows for the batch; the proof has to be for this one.
    #[arg(long)]
    digest: Option<Digest>,
    /// Print the proof as JSON, such as settlement/verifier/verify.js takes it.
    #[arg(long)]
    json: bool,
    /// The venue.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    url: String,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let client = Client::anonymous(&options.url);
    let path = format!("/v1/batches/{}/proof", options.batch);
    let answer = match (&options.pseudonym, &options.key) {
        (Some(pseudonym), _) => client.get(&format!("{path}/{pseudonym}?asset={}", options.asset)).await?,
        (None, Some(key)) => {
            client.with_key(keygen::read(key)?).get(&format!("{path}?asset={}", options.asset)).await?
        }
        (None, None) => return Err(CommandError::Usage("--key or --pseudonym says whose proof".to_owned())),
    };
    let proof: ProofDocument = serde_json::from_value(answer.clone())
        .map_err(|error| CommandError::Unproved(format!("the answer is no proof: {error}")))?;
    let totals = proof.verify().map_err(|error| CommandError::Unproved(error.to_string()))?;
    let digest = proof.signable.digest;
    if let Some(wanted) = options.digest.filter(|wanted| *wanted != digest) {
        return Err(CommandError::Unproved(format!("the proof is for the digest {digest}, wanted was {wanted}")));
    }
    if proof.signable.batch.number != options.batch {
        return Err(CommandError::Unproved(format!("the proof is for batch {}", proof.signable.batch.number)));
    }
    if options.json {
        println!("{answer:#}");
        return Ok(());
    }
    println!("batch         {} of vault {}", options.batch, proof.signable.domain.verifying_contract);
    println!("digest        {digest}");
    println!("state root    {}", proof.state_root);
    println!("account       {}", proof.leaf.account);
    println!("asset         {} ({})", options.asset, proof.leaf.asset);
    println!("settled       {} of {}, in smallest units", proof.leaf.settled, totals.settled);
    println!("claimable     {} of {}", proof.leaf.claimable, totals.claimable);
    println!(
        "verified      {} siblings, leaf to root to digest",
        proof.proof.path.len() + proof.proof.asset_path.len()
    );
    if options.digest.is_none() {
        println!("compare       the digest with the vault's: `--digest` does so");
    }
    Ok(())
}
