//! The workload file: a header of 64 bytes, then 32 bytes an operation, little endian.

use engine::limits;
use engine::units::Side;

use super::error::Error;
use super::flow::{Kind, Operation};

const MAGIC: &[u8; 8] = b"CLOBWL01";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 64;
const RECORD_BYTES: usize = 32;

/// No venue counts further.
const TIME_NS_MAX: u64 = limits::TIMESTAMP_MAX.0.cast_unsigned() * 1_000;

/// A recorded or generated flow.
pub(crate) struct Workload {
    pub(crate) symbols: u32,
    pub(crate) accounts: u32,
    /// How many of the operations warm the books up.
    pub(crate) prefill: u32,
    pub(crate) seed: u64,
    pub(crate) operations: Vec<Operation>,
}

impl Workload {
    #[expect(clippy::disallowed_methods, reason = "a program reads the file it was given; the library never does")]
    pub(crate) fn read(file: &str) -> Result<Workload, Error> {
        let bytes = std::fs::read(file).map_err(|error| Error::Read { file: file.to_owned(), error })?;
        Workload::decode(file, &bytes)
    }

    #[expect(clippy::disallowed_methods, reason = "a program writes the file it was given; the library never does")]
    pub(crate) fn write(&self, file: &str) -> Result<(), Error> {
        std::fs::write(file, self.encode()).map_err(|error| Error::Write { file: file.to_owned(), error })
    }

    pub(crate) fn decode(file: &str, bytes: &[u8]) -> Result<Workload, Error> {
        let file = || file.to_owned();
        let header = bytes.first_chunk::<HEADER_BYTES>().ok_or_else(|| Error::NoHeader { file: file() })?;
        if !header.starts_with(MAGIC) || u32_at(header, 8) != VERSION {
            return Err(Error::NoHeader { file: file() });
        }
        let (symbols, announced, prefill) = (u32_at(header, 12), u64_at(header, 16), u32_at(header, 44));
        let records = &bytes[HEADER_BYTES..];
        if !records.len().is_multiple_of(RECORD_BYTES) || (records.len() / RECORD_BYTES) as u64 != announced {
            return Err(Error::WrongLength { file: file(), announced, found: records.len() });
        }
        if u64::from(prefill) > announced {
            return Err(Error::LongPrefill { file: file(), prefill, operations: announced });
        }
        if symbols == 0 || symbols > 65_536 {
            return Err(Error::Symbols { file: file(), symbols });
        }
        let (records, _) = records.as_chunks::<RECORD_BYTES>();
        let mut now_ns = 0;
        let decoded = records.iter().enumerate().map(|(number, record)| {
            let decoded = decode_operation(record, symbols).and_then(|operation| {
                let earliest_ns = std::mem::replace(&mut now_ns, operation.time_ns);
                let is_in_time = (earliest_ns..=TIME_NS_MAX).contains(&operation.time_ns);
                is_in_time
                    .then_some(operation)
                    .ok_or("its time is before that of the operation before it, or after 2200")
            });
            decoded.map_err(|rule| Error::Operation { file: file(), number, rule })
        });
        let operations = decoded.collect::<Result<Vec<Operation>, Error>>()?;
        Ok(Workload { symbols, accounts: u32_at(header, 40), prefill, seed: u64_at(header, 48), operations })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let prices = || self.operations.iter().map(|operation| operation.price);
        let largest = self.operations.iter().map(|operation| operation.id).max().unwrap_or(0);
        let mut bytes = Vec::with_capacity(HEADER_BYTES + RECORD_BYTES * self.operations.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.symbols.to_le_bytes());
        bytes.extend((self.operations.len() as u64).to_le_bytes());
        bytes.extend(largest.to_le_bytes());
        bytes.extend(prices().min().unwrap_or(0).to_le_bytes());
        bytes.extend(prices().max().unwrap_or(0).to_le_bytes());
        bytes.extend(self.accounts.to_le_bytes());
        bytes.extend(self.prefill.to_le_bytes());
        bytes.extend(self.seed.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        for operation in &self.operations {
            encode_operation(operation, &mut bytes);
        }
        bytes
    }
}

fn encode_operation(operation: &Operation, bytes: &mut Vec<u8>) {
    let kind = match operation.kind {
        Kind::Limit => 0,
        Kind::ImmediateOrCancel => 1,
        Kind::Cancel => 2,
    };
    let side = match operation.side {
        Side::Buy => 0,
        Side::Sell => 1,
    };
    bytes.extend([kind, side]);
    bytes.extend(operation.symbol.to_le_bytes());
    bytes.extend(operation.lots.to_le_bytes());
    bytes.extend(operation.id.to_le_bytes());
    bytes.extend(operation.price.to_le_bytes());
    bytes.extend(operation.account.to_le_bytes());
    bytes.extend(operation.time_ns.to_le_bytes());
}

fn decode_operation(record: &[u8; RECORD_BYTES], symbols: u32) -> Result<Operation, &'static str> {
    let kind = match record[0] {
        0 => Kind::Limit,
        1 => Kind::ImmediateOrCancel,
        2 => Kind::Cancel,
        _ => return Err("its kind is none of 0 limit, 1 immediate or cancel, 2 cancel"),
    };
    let side = match record[1] {
        0 => Side::Buy,
        1 => Side::Sell,
        _ => return Err("its side is neither 0 buy nor 1 sell"),
    };
    let symbol = u16::from_le_bytes([record[2], record[3]]);
    if u32::from(symbol) >= symbols {
        return Err("its symbol is not below the header's number of symbols");
    }
    let lots = u32_at(record, 4);
    if lots == 0 && kind != Kind::Cancel {
        return Err("an order has no lots");
    }
    let price = i32::from_le_bytes(chunk(record, 16));
    if !(-1_000_000_000..=1_000_000_000).contains(&price) {
        return Err("its price is more than a thousand million ticks from zero");
    }
    let (id, account, time_ns) = (u64_at(record, 8), u32_at(record, 20), u64_at(record, 24));
    Ok(Operation { kind, side, symbol, lots, id, price, account, time_ns })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(chunk(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(chunk(bytes, at))
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    *bytes[at..].first_chunk().expect("headers and records have fixed sizes")
}
