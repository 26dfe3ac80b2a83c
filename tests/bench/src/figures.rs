//! Many measurements as a few figures.
use std::time::Duration;

/// Measurements in milliseconds, sorted.
#[derive(Debug, Clone)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    /// The figures of these durations.
    pub fn of(durations: impl IntoIterator<Item = Duration>) -> Self {
        let mut sorted: Vec<f64> = durations.into_iter().map(|one| one.as_secs_f64() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        Self(sorted)
    }

    /// The value that `percent` of all do not exceed (nearest rank); 0 when nothing was measured.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    /// The value in the middle.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The largest.
    pub fn most(&self) -> f64 {
        self.0.last().copied().unwrap_or_default()
    }
}

/// `part` of `parts`, as a number on average.
pub(crate) fn each(total: Duration, parts: usize) -> f64 {
    total.as_secs_f64() * 1e3 / f64::from(u32::try_from(parts.max(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let figures = Figures::of((1..=200).rev().map(Duration::from_millis));
        let text = |percent| format!("{:.0}", figures.percentile(percent));
        assert_eq!([50, 99, 100].map(text), ["100", "198", "200"]);
        assert_eq!(format!("{:.0} {:.0}", Figures::of([]).median(), figures.most()), "0 200");
    }
}
