//! The instruction sets that the kernel is compiled for, and which of them this processor has.

use std::fmt;

use multiversion::multiversion;

use super::kernel;
use super::{Columns, GreekColumns};

/// A way through the processor. Results of two paths differ in the last digits, because some fuse a product into a sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Path {
    /// What every processor of the architecture has: SSE2 on x86-64, NEON on 64-bit ARM.
    Baseline,
    /// AVX2 with fused multiply-add, four rows at once, on x86-64.
    Avx2,
    /// AVX-512, eight rows at once, on x86-64 since Ice Lake and Zen 4: older ones slow down for it.
    Avx512,
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

impl Path {
    /// All paths, the fastest first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Baseline];

    /// Whether this processor has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2.is_available() && has_avx512(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The first of [`Path::ALL`] that is available.
    #[must_use]
    pub fn fastest() -> Self {
        Self::ALL.into_iter().find(|path| path.is_available()).unwrap_or(Self::Baseline)
    }

    fn or_fastest(self) -> Self {
        if self.is_available() { self } else { Self::fastest() }
    }

    pub(super) fn prices(self, options: &Columns, prices: &mut [f64]) {
        match self.or_fastest() {
            Self::Baseline => kernel::prices::<IS_FUSED_AT_BASELINE>(options, prices),
            Self::Avx2 => prices_avx2(options, prices),
            Self::Avx512 => prices_avx512(options, prices),
        }
    }

    pub(super) fn greeks(self, options: &Columns, output: &mut GreekColumns) {
        match self.or_fastest() {
            Self::Baseline => kernel::greeks::<IS_FUSED_AT_BASELINE>(options, output),
            Self::Avx2 => greeks_avx2(options, output),
            Self::Avx512 => greeks_avx512(options, output),
        }
    }
}

/// All that `multiversion` adds to a target with AVX-512: without one of them its function would run the baseline.
#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    [
        is_x86_feature_detected!("avx512f"),
        is_x86_feature_detected!("avx512bw"),
        is_x86_feature_detected!("avx512cd"),
        is_x86_feature_detected!("avx512dq"),
        is_x86_feature_detected!("avx512vl"),
        is_x86_feature_detected!("avx512bitalg"),
        is_x86_feature_detected!("avx512ifma"),
        is_x86_feature_detected!("avx512vbmi"),
        is_x86_feature_detected!("avx512vbmi2"),
        is_x86_feature_detected!("avx512vnni"),
        is_x86_feature_detected!("avx512vpopcntdq"),
        is_x86_feature_detected!("gfni"),
        is_x86_feature_detected!("vaes"),
        is_x86_feature_detected!("vpclmulqdq"),
    ]
    .into_iter()
    .all(|is_there| is_there)
}

/// 64-bit ARM always has the instruction, x86-64 only with AVX2.
const IS_FUSED_AT_BASELINE: bool = cfg!(target_arch = "aarch64") || cfg!(target_feature = "fma");

#[multiversion(targets("x86_64+avx2+fma"))]
fn prices_avx2(options: &Columns, prices: &mut [f64]) {
    kernel::prices::<true>(options, prices);
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2+fma"))]
fn prices_avx512(options: &Columns, prices: &mut [f64]) {
    kernel::prices::<true>(options, prices);
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn greeks_avx2(options: &Columns, output: &mut GreekColumns) {
    kernel::greeks::<true>(options, output);
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx2+fma"))]
fn greeks_avx512(options: &Columns, output: &mut GreekColumns) {
    kernel::greeks::<true>(options, output);
}
