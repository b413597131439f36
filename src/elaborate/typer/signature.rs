//! Signatures of the function table: read once, then matched against each call with fresh sizes.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use super::Typer;
use super::typed::{Extent, Operation, Place};
use crate::elaborate::builtin::counted;
use crate::elaborate::error::{ElaborateError, arity, unsupported};
use crate::elaborate::written::declared_size;
use crate::function::{Form, FunctionId};
use crate::shape::{Dimension, Name};
use crate::source::Span;
use crate::syntax::ast::{ExprId, StatementKind, Word};

/// The shapes that a function takes and gives, over sizes that are free at each call.
struct Signature {
    arguments: Vec<Extent>,
    result: Extent,
    /// Whether the arguments must be symmetric.
    is_of_symmetric: bool,
}

/// Whether the row is a constant: no arguments.
pub(crate) fn is_constant(id: FunctionId) -> bool {
    matches!(id.row().form, Form::Array { arguments: "", .. })
}

/// The rows and columns that an array function takes and gives, over the names of its signature.
pub(crate) fn shapes_of(id: FunctionId) -> Option<(Vec<[Dimension; 2]>, [Dimension; 2])> {
    let Signature { arguments, result, .. } = signature(id)?;
    let sides = |extent: &Extent| [extent.rows.clone(), extent.columns.clone()];
    Some((arguments.iter().map(sides).collect(), sides(result)))
}

/// Whether the row asks for symmetric arguments.
pub(crate) fn is_of_symmetric(id: FunctionId) -> bool {
    signature(id).is_some_and(|signature| signature.is_of_symmetric)
}

/// The shapes of an array function's row, which is read once.
fn signature(id: FunctionId) -> Option<&'static Signature> {
    static SIGNATURES: LazyLock<Vec<OnceLock<Option<Signature>>>> =
        LazyLock::new(|| FunctionId::every().map(|_| OnceLock::new()).collect());
    let Form::Array { arguments, result, .. } = id.row().form else { return None };
    SIGNATURES[id.index()].get_or_init(|| read(arguments, result)).as_ref()
}

impl Typer {
    /// A call of a row with these arguments. What works on columns works on a row as on any vector.
    pub(crate) fn apply(
        &mut self,
        id: FunctionId,
        function: &Word,
        places: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let [place] = places else { return self.apply_to_columns(id, function, places, span) };
        if id.row().name == "svdvals" {
            let upright = self.upright(*place, span)?;
            return self.apply_to_columns(id, function, &[upright], span);
        }
        if !id.works_on_columns() || !self.is_vector(*place) || self.is_column(*place) {
            return self.apply_to_columns(id, function, places, span);
        }
        self.note(format!("{} of a row over its entries", id.row().name));
        let column = self.transpose(*place, span)?;
        let result = self.apply_to_columns(id, function, &[column], span)?;
        self.transpose(result, span)
    }

    /// The value, or its transpose where that has more rows; where nothing tells which it is, the value is taken to have.
    fn upright(&mut self, place: Place, span: Span) -> Result<Place, ElaborateError> {
        let extent = self.extent(place);
        let columns = self.sizes.resolve(&extent.columns);
        let more = self.sizes.resolve(&extent.rows).minus(&columns);
        match more.as_constant() {
            Some(more) if more < 0 => return self.transpose(place, span),
            Some(_) => {}
            None => {
                self.note("svdvals of a matrix with at least as many rows as columns".to_owned());
            }
        }
        Ok(place)
    }

    pub(crate) fn apply_to_columns(
        &mut self,
        id: FunctionId,
        function: &Word,
        places: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (arguments, result) = match &id.row().form {
            Form::Entrywise { .. } => {
                let [place] = places else {
                    return Err(arity(function, counted(1), places.len(), span));
                };
                let extent = self.typed[*place].extent.clone();
                return Ok(self.push(Operation::Apply(id, places.to_vec()), extent, span));
            }
            Form::Array { arguments, result, .. } => (*arguments, *result),
        };
        let signature =
            signature(id).ok_or_else(|| unsupported("a function with this signature", span))?;
        if places.len() != signature.arguments.len() {
            return Err(arity(function, counted(signature.arguments.len()), places.len(), span));
        }
        let mut sizes = BTreeMap::new();
        let places: Vec<Place> =
            places.iter().map(|place| self.entries_of(*place, result)).collect();
        for (extent, place) in signature.arguments.iter().zip(&places) {
            let expected = self.instantiate(extent, &mut sizes);
            if !self.fits(&expected, *place, self.typed[*place].span) {
                return Err(self.argument(*place, &function.text, arguments));
            }
        }
        let extent = self.instantiate(&signature.result, &mut sizes);
        Ok(self.push(Operation::Apply(id, places), extent, span))
    }

    /// What a function of all entries is given for a tensor: their column.
    fn entries_of(&mut self, place: Place, result: &str) -> Place {
        if result == "scalar" && self.is_tensor(place) { self.vectorized(place) } else { place }
    }

    /// The shape with a fresh size for each name, the same within one call.
    fn instantiate(&mut self, extent: &Extent, sizes: &mut BTreeMap<Name, Dimension>) -> Extent {
        for name in extent.rows.symbols().into_iter().chain(extent.columns.symbols()) {
            sizes.entry(name).or_insert_with(|| self.sizes.fresh_flexible());
        }
        let value = |name: &Name| match sizes.get(name) {
            Some(size) => size.clone(),
            None => Dimension::symbol(name.clone()),
        };
        Extent::new(extent.rows.substitute(&value), extent.columns.substitute(&value))
    }
}

/// `X: m×n; K: k×l` and `(m-k+1)×(n-l+1)` as shapes.
fn read(arguments: &str, result: &str) -> Option<Signature> {
    let program =
        crate::syntax::parse(&format!("{arguments}\nresult: {result}"), &|_| true).ok()?;
    let mut extents = Vec::new();
    let mut is_of_symmetric = false;
    for statement in &program.statements {
        let StatementKind::Declaration(declaration) = &statement.kind else { return None };
        // What a signature asked beyond symmetry would not be looked after.
        match declaration.properties.as_slice() {
            [] => {}
            [word] if word.text == "symmetric" => is_of_symmetric = true,
            _ => return None,
        }
        let size = |size: &ExprId| declared_size(&program.tree, *size).ok();
        let sizes: Option<Vec<Dimension>> = declaration.sizes.as_ref()?.iter().map(size).collect();
        extents.push(match sizes?.as_slice() {
            [] => Extent::scalar(),
            [rows] => Extent::column(rows.clone()),
            [rows, columns] => Extent::new(rows.clone(), columns.clone()),
            _ => return None,
        });
    }
    let result = extents.pop()?;
    Some(Signature { arguments: extents, result, is_of_symmetric })
}
