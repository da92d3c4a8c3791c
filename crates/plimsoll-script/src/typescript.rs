//! TypeScript becomes JavaScript: types are taken out, enums and namespaces are written out. Nothing is
//! checked against its type.
//!
//! The one place that knows oxc's transformer and printer; start at [`strip`].

use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{TransformOptions, Transformer};

use crate::source_map::{Place, SourceMap};

/// JavaScript, and where it was written.
pub(crate) struct Stripped {
    pub(crate) text: String,
    pub(crate) map: SourceMap,
}

/// Makes JavaScript of a TypeScript module. Imports that are used as types only are left out.
///
/// # Errors
/// Every syntax error found.
pub(crate) fn strip(text: &str) -> Result<Stripped, Vec<OxcDiagnostic>> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics.into());
    }
    let mut program = parsed.program;
    let analysed = SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(true).build(&program);
    if analysed.diagnostics.has_errors() {
        return Err(analysed.diagnostics.into());
    }
    let scoping = analysed.semantic.into_scoping();
    let transformer = Transformer::new(&allocator, Path::new(""), &TransformOptions::default());
    let transformed = transformer.build_with_scoping(scoping, &mut program);
    if transformed.diagnostics.has_errors() {
        return Err(transformed.diagnostics.into());
    }
    let options = CodegenOptions {
        comments: CommentOptions::disabled(),
        // The name goes into the map, which is for us alone.
        source_map_path: Some(PathBuf::new()),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).build(&program);
    let map = printed.map.expect("a path asks for a map");
    let pieces = map.get_tokens().map(|token| {
        let generated = Place { line: token.get_dst_line(), column: token.get_dst_col() };
        (generated, Place { line: token.get_src_line(), column: token.get_src_col() })
    });
    Ok(Stripped { text: printed.code, map: SourceMap::new(pieces) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        strip(text).unwrap_or_else(|found| panic!("{found:?}")).text
    }

    #[test]
    fn types_are_taken_out() {
        let text = "import { Options } from 'k6/options';\nimport type { Params } from 'k6/http';\n\
                    interface User { name: string }\ntype Id = number;\n\
                    export const options: Options = { vus: 1 };\n\
                    export default function <T>(data: T, id?: Id): void { use(data as User, id!); }\n";
        assert_eq!(
            stripped(text),
            "export const options = { vus: 1 };\nexport default function(data, id) {\n\tuse(data, id);\n}\n"
        );
    }

    #[test]
    fn enums_namespaces_and_parameter_properties_are_written_out() {
        let text = "enum Plan { Free, Pro = 'pro' }\nnamespace shop { export const name = 'x'; }\n\
                    class User { constructor(private readonly name: string) {} }\n\
                    export default () => [Plan.Free, shop.name, new User('a')];\n";
        let text = stripped(text);
        for part in ["Plan[\"Pro\"] = \"pro\"", "shop", "this.name = name"] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!text.contains("namespace") && !text.contains("enum "), "{text}");
    }

    #[test]
    fn places_are_kept() {
        let text =
            "interface A {\n  b: string;\n}\n\nexport function buy(a: A) {\n  throw new Error(a.b);\n}\n";
        let Stripped { text: generated, map } = strip(text).unwrap_or_else(|found| panic!("{found:?}"));
        let at = generated.find("Error").expect("still there");
        let original = map.original(Place::of_offset(&generated, at)).expect("mapped");
        assert_eq!(original, Place::of_offset(text, text.find("Error").expect("there")));
    }
}
