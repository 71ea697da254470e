//! The operator's books: every balance of the ledger.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::{Extension, Json};
use engine::ids::{AccountId, AssetId, InstrumentId, VaultId};
use engine::ledger::{Balance, LedgerAccount, Purse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Page, PageQuery, Parameters, cursor_problem, page_limit};
use crate::http::instruments::asset_of;
use crate::http::numbers::Quantity;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Core;
use crate::venue::projections::ledger_account_name;

/// One account of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerLine {
    /// `outside`, `chain`, `fees`, `insurance`, `unclaimed`, `variation:<instrument>`, `customer:<account>` or, for what a customer owes, `receivable:<account>`.
    pub account: String,
    /// The asset.
    pub asset: String,
    /// Its balance; all of one asset sum to zero.
    pub posted: Quantity,
    /// The part that is held.
    pub held: Quantity,
    /// The part that is on its way out.
    pub pending: Quantity,
}

/// Every balance of the ledger. Those of one asset sum to zero.
#[utoipa::path(get, path = "/v1/operator/trial-balance", tag = "operator", params(PageQuery),
    responses((status = 200, body = Page<LedgerLine>), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn trial_balance(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<Page<LedgerLine>>, Problem> {
    caller.operator()?;
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(|cursor| line_of(&app, cursor).ok_or_else(cursor_problem)).transpose()?;
    let items = app.handle.read(move |core| {
        let ledger = core.engine().ledger();
        let line = |(account, asset, balance)| ledger_line(core, account, asset, balance);
        let Some((account, asset)) = after else {
            return ledger.trial_balance().take(limit as usize).map(line).collect();
        };
        let same_account = ledger.balances_of(account).filter(|&(other, _)| other > asset);
        let lines =
            same_account.map(|(asset, balance)| (account, asset, balance)).chain(ledger.balances_after(account));
        lines.take(limit as usize).map(line).collect()
    });
    Ok(Json(Page::cut(items.await?, limit, |line: &LedgerLine| format!("{}/{}", line.account, line.asset))))
}

fn ledger_line(core: &Core, account: LedgerAccount, asset: AssetId, balance: Balance) -> LedgerLine {
    let (asset, decimals) = asset_of(core, asset);
    LedgerLine {
        account: ledger_account_name(account),
        asset,
        posted: Quantity::of(balance.posted, decimals),
        held: Quantity::of(balance.held, decimals),
        pending: Quantity::of(balance.pending, decimals),
    }
}

/// The line that a cursor names.
fn line_of(app: &App, cursor: &str) -> Option<(LedgerAccount, AssetId)> {
    let (account, asset) = cursor.split_once('/')?;
    Some((ledger_account(account)?, app.directory.asset(asset)?.id))
}

fn purse(vault: &str, purse: Purse) -> Option<LedgerAccount> {
    vault.parse().ok().map(|vault| LedgerAccount::Vault(VaultId(vault), purse))
}

/// The ledger account of a name.
fn ledger_account(name: &str) -> Option<LedgerAccount> {
    match name.split_once(':') {
        None if name == "outside" => Some(LedgerAccount::Outside),
        None if name == "fees" => Some(LedgerAccount::Fees),
        None if name == "insurance" => Some(LedgerAccount::Insurance),
        None if name == "chain" => Some(LedgerAccount::Chain),
        None if name == "unclaimed" => Some(LedgerAccount::Unclaimed),
        Some(("variation", number)) => Some(LedgerAccount::Variation(InstrumentId(number.parse().ok()?))),
        Some(("customer", number)) => Some(LedgerAccount::Customer(AccountId(number.parse().ok()?))),
        Some(("vault-shares", number)) => purse(number, Purse::Shares),
        Some(("vault-escrow", number)) => purse(number, Purse::Escrow),
        Some(("vault-yield", number)) => purse(number, Purse::Yield),
        Some(("vault-reserve", number)) => purse(number, Purse::Reserve),
        Some(("vault-redemption", number)) => purse(number, Purse::Redemption),
        Some(("receivable", number)) => Some(LedgerAccount::Receivable(AccountId(number.parse().ok()?))),
        _ => None,
    }
}
