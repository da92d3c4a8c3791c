//! The only place of this package that prints: answers on stdout, what goes on on stderr.

use std::fmt::Arguments;
use std::io::Write as _;

/// `say!("…")` prints a line of the answer, `say!(progress "…")` what is being done, `say!(error "…")` why it
/// failed.
macro_rules! say {
    (progress $($text:tt)*) => { $crate::say::progress(format_args!($($text)*)) };
    (error $($text:tt)*) => { $crate::say::error(format_args!($($text)*)) };
    ($($text:tt)*) => { $crate::say::answer(format_args!($($text)*)) };
}
pub(crate) use say;

// A reader that has gone away (`cargo xtask … | head`) is no failure, so the results of writing are dropped.

/// Writes one line to stdout.
pub(crate) fn answer(text: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes one line to stderr.
pub(crate) fn progress(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes one line to stderr, marked as an error.
pub(crate) fn error(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "error: {text}");
}
