//! What a replay led to, as sums and as a hash that depends on the order of the fills: equal results mean equal trading.

/// All fills so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) fills: u64,
    pub(crate) lots: u64,
    pub(crate) notional: u64,
    pub(crate) hash: u64,
}

impl Checksum {
    /// The mixing is part of the workload format; other engines compute the same.
    pub(crate) fn fill(&mut self, taker: u64, maker: u64, price: i64, lots: u32) {
        let (price, lots) = (price.cast_unsigned(), u64::from(lots));
        self.fills += 1;
        self.lots += lots;
        self.notional = self.notional.wrapping_add(lots.wrapping_mul(price));
        let mixed = maker.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ taker.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
            ^ price.wrapping_mul(0x1656_67B1_9E37_79F9)
            ^ lots;
        self.hash = (self.hash ^ mixed).wrapping_mul(0x0100_0000_01B3).rotate_left(23);
    }
}
