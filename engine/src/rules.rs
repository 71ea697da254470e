//! Which version of the rules is in force. A change of behaviour is adopted by a journaled command, so that old commands
//! still lead to the events that were acknowledged.

/// A version of the rules. A journal begins under the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rules(pub u16);

impl Rules {
    /// Orders of one owner may trade with each other; at final settlement orders expire in rising number.
    pub const FIRST: Rules = Rules(1);
    /// Self-trade prevention; at final settlement orders expire in trading order, which needs no search.
    pub const SECOND: Rules = Rules(2);
    /// Contracts may be listed on margin; a step that wakes stops ends once they have traded often enough.
    pub const THIRD: Rules = Rules(3);
    /// Accounts below their maintenance margin are liquidated, and what they cannot bear is borne in the order of the default waterfall;
    /// spreads may be listed, and families that say what is listed; final settlements may need the approval of a second operator.
    pub const FOURTH: Rules = Rules(4);
    /// A chain may be attached: deposits, withdrawals, batches and exits go through it. GPUs may be tokenised.
    pub const FIFTH: Rules = Rules(5);
    /// What this program can do.
    pub const LATEST: Rules = Rules::FIFTH;

    pub(crate) fn prevents_self_trades(self) -> bool {
        self >= Rules::SECOND
    }

    pub(crate) fn bounds_trades_of_stops(self) -> bool {
        self >= Rules::THIRD
    }

    pub(crate) fn has_margin(self) -> bool {
        self >= Rules::THIRD
    }

    pub(crate) fn has_default_waterfall(self) -> bool {
        self >= Rules::FOURTH
    }

    pub(crate) fn has_spreads(self) -> bool {
        self >= Rules::FOURTH
    }

    pub(crate) fn has_approvals(self) -> bool {
        self >= Rules::FOURTH
    }

    pub(crate) fn has_batches(self) -> bool {
        self >= Rules::FIFTH
    }

    pub(crate) fn has_gpu_vaults(self) -> bool {
        self >= Rules::FIFTH
    }

    pub(crate) fn expires_in_trading_order(self) -> bool {
        self >= Rules::SECOND
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::FIRST
    }
}
