//! The summary that k6 and plimsoll print at the end of a run, read back.

/// A printed summary.
#[derive(Debug)]
pub(crate) struct Summary(pub(crate) String);

impl Summary {
    /// A statistic of a trend, in milliseconds: `p(99)` of `http_req_duration...: med=1ms p(99)=3ms`.
    pub(crate) fn trend_ms(&self, metric: &str, stat: &str) -> Option<f64> {
        let mut words = self.words_of(metric)?;
        milliseconds(words.find_map(|word| word.strip_prefix(stat)?.strip_prefix('='))?)
    }

    /// The value of a counter or a gauge: the first number of `iterations...: 42000  13996.25/s`.
    pub(crate) fn value(&self, metric: &str) -> Option<f64> {
        self.words_of(metric)?.next()?.parse().ok()
    }

    /// The first line that contains a text.
    pub(crate) fn line_with(&self, text: &str) -> Option<&str> {
        self.0.lines().map(str::trim).find(|line| line.contains(text))
    }

    /// What stands behind the dots of a metric's line.
    fn words_of(&self, metric: &str) -> Option<impl Iterator<Item = &str>> {
        let values = |line: &'_ str| {
            let rest = line.trim_start().strip_prefix(metric)?;
            rest.trim_start_matches('.').strip_prefix(':').map(|_| ())
        };
        let line = self.0.lines().find(|line| values(line).is_some())?;
        Some(line.split_once(':')?.1.split_whitespace())
    }
}

/// A duration as the summary prints it: one number and one unit, or minutes and more as `1m2s`.
fn milliseconds(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 5] = [("ns", 1e-6), ("µs", 1e-3), ("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    if text == "0s" {
        return Some(0.0);
    }
    let (minutes, rest) =
        text.split_once('m').filter(|(_, rest)| !rest.starts_with('s')).unwrap_or(("0", text));
    let minutes: f64 = minutes.parse().ok()?;
    let (number, unit) = UNITS.into_iter().find_map(|(name, unit)| Some((rest.strip_suffix(name)?, unit)))?;
    Some(minutes * 60e3 + number.parse::<f64>().ok()? * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit_of_the_summary() {
        let cases = [
            ("640ns", 0.000_64),
            ("842.5µs", 0.842_5),
            ("1.25ms", 1.25),
            ("2.5s", 2500.0),
            ("0s", 0.0),
            ("1m2s", 62_000.0),
        ];
        for (text, expected) in cases {
            let read = milliseconds(text).expect("well-formed");
            assert!((read - expected).abs() < 1e-9, "{text}: {read}");
        }
        assert_eq!(milliseconds("12"), None);
    }

    #[test]
    fn figures_are_taken_from_the_line_of_the_metric() {
        let summary = Summary(
            "  http_req_blocked......: p(99)=9ms\n  http_req_duration.....: med=1ms p(99)=3.5ms max=4ms\n  \
             iteration_duration: med=1ms\n  iterations............: 42000 13996.25/s\n"
                .to_owned(),
        );
        assert_eq!(summary.trend_ms("http_req_duration", "p(99)"), Some(3.5));
        assert_eq!(summary.trend_ms("http_req_duration", "p(9"), None);
        assert_eq!(summary.trend_ms("http_req", "p(99)"), None);
        assert_eq!(summary.value("iterations"), Some(42_000.0));
        assert_eq!(summary.value("iteration"), None);
        assert_eq!(summary.line_with("13996"), Some("iterations............: 42000 13996.25/s"));
    }
}
