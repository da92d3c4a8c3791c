//! The `insightdesk` command.
fn main() {}
