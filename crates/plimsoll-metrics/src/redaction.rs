//! Tag values that must not be shown.

use std::fmt;
use std::sync::Arc;

/// Says what stands for a tag value that must not be shown: `None` for all others.
#[derive(Clone)]
pub struct Redaction(Arc<Rule>);

type Rule = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Redaction {
    /// A redaction by this rule. It is asked once for a value that is shown, each time for one that is not.
    pub fn new(rule: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Redaction(Arc::new(rule))
    }

    pub(crate) fn of(&self, value: &str) -> Option<String> {
        (self.0)(value)
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redaction")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shard, ShardConfig};

    #[test]
    fn only_what_must_not_be_shown_is_replaced() {
        let mut shard = Shard::new(ShardConfig::default());
        shard.redact_with(Redaction::new(|value| value.contains("secret").then(|| "hidden".to_owned())));
        let (one, other, plain) = (shard.symbol("my secret"), shard.symbol("a secret"), shard.symbol("GET"));
        assert_eq!((&**shard.symbol_text(one), &**shard.symbol_text(plain)), ("hidden", "GET"));
        assert_eq!(one, other);
    }
}
