//! plimsoll-report.
