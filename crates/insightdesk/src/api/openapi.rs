//! The OpenAPI 3.1 document, made from the route table.
//!
//! OpenAPI 3.1 uses JSON Schema 2020-12 as it is, which is what `schemars` derives from our types. Start with
//! [`document`].

use axum::http::StatusCode;
use bytes::Bytes;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::route::{Access, Param, Route};
use super::routes::error_schema;

const ERROR_REF: &str = "#/components/responses/Error";

/// Describes the routes.
pub(crate) fn document(routes: &[Route]) -> Bytes {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in routes {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_ascii_lowercase()] = operation(route, &mut generator);
    }
    let error = error_response(&mut generator);
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "InsightDesk",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A multi-tenant support desk: tickets, comments, knowledge base, analytics.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": { "Error": error },
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    });
    serde_json::to_vec(&document).expect("JSON values serialise").into()
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<_> = path_params(route.path).map(path_parameter).collect();
    parameters.extend(route.params.iter().map(query_parameter));
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": responses(route, generator),
    });
    if let Some(describe) = route.body {
        let content = json!({ "application/json": { "schema": describe(generator) } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if route.access != Access::Public {
        operation["security"] = json!([{ "bearer": [] }]);
    }
    operation
}

/// The names in braces.
fn path_params(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

fn query_parameter(param: &Param) -> Value {
    let Param { name, about, is_required, schema } = param;
    json!({ "name": name, "in": "query", "required": is_required, "description": about, "schema": schema })
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let (status, describe) = route.success;
    let mut success = json!({ "description": reason(status) });
    if let Some(describe) = describe {
        success["content"] = json!({ "application/json": { "schema": describe(generator) } });
    }
    let mut responses = json!({ status.to_string(): success });
    let mut failures = route.failures.clone();
    failures.sort_unstable();
    for status in failures {
        responses[status.to_string()] = match status {
            304 => json!({ "description": reason(status) }),
            _ => json!({ "$ref": ERROR_REF }),
        };
    }
    responses["default"] = json!({ "$ref": ERROR_REF });
    responses
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("")
}

fn error_response(generator: &mut SchemaGenerator) -> Value {
    let error = json!({
        "allOf": [error_schema(generator)],
        "properties": { "requestId": { "type": "string" } },
        "required": ["requestId"],
    });
    let schema = json!({ "type": "object", "properties": { "error": error }, "required": ["error"] });
    json!({
        "description": "Something went wrong; `code` is for programs, `message` for people.",
        "content": { "application/json": { "schema": schema } },
    })
}
