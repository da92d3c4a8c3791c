//! One row of the route table: how a route is served, and how it is described.
//!
//! Handler and description are written in one place, so the OpenAPI document cannot forget a route. Start
//! with [`Route::get`].

use std::ops::RangeInclusive;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::App;
use crate::model::Vocabulary;

/// How a schema is asked for: with the generator that collects the named ones.
pub(crate) type Describe = fn(&mut SchemaGenerator) -> Schema;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Public,
    /// Everybody with an access token.
    Bearer,
    /// Administrators.
    Admin,
}

/// A query parameter.
pub(crate) struct Param {
    pub name: &'static str,
    pub about: &'static str,
    pub is_required: bool,
    pub schema: Value,
}

/// One row of the table.
pub(crate) struct Route {
    pub method: Method,
    pub path: &'static str,
    pub handler: MethodRouter<App>,
    pub operation: &'static str,
    pub summary: &'static str,
    pub tag: &'static str,
    pub access: Access,
    pub params: Vec<Param>,
    pub body: Option<Describe>,
    pub success: (u16, Option<Describe>),
    pub failures: Vec<u16>,
}

impl Route {
    /// `GET path`, answered by `handler`.
    pub(crate) fn get<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::GET, path, on(MethodFilter::GET, handler))
    }

    /// `POST path`, answered by `handler`.
    pub(crate) fn post<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::POST, path, on(MethodFilter::POST, handler))
    }

    /// `PATCH path`, answered by `handler`.
    pub(crate) fn patch<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::PATCH, path, on(MethodFilter::PATCH, handler))
    }

    /// `DELETE path`, answered by `handler`.
    pub(crate) fn delete<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::DELETE, path, on(MethodFilter::DELETE, handler))
    }

    fn new(method: Method, path: &'static str, handler: MethodRouter<App>) -> Self {
        Self {
            method,
            path,
            handler,
            operation: "",
            summary: "",
            tag: "",
            access: Access::Public,
            params: Vec::new(),
            body: None,
            success: (200, None),
            failures: Vec::new(),
        }
    }

    /// Names the operation and says in one line what it does.
    pub(crate) fn named(mut self, tag: &'static str, operation: &'static str, summary: &'static str) -> Self {
        (self.tag, self.operation, self.summary) = (tag, operation, summary);
        self
    }

    /// Only with an access token. The handler enforces it by taking a `Caller`.
    pub(crate) fn bearer(mut self) -> Self {
        self.access = Access::Bearer;
        self.fails(&[401])
    }

    /// Only for administrators. The handler enforces it by taking an `Admin`.
    pub(crate) fn admin(mut self) -> Self {
        self.access = Access::Admin;
        self.fails(&[401, 403])
    }

    /// Takes a JSON body.
    pub(crate) fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self.fails(&[400, 413, 415])
    }

    /// Answers with JSON when all goes well.
    pub(crate) fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        self.success = (status, Some(SchemaGenerator::subschema_for::<T>));
        self
    }

    /// Answers without a body, or with one that is not described.
    pub(crate) fn answers_bare(mut self, status: u16) -> Self {
        self.success = (status, None);
        self
    }

    /// Other statuses it may answer with.
    pub(crate) fn fails(mut self, statuses: &[u16]) -> Self {
        self.failures.extend(statuses);
        self
    }

    fn param(mut self, name: &'static str, about: &'static str, is_required: bool, schema: Value) -> Self {
        self.params.push(Param { name, about, is_required, schema });
        self
    }

    /// Takes `page` and `limit`.
    pub(crate) fn paged(self) -> Self {
        use super::reply::{DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE};
        let page = json!({ "type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1 });
        self.param("page", "Which page, counted from 1.", false, page).limited(DEFAULT_LIMIT, MAX_LIMIT)
    }

    /// Takes `limit`.
    pub(crate) fn limited(self, default: u32, max: u32) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": max, "default": default });
        self.param("limit", "How many entries at most.", false, limit).fails(&[400])
    }

    /// Takes a word of a vocabulary.
    pub(crate) fn choice<T: Vocabulary>(self, name: &'static str, about: &'static str) -> Self {
        let words: Vec<_> = T::ALL.iter().map(|value| value.as_str()).collect();
        self.param(name, about, false, json!({ "type": "string", "enum": words }))
    }

    /// Takes a text that may be missing.
    pub(crate) fn text(self, name: &'static str, about: &'static str, length: RangeInclusive<usize>) -> Self {
        self.param(name, about, false, text(&length))
    }

    /// Takes a text that must be there.
    pub(crate) fn required_text(
        self,
        name: &'static str,
        about: &'static str,
        length: RangeInclusive<usize>,
    ) -> Self {
        self.param(name, about, true, text(&length))
    }
}

fn text(length: &RangeInclusive<usize>) -> Value {
    json!({ "type": "string", "minLength": length.start(), "maxLength": length.end() })
}
