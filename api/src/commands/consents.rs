//! `terahour link` and `terahour withdraw-to-chain`: what only the holder of a key can agree to, signed here and sent.

#![allow(clippy::print_stdout, reason = "prints the answer")]

use std::path::PathBuf;

use clap::Args;
use engine::ids::AssetId;
use serde_json::{Value, json};
use settlement::{AccountId, Address, Domain, Hash};

use crate::batches::Consent;
use crate::batches::documents::DomainDocument;
use crate::client::Client;
use crate::commands::{CommandError, keygen};
use crate::http::numbers::Quantity;
use crate::signing::hex;

/// Who signs, and where.
#[derive(Debug, Args)]
struct Signer {
    /// File with the secret half of the account's key.
    #[arg(long)]
    key: PathBuf,
    /// A sub-account; left out for the key's own account.
    #[arg(long)]
    account: Option<u32>,
    /// The venue.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    url: String,
}

/// Which owner, for good.
#[derive(Debug, Args)]
pub(crate) struct LinkOptions {
    #[command(flatten)]
    signer: Signer,
    /// The account's pseudonym on the chain.
    #[arg(long, required_unless_present = "owner", conflicts_with = "owner")]
    pseudonym: Option<AccountId>,
    /// The address that owns what the account has; the pseudonym is made of it and of a salt.
    #[arg(long)]
    owner: Option<Address>,
    /// The secret salt, 32 bytes; drawn unless given. Keep it: without it nobody can claim on the chain.
    #[arg(long, requires = "owner")]
    salt: Option<Hash>,
}

/// What to move out, for good.
#[derive(Debug, Args)]
pub(crate) struct WithdrawOptions {
    #[command(flatten)]
    signer: Signer,
    /// How much.
    #[arg(long)]
    amount: Quantity,
    /// The asset.
    #[arg(long, default_value = "USD")]
    asset: String,
    /// The number of this payment out of the account, which is printed; the next one unless given. Whoever asks again gives it, so
    /// that nothing is paid twice.
    #[arg(long)]
    reference: Option<u64>,
}

/// A venue, as the holder of a key sees it.
struct Seat {
    client: Client,
    key: ed25519_dalek::SigningKey,
    domain: Domain,
    /// The account's document.
    account: Value,
}

impl Seat {
    async fn take(signer: &Signer) -> Result<Seat, CommandError> {
        let key = keygen::read(&signer.key)?;
        let client = Client::anonymous(&signer.url).with_key(key.clone());
        let chain = client.get("/v1/chain").await?;
        let domain: DomainDocument = serde_json::from_value(chain["domain"].clone())
            .map_err(|error| CommandError::Unproved(format!("the venue names no vault: {error}")))?;
        let domain = domain.read().map_err(|error| CommandError::Unproved(error.to_string()))?;
        let query = signer.account.map_or_else(String::new, |account| format!("?account={account}"));
        let account = client.get(&format!("/v1/account{query}")).await?;
        println!("vault         {} on chain {}", domain.verifying_contract, domain.chain_id);
        Ok(Seat { client, key, domain, account })
    }

    fn account(&self) -> Result<engine::ids::AccountId, CommandError> {
        let number = self.account["account"].as_u64().and_then(|number| u32::try_from(number).ok());
        number
            .map(engine::ids::AccountId)
            .ok_or_else(|| CommandError::Unproved("the venue names no account".to_owned()))
    }
}

pub(super) async fn link(options: LinkOptions) -> Result<(), CommandError> {
    let pseudonym = match (options.pseudonym, options.owner) {
        (Some(pseudonym), _) => pseudonym,
        (None, Some(owner)) => {
            let salt = options.salt.unwrap_or_else(|| Hash(rand::random()));
            println!("salt          {salt}; keep it");
            AccountId::of_owner(&owner, &salt)
        }
        (None, None) => return Err(CommandError::Usage("--pseudonym or --owner says who the account is".to_owned())),
    };
    let seat = Seat::take(&options.signer).await?;
    let account = seat.account()?;
    let consent = Consent::to_link(&seat.domain, account, &pseudonym.0);
    let signature = hex(&consent.sign(&seat.key));
    let body = json!({ "account": account.0, "pseudonym": pseudonym.to_string(), "signature": signature });
    let answer = seat.client.post("/v1/chain/link", &body).await?;
    println!("{answer:#}");
    Ok(())
}

pub(super) async fn withdraw(options: WithdrawOptions) -> Result<(), CommandError> {
    let seat = Seat::take(&options.signer).await?;
    let account = seat.account()?;
    let assets = seat.client.get("/v1/assets").await?;
    let listed = assets["items"].as_array().into_iter().flatten().find(|asset| asset["asset"] == *options.asset);
    let number = |name: &str| listed.and_then(|asset| asset[name].as_u64());
    let unknown = || CommandError::Usage(format!("--asset {} is none of the venue's; see /v1/assets", options.asset));
    let asset = number("number").and_then(|number| u32::try_from(number).ok()).map(AssetId).ok_or_else(unknown)?;
    let decimals = number("decimals").and_then(|decimals| u8::try_from(decimals).ok()).ok_or_else(unknown)?;
    let amount = options.amount.units(decimals).map_err(|error| CommandError::Usage(format!("--amount: {error}")))?;
    let reference = options.reference.or_else(|| Some(seat.account["last_payment"].as_u64()? + 1));
    let reference = reference.ok_or_else(|| CommandError::Usage("--reference is missing".to_owned()))?;
    println!("reference     {reference}; give it to ask again");
    let signature = hex(&Consent::to_withdraw(&seat.domain, account, asset, amount, reference).sign(&seat.key));
    let body = json!({
        "account": account.0, "asset": options.asset, "amount": options.amount, "reference": reference, "signature": signature
    });
    let answer = seat.client.post("/v1/chain/withdrawals", &body).await?;
    println!("{answer:#}");
    Ok(())
}
