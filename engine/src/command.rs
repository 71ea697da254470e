//! What the outside can ask of the exchange. Commands are imperative and are never changed once stamped.

use crate::accounts::AccountLimits;
use crate::chain::{ChainDomain, Pseudonym, RollingHash, Signature64};
use crate::controls::Controls;
use crate::families::Family;
use crate::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId, OrderId, Seq, SeriesId, TransferId};
use crate::instrument::{FeeTiers, SettlementKind, Terms};
use crate::margin::{Risk, SeriesMargin};
use crate::order::{Amendment, OrderRequest};
use crate::rules::Rules;
use crate::units::{Amount, Cash, Day, Price, Side, Timestamp};
use crate::vaults::VaultCommand;

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
    /// Opens an account of an owner who has one: orders of both never trade with each other. Operator only.
    OpenSubAccount {
        /// The new account.
        account: AccountId,
        /// The owner's first account, which is not a sub-account itself.
        master: AccountId,
    },
    /// Limits how much and how fast an account may do things. Operator only.
    SetAccountLimits {
        /// Whose limits.
        account: AccountId,
        /// The new limits.
        limits: AccountLimits,
    },
    /// Defines an asset. US dollars are there from the start. Operator only.
    DefineAsset {
        /// The new asset.
        asset: AssetId,
        /// Its name for people.
        symbol: AssetSymbol,
        /// Decimal places of its smallest unit; for showing amounts, nothing is computed with it.
        decimals: u8,
    },
    /// Credits an amount that arrived from outside. Operator only.
    Deposit {
        /// Who receives it.
        account: AccountId,
        /// What arrived.
        asset: AssetId,
        /// How much; above zero.
        amount: Amount,
        /// The number of this deposit to this account: 1, 2, 3 and so on, so that each is credited once.
        reference: u64,
    },
    /// Asks for an amount to be paid out: it is pending until the operator posts or voids it.
    RequestWithdrawal {
        /// Who asks.
        account: AccountId,
        /// What.
        asset: AssetId,
        /// How much; above zero.
        amount: Amount,
        /// The number of this payment out of the account, withdrawals and transfers counted together: 1, 2, 3 and so on.
        reference: u64,
    },
    /// A pending transfer has happened outside. Operator only.
    PostTransfer {
        /// Which.
        transfer: TransferId,
    },
    /// A pending transfer will not happen. Operator only.
    VoidTransfer {
        /// Which.
        transfer: TransferId,
    },
    /// Moves an amount between two accounts of one owner.
    TransferFunds {
        /// From where.
        from: AccountId,
        /// To where.
        to: AccountId,
        /// What.
        asset: AssetId,
        /// How much; above zero.
        amount: Amount,
        /// The number of this payment out of the account, withdrawals and transfers counted together: 1, 2, 3 and so on.
        reference: u64,
    },
    /// Lists a contract or a spot pair. Operator only.
    ListInstrument {
        /// Its terms.
        terms: Terms,
    },
    /// Says what the venue lists by itself of a series, in the place of what it said before. Operator only.
    SetFamily {
        /// The family.
        family: Family,
    },
    /// Sets what keeps trading orderly: bands, daily limits, protection, sizes. Operator only.
    SetControls {
        /// The contract.
        instrument: InstrumentId,
        /// The new controls.
        controls: Controls,
    },
    /// Stops trading until it is resumed. Operator only.
    HaltInstrument {
        /// The contract.
        instrument: InstrumentId,
    },
    /// Lets trading go on. Operator only.
    ResumeInstrument {
        /// The contract.
        instrument: InstrumentId,
    },
    /// Sets the fees of a contract from a moment on. Operator only.
    ScheduleFees {
        /// The contract.
        instrument: InstrumentId,
        /// From when on.
        effective: Timestamp,
        /// The rates of each tier.
        tiers: FeeTiers,
    },
    /// Puts an account into a fee tier from a moment on. Operator only.
    AssignFeeTier {
        /// Whose tier.
        account: AccountId,
        /// From when on.
        effective: Timestamp,
        /// The tier, from 0.
        tier: u8,
    },
    /// Works out the mark price of a contract anew. Operator only.
    UpdateMark {
        /// The contract.
        instrument: InstrumentId,
    },
    /// Sets the margin parameters of a series. Operator only.
    SetMargin {
        /// The series.
        series: SeriesId,
        /// Its parameters from now on.
        margin: SeriesMargin,
    },
    /// Sets what a lot of one series against a lot of another is credited; zero takes the credit away. Operator only.
    SetCredit {
        /// One series.
        first: SeriesId,
        /// The other.
        second: SeriesId,
        /// The credit for a lot each.
        per_lot: Cash,
    },
    /// Names the account that takes over positions of accounts in default, or none. Operator only.
    SetBackstop {
        /// The account.
        account: Option<AccountId>,
    },
    /// Pays US dollars from outside into the insurance fund. Operator only.
    FundInsurance {
        /// The number of this payment: 1, 2, 3 and so on, so that each is credited once.
        number: u64,
        /// How much; above zero.
        amount: Amount,
    },
    /// Publishes the risk array of a margined contract. Comes from the risk service. Operator only.
    PublishRisk {
        /// The contract.
        instrument: InstrumentId,
        /// Its array.
        risk: Risk,
    },
    /// Places an order.
    SubmitOrder(OrderRequest),
    /// Changes a live order.
    AmendOrder(Amendment),
    /// Takes a live order out of the book.
    CancelOrder {
        /// Whose order.
        account: AccountId,
        /// Which.
        order: OrderId,
    },
    /// Takes all live orders of an account out, or those of one contract or side.
    CancelAllOrders {
        /// Whose orders.
        account: AccountId,
        /// In this contract only.
        instrument: Option<InstrumentId>,
        /// On this side only.
        side: Option<Side>,
    },
    /// Cancels all orders of an account after a while unless it says otherwise before: the dead man's switch.
    CancelAfter {
        /// Whose orders.
        account: AccountId,
        /// In how many microseconds from now; 0 switches it off.
        timeout_us: u64,
    },
    /// Does the next bounded step of what is due: triggered stops, mass cancels, deadlines. Comes from the venue's clock.
    /// Operator only.
    ProcessDue,
    /// Takes up the next version of the rules. Operator only.
    AdoptRules {
        /// The version.
        rules: Rules,
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
    /// Sets whether a final settlement needs the word of two operators. The venue itself only.
    RequireApprovals {
        /// Whether it does.
        required: bool,
    },
    /// Proposes what a contract is settled at for good. Operator only.
    ProposeFinal {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
    },
    /// Approves a proposed final value. Operator only, with another key than the proposer's.
    ApproveFinal {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
        /// The value that is approved, and no other.
        value_per_lot: Cash,
    },
    /// Something about tokenised GPUs.
    Vault(VaultCommand),
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
    /// Names the chain that US dollars come from and go to, once and for good. Operator only.
    AttachChain {
        /// The chain and the contracts on it.
        chain: ChainDomain,
        /// The pseudonym of the insurance fund.
        insurance: Pseudonym,
    },
    /// Gives an account its owner on the chain, for good.
    LinkAccount {
        /// The account.
        account: AccountId,
        /// Its pseudonym there.
        pseudonym: Pseudonym,
        /// The holder's signature over what this says; kept and never looked at here.
        signature: Signature64,
    },
    /// Credits a deposit that is final on the chain. Operator only.
    CreditDeposit {
        /// Its number there: 1, 2, 3 and so on.
        index: u64,
        /// For whom.
        pseudonym: Pseudonym,
        /// What the vault received, in micro-USD; above zero.
        amount: Amount,
        /// The vault's hash of all deposits up to this one.
        hash: RollingHash,
    },
    /// Credits export tokens that were burnt on the chain. Operator only.
    CreditImport {
        /// Its number there: 1, 2, 3 and so on.
        index: u64,
        /// For whom.
        pseudonym: Pseudonym,
        /// What came back.
        asset: AssetId,
        /// How much; above zero.
        amount: Amount,
    },
    /// Moves an amount out to the chain, for good: the next batch promises it.
    WithdrawToChain {
        /// Who asks.
        account: AccountId,
        /// What.
        asset: AssetId,
        /// How much; above zero.
        amount: Amount,
        /// The number of this payment out of the account, withdrawals and transfers counted together: 1, 2, 3 and so on.
        reference: u64,
        /// The holder's signature over what this says; kept and never looked at here.
        signature: Signature64,
    },
    /// Cuts a batch: what the ledger says here is what the chain is told. Operator only.
    CutBatch {
        /// Its number: 1, 2, 3 and so on.
        number: u64,
    },
    /// A batch is on the chain for good. Operator only.
    ConfirmBatch {
        /// Its number.
        number: u64,
    },
    /// Somebody asked the vault for an exit. Operator only.
    ReceiveExit {
        /// Its number there: 1, 2, 3 and so on.
        number: u64,
        /// Of whom.
        pseudonym: Pseudonym,
        /// What is to become claimable, in micro-USD, counted as [`claimable`](crate::chain::Chain::claimable) is.
        target: Amount,
    },
    /// The vault was frozen on the chain. Operator only.
    RecordFreeze {
        /// The batch by which everybody leaves; 0: none.
        pinned: u64,
    },
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
