//! What can happen in a random script, said in small numbers.

use engine::command::{FixingStage, Role};
use engine::ids::KeyId;
use engine::instrument::SettlementKind;
use engine::order::{SelfTrade, TriggerReference};
use engine::units::Side;

#[derive(Clone, Debug)]
pub(super) enum Action {
    Open(u32),
    OpenSub {
        account: u32,
        master: u32,
    },
    Register(KeyId, Role),
    Revoke(KeyId),
    Define {
        asset: u32,
        symbol: u8,
        decimals: u8,
    },
    Deposit {
        account: u32,
        asset: u32,
        amount: i64,
        reference: Reference,
    },
    Withdraw {
        account: u32,
        asset: u32,
        amount: i64,
        reference: Reference,
    },
    Transfer {
        from: u32,
        to: u32,
        asset: u32,
        amount: i64,
        reference: Reference,
    },
    /// The pending transfer of this number, or one that never was.
    Post(usize),
    Void(usize),
    Restrict {
        account: u32,
        choice: usize,
    },
    List(usize),
    Control {
        contract: usize,
        choice: usize,
    },
    Halt(usize),
    Resume(usize),
    Charge {
        contract: usize,
        delay: i64,
        choice: usize,
    },
    Assign {
        account: u32,
        delay: i64,
        tier: u8,
    },
    Mark(usize),
    Margin {
        series: u32,
        choice: usize,
    },
    Grant {
        first: u32,
        second: u32,
        dollars: i64,
    },
    Publish(Publish),
    /// A poor account takes a position that little margin is needed for; then the price moves against it, by a day's settlement or
    /// by array and mark.
    Squeeze {
        contract: usize,
        side: Side,
        settle: bool,
    },
    Adopt(u16),
    /// The insurance fund receives so many dollars.
    Insure {
        dollars: i64,
        reference: Reference,
    },
    Back(Option<u32>),
    Process,
    Submit(Submit),
    /// An earlier order once more, so many submits back.
    Again {
        back: usize,
        stamped: bool,
    },
    /// Eleven of the largest orders of the account that can pay for them.
    Pile {
        contract: usize,
        side: Side,
    },
    /// More stop orders than one step wakes up, each behind the other.
    Ladder {
        contract: usize,
        side: Side,
        reference: TriggerReference,
    },
    /// More orders than one step of a mass cancel looks at; then perhaps the cancel.
    Crowd {
        contract: usize,
        cancel: bool,
    },
    /// A live order, or one so many submits back.
    Amend {
        which: Which,
        lots: Option<Lots>,
        limit: Option<Limit>,
        trigger: Option<Limit>,
    },
    Cancel {
        which: Which,
        foreign: bool,
    },
    CancelAll {
        account: u32,
        contract: Option<usize>,
        side: Option<Side>,
    },
    CancelAfter {
        account: u32,
        timeout_us: u64,
    },
    Fix {
        contract: usize,
        day: i32,
        stage: FixingStage,
        price: Option<Limit>,
    },
    /// Final values for all days of delivery; every `suppressed`-th has none.
    FixAll {
        contract: usize,
        suppressed: i32,
    },
    Start {
        contract: usize,
        days_back: i32,
        kind: SettlementKind,
    },
    Advance {
        contract: usize,
    },
    /// Starts a settlement and posts it at once.
    Settle {
        contract: usize,
        days_back: i32,
        kind: SettlementKind,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Submit {
    pub(super) account: u32,
    pub(super) contract: usize,
    pub(super) side: Side,
    pub(super) lots: u32,
    /// No limit: a market order.
    pub(super) limit: Option<Limit>,
    pub(super) time: Time,
    pub(super) trigger: Option<(TriggerReference, Limit)>,
    pub(super) post_only: bool,
    pub(super) reduce_only: bool,
    pub(super) self_trade: SelfTrade,
    /// Microseconds from now.
    pub(super) sent: Option<i64>,
    pub(super) name: u8,
}

/// An array of a contract on margin.
#[derive(Clone, Debug)]
pub(super) struct Publish {
    pub(super) contract: usize,
    pub(super) version: Reference,
    /// Microseconds from now.
    pub(super) lasts: i64,
    pub(super) price: Limit,
    /// How far the price moves, in micro-USD per GPU-hour.
    pub(super) range: i64,
    /// How scenarios differ from straight lines.
    pub(super) skew: i64,
    /// One break of a rule.
    pub(super) flaw: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Time {
    Gtc,
    Ioc,
    Fok,
    Day,
    /// So many microseconds from now.
    Gtd(i64),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    Live(usize),
    Back(usize),
}

/// A size in all.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lots {
    More(u32),
    Less(u32),
    Exactly(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Reference {
    Next,
    /// The last one again.
    Last,
    /// One number left out.
    Skip,
    Zero,
    Largest,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// Ticks above the usual price.
    Near(i64),
    OffTick(i64),
    Floor,
    Cap,
    BelowFloor,
    AboveCap,
    Extreme(i64),
}
