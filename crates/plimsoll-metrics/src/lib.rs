//! plimsoll-metrics.
