//! The text of `--secret-source`: `TYPE=[name=NAME,][default,]SETTINGS`.

use std::collections::BTreeMap;

/// The types of sources.
pub(super) const KINDS: [&str; 4] = ["file", "mock", "env", "url"];

/// One flag, taken apart.
pub(super) struct Spec<'a> {
    pub(super) kind: &'a str,
    /// The type's name when none is given.
    pub(super) name: &'a str,
    pub(super) default: bool,
    /// What stands between the commas.
    pub(super) settings: Vec<&'a str>,
}

impl<'a> Spec<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Vec<String>> {
        let (kind, settings) = text.split_once('=').unwrap_or((text, ""));
        if kind.trim().is_empty() {
            return Err(vec!["expected a type, as in file=secrets.txt".to_owned()]);
        }
        let mut spec = Spec { kind, name: kind, default: false, settings: Vec::new() };
        for part in settings.split(',').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None if part == "default" => spec.default = true,
                Some(("name", "")) => return Err(vec!["expected a name behind name=".to_owned()]),
                Some(("name", name)) => spec.name = name,
                _ => spec.settings.push(part),
            }
        }
        Ok(spec)
    }

    /// The settings as names and values. Values are not told: they are the secrets.
    pub(super) fn pairs(&self) -> Result<BTreeMap<String, String>, Vec<String>> {
        let mut pairs = BTreeMap::new();
        let mut problems = Vec::new();
        for (index, setting) in self.settings.iter().enumerate() {
            match setting.split_once('=') {
                Some((name, value)) => drop(pairs.insert(name.to_owned(), value.to_owned())),
                None => problems.push(format!("entry {} has no '=' behind its name", index + 1)),
            }
        }
        if problems.is_empty() { Ok(pairs) } else { Err(problems) }
    }

    /// The one setting of a source of variables.
    pub(super) fn prefix(&self) -> Result<&'a str, Vec<String>> {
        match self.settings[..] {
            [prefix] => Ok(prefix.strip_prefix("prefix=").unwrap_or(prefix)),
            _ => Err(vec!["expected the prefix of the variables' names, as in env=APP_SECRET_".to_owned()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_the_default_may_stand_anywhere() {
        let spec = Spec::parse("file=path/to,default,name=a=b").map_err(|problems| problems.join(" "));
        let Ok(spec) = spec else { panic!("valid") };
        assert_eq!(
            (spec.kind, spec.name, spec.default, &spec.settings[..]),
            ("file", "a=b", true, &["path/to"][..])
        );
        let Ok(bare) = Spec::parse("url") else { panic!("valid") };
        assert_eq!((bare.kind, bare.name, bare.default, bare.settings.len()), ("url", "url", false, 0));
        assert!(Spec::parse("").is_err() && Spec::parse("mock=name=").is_err());
    }
}
