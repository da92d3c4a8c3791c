//! Response callbacks: which statuses count as expected, and so what `http_req_failed` and
//! `expected_response` say.

use std::rc::Rc;

use rquickjs::{Ctx, Object, Result, Value};

use crate::exception::throw_host;

/// Marks the object that `expectedStatuses` returns; scripts pass it on and never look inside.
const MARK: &str = "__expectedStatuses";

/// Who decides whether a response was expected.
#[derive(Debug, Clone, Default)]
pub(crate) enum ResponseCallback {
    /// 200 to 399, k6's default.
    #[default]
    Default,
    /// Nobody: neither `http_req_failed` nor the tag `expected_response` is emitted.
    None,
    /// These inclusive ranges.
    Statuses(Rc<[(u16, u16)]>),
}

impl ResponseCallback {
    /// The judgement of a status (0 for a transport error); `None` when nobody judges.
    pub(crate) fn judge(&self, status: u16) -> Option<bool> {
        match self {
            ResponseCallback::Default => Some((200..400).contains(&status)),
            ResponseCallback::None => None,
            ResponseCallback::Statuses(ranges) => {
                Some(ranges.iter().any(|(min, max)| (*min..=*max).contains(&status)))
            }
        }
    }

    /// Reads what a script passes as a callback: the result of `expectedStatuses`, or null.
    pub(crate) fn from_value(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<Self> {
        if value.is_null() || value.is_undefined() {
            return Ok(ResponseCallback::None);
        }
        let ranges =
            value.as_object().and_then(|object| object.get::<_, Option<Vec<Vec<u16>>>>(MARK).ok().flatten());
        let Some(ranges) = ranges else {
            return Err(throw_host(
                ctx,
                "the response callback must be null or the result of http.expectedStatuses()",
            ));
        };
        Ok(ResponseCallback::Statuses(ranges.iter().map(|range| (range[0], range[1])).collect()))
    }
}

/// `http.expectedStatuses(200, {min: 300, max: 399})`.
pub(crate) fn expected_statuses<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Result<Object<'js>> {
    if arguments.is_empty() {
        return Err(throw_host(ctx, "expectedStatuses() needs at least one status or {min, max} range"));
    }
    let ranges = arguments.iter().map(|argument| range(ctx, argument)).collect::<Result<Vec<_>>>()?;
    let callback = Object::new(ctx.clone())?;
    callback.set(MARK, ranges)?;
    Ok(callback)
}

fn range(ctx: &Ctx<'_>, argument: &Value<'_>) -> Result<Vec<u16>> {
    if let Some(status) = argument.as_int() {
        return Ok(vec![status_code(ctx, status)?; 2]);
    }
    let bounds = argument.as_object().and_then(|object| {
        Some((object.get::<_, Option<i32>>("min").ok()??, object.get::<_, Option<i32>>("max").ok()??))
    });
    match bounds {
        Some((min, max)) => Ok(vec![status_code(ctx, min)?, status_code(ctx, max)?]),
        None => Err(throw_host(
            ctx,
            "expectedStatuses() takes whole numbers and objects {min, max} of whole numbers",
        )),
    }
}

fn status_code(ctx: &Ctx<'_>, status: i32) -> Result<u16> {
    u16::try_from(status).map_err(|_| throw_host(ctx, &format!("{status} is not an HTTP status")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_expects_success_and_redirects() {
        for (status, expected) in
            [(0, false), (199, false), (200, true), (399, true), (400, false), (503, false)]
        {
            assert_eq!(ResponseCallback::Default.judge(status), Some(expected), "{status}");
        }
        assert_eq!(ResponseCallback::None.judge(200), None);
        let ranges = ResponseCallback::Statuses(Rc::new([(404, 404), (500, 599)]));
        assert_eq!(ranges.judge(404), Some(true));
        assert_eq!(ranges.judge(200), Some(false));
    }
}
