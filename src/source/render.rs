//! Diagnostics as text, with the lines they speak of.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Span};

/// Characters of a line that are shown on either side of a place.
const MARGIN: usize = 60;
/// Longer lines are cut.
const LINE_LIMIT: usize = 160;
/// Marks what was cut.
const CUT: &str = "…";

/// The diagnostic as text: message, the places in `source` underlined, what to type instead. `name` names the source, such as a
/// file; with `color`, ANSI colours. Long lines are cut around the places.
///
/// ```
/// use gradus::source::{Diagnostic, Label, Span, render};
/// let label = Label { span: Span::new(4, 5), text: "a column vector".into() };
/// let problem = Diagnostic { code: "E0301", message: "no product".into(), labels: vec![label], help: None };
/// assert!(render(&problem, "A = b*c", "input", false).contains("a column vector"));
/// ```
pub fn render(diagnostic: &Diagnostic, source: &str, name: &str, color: bool) -> String {
    let title = Level::ERROR.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let places: Vec<Place<'_>> =
        diagnostic.labels.iter().map(|label| Place::new(source, label.span, &label.text)).collect();
    let mut group = Group::with_title(title);
    group = match places.first() {
        Some(main) => {
            let shown = excerpt(source, &places);
            let snippet =
                Snippet::source(shown.text).line_start(shown.line).annotations(shown.annotations);
            if shown.cut {
                // Columns are counted in the source, not in what is left of the line.
                group
                    .element(Origin::path(name).line(main.line).char_column(main.column))
                    .element(snippet)
            } else {
                group.element(snippet.path(name))
            }
        }
        None => group.element(Origin::path(name)),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
}

/// A label's place, on the first line of its span.
struct Place<'a> {
    /// Counted from 1.
    line: usize,
    /// In characters, counted from 1.
    column: usize,
    /// Bytes of the line in the source.
    start: usize,
    end: usize,
    /// Bytes of the place, on character boundaries, inside the line.
    span: Span,
    text: &'a str,
}

impl<'a> Place<'a> {
    fn new(source: &str, span: Span, text: &'a str) -> Self {
        let from = source.floor_char_boundary(span.start.min(source.len()));
        let start = source[..from].rfind('\n').map_or(0, |at| at + 1);
        let end = source[from..].find('\n').map_or(source.len(), |at| from + at);
        let end = if source[start..end].ends_with('\r') && end > from { end - 1 } else { end };
        let to = source.ceil_char_boundary(span.end.clamp(from, source.len())).min(end);
        let line = source[..start].matches('\n').count() + 1;
        let column = source[start..from].chars().count() + 1;
        Self { line, column, start, end, span: Span::new(from, to.max(from)), text }
    }
}

/// The lines from the first place to the last, long ones cut.
#[derive(Default)]
struct Excerpt<'a> {
    text: String,
    line: usize,
    annotations: Vec<Annotation<'a>>,
    cut: bool,
}

fn excerpt<'a>(source: &str, places: &[Place<'a>]) -> Excerpt<'a> {
    let line_of = |place: &Place<'_>| (place.line, place.start);
    let (first, start) = places.iter().map(line_of).min().unwrap_or((1, 0));
    let last = places.iter().map(|place| place.line).max().unwrap_or(first);
    let mut shown = Excerpt { line: first, ..Excerpt::default() };
    let mut at = start;
    for line in first..=last {
        let end = source[at..].find('\n').map_or(source.len(), |length| at + length);
        shown.add_line(source, Span::new(at, end), line, places);
        at = (end + 1).min(source.len());
    }
    shown
}

impl<'a> Excerpt<'a> {
    fn add_line(&mut self, source: &str, bounds: Span, line: usize, places: &[Place<'a>]) {
        if !self.text.is_empty() || line > self.line {
            self.text.push('\n');
        }
        let here: Vec<(usize, &Place<'a>)> =
            places.iter().enumerate().filter(|(_, place)| place.line == line).collect();
        let bounds = here.first().map_or(bounds, |(_, place)| Span::new(place.start, place.end));
        let window = window(source, bounds, &here);
        if window.start > bounds.start {
            self.text.push_str(CUT);
            self.cut = true;
        }
        let shift = self.text.len();
        self.text.push_str(&source[window.start..window.end]);
        for (index, place) in here {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let inside = |at: usize| at.clamp(window.start, window.end) - window.start + shift;
            let span = inside(place.span.start)..inside(place.span.end);
            self.annotations.push(kind.span(span).label(place.text));
        }
        if window.end < bounds.end {
            self.text.push_str(CUT);
        }
    }
}

/// The part of a line that is shown: all of it, or what lies around the first place.
fn window(source: &str, line: Span, places: &[(usize, &Place<'_>)]) -> Span {
    if line.end - line.start <= LINE_LIMIT {
        return line;
    }
    let Some((_, first)) = places.first() else {
        return Span::new(line.start, source.floor_char_boundary(line.start + LINE_LIMIT));
    };
    let near = || places.iter().map(|(_, place)| place.span);
    let reach = |at: &usize| at.abs_diff(first.span.start) <= LINE_LIMIT;
    let left = near().map(|span| span.start).filter(reach).min().unwrap_or(first.span.start);
    let right = near().map(|span| span.end).filter(reach).max().unwrap_or(first.span.start);
    let from = source.floor_char_boundary(left.saturating_sub(MARGIN).max(line.start));
    let to = source.ceil_char_boundary((right + MARGIN).min(line.end));
    Span::new(from, to)
}
