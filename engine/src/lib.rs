//! The exchange core of Terahour: it matches orders for GPU-hour contracts, holds the collateral for them, clears the
//! trades, keeps the ledger and settles the contracts.
//!
//! It is a pure state machine. [`Engine::apply`] takes one stamped [`Command`](command::Command) and appends the
//! [`Event`](event::Event)s it led to; the same commands always lead to the same events and the same [`Engine::state_hash`].
//! It knows no clock, no randomness, no thread, no file and no float, and it allocates no identifier that the command does
//! not determine.
//!
//! ```
//! use engine::Engine;
//! use engine::command::{Command, Stamp};
//! use engine::event::Event;
//! use engine::ids::{AccountId, AssetId, KeyId, Seq};
//! use engine::units::{Amount, Timestamp};
//!
//! let mut venue = Engine::new();
//! let mut events = Vec::new();
//! let stamp = |seq| Stamp { seq: Seq(seq), time: Timestamp(0), key: KeyId::VENUE, session: 0 };
//!
//! venue.apply(&stamp(1), &Command::OpenAccount { account: AccountId(7) }, &mut events)?;
//! venue.apply(&stamp(2), &Command::Deposit { account: AccountId(7), asset: AssetId::USD, amount: Amount(5_000_000), reference: 1 }, &mut events)?;
//!
//! assert_eq!(events[0], Event::AccountOpened { account: AccountId(7) });
//! # Ok::<(), engine::reject::Reject>(())
//! ```
//!
//! Where to read on: [`units`] and [`ids`] are the vocabulary, [`command`], [`event`] and [`reject`] the language, [`book`],
//! [`exposure`] and [`ledger`] the three parts of a trade, [`settlement`] the life of a contract, [`journal`] what is written down.

pub mod accounts;
pub mod book;
pub mod chain;
pub mod command;
pub mod controls;
pub mod event;
pub mod exits;
pub mod exposure;
pub mod families;
pub mod fixings;
pub mod ids;
pub mod index;
pub mod instrument;
pub mod journal;
pub mod ledger;
pub mod limits;
pub mod margin;
pub mod market;
pub mod order;
pub mod orders;
pub mod reject;
pub mod rules;
pub mod settlement;
pub mod units;
pub mod vaults;

mod amend;
pub mod approvals;
mod calendar;
mod cancel;
mod checks;
mod clearing;
mod closing;
mod cover;
mod default;
mod deleveraging;
mod due;
mod engine;
mod exposures;
mod fees;
mod fill_or_kill;
mod funding;
mod funds;
mod groups;
mod insurance;
mod keys;
mod liquidation;
mod lookahead;
mod margining;
mod markets;
mod matching;
mod registry;
mod requirements;
mod revaluation;
mod snapshot;
mod spreads;
mod stops;
mod strips;
mod trading;

pub use engine::{Engine, Key};
pub use market::Market;
pub use requirements::{MarginReport, SimulatedMargin, SimulatedPosition};
