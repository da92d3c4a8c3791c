//! The script's own `options` object, as VUs see it: what other layers of options say is written into it.
//!
//! Only where it can be seen: a VU of a script that never reads its `options` keeps what it wrote, and pays
//! nothing. `exec.test.options` is another object, and not the business of this module.

use rquickjs::{Ctx, Object, Result, Value};

use crate::source::Source;
use crate::vm::Exports;

/// Whether a script mentions its options other than by declaring them. Other things of that name count, so
/// that the guess errs on the side of the truth; so does whatever may hide a mention.
pub(crate) fn are_read<'a>(sources: impl IntoIterator<Item = &'a Source>) -> bool {
    let code: Vec<&str> = sources.into_iter().flat_map(Source::code).collect();
    let words =
        code.iter().flat_map(|code| code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')));
    let mut mentions = 0;
    for word in words {
        match word {
            "options" => mentions += 1,
            "eval" | "Function" => return true,
            _ => {}
        }
    }
    mentions > 1
}

/// Writes the given members into the exported `options`.
pub(crate) fn complete<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>, added_json: &str) {
    let Some(options) = exports.value("options").and_then(Value::into_object) else { return };
    let write = || -> Result<()> {
        let added = ctx.json_parse(added_json)?;
        let mut added = added.as_object().into_iter().flat_map(Object::props::<String, Value<'js>>);
        added.try_for_each(|member| member.and_then(|(key, value)| options.set(key, value)))
    };
    if write().is_err() {
        // The script froze its options, which is its right; the exception is nobody's business.
        let _ = ctx.catch();
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::ModuleId;

    fn read(text: &str) -> bool {
        are_read([&Source::parse(ModuleId::file(Path::new("/a.js")), &text.into()).expect("valid")])
    }

    #[test]
    fn a_declaration_is_no_use() {
        assert!(!read("// options\nexport const options = { vus: 1 };\nexport default function () {}"));
        assert!(!read("export default function () {}"));
    }

    #[test]
    fn a_use_is_seen() {
        assert!(read("export const options = {}; export default () => console.log(options.vus);"));
        assert!(read("export const options = {}; export default () => eval('opt' + 'ions');"));
    }
}
