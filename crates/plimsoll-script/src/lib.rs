//! plimsoll-script.
