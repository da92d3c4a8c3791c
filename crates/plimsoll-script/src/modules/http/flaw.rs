//! Why a call cannot become a request.

use rquickjs::{Ctx, Error};

use crate::state::VuState;

/// As in k6, what is wrong with the arguments of a call gives a response with status 0, unless `throw` is on;
/// exceptions of the script's own code go on.
pub(super) enum Flaw {
    Refused { message: String, code: u16 },
    Threw(Error),
}

impl Flaw {
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Flaw::Refused { message: message.into(), code: plimsoll_net::ErrorCode::GENERIC.get() }
    }

    /// What another part of the API has thrown about an argument.
    pub(super) fn of_exception(ctx: &Ctx<'_>, state: &VuState, error: Error) -> Self {
        if !matches!(error, Error::Exception) || state.is_interrupted() {
            return Flaw::Threw(error);
        }
        Flaw::refused(crate::exception::take_pending(ctx).message)
    }
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Self {
        Flaw::Threw(error)
    }
}

pub(super) type Flawed<T> = Result<T, Flaw>;
