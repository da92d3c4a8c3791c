//! Tags given as options, and the set of system tags.

use serde_json::Value;

use super::value::{Expected, OptionValue};

/// Name and value pairs, in the order they were given; a later pair replaces an earlier one of the same name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// Sets one tag.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(pair) => pair.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one `name=value`, as `--tag` takes it.
    pub fn add_flag(&mut self, text: &str) -> Result<(), Expected> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                self.set(name, value);
                Ok(())
            }
            _ => Err("must look like name=value".to_owned()),
        }
    }
}

impl OptionValue for Tags {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let object = value.as_object().ok_or("must be an object of strings")?;
        let mut tags = Self::default();
        for (name, value) in object {
            tags.set(name, tag_value(name, value)?);
        }
        Ok(tags)
    }

    /// `a:b,c:d`, as `K6_TAGS` has it.
    fn from_text(text: &str) -> Result<Self, Expected> {
        let mut tags = Self::default();
        for pair in text.split(',') {
            let (name, value) = pair.split_once(':').ok_or("must look like name:value,name:value")?;
            tags.set(name, value);
        }
        Ok(tags)
    }

    fn to_json(&self) -> Value {
        self.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
    }
}

fn tag_value(name: &str, value: &Value) -> Result<String, Expected> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(format!("must be an object of strings, but `{name}` is not one")),
    }
}

macro_rules! system_tags {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A tag that the program itself sets on samples.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SystemTag { $($(#[$doc])* $variant),+ }

        impl SystemTag {
            /// All of them; the opt-in ones come last.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The tag's name on a sample.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

system_tags! {
    /// The protocol and its version.
    Proto = "proto",
    /// The WebSocket subprotocol.
    Subproto = "subproto",
    /// The status of the answer.
    Status = "status",
    /// The method of the request.
    Method = "method",
    /// The address of the request.
    Url = "url",
    /// The request's name, by default its address.
    Name = "name",
    /// The path of the enclosing groups.
    Group = "group",
    /// The name of a check.
    Check = "check",
    /// The text of a failure.
    Error = "error",
    /// The number of a failure.
    ErrorCode = "error_code",
    /// The version of TLS.
    TlsVersion = "tls_version",
    /// The scenario.
    Scenario = "scenario",
    /// The RPC service.
    Service = "service",
    /// Whether the status was as expected.
    ExpectedResponse = "expected_response",
    /// The iteration's number (opt-in).
    Iter = "iter",
    /// The VU's number (opt-in).
    Vu = "vu",
    /// The certificate's revocation status (opt-in).
    OcspStatus = "ocsp_status",
    /// The target's address (opt-in).
    Ip = "ip",
}

/// The system tags that are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemTags(u32);

impl SystemTags {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// Whether this tag is on.
    pub fn contains(self, tag: SystemTag) -> bool {
        self.0 & (1 << tag as u32) != 0
    }

    /// The set with this tag added.
    #[must_use]
    pub fn with(self, tag: SystemTag) -> Self {
        Self(self.0 | 1 << tag as u32)
    }

    fn from_names<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let by_name = |name: &str| SystemTag::ALL.iter().copied().find(|tag| tag.as_str() == name);
        // Unknown names are ignored, as k6 does.
        names.filter_map(by_name).fold(Self::NONE, Self::with)
    }
}

/// Everything but the opt-in tags.
impl Default for SystemTags {
    fn default() -> Self {
        let opt_in = [SystemTag::Iter, SystemTag::Vu, SystemTag::OcspStatus, SystemTag::Ip];
        SystemTag::ALL.iter().copied().filter(|tag| !opt_in.contains(tag)).fold(Self::NONE, Self::with)
    }
}

impl OptionValue for SystemTags {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let names = Vec::<String>::from_json(value)?;
        Ok(Self::from_names(names.iter().map(String::as_str)))
    }

    fn from_text(text: &str) -> Result<Self, Expected> {
        Ok(Self::from_names(text.split(',').map(str::trim)))
    }

    fn to_json(&self) -> Value {
        let on = SystemTag::ALL.iter().filter(|tag| self.contains(**tag));
        on.map(|tag| Value::from(tag.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_read_flags_text_and_json() {
        let mut tags = Tags::from_text("a:b,c:d:e").expect("valid");
        tags.add_flag("a=z").expect("valid");
        assert_eq!(tags.to_json(), json!({ "a": "z", "c": "d:e" }));
        assert!(tags.add_flag("nothing").is_err());
        assert!(Tags::from_json(&json!({ "a": { "b": 1 } })).is_err());
    }

    #[test]
    fn system_tags_replace_the_set() {
        assert!(SystemTags::default().contains(SystemTag::Url));
        assert!(!SystemTags::default().contains(SystemTag::Vu));
        let some = SystemTags::from_text("vu,nonsense").expect("names are not checked");
        assert_eq!(some, SystemTags::NONE.with(SystemTag::Vu));
        assert_eq!(SystemTags::from_json(&json!([])), Ok(SystemTags::NONE));
    }
}
