//! Secrets in a file, `NAME=VALUE` on each line.

use std::collections::BTreeMap;
use std::io::Read as _;

/// The largest file, in bytes.
const LIMIT: u64 = 16 << 20;

/// Reads the file that the settings name.
pub(super) fn read(settings: &[&str]) -> Result<BTreeMap<String, String>, Vec<String>> {
    let path = match settings {
        [path] => path.strip_prefix("filename=").unwrap_or(path),
        _ => return Err(vec!["expected the path of one file, as in file=secrets.txt".to_owned()]),
    };
    let mut text = String::new();
    let opened = std::fs::File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_string(&mut text));
    opened.map_err(|error| vec![format!("{path}: {error}")])?;
    if text.len() as u64 > LIMIT {
        return Err(vec![format!("{path} is larger than {} MiB", LIMIT >> 20)]);
    }
    parse(&text).map_err(|problems| problems.iter().map(|why| format!("{path}, {why}")).collect())
}

/// Empty lines are skipped. What a line says is not told: it may be a secret.
fn parse(text: &str) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut values = BTreeMap::new();
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match line.split_once('=') {
            Some((name, value)) => drop(values.insert(name.to_owned(), value.to_owned())),
            None => problems.push(format!("line {}: expected NAME=VALUE", index + 1)),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_values() {
        let values = parse("a=1\r\n\nb=x=y \nc=\na=2").expect("valid");
        let expected = [("a", "2"), ("b", "x=y "), ("c", "")];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        let problems = parse("a=1\nhunter2\nb=1\nswordfish").expect_err("no equals signs");
        assert_eq!(problems, ["line 2: expected NAME=VALUE", "line 4: expected NAME=VALUE"]);
    }
}
