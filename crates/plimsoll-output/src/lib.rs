//! plimsoll-output.
