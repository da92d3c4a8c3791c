//! What one recorded sample costs.

fn main() {}
