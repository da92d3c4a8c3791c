//! The methods of a client: what they take, what they send, what becomes of the answer.

use rquickjs::{Array, Ctx, IntoJs, Object, Result, Value};

use super::resp::Answer;
use crate::octets::text_of;

/// A method of k6's client.
pub(super) struct Method {
    pub(super) name: &'static str,
    /// The server's name for it; empty when the script gives it.
    pub(super) command: &'static str,
    takes: &'static [Argument],
    /// What may follow, any number of times.
    more: Option<Argument>,
    pub(super) gives: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Argument {
    /// Keys, fields and values: texts, numbers and booleans.
    Text,
    /// A whole number, 0 when it is left out.
    Integer,
    /// Seconds until a key expires, if they are more than 0.
    Expiry,
}

/// What the promise gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The answer; that there is nothing is an error.
    Answer,
    /// Whether the answer is 1.
    Truth,
    /// An object of names and values.
    Pairs,
}

use Argument::{Expiry, Integer, Text};
use Outcome::{Answer as Given, Pairs, Truth};

const fn method(
    name: &'static str,
    command: &'static str,
    takes: &'static [Argument],
    more: Option<Argument>,
    gives: Outcome,
) -> Method {
    Method { name, command, takes, more, gives }
}

/// All methods, in the order of k6's documentation.
pub(super) const METHODS: &[Method] = &[
    method("set", "SET", &[Text, Text, Expiry], None, Given),
    method("get", "GET", &[Text], None, Given),
    method("getSet", "GETSET", &[Text, Text], None, Given),
    method("del", "DEL", &[], Some(Text), Given),
    method("getDel", "GETDEL", &[Text], None, Given),
    method("exists", "EXISTS", &[], Some(Text), Given),
    method("incr", "INCR", &[Text], None, Given),
    method("incrBy", "INCRBY", &[Text, Integer], None, Given),
    method("decr", "DECR", &[Text], None, Given),
    method("decrBy", "DECRBY", &[Text, Integer], None, Given),
    method("randomKey", "RANDOMKEY", &[], None, Given),
    method("mget", "MGET", &[], Some(Text), Given),
    method("expire", "EXPIRE", &[Text, Integer], None, Truth),
    method("ttl", "TTL", &[Text], None, Given),
    method("persist", "PERSIST", &[Text], None, Truth),
    method("lpush", "LPUSH", &[Text], Some(Text), Given),
    method("rpush", "RPUSH", &[Text], Some(Text), Given),
    method("lpop", "LPOP", &[Text], None, Given),
    method("rpop", "RPOP", &[Text], None, Given),
    method("lrange", "LRANGE", &[Text, Integer, Integer], None, Given),
    method("lindex", "LINDEX", &[Text, Integer], None, Given),
    method("lset", "LSET", &[Text, Integer, Text], None, Given),
    method("lrem", "LREM", &[Text, Integer, Text], None, Given),
    method("llen", "LLEN", &[Text], None, Given),
    method("hset", "HSET", &[Text, Text, Text], None, Given),
    method("hsetnx", "HSETNX", &[Text, Text, Text], None, Truth),
    method("hget", "HGET", &[Text, Text], None, Given),
    method("hdel", "HDEL", &[Text], Some(Text), Given),
    method("hgetall", "HGETALL", &[Text], None, Pairs),
    method("hkeys", "HKEYS", &[Text], None, Given),
    method("hvals", "HVALS", &[Text], None, Given),
    method("hlen", "HLEN", &[Text], None, Given),
    method("hincrby", "HINCRBY", &[Text, Text, Integer], None, Given),
    method("sadd", "SADD", &[Text], Some(Text), Given),
    method("srem", "SREM", &[Text], Some(Text), Given),
    method("sismember", "SISMEMBER", &[Text, Text], None, Truth),
    method("smembers", "SMEMBERS", &[Text], None, Given),
    method("srandmember", "SRANDMEMBER", &[Text], None, Given),
    method("spop", "SPOP", &[Text], None, Given),
    method("sendCommand", "", &[Text], Some(Text), Given),
];

