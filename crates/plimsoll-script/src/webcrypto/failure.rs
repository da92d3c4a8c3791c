//! Why an operation of Web Crypto failed: a `DOMException` to be.

use rquickjs::function::Constructor;
use rquickjs::{Ctx, Error, Exception, Object, Result};

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
    operation = "OperationError": "The operation itself failed.";
    mismatch = "TypeMismatchError": "A view that cannot be filled.";
    quota = "QuotaExceededError": "More than may be asked for.";
}

impl Failure {
    /// Throws a `DOMException` of this name.
    pub(crate) fn throw(&self, ctx: &Ctx<'_>) -> Error {
        self.exception(ctx).map_or_else(|error| error, |exception| ctx.throw(exception.into_value()))
    }

    fn exception<'js>(&self, ctx: &Ctx<'js>) -> Result<Object<'js>> {
        if let Some(constructor) = ctx.globals().get::<_, Option<Constructor<'js>>>("DOMException")? {
            return constructor.construct((self.message.as_str(), self.name));
        }
        let exception = Exception::from_message(ctx.clone(), &self.message)?.into_object();
        exception.set("name", self.name)?;
        Ok(exception)
    }
}
