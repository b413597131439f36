//! Derivatives inside formulas, each entry along a direction of its own.

use gradus::syntax::ast::{ExprId, ExprKind};

use super::array::Array;
use super::number::{DIRECTIONS, Jet};
use super::{Naive, Scope};

impl Naive<'_> {
    /// `grad(f, x)`, `jacobian(F, x)`, `hessian(f, x, y)`, `d(f, x, …)`; none where it is another function.
    pub(super) fn derivative(
        &self,
        name: &str,
        arguments: &[ExprId],
        scope: &Scope,
    ) -> Result<Option<Array>, String> {
        let [of, by @ ..] = arguments else { return Ok(None) };
        let mut names = Vec::with_capacity(by.len());
        for id in by {
            match &self.source.program.tree.get(*id).kind {
                ExprKind::Name(name) => names.push(name.as_str()),
                _ => return Ok(None),
            }
        }
        Ok(match (name, names.as_slice()) {
            ("grad" | "gradient", [x]) => Some(self.gradient(*of, x, scope)?),
            ("jacobian", [x]) => {
                let value = |scope: &Scope| self.array(*of, scope);
                Some(self.columns(x, scope, &value)?)
            }
            ("hessian", [x]) => {
                let gradient = |scope: &Scope| self.gradient(*of, x, scope);
                Some(self.columns(x, scope, &gradient)?)
            }
            ("hessian", [x, y]) => {
                let gradient = |scope: &Scope| self.gradient(*of, x, scope);
                Some(self.columns(y, scope, &gradient)?)
            }
            ("d", _) => Some(self.differential(*of, &names, scope)?),
            _ => None,
        })
    }

    fn current(&self, x: &str, scope: &Scope) -> Result<Array, String> {
        let value = scope.moved.get(x).or_else(|| self.world.values.get(x));
        value.cloned().ok_or_else(|| format!("{x} is no variable"))
    }

    /// The scope in which a variable has another value.
    fn moved(&self, x: &str, value: Array, scope: &Scope) -> Result<Scope, String> {
        if scope.direction >= DIRECTIONS {
            return Err("too many derivatives within each other".to_owned());
        }
        let mut moved = (*scope.moved).clone();
        moved.insert(x.to_owned(), value);
        Ok(Scope {
            moved: moved.into(),
            version: self.new_version(),
            direction: scope.direction + 1,
            locals: scope.locals.clone(),
        })
    }

    /// The derivative of a value by each entry of x, one after the other.
    fn by_entries(
        &self,
        x: &str,
        scope: &Scope,
        value: &dyn Fn(&Scope) -> Result<Array, String>,
    ) -> Result<Vec<Array>, String> {
        let at = self.current(x, scope)?;
        let mut found = Vec::with_capacity(at.data.len());
        for entry in 0..at.data.len() {
            let mut moving = at.clone();
            moving.data[entry] = moving.data[entry].moved(scope.direction, 1.0);
            let value = value(&self.moved(x, moving, scope)?)?;
            found.push(value.map(|y| y.along(scope.direction)));
        }
        Ok(found)
    }

    fn gradient(&self, of: ExprId, x: &str, scope: &Scope) -> Result<Array, String> {
        let at = self.current(x, scope)?;
        let each = self.by_entries(x, scope, &|scope| self.array(of, scope))?;
        let data: Vec<Jet> = each.iter().map(|value| value.data[0]).collect();
        let free = Array { sizes: at.sizes.clone(), data };
        Ok(self.world.projected(x, &free))
    }

    fn columns(
        &self,
        x: &str,
        scope: &Scope,
        value: &dyn Fn(&Scope) -> Result<Array, String>,
    ) -> Result<Array, String> {
        let each = self.by_entries(x, scope, value)?;
        if let [only] = each.as_slice() {
            return Ok(only.clone());
        }
        let rows = each.first().map_or(0, |value| value.data.len());
        let data = each.iter().flat_map(|value| value.data.iter().copied()).collect();
        Ok(Array { sizes: vec![rows, each.len()], data })
    }

    /// The derivative along dX of every variable X that moves; without names all of them do.
    fn differential(&self, of: ExprId, names: &[&str], scope: &Scope) -> Result<Array, String> {
        let moving: Vec<&str> = if names.is_empty() {
            let all = self.world.values.keys().map(String::as_str);
            all.filter(|name| self.world.values.contains_key(&format!("d{name}"))).collect()
        } else {
            names.to_vec()
        };
        if scope.direction >= DIRECTIONS {
            return Err("too many derivatives within each other".to_owned());
        }
        let mut moved = (*scope.moved).clone();
        for name in moving {
            let direction = self.current(&format!("d{name}"), scope)?;
            let value = self.current(name, scope)?;
            // The step may itself move.
            let mut unit = Jet::ZERO;
            unit.0[1 << scope.direction] = 1.0;
            moved.insert(name.to_owned(), value.zip(&direction, |x, d| x + d * unit)?);
        }
        let inner = Scope {
            moved: moved.into(),
            version: self.new_version(),
            direction: scope.direction + 1,
            locals: scope.locals.clone(),
        };
        let value = self.array(of, &inner)?;
        Ok(value.map(|y| y.along(scope.direction)))
    }
}
