//! A program as read, with its definitions and functions by name, and with the layers that it calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use gradus::elaborate;
use gradus::syntax;
use gradus::syntax::ast::{Declaration, ExprId, Program, StatementKind, Word};

/// A definition, or the part of a family's that stands for some of its indices.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) index: Option<ExprId>,
    pub(crate) range: Option<(String, ExprId, ExprId)>,
    pub(crate) value: ExprId,
}

/// A program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub(crate) program: Program,
    pub(crate) definitions: BTreeMap<String, Vec<Piece>>,
    pub(crate) functions: BTreeMap<String, Vec<(Vec<Word>, ExprId)>>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let layers: Vec<&str> = layers()
            .iter()
            .filter(|(name, _)| text.contains(&format!("{name}(")))
            .map(|(_, layer)| layer.as_str())
            .collect();
        let whole = format!("{}\n{text}", layers.join("\n"));
        let program = syntax::parse(&whole, &elaborate::is_known)
            .map_err(|error| format!("{error} in {text}"))?;
        Ok(Self::of(program))
    }

    pub(crate) fn of(program: Program) -> Self {
        let mut source = Self::default();
        for statement in &program.statements {
            match &statement.kind {
                // No program here has families with several indices: elements of such have no value.
                StatementKind::Definition { indices, .. } if indices.len() > 1 => {}
                StatementKind::Definition { name, indices, value, ranges } => {
                    let range =
                        ranges.first().map(|(word, from, to)| (word.text.clone(), *from, *to));
                    let piece = Piece { index: indices.first().copied(), range, value: *value };
                    source.definitions.entry(name.text.clone()).or_default().push(piece);
                }
                StatementKind::Function { name, parameters, body } => {
                    let known = source.functions.entry(name.text.clone()).or_default();
                    known.push((parameters.clone(), *body));
                }
                _ => {}
            }
        }
        source.program = program;
        source
    }

    /// The declarations.
    pub(crate) fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.program.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Declaration(declaration) => Some(declaration),
            _ => None,
        })
    }

    /// The bare expressions.
    pub(crate) fn expressions(&self) -> Vec<ExprId> {
        let values = self.program.statements.iter().filter_map(|statement| match statement.kind {
            StatementKind::Expression(id) => Some(id),
            _ => None,
        });
        values.collect()
    }
}

/// The layers by name, each with its text.
fn layers() -> &'static [(String, String)] {
    static LAYERS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    LAYERS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/layer");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "gradus")
                && let (Some(name), Ok(text)) = (path.file_stem(), std::fs::read_to_string(&path))
            {
                found.push((name.to_string_lossy().into_owned(), text));
            }
        }
        found.sort();
        found
    })
}
