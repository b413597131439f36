//! Entries, parts and blocks of a given shape.

use super::{Generator, shape};
use crate::fuzzer::program::{Expression, Shape};

impl Generator {
    /// A number out of an array.
    pub(super) fn entry(&mut self, d: usize) -> Expression {
        let (rows, columns) = (self.long(), self.long());
        let number = shape("1", "1");
        match self.below(4) {
            0 => {
                let part = self.any(&shape(&rows, "1"), d);
                let at = if self.chance(2) { "1".to_owned() } else { rows };
                self.of(&number, &format!("([{{}}; 2][{at}])"), vec![part])
            }
            1 => {
                let part = self.any(&shape(&rows, &columns), d);
                self.of(&number, &format!("([{{}}, ones({rows})][{rows}, 1])"), vec![part])
            }
            2 => {
                let part = self.any(&shape("1", &columns), d);
                self.of(&number, "([{}, 3][1])", vec![part])
            }
            _ => {
                let part = self.any(&shape(&rows, &columns), d);
                let template = format!("sum([{{}}; ones(1, {columns})][2..{rows}+1, :])");
                self.of(&number, &template, vec![part])
            }
        }
    }

    /// Blocks of which a part, or a product, has the shape.
    pub(super) fn blocks(&mut self, wanted: &Shape, d: usize) -> Expression {
        let [r, c] = [wanted[0].clone(), wanted[1].clone()];
        let side = self.long();
        match self.below(5) {
            0 => {
                let parts = vec![self.any(wanted, d), self.any(&shape(&side, &c), d)];
                self.of(wanted, &format!("([{{}}; {{}}][1..{r}, :])"), parts)
            }
            1 => {
                let parts = vec![self.any(&shape(&r, &side), d), self.any(wanted, d)];
                self.of(wanted, &format!("([{{}}, {{}}][:, {side}+1..{side}+{c}])"), parts)
            }
            2 => {
                let parts = vec![self.any(wanted, d), self.any(&shape("1", &c), d)];
                self.of(wanted, &format!("([{{}}; {{}}][2..{r}+1, :])"), parts)
            }
            3 => {
                let other = self.long();
                let parts = vec![
                    self.any(&shape(&r, &side), d),
                    self.any(&shape(&r, &other), d),
                    self.any(&shape(&side, &c), d),
                    self.any(&shape(&other, &c), d),
                ];
                self.of(wanted, "([{}, {}]*[{}; {}])", parts)
            }
            _ => {
                let parts = vec![
                    self.any(wanted, d),
                    self.any(&shape(&r, &side), d),
                    self.any(&shape(&side, &side), d),
                ];
                let template = format!("([{{}}, {{}}; 0, {{}}][1..{r}, 1..{c}])");
                self.of(wanted, &template, parts)
            }
        }
    }
}
