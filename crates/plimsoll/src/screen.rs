//! Stderr: lines that scroll away, and on a terminal a few below them that are replaced.
//!
//! Log lines and progress share it, so that neither wipes out the other. What is written is not its business.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Stderr of this process.
pub(crate) struct Screen {
    terminal: bool,
    pinned: Mutex<String>,
}

impl Screen {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Screen { terminal: io::stderr().is_terminal(), pinned: Mutex::default() })
    }

    /// Whether somebody is watching.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Writes whole lines, above those that are pinned.
    pub(crate) fn print(&self, lines: &str) {
        let pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        write(&format!("{}{lines}{}", erase(&pinned), draw(&pinned)));
    }

    /// Writes whole lines to stdout. Where both are one terminal, the pinned lines make room for them.
    pub(crate) fn print_to_stdout(&self, lines: &str) {
        let pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        write(&erase(&pinned));
        let _ = io::stdout().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush());
        write(&draw(&pinned));
    }

    /// Replaces the pinned lines; elsewhere than on a terminal, where nothing can be replaced, prints them.
    pub(crate) fn pin(&self, lines: &str) {
        if !self.terminal {
            return self.print(lines);
        }
        let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        write(&format!("{}{}", erase(&pinned), draw(lines)));
        lines.clone_into(&mut pinned);
    }

    /// Leaves the pinned lines where they are.
    pub(crate) fn unpin(&self) {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Messages that cannot be shown are no reason to stop a test.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Up to the first of the pinned lines, and clears from there.
fn erase(pinned: &str) -> String {
    match pinned.lines().count() {
        0 => String::new(),
        lines => format!("\x1b[{lines}A\r\x1b[J"),
    }
}

/// With automatic wrapping off: a line that took two rows of a narrow terminal would be erased by half.
fn draw(pinned: &str) -> String {
    if pinned.is_empty() { String::new() } else { format!("\x1b[?7l{pinned}\x1b[?7h") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erases_as_many_lines_as_were_drawn() {
        assert_eq!(erase(""), "");
        assert_eq!(erase("one\n"), "\x1b[1A\r\x1b[J");
        assert_eq!(erase("one\ntwo\n"), "\x1b[2A\r\x1b[J");
    }
}
