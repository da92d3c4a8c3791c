//! Why an operation of Web Crypto failed: a `DOMException` to be, or a `TypeError`.

use rquickjs::function::Constructor;
use rquickjs::{Ctx, Error, Exception, Object, Result, Value};

/// A failure with its name in the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) name: &'static str,
    pub(crate) message: String,
}

macro_rules! kinds {
    ($($function:ident = $name:literal: $meaning:literal;)+) => {
        impl Failure {
            $(
                #[doc = $meaning]
                pub(crate) fn $function(message: impl Into<String>) -> Self {
                    Failure { name: $name, message: message.into() }
                }
            )+
        }
    };
}

kinds! {
    type_error = "TypeError": "An argument of the wrong type, or a missing one.";
    not_supported = "NotSupportedError": "An algorithm that is not there, or not for this operation.";
    syntax = "SyntaxError": "Usages that make no sense for the key.";
    data = "DataError": "Key data that cannot be read.";
    operation = "OperationError": "The operation itself failed.";
    access = "InvalidAccessError": "A key that is not for this operation.";
    mismatch = "TypeMismatchError": "A view that cannot be filled.";
    data_clone = "DataCloneError": "What cannot be copied from one place to another.";
    quota = "QuotaExceededError": "More than may be asked for.";
}

impl Failure {
    /// Throws it.
    pub(crate) fn throw(&self, ctx: &Ctx<'_>) -> Error {
        self.exception(ctx).map_or_else(|error| error, |exception| ctx.throw(exception))
    }

    /// A `TypeError`, or a `DOMException` of this name.
    fn exception<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        if self.name == "TypeError" {
            return Err(Exception::throw_type(ctx, &self.message));
        }
        if let Some(constructor) = ctx.globals().get::<_, Option<Constructor<'js>>>("DOMException")? {
            return Ok(constructor
                .construct::<_, Object<'js>>((self.message.as_str(), self.name))?
                .into_value());
        }
        let exception = Exception::from_message(ctx.clone(), &self.message)?.into_object();
        exception.set("name", self.name)?;
        Ok(exception.into_value())
    }
}

/// Why arguments could not be used: a failure of ours, or an exception that their getters have thrown.
#[derive(Debug)]
pub(super) enum Rejection {
    Failure(Failure),
    Thrown(Error),
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        Rejection::Failure(failure)
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Rejection::Thrown(error)
    }
}

impl Rejection {
    /// Throws it.
    pub(super) fn throw(&self, ctx: &Ctx<'_>) -> Error {
        match self {
            Rejection::Failure(failure) => failure.throw(ctx),
            Rejection::Thrown(Error::Exception) => Error::Exception,
            Rejection::Thrown(error) => Exception::throw_type(ctx, &error.to_string()),
        }
    }
}
