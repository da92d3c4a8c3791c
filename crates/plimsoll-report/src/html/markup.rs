//! Markup from literals, text escaped: the one place where strings become HTML.

/// HTML under construction.
pub(super) struct Markup {
    html: String,
}

impl Markup {
    pub(super) fn new() -> Self {
        Self { html: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.html
    }

    /// Markup. It must be a literal, so nothing from a script or a server can get in here.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.html.push_str(markup);
        self
    }

    /// What another `Markup` has made.
    pub(super) fn fragment(&mut self, made: &str) -> &mut Self {
        self.html.push_str(made);
        self
    }

    /// Text, or the value of a quoted attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#39;"),
                // Control characters are not allowed in HTML, and of no use to a reader.
                letter if letter.is_control() && letter != '\n' && letter != '\t' => {
                    self.html.push('\u{fffd}');
                }
                letter => self.html.push(letter),
            }
        }
        self
    }

    /// A coordinate or length.
    pub(super) fn number(&mut self, value: f64) -> &mut Self {
        let text = format!("{value:.2}");
        self.text(text.trim_end_matches('0').trim_end_matches('.'))
    }

    /// A text at an axis.
    pub(super) fn tick_label(&mut self, anchor: &str, (x, y): (f64, f64), text: &str) {
        self.raw("<text text-anchor=\"").text(anchor).raw("\" x=\"").number(x).raw("\" y=\"").number(y);
        self.raw("\">").text(text).raw("</text>\n");
    }

    /// A table cell: `<td>` with the text.
    pub(super) fn cell(&mut self, text: &str) -> &mut Self {
        self.raw("<td>").text(text).raw("</td>")
    }

    /// A table cell with a number, aligned to the right.
    pub(super) fn figure(&mut self, text: &str) -> &mut Self {
        self.raw("<td class=\"n\">").text(text).raw("</td>")
    }

    /// The first cell of a row: what the row is about.
    pub(super) fn row_head(&mut self, text: &str) -> &mut Self {
        self.raw("<th scope=\"row\">").text(text).raw("</th>")
    }

    /// Opens a section with a table: heading, caption, column heads. A head that begins with `#` is over
    /// numbers.
    pub(super) fn open_table(&mut self, heading: &str, caption: &str, heads: &[&str]) {
        self.raw("<section>\n<h2>")
            .text(heading)
            .raw("</h2>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
        self.text(heading).raw("\">\n<table>\n<caption>").text(caption).raw("</caption>\n");
        self.heads(heads);
    }

    fn heads(&mut self, heads: &[&str]) {
        self.raw("<thead><tr>");
        for head in heads {
            match head.strip_prefix('#') {
                Some(head) => self.raw("<th scope=\"col\" class=\"n\">").text(head),
                None => self.raw("<th scope=\"col\">").text(head),
            };
            self.raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
    }

    /// A table without a heading of its own, within a section.
    pub(super) fn open_plain_table(&mut self, name: &str, heads: &[&str]) {
        self.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"").text(name);
        self.raw("\">\n<table>\n<caption>").text(name).raw("</caption>\n");
        self.heads(heads);
    }

    pub(super) fn close_plain_table(&mut self) {
        self.raw("</tbody>\n</table>\n</div>\n");
    }

    /// A drawing of the charting library, which escapes the texts in it, with a name for those who do not see
    /// it. Its size is the reader's business.
    pub(super) fn drawing(&mut self, name: &str, svg: &str) -> &mut Self {
        let Some((root, content)) = svg.split_once('>') else { return self };
        let view = root.split_once("viewBox=\"").and_then(|(_, rest)| rest.split_once('"'));
        let Some((view, _)) = view else { return self };
        self.raw("<div class=\"plot\" tabindex=\"0\" role=\"region\" aria-label=\"").text(name);
        self.raw("\">\n<svg role=\"img\" aria-label=\"")
            .text(name)
            .raw("\" viewBox=\"")
            .text(view)
            .raw("\">");
        self.html.push_str(content);
        self.raw("\n</div>\n")
    }

    pub(super) fn close_table(&mut self) {
        self.raw("</tbody>\n</table>\n</div>\n</section>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let mut markup = Markup::new();
        markup.text("<script>alert('&\"')</script>\u{0}\u{1b}[31m");
        assert_eq!(
            markup.finish(),
            "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\u{fffd}\u{fffd}[31m"
        );
    }

    #[test]
    fn numbers_are_short() {
        let mut markup = Markup::new();
        markup.number(1.0).raw(" ").number(0.125).raw(" ").number(10.5);
        assert_eq!(markup.finish(), "1 0.12 10.5");
    }
}
