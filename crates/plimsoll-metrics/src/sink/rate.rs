//! The share of samples that were not zero.

/// How many of all samples were not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// Samples that were not zero.
    pub nonzero: u64,
    /// All samples.
    pub total: u64,
}

impl Rate {
    #[inline]
    pub(crate) fn record(&mut self, value: f64) {
        self.nonzero += u64::from(value != 0.0);
        self.total += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.nonzero += other.nonzero;
        self.total += other.total;
    }

    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            nonzero: self.nonzero.saturating_sub(earlier.nonzero),
            total: self.total.saturating_sub(earlier.total),
        }
    }

    /// Samples that were zero.
    #[must_use]
    pub fn zero(&self) -> u64 {
        self.total - self.nonzero
    }

    /// The share of non-zero samples, from 0 to 1; zero without samples.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.nonzero as f64 / self.total as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_zero_counts() {
        let mut rate = Rate::default();
        for value in [0.0, 1.0, -0.0, -3.0] {
            rate.record(value);
        }
        assert_eq!(rate, Rate { nonzero: 2, total: 4 });
        assert!((rate.share() - 0.5).abs() < 1e-12);
        assert_eq!(rate.zero(), 2);
        assert!(Rate::default().share().abs() < 1e-12);
    }
}
