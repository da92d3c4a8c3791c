//! Headings of the help texts.

/// Flags that only the command at hand has.
pub(super) const COMMAND: &str = "Flags of this command";
/// Flags of every command.
pub(super) const EVERYWHERE: &str = "Flags of every command";
