//! plimsoll-net.
