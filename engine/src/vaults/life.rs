//! Where a vault stands, and what can happen to it there.

use crate::engine::Engine;
use crate::event::Event;
use crate::ids::VaultId;
use crate::vaults::VaultEvent;

/// Where a vault stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultState {
    /// Shares are subscribed.
    Open,
    /// All shares are subscribed; the machines are not in place yet.
    Funded,
    /// Subscribers are paid back.
    Refunding,
    /// Subscribers were paid back, for good.
    Refunded,
    /// The sponsor was paid, and the shares are handed out.
    Deployed,
    /// Revenue was recorded.
    Yielding,
    /// The machines are sold, and shares are redeemed.
    WindingUp,
    /// What was on the ledger is redeemed; the rest is when its owner claims.
    WoundUp,
}

/// What can happen to a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VaultTransition {
    /// The last share is subscribed.
    Fill,
    /// It will not have its machines.
    Cancel,
    /// The last subscriber is paid back.
    Repay,
    /// The machines are in place.
    Deploy,
    /// Revenue comes in.
    Earn,
    /// The machines are sold.
    WindUp,
    /// The last holder was looked at.
    Close,
}

impl VaultState {
    /// The one transition table. `None`: it cannot happen in this state.
    pub(crate) fn after(self, transition: VaultTransition) -> Option<VaultState> {
        use VaultState::{Deployed, Funded, Open, Refunded, Refunding, WindingUp, WoundUp, Yielding};
        match (self, transition) {
            (Open, VaultTransition::Fill) => Some(Funded),
            (Open | Funded, VaultTransition::Cancel) => Some(Refunding),
            (Refunding, VaultTransition::Repay) => Some(Refunded),
            (Funded, VaultTransition::Deploy) => Some(Deployed),
            (Deployed | Yielding, VaultTransition::Earn) => Some(Yielding),
            (Deployed | Yielding, VaultTransition::WindUp) => Some(WindingUp),
            (WindingUp, VaultTransition::Close) => Some(WoundUp),
            _ => None,
        }
    }

    /// Whether its machines are its own, so that nobody else can tokenise them.
    pub(crate) fn keeps_deeds(self) -> bool {
        !matches!(self, VaultState::Refunded | VaultState::WoundUp)
    }

    /// Whether its shares can still be traded.
    pub(crate) fn trades(self) -> bool {
        !matches!(self, VaultState::WindingUp | VaultState::WoundUp)
    }

    /// The name, as the API has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            VaultState::Open => "open",
            VaultState::Funded => "funded",
            VaultState::Refunding => "refunding",
            VaultState::Refunded => "refunded",
            VaultState::Deployed => "deployed",
            VaultState::Yielding => "yielding",
            VaultState::WindingUp => "winding_up",
            VaultState::WoundUp => "wound_up",
        }
    }
}

impl Engine {
    /// The only place where the state of a vault changes, so that deadlines, machines and work cannot part from it.
    pub(super) fn move_vault(&mut self, id: VaultId, transition: VaultTransition, events: &mut Vec<Event>) {
        let vault = self.vaults.get_mut(id);
        let (before, deadline) = (vault.state, vault.deadline());
        vault.state = before.after(transition).expect("the state was looked at");
        let (state, next) = (vault.state, vault.deadline());
        if let Some(deadline) = deadline {
            self.vaults.deadlines.remove(&(deadline, id));
        }
        self.vaults.deadlines.extend(next.map(|deadline| (deadline, id)));
        if before.keeps_deeds() && !state.keeps_deeds() {
            for at in 0..self.vaults.get_mut(id).deeds.len() {
                let serial = self.vaults.get_mut(id).deeds[at].serial;
                self.vaults.serials.remove(&serial);
            }
        }
        self.vaults.refresh(id);
        if state != before {
            events.push(Event::Vault(VaultEvent::VaultStateChanged { vault: id, state }));
        }
    }
}
