//! Relative links and images of the documentation lead to files that exist, and no page is left out of the
//! book.
//!
//! Addresses on the web are not asked, and anchors inside a page are not followed.

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::{Problem, TextFile};

/// The pages of the book.
const BOOK: &str = "docs/src/";

/// Checks one Markdown file; `exists` is asked about paths from the root of the repository.
pub(crate) fn check(file: &TextFile, exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    if file.extension() != "md" {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (event, place) in Parser::new_ext(&file.text, Options::ENABLE_TABLES).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else { continue };
        let Some(target) = relative_path(&dest_url) else { continue };
        if resolve(&file.path, target).is_none_or(|path| !exists(&path)) {
            let line = file.text[..place.start].matches('\n').count() + 1;
            problems.push(Problem::new(&file.path, line, format!("the link to `{target}` leads nowhere")));
        }
    }
    problems
}

/// Checks that each page of the book is in its summary: mdBook leaves out the others without a word.
pub(crate) fn check_book(files: &[TextFile]) -> Vec<Problem> {
    let Some(summary) = files.iter().find(|file| file.path == format!("{BOOK}SUMMARY.md")) else {
        return Vec::new();
    };
    let pages = files.iter().filter(|file| file.path != summary.path && file.extension() == "md");
    pages
        .filter_map(|page| Some((page, page.path.strip_prefix(BOOK)?)))
        .filter(|(_, name)| !summary.text.contains(&format!("]({name})")))
        .map(|(page, _)| Problem::new(&page.path, 1, "the page is not in the book's SUMMARY.md"))
        .collect()
}

/// The file part of a link that points into the repository. The empty link is mdBook's chapter yet to be
/// written.
fn relative_path(link: &str) -> Option<&str> {
    let path = link.split(['#', '?']).next().unwrap_or_default();
    let is_elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
    (!is_elsewhere).then_some(path)
}

/// The path from the root of the repository, unless it leads out of it.
fn resolve(from: &str, target: &str) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let file = TextFile { path: "docs/src/a.md".to_owned(), text: text.to_owned() };
        let exists = |path: &str| ["README.md", "docs/src/b.md", "docs/src"].contains(&path);
        check(&file, exists).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_are_resolved_from_the_file_they_stand_in() {
        assert!(messages("[b](b.md#part) [r](../../README.md) [f](./)\n\n[x]: b.md\n[x]\n").is_empty());
        assert_eq!(
            messages("one\n\n[r](README.md)\n"),
            ["docs/src/a.md:3: the link to `README.md` leads nowhere"]
        );
        assert_eq!(messages("![x](../../../b.md)\n").len(), 1);
    }

    #[test]
    fn every_page_is_in_the_summary() {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let mut files = vec![
            file("docs/src/SUMMARY.md", "- [A](a.md)\n- [C](c/d.md)\n"),
            file("docs/src/a.md", ""),
            file("docs/src/c/d.md", ""),
            file("docs/GLOSSARY.md", ""),
        ];
        assert!(check_book(&files).is_empty());
        files.push(file("docs/src/b.md", ""));
        let found: Vec<String> = check_book(&files).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["docs/src/b.md:1: the page is not in the book's SUMMARY.md"]);
    }

    #[test]
    fn the_web_anchors_code_and_drafts_are_left_alone() {
        assert!(messages("<https://a.example/b.md> [a](#b) [m](mailto:a@b) [draft]()\n").is_empty());
        assert!(messages("`[a](nowhere.md)`\n\n```\n[a](nowhere.md)\n```\n").is_empty());
    }
}
