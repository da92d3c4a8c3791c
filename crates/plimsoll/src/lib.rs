//! plimsoll.
