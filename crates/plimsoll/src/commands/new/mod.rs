//! The command `new`: a first script from a template.

use std::borrow::Cow;
use std::path::Path;

use crate::cli::NewArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, summary};

const TEMPLATES: [(&str, &str); 2] =
    [("minimal", include_str!("minimal.js")), ("protocol", include_str!("protocol.js"))];

/// What stands for the new file's name in templates, k6's way.
const SCRIPT_NAME: &str = "{{ .ScriptName }}";

/// Writes the script.
///
/// # Errors
/// When the file is there already, or the template is not.
pub(crate) fn new(arguments: &NewArguments) -> Result<Exit, Failure> {
    let NewArguments { file, force, template, program, .. } = arguments;
    let shown = file.display();
    let failed = |why: String| Failure::Write(vec![why]);
    if !force && file.symlink_metadata().is_ok() {
        let hint = "hint: --force overwrites it; another name may be given: new FILE";
        return Err(failed(format!("{shown} is already there\n  {hint}")));
    }
    let text = text_of(template).map_err(failed)?.replace(SCRIPT_NAME, &name_of(file));
    files::write(file, text.as_bytes()).map_err(failed)?;
    summary::print(&format!(
        "{shown} was written. Try it:\n\n  {program} run --env BASE_URL=http://localhost:3001 {shown}\n"
    ))
    .map_err(failed)?;
    Ok(Exit::Success)
}

fn text_of(template: &str) -> Result<Cow<'static, str>, String> {
    if let Some((_, text)) = TEMPLATES.iter().find(|(name, _)| *name == template) {
        return Ok(Cow::Borrowed(text));
    }
    match std::fs::read_to_string(template) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(error) => Err(format!(
            "the template {template} could not be read: {error}\n  \
             hint: there are minimal and protocol, and any file of your own (./template.js)"
        )),
    }
}

fn name_of(file: &Path) -> Cow<'_, str> {
    file.file_name().map_or(Cow::Borrowed("script.js"), |name| name.to_string_lossy())
}
