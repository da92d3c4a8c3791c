//! Which methods an element has, by its name.
//!
//! The names are k6's, generated there from a table of attributes too.

use super::element;
use super::member::Member;
use super::selection;
use super::special::{field, link, list, measure, table};

/// What shares a set of methods.
pub(super) struct Kind {
    pub(super) name: &'static str,
    tags: &'static [&'static str],
    sets: &'static [&'static [Member]],
}

impl Kind {
    pub(super) fn members(&self) -> impl Iterator<Item = &'static Member> {
        self.sets.iter().copied().flatten()
    }
}

pub(super) static SELECTION: Kind = Kind { name: "Selection", tags: &[], sets: &[&selection::MEMBERS] };
pub(super) static ATTRIBUTE: Kind = Kind { name: "Attribute", tags: &[], sets: &[&element::ATTRIBUTE] };
static OTHER: Kind = Kind { name: "Element", tags: &[], sets: &[&element::ELEMENT] };

/// The kind of the elements of this name.
pub(super) fn of_element(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.tags.contains(&name)).unwrap_or(&OTHER)
}

const REFERRER_POLICY: Member = Member::one_of(
    "referrerPolicy",
    "referrerpolicy",
    &["", "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "unsafe-url"],
);
const ON_OFF: Member = Member::one_of("autocomplete", "autocomplete", &["on", "off"]);

/// An element's kind, with the methods that other elements do not have.
macro_rules! kinds {
    ($($name:literal [$($tag:literal)*] $(+ $more:path),* { $($member:expr),* $(,)? })*) => {
        static KINDS: [Kind; [$($name),*].len()] = [$(Kind {
            name: $name,
            tags: &[$($tag),*],
            sets: &[
                { static OWN: [Member; { const NAMES: &[&str] = &[$(stringify!($member)),*]; NAMES.len() }] =
                    [$($member),*]; &OWN },
                $(&$more,)*
                &element::ELEMENT,
            ],
        }),*];
    };
}

kinds! {
    "AnchorElement" ["a"] + link::HREF {}
    "AreaElement" ["area"] + link::HREF {}
    "AudioElement" ["audio"] + MEDIA {}
    "VideoElement" ["video"] + MEDIA {}
    "BaseElement" ["base"] { Member::call("href", link::base_href), Member::text("target", "target") }
    "ButtonElement" ["button"] + field::FORM_FIELD {
        Member::text("accessKey", "accesskey"), Member::flag("autofocus", "autofocus"),
        Member::flag("disabled", "disabled"), Member::number("tabIndex", "tabindex", 0.0),
        Member::one_of("type", "type", &["submit", "button", "menu", "reset"]),
        Member::text("value", "value"),
    }
    "CanvasElement" ["canvas"] {
        Member::number("height", "height", 150.0), Member::number("width", "width", 300.0),
    }
    "DataElement" ["data"] { Member::text("value", "value") }
    "DataListElement" ["datalist"] { Member::call("options", list::options) }
    "DelElement" ["del"] + MOD {}
    "InsElement" ["ins"] + MOD {}
    "EmbedElement" ["embed"] {
        Member::text("height", "height"), Member::link("src", "src"), Member::text("type", "type"),
        Member::text("width", "width"),
    }
    "FieldSetElement" ["fieldset"] {
        Member::flag("disabled", "disabled"), Member::call("elements", field::elements),
        Member::call("form", field::form), Member::text("name", "name"),
        Member::call("type", |call| call.js("fieldset")),
        Member::call("validity", |call| Ok(call.undefined())),
    }
    "FormElement" ["form"] {
        Member::text("acceptCharset", "accept-charset"), Member::link("action", "action"), ON_OFF,
        Member::call("elements", field::elements), Member::one_of("encoding", "enctype", &field::ENCTYPES),
        Member::one_of("enctype", "enctype", &field::ENCTYPES), Member::call("length", field::length),
        Member::one_of("method", "method", &field::METHODS), Member::text("name", "name"),
        Member::flag("noValidate", "novalidate"), Member::text("target", "target"),
    }
    "IFrameElement" ["iframe"] {
        Member::flag("allowfullscreen", "allowfullscreen"), Member::text("height", "height"),
        Member::text("name", "name"), REFERRER_POLICY, Member::link("src", "src"),
        Member::text("width", "width"),
    }
    "ImageElement" ["img"] {
        Member::text("alt", "alt"), Member::cross_origin(), Member::link("currentSrc", "src"),
        Member::number("height", "height", 0.0), Member::flag("isMap", "ismap"), Member::text("name", "name"),
        REFERRER_POLICY, Member::text("sizes", "sizes"), Member::link("src", "src"),
        Member::text("srcset", "srcset"), Member::text("useMap", "usemap"),
        Member::number("width", "width", 0.0),
    }
    "InputElement" ["input"] + field::FORM_FIELD {
        Member::text("accept", "accept"), Member::text("accessKey", "accesskey"), Member::text("alt", "alt"),
        ON_OFF, Member::flag("autofocus", "autofocus"), Member::flag("checked", "checked"),
        Member::flag("defaultChecked", "checked"), Member::text("defaultValue", "value"),
        Member::text("dirName", "dirname"), Member::flag("disabled", "disabled"),
        Member::text("height", "height"), Member::call("list", list::data_list), Member::text("max", "max"),
        Member::number("maxLength", "maxlength", -1.0), Member::text("min", "min"),
        Member::flag("multiple", "multiple"), Member::text("pattern", "pattern"),
        Member::text("placeholder", "placeholder"), Member::flag("readonly", "readonly"),
        Member::flag("required", "required"), Member::number("size", "size", 20.0),
        Member::link("src", "src"),
        Member::text("step", "step"), Member::number("tabIndex", "tabindex", 0.0),
        Member::one_of("type", "type", &field::INPUT_TYPES), Member::call("value", field::value),
        Member::text("width", "width"),
    }
    "KeygenElement" ["keygen"] {
        Member::flag("autofocus", "autofocus"), Member::text("challenge", "challenge"),
        Member::flag("disabled", "disabled"), Member::call("form", field::form),
        Member::one_of("keytype", "keytype", &["rsa", "dsa", "ec"]), Member::call("labels", field::labels),
        Member::text("name", "name"), Member::text("type", "type"),
    }
    "LabelElement" ["label"] {
        Member::call("control", field::control), Member::call("form", field::label_form),
        Member::text("htmlFor", "for"),
    }
    "LegendElement" ["legend"] { Member::text("accessKey", "accesskey"), Member::call("form", field::form) }
    "LiElement" ["li"] {
        Member::one_of("type", "type", &["", "1", "a", "i", "disc", "square", "circle"]),
        Member::number("value", "value", 0.0),
    }
    "LinkElement" ["link"] {
        Member::cross_origin(), Member::link("href", "href"), Member::text("hreflang", "hreflang"),
        Member::text("media", "media"), REFERRER_POLICY, Member::text("rel", "rel"),
        Member::call("relList", link::rel_list), Member::text("target", "target"),
        Member::text("type", "type"),
    }
    "MapElement" ["map"] {
        Member::call("areas", list::areas), Member::call("images", list::images),
        Member::text("name", "name"),
    }
    "MetaElement" ["meta"] {
        Member::text("content", "content"), Member::text("httpEquiv", "http-equiv"),
        Member::text("name", "name"),
    }
    "MeterElement" ["meter"] {
        Member::call("high", measure::high), Member::call("labels", field::labels),
        Member::call("low", measure::low), Member::number("max", "max", 1.0),
        Member::number("min", "min", 0.0),
        Member::call("optimum", measure::optimum), Member::number("value", "value", 0.0),
    }
    "ObjectElement" ["object"] {
        Member::link("data", "data"), Member::call("form", field::form), Member::text("height", "height"),
        Member::text("name", "name"), Member::number("tabIndex", "tabindex", 0.0),
        Member::text("type", "type"),
        Member::flag("typeMustMatch", "typemustmatch"), Member::text("useMap", "usemap"),
        Member::text("width", "width"),
    }
    "OListElement" ["ol"] {
        Member::flag("reversed", "reversed"), Member::number("start", "start", 1.0),
        Member::text("type", "type"),
    }
    "OptGroupElement" ["optgroup"] { Member::flag("disabled", "disabled"), Member::text("label", "label") }
    "OptionElement" ["option"] {
        Member::flag("defaultSelected", "selected"), Member::call("disabled", list::is_disabled),
        Member::call("form", list::option_form), Member::call("index", list::index),
        Member::call("label", list::label), Member::flag("selected", "selected"),
        Member::call("text", list::text),
        Member::call("value", list::value),
    }
    "OutputElement" ["output"] {
        Member::call("defaultValue", element::text), Member::call("form", field::form),
        Member::text("htmlFor", "for"), Member::call("labels", field::labels), Member::text("name", "name"),
        Member::call("type", |call| call.js("output")), Member::call("value", element::text),
    }
    "ParamElement" ["param"] { Member::text("name", "name"), Member::text("value", "value") }
    "PreElement" ["pre"] { Member::text("name", "name"), Member::text("value", "value") }
    "ProgressElement" ["progress"] {
        Member::call("labels", field::labels), Member::call("max", measure::progress_max),
        Member::call("position", measure::progress_position), Member::call("value", measure::progress_value),
    }
    "QuoteElement" ["blockquote" "q"] { Member::link("cite", "cite") }
    "ScriptElement" ["script"] {
        Member::flag("async", "async"), Member::text("charset", "charset"), Member::cross_origin(),
        Member::flag("defer", "defer"), Member::flag("noModule", "nomodule"), Member::link("src", "src"),
        Member::call("text", element::text), Member::text("type", "type"),
    }
    "SelectElement" ["select"] {
        Member::flag("autofocus", "autofocus"), Member::flag("disabled", "disabled"),
        Member::call("form", field::form), Member::call("labels", field::labels),
        Member::call("length", list::length), Member::flag("multiple", "multiple"),
        Member::text("name", "name"),
        Member::call("options", list::options), Member::flag("required", "required"),
        Member::call("selectedIndex", list::selected_index),
        Member::call("selectedOptions", list::selected_options), Member::call("size", list::size),
        Member::number("tabIndex", "tabindex", 0.0), Member::call("type", list::select_type),
        Member::call("value", list::select_value),
    }
    "SourceElement" ["source"] {
        Member::text("keySystem", "keysystem"), Member::text("media", "media"),
        Member::text("sizes", "sizes"),
        Member::link("src", "src"), Member::text("srcset", "srcset"), Member::text("type", "type"),
    }
    "StyleElement" ["style"] { Member::text("media", "media"), Member::text("type", "type") }
    "TableElement" ["table"] {
        Member::call("caption", table::caption), Member::call("rows", table::rows),
        Member::flag("sortable", "sortable"), Member::call("tBodies", table::bodies),
        Member::call("tFoot", table::foot), Member::call("tHead", table::head),
    }
    "TableBodyElement" ["tbody"] + TABLE_SECTION {}
    "TableFootElement" ["tfoot"] + TABLE_SECTION {}
    "TableHeadElement" ["thead"] + TABLE_SECTION {}
    "TableColElement" ["col" "colgroup"] { Member::number("span", "span", 1.0) }
    "TableDataCellElement" ["td"] + TABLE_CELL {}
    "TableHeaderCellElement" ["th"] + TABLE_CELL {
        Member::text("abbr", "abbr"),
        Member::one_of("scope", "scope", &["", "row", "col", "colgroup", "rowgroup"]),
        Member::flag("sorted", "sorted"),
    }
    "TableRowElement" ["tr"] {
        Member::call("cells", table::cells), Member::call("rowIndex", table::row_index),
        Member::call("sectionRowIndex", table::section_row_index),
    }
    "TextAreaElement" ["textarea"] {
        Member::text("accessKey", "accesskey"),
        Member::one_of("autocapitalize", "autocapitalize",
            &["sentences", "none", "off", "characters", "words", "on"]),
        ON_OFF, Member::flag("autofocus", "autofocus"), Member::number("cols", "cols", 20.0),
        Member::call("defaultValue", element::text), Member::flag("disabled", "disabled"),
        Member::call("form", field::form), Member::call("labels", field::labels),
        Member::call("length", field::text_length), Member::number("maxLength", "maxlength", -1.0),
        Member::text("name", "name"), Member::text("placeholder", "placeholder"),
        Member::flag("readOnly", "readonly"), Member::flag("required", "required"),
        Member::number("rows", "rows", 2.0), Member::number("tabIndex", "tabindex", 0.0),
        Member::call("type", |call| call.js("textarea")), Member::call("value", element::text),
        Member::one_of("wrap", "wrap", &["soft", "hard", "off"]),
    }
    "TimeElement" ["time"] { Member::text("datetime", "datetime") }
    "TitleElement" ["title"] { Member::call("text", element::text) }
    "TrackElement" ["track"] {
        Member::flag("default", "default"),
        Member::one_of("kind", "kind", &["subtitles", "captions", "descriptions", "chapters", "metadata"]),
        Member::text("label", "label"), Member::link("src", "src"), Member::text("srclang", "srclang"),
    }
    "UListElement" ["ul"] { Member::text("type", "type") }
}

static MOD: [Member; 2] = [Member::link("cite", "cite"), Member::text("datetime", "datetime")];

static MEDIA: [Member; 11] = [
    Member::flag("autoplay", "autoplay"),
    Member::flag("controls", "controls"),
    Member::cross_origin(),
    Member::link("currentSrc", "src"),
    Member::flag("defaultMuted", "muted"),
    Member::flag("loop", "loop"),
    Member::text("mediaGroup", "mediagroup"),
    Member::flag("muted", "muted"),
    Member::one_of("preload", "preload", &["auto", "metadata", "none"]),
    Member::link("src", "src"),
    Member::call("textTracks", list::text_tracks),
];

static TABLE_SECTION: [Member; 1] = [Member::call("rows", table::section_rows)];

static TABLE_CELL: [Member; 4] = [
    Member::call("cellIndex", table::cell_index),
    Member::number("colSpan", "colspan", 1.0),
    Member::text("headers", "headers"),
    Member::number("rowSpan", "rowspan", 1.0),
];

#[cfg(test)]
mod tests {
    use rustc_hash::FxHashSet;

    use super::*;

    fn all() -> impl Iterator<Item = &'static Kind> {
        [&SELECTION, &ATTRIBUTE, &OTHER].into_iter().chain(&KINDS)
    }

    #[test]
    fn each_name_means_one_thing() {
        for kind in all() {
            let mut seen = FxHashSet::default();
            let own = kind.sets[0].iter().map(|member| member.name);
            assert!(own.into_iter().all(|name| seen.insert(name)), "{}", kind.name);
        }
        let names: FxHashSet<&str> = all().map(|kind| kind.name).collect();
        assert_eq!(names.len(), all().count());
    }
}
