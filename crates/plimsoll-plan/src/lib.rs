//! plimsoll-plan.
