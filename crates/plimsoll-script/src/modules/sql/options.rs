//! The third argument of `open`.

use std::time::Duration;

use plimsoll_net::sql::Keeping;
use plimsoll_plan::duration;
use rquickjs::{Ctx, Result, Value};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// How connections are kept, and how long statements may take.
#[derive(Default)]
pub(super) struct Options {
    pub(super) keeping: Keeping,
    pub(super) limit: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct Given {
    max_idle_conns: Option<i64>,
    conn_max_idle_time: Option<Time>,
    conn_max_lifetime: Option<Time>,
    timeout: Option<Time>,
    // A VU has one connection at a time: it waits for each answer.
    #[serde(rename = "maxOpenConns")]
    _max_open_conns: Option<IgnoredAny>,
}

/// Milliseconds, or a number with a unit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Number(f64),
    Text(String),
}

impl Options {
    /// The inner error says what is wrong with the object.
    pub(super) fn of<'js>(
        ctx: &Ctx<'js>,
        given: Option<&Value<'js>>,
    ) -> Result<std::result::Result<Self, String>> {
        let Some(given) = given.filter(|given| !given.is_undefined() && !given.is_null()) else {
            return Ok(Ok(Options::default()));
        };
        let json = ctx.json_stringify(given.clone())?.map(|json| json.to_string()).transpose()?;
        Ok(Self::of_json(&json.unwrap_or_default())
            .map_err(|why| format!("sql.open: invalid options: {why}")))
    }

    fn of_json(json: &str) -> std::result::Result<Self, String> {
        let value: serde_json::Value =
            serde_json::from_str(json).map_err(|_| "expected an object".to_owned())?;
        let given = Given::deserialize(value).map_err(|error| error.to_string())?;
        let keeping = Keeping {
            is_kept: given.max_idle_conns.is_none_or(|count| count > 0),
            max_idle_time: limit("connMaxIdleTime", given.conn_max_idle_time)?,
            max_lifetime: limit("connMaxLifetime", given.conn_max_lifetime)?,
        };
        Ok(Options { keeping, limit: limit("timeout", given.timeout)? })
    }
}

/// No limit is 0, or less.
fn limit(name: &str, time: Option<Time>) -> std::result::Result<Option<Duration>, String> {
    let limit = match time {
        None => return Ok(None),
        Some(Time::Number(number)) if number <= 0.0 => return Ok(None),
        Some(Time::Number(number)) => Duration::try_from_secs_f64(number / 1000.0).ok(),
        Some(Time::Text(text)) => match duration::parse_plain(&text) {
            Ok(limit) => Some(limit),
            Err(_) => return Err(format!("{name} {text:?} is no time, say for instance \"500ms\"")),
        },
    };
    let limit = limit.ok_or_else(|| format!("{name} is too long"))?;
    Ok(Some(limit).filter(|limit| !limit.is_zero()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_milliseconds_or_have_a_unit() {
        let json = r#"{ "maxIdleConns": 0, "maxOpenConns": 5, "connMaxIdleTime": "1m", "connMaxLifetime": 250,
            "timeout": "1.5s" }"#;
        let options = Options::of_json(json).unwrap_or_else(|why| panic!("{why}"));
        assert!(!options.keeping.is_kept);
        assert_eq!(options.keeping.max_idle_time, Some(Duration::from_secs(60)));
        assert_eq!(options.keeping.max_lifetime, Some(Duration::from_millis(250)));
        assert_eq!(options.limit, Some(Duration::from_millis(1500)));
        let options = Options::of_json(r#"{ "timeout": 0, "connMaxLifetime": -1 }"#);
        let options = options.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((options.limit, options.keeping.max_lifetime), (None, None));
        assert!(options.keeping.is_kept);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (json, problem) in [
            ("5", "expected an object"),
            (r#"{ "maxConns": 5 }"#, "unknown field `maxConns`"),
            (r#"{ "timeout": "soon" }"#, "timeout \"soon\" is no time"),
            (r#"{ "timeout": 1e300 }"#, "timeout is too long"),
            (r#"{ "maxIdleConns": "two" }"#, "invalid type: string \"two\""),
        ] {
            let error = Options::of_json(json).err().unwrap_or_default();
            assert!(error.contains(problem), "{json}: {error}");
        }
    }
}
