//! plimsoll-engine.
