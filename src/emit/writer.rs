//! Lines of Rust, broken where rustfmt breaks them.

/// Longest line.
const WIDTH: usize = 100;
/// Longest argument list that rustfmt keeps on one line.
const ARGUMENTS: usize = 60;
/// Longest body of a struct literal that rustfmt keeps on one line.
const LITERAL: usize = 18;

/// The elements of a list, by the commas that stand in no brackets.
fn elements(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[from..].trim());
    found
}

/// Collects lines.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// A writer whose lines stand inside `depth` blocks.
    pub(super) fn at_depth(depth: usize) -> Self {
        Self { text: String::new(), depth }
    }

    /// A writer for what stands inside the current block.
    pub(super) fn inside(&self) -> Self {
        Self::at_depth(self.depth + 1)
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// One line, or an empty one.
    pub(super) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            for _ in 0..self.depth {
                self.text.push_str("    ");
            }
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Text that stands as it is.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A line that opens a block.
    pub(super) fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    /// A line that closes a block.
    pub(super) fn close(&mut self, line: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(line);
    }

    /// `place.copy_from_slice(from);`, in a block where that is too long for a line.
    pub(super) fn copy(&mut self, place: &str, from: &str) {
        let line = format!("{place}.copy_from_slice({from});");
        if self.fits(&line) {
            return self.line(&line);
        }
        self.open("{");
        self.line(&format!("let from = {from};"));
        self.line(&format!("{place}.copy_from_slice(from);"));
        self.close("}");
    }

    /// A line that closes a block and opens the next.
    pub(super) fn turn(&mut self, line: &str) {
        self.close(line);
        self.depth += 1;
    }

    fn fits(&self, line: &str) -> bool {
        4 * self.depth + line.chars().count() <= WIDTH
    }

    /// `before(arguments)after`, on one line or one argument a line.
    pub(super) fn call(&mut self, before: &str, arguments: &[String], after: &str) {
        let joined = arguments.join(", ");
        let line = format!("{before}({joined}){after}");
        if joined.chars().count() <= ARGUMENTS && self.fits(&line) {
            return self.line(&line);
        }
        self.open(&format!("{before}("));
        for argument in arguments {
            self.argument(argument);
        }
        self.close(&format!("){after}"));
    }

    /// One argument of several lines; a tuple or list that is too long is broken itself.
    fn argument(&mut self, argument: &str) {
        let inner = argument.get(1..argument.len().saturating_sub(1)).unwrap_or_default();
        let list = match (argument.chars().next(), argument.chars().last()) {
            (Some('('), Some(')')) => Some(("(", "),")),
            (Some('['), Some(']')) => Some(("[", "],")),
            _ => None,
        };
        let elements = elements(inner);
        match list {
            Some((open, close)) if inner.chars().count() > ARGUMENTS && elements.len() > 1 => {
                self.open(open);
                for element in elements {
                    self.line(&format!("{element},"));
                }
                self.close(close);
            }
            _ => self.line(&format!("{argument},")),
        }
    }

    /// The head of a function, on one line or one parameter a line.
    pub(super) fn signature(&mut self, before: &str, parameters: &[String], after: &str) {
        let line = format!("{before}({}){after}", parameters.join(", "));
        if self.fits(&line) {
            return self.open(&line);
        }
        self.open(&format!("{before}("));
        for parameter in parameters {
            self.line(&format!("{parameter},"));
        }
        self.close(&format!("){after}"));
        self.depth += 1;
    }

    /// `where …` below a signature that did not open its body, and the body's brace.
    pub(super) fn bounds(&mut self, bounds: &[String]) {
        self.depth -= 1;
        self.line("where");
        self.depth += 1;
        for bound in bounds {
            self.line(bound);
        }
        self.depth -= 1;
        self.open("{");
    }

    /// `Name { field: value, … }`, on one line or one field a line.
    pub(super) fn literal(&mut self, name: &str, fields: &[String]) {
        let joined = fields.join(", ");
        if fields.is_empty() {
            return self.line(&format!("{name} {{}}"));
        }
        if joined.chars().count() <= LITERAL {
            return self.line(&format!("{name} {{ {joined} }}"));
        }
        self.open(&format!("{name} {{"));
        for field in fields {
            self.line(&format!("{field},"));
        }
        self.close("}");
    }

    /// `pub struct Name { … }`
    pub(super) fn structure(&mut self, head: &str, fields: &[String]) {
        if fields.is_empty() {
            return self.line(&format!("{head} {{}}"));
        }
        self.open(&format!("{head} {{"));
        for field in fields {
            self.line(field);
        }
        self.close("}");
    }
}
