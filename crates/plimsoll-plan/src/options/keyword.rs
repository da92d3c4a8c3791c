//! Options whose value is one word of a fixed list.

use serde_json::Value;

use super::value::{Expected, OptionValue};

/// Declares an enum whose variants are written as fixed words, and reads and writes it as an option.
macro_rules! keywords {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The words, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word of this variant.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl OptionValue for $name {
            fn from_json(value: &Value) -> Result<Self, Expected> {
                match value.as_str() {
                    $(Some($word) => Ok(Self::$variant),)+
                    _ => Err(one_of(Self::WORDS)),
                }
            }

            fn to_json(&self) -> Value {
                Value::from(self.as_str())
            }
        }
    };
}

/// `must be one of a, b, c`; the empty word is left out.
pub(super) fn one_of(words: &[&str]) -> Expected {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    format!("must be one of {}", words.join(", "))
}

keywords! {
    /// Whether HTTP messages are logged.
    HttpDebug {
        /// Not at all.
        Off = "",
        /// Without bodies.
        Headers = "headers",
        /// With bodies.
        Full = "full",
    }
}

keywords! {
    /// The unit that the summary prints times in.
    TimeUnit {
        /// Whatever suits each value.
        Auto = "",
        /// Seconds.
        Seconds = "s",
        /// Milliseconds.
        Millis = "ms",
        /// Microseconds.
        Micros = "us",
    }
}

/// Which verdict on its own measurement fails a run. Not in k6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequireValid {
    /// None.
    No,
    /// INVALID.
    Yes,
    /// SUSPECT, too.
    Strict,
}

impl OptionValue for RequireValid {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        match value {
            Value::Bool(false) => Ok(Self::No),
            Value::Bool(true) => Ok(Self::Yes),
            Value::String(word) => Self::from_text(word),
            _ => Err(one_of(&["true", "false", "strict"])),
        }
    }

    fn from_text(text: &str) -> Result<Self, Expected> {
        match text {
            "strict" => Ok(Self::Strict),
            word => match bool::from_text(word) {
                Ok(true) => Ok(Self::Yes),
                Ok(false) => Ok(Self::No),
                Err(_) => Err(one_of(&["true", "false", "strict"])),
            },
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::No => Value::Bool(false),
            Self::Yes => Value::Bool(true),
            Self::Strict => Value::from("strict"),
        }
    }
}

keywords! {
    /// How much the end-of-test summary shows.
    SummaryMode {
        /// The totals.
        Compact = "compact",
        /// Also by group and scenario.
        Full = "full",
        /// Nothing.
        Disabled = "disabled",
        /// The form before k6 1.0, for which the totals are shown.
        Legacy = "legacy",
    }
}

keywords! {
    /// Which globals scripts see.
    CompatibilityMode {
        /// With `global`.
        Extended = "extended",
        /// The bare language.
        Base = "base",
        /// Still accepted by k6, with a warning.
        ExperimentalEnhanced = "experimental_enhanced",
    }
}

keywords! {
    /// What kind of file the test is.
    ScriptType {
        /// Look and see.
        Detect = "",
        /// A script.
        Js = "js",
        /// A tar archive.
        Archive = "archive",
    }
}

keywords! {
    /// How the arrivals of a scenario are spaced.
    Spacing {
        /// Evenly.
        Regular = "regular",
        /// At random.
        Poisson = "poisson",
    }
}

keywords! {
    /// A version of TLS, oldest first.
    TlsVersion {
        /// TLS 1.0.
        Tls10 = "tls1.0",
        /// TLS 1.1.
        Tls11 = "tls1.1",
        /// TLS 1.2.
        Tls12 = "tls1.2",
        /// TLS 1.3.
        Tls13 = "tls1.3",
    }
}

keywords! {
    /// A version of HTTP.
    HttpVersion {
        /// Over TLS whichever the server prefers, else HTTP/1.1.
        Auto = "auto",
        /// HTTP/1.1.
        Http1 = "1.1",
        /// HTTP/2, without TLS by prior knowledge.
        Http2 = "2",
    }
}

keywords! {
    /// Which address of a name is dialled.
    DnsSelect {
        /// Always the first.
        First = "first",
        /// In turn.
        RoundRobin = "roundRobin",
        /// Any.
        Random = "random",
    }
}

keywords! {
    /// Which address families are used.
    DnsPolicy {
        /// IPv4 if there is one.
        PreferIpv4 = "preferIPv4",
        /// IPv6 if there is one.
        PreferIpv6 = "preferIPv6",
        /// IPv4 only.
        OnlyIpv4 = "onlyIPv4",
        /// IPv6 only.
        OnlyIpv6 = "onlyIPv6",
        /// Either.
        Any = "any",
    }
}
