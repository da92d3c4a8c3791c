//! Lines, indents and colours.

/// Text under construction.
pub(super) struct Page {
    text: String,
    colour: bool,
}

/// How a threshold, goal or check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Good,
    /// Only for goals: the target is missed, the critical level is not.
    Degraded,
    Bad,
    Unknown,
}

impl Page {
    pub(super) fn new(colour: bool) -> Self {
        Self { text: String::new(), colour }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// A section's title: an empty line before and behind, and k6's trailing blank.
    pub(super) fn title(&mut self, title: &str) {
        let title = self.bold(&format!("█ {title}"));
        self.blank();
        self.line(2, &format!("{title} "));
        self.blank();
    }

    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn mark(&self, mark: Mark) -> String {
        match mark {
            Mark::Good => self.paint("32", "✓"),
            Mark::Degraded => self.paint("33", "~"),
            Mark::Bad => self.paint("31", "✗"),
            Mark::Unknown => self.paint("33", "?"),
        }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    /// A measured value.
    pub(super) fn value(&self, text: &str) -> String {
        self.paint("36", text)
    }

    /// What stands beside a value.
    pub(super) fn extra(&self, text: &str) -> String {
        self.paint("2;36", text)
    }

    pub(super) fn faint(&self, text: &str) -> String {
        self.paint("2;37", text)
    }

    /// What the script's author wrote.
    pub(super) fn source(&self, text: &str) -> String {
        self.paint("37", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// How many columns a text takes. Names are mostly ASCII; for the rest a character a column is near enough,
/// as in k6.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// The blanks that bring `text` to `columns`.
pub(super) fn padding(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}
