//! "Did you mean …?" as the hint of a problem.

use plimsoll_metrics::nearest::nearest;

/// A hint naming the candidate nearest to `name`, if one is near enough to be a slip of the finger.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}
