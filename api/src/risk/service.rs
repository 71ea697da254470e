//! Publishes arrays: looks at the venue, works out what is new, and submits it under the venue's key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::command::Command;
use engine::ids::{InstrumentId, KeyId};
use engine::instrument::State;
use engine::margin::Risk;
use engine::units::Timestamp;
use tokio::time::MissedTickBehavior;

use crate::risk::Settings;
use crate::risk::array::{is_worth_it, next_array};
use crate::risk::outlook::Series;
use crate::venue::clock::Clock;
use crate::venue::machines::{Action, Core};
use crate::venue::sequencer::{Handle, SubmitError};

/// The service of a venue.
#[derive(Clone, Debug)]
pub struct Service {
    handle: Handle,
    clock: Clock,
    settings: Arc<Settings>,
}

impl Service {
    /// The service of a venue with this clock.
    pub fn new(handle: Handle, clock: Clock, settings: Settings) -> Service {
        Service { handle, clock, settings: Arc::new(settings) }
    }

    /// Publishes as often as asked for, until it is dropped or the venue stops. A round that finds nothing new writes nothing.
    pub async fn run(self, every: Duration) {
        let mut rounds = tokio::time::interval(every);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            match self.publish().await {
                Ok(_) => {}
                Err(error @ SubmitError::Busy) => tracing::warn!(%error, "risk arrays wait for the next round"),
                Err(SubmitError::Unknown) => return,
            }
        }
    }

    /// One round: publishes the arrays that are worth it, one after the other, and says how many were taken.
    ///
    /// # Errors
    /// [`SubmitError`] if the venue does not answer.
    pub async fn publish(&self) -> Result<usize, SubmitError> {
        let (settings, now) = (Arc::clone(&self.settings), self.clock.read().shown);
        let arrays = self.handle.read(move |core| arrays(core, now, &settings)).await?;
        let mut taken = 0;
        for (instrument, risk) in arrays {
            let action = Action::Exchange(Command::PublishRisk { instrument, risk });
            let outcome = self.handle.submit(action, KeyId::VENUE, 0).await?;
            match outcome.refusal {
                None => taken += 1,
                // Somebody else has published meanwhile, or parameters contradict each other; the next round sees.
                Some(refusal) => tracing::warn!(%refusal, %instrument, "the risk array was not taken"),
            }
        }
        Ok(taken)
    }
}

/// What is worth publishing now, by contract.
fn arrays(core: &Core, now: Timestamp, settings: &Settings) -> Vec<(InstrumentId, Risk)> {
    let engine = core.engine();
    let now = now.max(engine.time());
    let mut seen = BTreeMap::new();
    let mut arrays = Vec::new();
    for market in engine.markets().filter(|market| market.terms.is_margined() && market.state != State::Settled) {
        let Some(series) = market.terms.series() else { continue };
        let Some(margin) = engine.margin_of(series) else { continue };
        let symbol = core.index().symbol(pricing::index::SeriesId(series.0)).unwrap_or_default();
        let series = seen.entry(series).or_insert_with(|| Series::look(engine, series, symbol, settings));
        let Some(outlook) = series.outlook(engine, market, now, settings) else { continue };
        match next_array(&market.terms, margin, market.risk.as_ref(), &outlook, now, settings) {
            Ok(risk) if is_worth_it(market.risk.as_ref(), &risk, settings) => {
                arrays.push((market.terms.instrument, risk));
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, instrument = %market.terms.symbol, "there is no risk array"),
        }
    }
    arrays
}
