//! What happened in the index, in the past tense; never changed once made.

use super::wire::{
    put_day, put_i64, put_input, put_list, put_option, put_owner, put_price, put_quote, put_ratio, put_series,
    put_text, put_u8, put_u16, put_u32, put_us_and_seq,
};
use super::{Day, Evidence, Fixing, Input, Owner, Price, SeriesId, Stage};

/// Version of the encoding of events.
const VERSION: u8 = 1;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A series began.
    SeriesDefined {
        /// The series.
        series: SeriesId,
        /// Its symbol.
        symbol: String,
        /// The first day it is determined for.
        inception: Day,
    },
    /// A report was taken; whether it counts is seen at the determination.
    ReportRecorded {
        /// The series.
        series: SeriesId,
        /// The day it speaks of.
        day: Day,
        /// Who asked the price.
        owner: Owner,
        /// What it rests on.
        evidence: Evidence,
        /// The price asked.
        price: Price,
        /// When it was received, in microseconds since 1970-01-01 00:00 UTC.
        received_us: i64,
        /// Its place in the venue's sequence.
        seq: u64,
    },
    /// A day was determined and has a fixing.
    FixingPublished(Fixing),
    /// A day was determined and has no fixing: too few owners, or, if three or more were counted, a projection that
    /// rounds to zero or exceeds the highest price.
    FixingSuppressed {
        /// The series.
        series: SeriesId,
        /// The day without a fixing.
        day: Day,
        /// Provisional or final.
        stage: Stage,
        /// Panel members whose report was accepted or confirmed, or made or renewed a reference.
        owners_counted: u32,
        /// The last published final fixing and its day, at which the chain stays.
        last_final: Option<(Day, Price)>,
        /// What each owner brought, as in a fixing.
        inputs: Vec<Input>,
    },
}

impl Event {
    /// Appends the canonical bytes, for hashing: version, tag, then the fields in the order of their declaration.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put_u8(out, VERSION);
        match self {
            Event::SeriesDefined { series, symbol, inception } => {
                put_u8(out, 1);
                put_series(out, *series);
                put_text(out, symbol);
                put_day(out, *inception);
            }
            Event::ReportRecorded { series, day, owner, evidence, price, received_us, seq } => {
                put_u8(out, 2);
                put_series(out, *series);
                put_day(out, *day);
                put_owner(out, owner);
                put_u8(out, evidence.code());
                put_price(out, *price);
                put_us_and_seq(out, *received_us, *seq);
            }
            Event::FixingPublished(fixing) => {
                put_u8(out, 3);
                put_fixing(out, fixing);
            }
            Event::FixingSuppressed { series, day, stage, owners_counted, last_final, inputs } => {
                put_u8(out, 4);
                put_series(out, *series);
                put_day(out, *day);
                put_u8(out, stage.code());
                put_u32(out, *owners_counted);
                put_option(out, *last_final, put_quote);
                put_list(out, inputs, put_input);
            }
        }
    }
}

fn put_fixing(out: &mut Vec<u8>, fixing: &Fixing) {
    put_series(out, fixing.series);
    put_day(out, fixing.day);
    put_u8(out, fixing.stage.code());
    put_u16(out, fixing.methodology_version);
    put_price(out, fixing.value);
    put_price(out, fixing.level);
    put_ratio(out, fixing.matched_mean);
    put_price(out, fixing.projection);
    put_i64(out, fixing.gap_ppm);
    put_u8(out, u8::from(fixing.gap_alarm));
    put_price(out, fixing.interval.0);
    put_price(out, fixing.interval.1);
    put_u32(out, fixing.standing_count);
    put_u32(out, fixing.reported_count);
    put_list(out, &fixing.inputs, put_input);
}