impl Method {
    /// The command as the words that are sent.
    ///
    /// # Errors
    /// Which argument is wrong.
    pub(super) fn words(&self, given: &[Value<'_>]) -> std::result::Result<Vec<Vec<u8>>, String> {
        let mut words: Vec<Vec<u8>> = Vec::with_capacity(given.len() + 1);
        if !self.command.is_empty() {
            words.push(self.command.into());
        }
        for (index, argument) in self.takes.iter().enumerate() {
            words.extend(argument.words(index, given.get(index))?);
        }
        if let Some(more) = self.more {
            for (index, value) in given.iter().enumerate().skip(self.takes.len()) {
                words.extend(more.words(index, Some(value))?);
            }
        }
        Ok(words)
    }
}

impl Argument {
    fn words(self, index: usize, value: Option<&Value<'_>>) -> std::result::Result<Vec<Vec<u8>>, String> {
        if self == Text {
            let unsupported = || {
                format!(
                    "unsupported type provided for argument at index {index}, supported types are string, \
                     number, and boolean"
                )
            };
            return value.and_then(text).map(|word| vec![word]).ok_or_else(unsupported);
        }
        let number = match value.filter(|value| !value.is_undefined()) {
            None => 0.0,
            Some(value) => value
                .as_number()
                .filter(|number| number.fract() == 0.0 && number.abs() < 9.1e18)
                .ok_or_else(|| format!("the argument at index {index} must be a whole number"))?,
        };
        let number = (number as i64).to_string().into_bytes();
        Ok(match (self, number.as_slice()) {
            (Expiry, [b'-' | b'0', ..]) => Vec::new(),
            (Expiry, _) => vec![b"EX".to_vec(), number],
            _ => vec![number],
        })
    }
}

/// A value as Redis stores it: true is 1.
fn text(value: &Value<'_>) -> Option<Vec<u8>> {
    if let Some(text) = value.as_string() {
        return text_of(text).ok().map(String::into_bytes);
    }
    if let Some(truth) = value.as_bool() {
        return Some(if truth { "1" } else { "0" }.into());
    }
    value.as_number().filter(|number| number.is_finite()).map(|number| number.to_string().into_bytes())
}

impl Outcome {
    /// The promise's value; the inner error is what it is rejected with.
    pub(super) fn value<'js>(
        self,
        ctx: &Ctx<'js>,
        answer: Answer,
    ) -> Result<std::result::Result<Value<'js>, String>> {
        Ok(Ok(match (self, answer) {
            (_, Answer::Nil) => return Ok(Err("redis: nil".to_owned())),
            (_, Answer::Error(error)) => return Ok(Err(error)),
            (Truth, Answer::Number(number)) => (number == 1).into_js(ctx)?,
            (Pairs, Answer::List(items)) => pairs(ctx, items)?,
            (_, answer) => value(ctx, answer)?,
        }))
    }
}

fn value<'js>(ctx: &Ctx<'js>, answer: Answer) -> Result<Value<'js>> {
    match answer {
        Answer::Nil => Ok(Value::new_null(ctx.clone())),
        Answer::Status(text) | Answer::Error(text) => text.into_js(ctx),
        Answer::Number(number) => Ok(Value::new_number(ctx.clone(), number as f64)),
        Answer::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_js(ctx),
        Answer::List(items) => {
            let list = Array::new(ctx.clone())?;
            for (index, item) in items.into_iter().enumerate() {
                list.set(index, value(ctx, item)?)?;
            }
            Ok(list.into_value())
        }
    }
}

fn pairs<'js>(ctx: &Ctx<'js>, items: Vec<Answer>) -> Result<Value<'js>> {
    let object = Object::new(ctx.clone())?;
    let mut items = items.into_iter();
    while let (Some(name), Some(item)) = (items.next(), items.next()) {
        object.set(value(ctx, name)?, value(ctx, item)?)?;
    }
    Ok(object.into_value())
}
