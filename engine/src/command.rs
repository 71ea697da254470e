//! What the outside can ask of the exchange. Commands are imperative and are never changed once stamped.

use crate::ids::{AccountId, ClientOrderId, InstrumentId, KeyId, OrderId, Seq, SeriesId};
use crate::instrument::{SettlementKind, Terms};
use crate::units::{Cash, Day, Lots, Price, Side, Timestamp};

/// What the sequencer adds to a command: its place, its time and who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Place in the journal.
    pub seq: Seq,
    /// Venue time. Never earlier than the stamp before.
    pub time: Timestamp,
    /// The key that signed it.
    pub key: KeyId,
    /// The session it came through; 0 for requests without one.
    pub session: u32,
}

/// A request to the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens a customer account. Operator only.
    OpenAccount {
        /// The new account.
        account: AccountId,
    },
    /// Gives a key a role. Operator only.
    RegisterKey {
        /// The new key.
        key: KeyId,
        /// How its holder proves to be its holder.
        credential: Credential,
        /// What it may do.
        role: Role,
    },
    /// Takes every right from a key, for good. Operator only.
    RevokeKey {
        /// The key.
        key: KeyId,
    },
    /// Credits money that arrived from outside. Operator only.
    Deposit {
        /// Who receives it.
        account: AccountId,
        /// How much; above zero.
        amount: Cash,
        /// The number of this deposit to this account: 1, 2, 3 and so on, so that each is credited once.
        reference: u64,
    },
    /// Lists a contract. Operator only.
    ListInstrument {
        /// Its terms.
        terms: Terms,
    },
    /// Places a limit order, good till cancelled.
    SubmitOrder(OrderRequest),
    /// Takes a live order out of the book.
    CancelOrder {
        /// Whose order.
        account: AccountId,
        /// Which.
        order: OrderId,
    },
    /// Records a day's value of a series. Comes from the index book, not from a customer. Operator only.
    RecordFixing {
        /// The series.
        series: SeriesId,
        /// The day it covers, all 24 hours.
        day: Day,
        /// Provisional values may be replaced by final ones; final ones never change.
        stage: FixingStage,
        /// The fixing. `None`: it was suppressed, and the day takes the last final fixing before it as its recorded rung.
        price: Option<Price>,
    },
    /// Starts posting a settlement. Operator only.
    StartSettlement {
        /// The contract.
        instrument: InstrumentId,
        /// The business day it closes.
        day: Day,
        /// Daily variation margin, or the final one.
        kind: SettlementKind,
    },
    /// Posts the next bounded step of a settlement that was started. Operator only.
    AdvanceSettlement {
        /// The contract.
        instrument: InstrumentId,
    },
}

/// The body of an order; two requests with the same client order id must agree in all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Who trades.
    pub account: AccountId,
    /// The client's own name for the order.
    pub client_order_id: ClientOrderId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub lots: Lots,
    /// The worst price accepted.
    pub limit: Price,
}

/// How the holder of a key proves to be its holder. Checked at the edge; journaled so that a restart knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An Ed25519 public key; requests are signed.
    Ed25519([u8; 32]),
    /// The SHA-256 of a bearer token. Accepted only by a venue that listens on a loopback address.
    TokenSha256([u8; 32]),
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything that runs the venue, nothing that trades.
    Operator,
    /// Trading for one account.
    Trader(AccountId),
}

/// How firm a fixing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixingStage {
    /// Published at 00:30 after its day.
    Provisional,
    /// Published a day later; never changed again.
    Final,
}
