//! What a run has seen, so that nobody takes a run without defaults for one in which defaults are right.

/// How much was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Commands that were not refused.
    pub accepted: u64,
    /// Accounts that were opened.
    pub accounts: u64,
    /// Commands refused.
    pub refused: u64,
    /// Trades.
    pub trades: u64,
    /// Trades of spreads.
    pub spread_trades: u64,
    /// Orders cancelled for any reason.
    pub cancels: u64,
    /// Stop orders that woke up.
    pub triggered: u64,
    /// Settlements that were completed.
    pub settlements: u64,
    /// Hours of perpetuals that somebody paid for.
    pub fundings: u64,
    /// Strips that became their legs with somebody in them.
    pub cascades: u64,
    /// Final values that a second operator approved.
    pub approvals: u64,
    /// Margin calls.
    pub calls: u64,
    /// Times somebody could not pay.
    pub shortfalls: u64,
    /// Accounts that were liquidated.
    pub liquidations: u64,
    /// Trades of accounts in liquidation.
    pub closed: u64,
    /// Defaults.
    pub defaults: u64,
    /// Defaults in which the insurance fund paid.
    pub insured: u64,
    /// Positions that the backstop took over.
    pub taken_over: u64,
    /// Positions that were closed against one in default.
    pub deleveraged: u64,
    /// Those of them that bore a part of the loss.
    pub haircuts: u64,
}

impl Counts {
    /// Each of them with its name.
    pub fn named(&self) -> [(&'static str, u64); 20] {
        [
            ("accepted", self.accepted),
            ("accounts", self.accounts),
            ("refused", self.refused),
            ("trades", self.trades),
            ("spread trades", self.spread_trades),
            ("cancels", self.cancels),
            ("stops", self.triggered),
            ("settlements", self.settlements),
            ("fundings", self.fundings),
            ("cascades", self.cascades),
            ("approvals", self.approvals),
            ("margin calls", self.calls),
            ("shortfalls", self.shortfalls),
            ("liquidations", self.liquidations),
            ("closing trades", self.closed),
            ("defaults", self.defaults),
            ("insurance payments", self.insured),
            ("backstop takeovers", self.taken_over),
            ("deleveraged positions", self.deleveraged),
            ("haircuts", self.haircuts),
        ]
    }
}
