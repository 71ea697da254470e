//! The operator's books: every balance of the ledger.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::{Extension, Json};
use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::ledger::{Balance, LedgerAccount};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Page, PageQuery, Parameters, cursor_problem, page_limit};
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};

/// One account of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerLine {
    /// `outside`, `fees`, `variation:<instrument>` or `customer:<account>`.
    pub account: String,
    /// The asset.
    pub asset: &'static str,
    /// Its balance; all of them sum to zero.
    pub posted: Amount,
    /// The part that is held.
    pub held: Amount,
}

/// Every balance of the ledger. They sum to zero.
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
    let after = match query.cursor.as_deref() {
        None => None,
        Some(name) => Some(ledger_account(name).ok_or_else(cursor_problem)?),
    };
    let items = app.handle.read(move |core| {
        let ledger = core.engine().ledger();
        let line = |(account, _, balance): (LedgerAccount, AssetId, Balance)| LedgerLine {
            account: ledger_account_name(account),
            asset: "USD",
            posted: balance.posted.into(),
            held: balance.held.into(),
        };
        match after {
            None => ledger.trial_balance().take(limit as usize).map(line).collect(),
            Some(after) => ledger.balances_after(after).take(limit as usize).map(line).collect(),
        }
    });
    Ok(Json(Page::cut(items.await?, limit, |line: &LedgerLine| line.account.clone())))
}

/// The name of a ledger account.
pub fn ledger_account_name(account: LedgerAccount) -> String {
    match account {
        LedgerAccount::Outside => "outside".to_owned(),
        LedgerAccount::Fees => "fees".to_owned(),
        LedgerAccount::Variation(instrument) => format!("variation:{instrument}"),
        LedgerAccount::Customer(account) => format!("customer:{account}"),
    }
}

/// The ledger account of a name.
fn ledger_account(name: &str) -> Option<LedgerAccount> {
    match name.split_once(':') {
        None if name == "outside" => Some(LedgerAccount::Outside),
        None if name == "fees" => Some(LedgerAccount::Fees),
        Some(("variation", number)) => Some(LedgerAccount::Variation(InstrumentId(number.parse().ok()?))),
        Some(("customer", number)) => Some(LedgerAccount::Customer(AccountId(number.parse().ok()?))),
        _ => None,
    }
}
