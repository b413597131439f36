//! The emitted module: types, the function, the routines.

use std::collections::{BTreeMap, BTreeSet};

use super::name::{Names, comment};
use super::writer::Writer;
use super::{call, pasted, routine};
use crate::lower::{Factor, FactorKind, OutputPlace, Place, Program, Scalar};
use crate::shape::{Dimension, Name, Shape, Symbol};

/// The float type of an emitted module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// `f64`
    Double,
    /// `f32`
    Single,
}

/// The words that go into the module, written by the caller; made harmless here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Document<'a> {
    /// What is computed, with the formulas: the documentation of the function.
    pub text: &'a str,
    /// Layout of gradients and the like.
    pub conventions: &'a str,
    /// What the function computes besides the value: `gradient`, `jacobian`, `hessian`; it is called `value_and_…`.
    pub derivative: &'a str,
}

/// An emitted module.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The text.
    pub text: String,
    /// Identifiers of the sizes, in the program's order.
    pub sizes: Vec<String>,
    /// Identifiers of the inputs, in the program's order.
    pub inputs: Vec<String>,
    /// Identifiers of the outputs, in the program's order.
    pub outputs: Vec<String>,
}

/// What the text of the function's body refers to, and what it turns out to need.
pub(super) struct Body {
    sizes: BTreeMap<Name, String>,
    inputs: Vec<String>,
    factors: Vec<Factor>,
    needed: BTreeSet<&'static str>,
    entrywise: BTreeSet<&'static str>,
    /// Factorisations whose solves need a column of scratch memory.
    pub(super) scratch: BTreeSet<usize>,
    /// Whether the kernel room as a whole is needed.
    pub(super) kernel: bool,
}

impl Body {
    /// Notes that a routine is called.
    pub(super) fn need(&mut self, routine: &'static str) {
        self.needed.insert(routine);
    }

    /// The function that computes an entrywise routine.
    pub(super) fn entrywise(&mut self, routine: &'static str) -> String {
        self.entrywise.insert(routine);
        routine.to_owned()
    }

    pub(super) fn factor(&self, factor: usize) -> &Factor {
        &self.factors[factor]
    }

    /// An array, as a place.
    pub(super) fn place(&self, place: Place) -> String {
        match place {
            Place::Input(input) => format!("inputs.{}", self.inputs[input]),
            Place::Buffer(buffer) => format!("workspace.w{buffer}"),
        }
    }

    /// An array, as an argument that is read.
    pub(super) fn read(&self, place: Place) -> String {
        match place {
            Place::Input(_) => self.place(place),
            Place::Buffer(_) => format!("&{}", self.place(place)),
        }
    }

    /// A buffer, as an argument that is written.
    #[allow(clippy::unused_self)]
    pub(super) fn written(&self, buffer: usize) -> String {
        format!("&mut workspace.w{buffer}")
    }

    pub(super) fn scalar(&self, scalar: Scalar) -> String {
        match scalar {
            Scalar::Input(input) => format!("inputs.{}", self.inputs[input]),
            Scalar::Local(local) => format!("s{local}"),
        }
    }

    /// A size as a `usize` that can stand in a product.
    pub(super) fn size(&self, size: &Dimension) -> String {
        let text = self.bare_size(size);
        if text.contains(" + ") && !text.starts_with('(') { format!("({text})") } else { text }
    }

    /// A size as a `usize`: h − k + 1 never wraps around.
    fn bare_size(&self, size: &Dimension) -> String {
        let mut plus = Vec::new();
        let mut minus = Vec::new();
        for (coefficient, symbols) in size.terms() {
            let mut factors: Vec<String> = Vec::new();
            if coefficient.unsigned_abs() != 1 || symbols.is_empty() {
                factors.push(coefficient.unsigned_abs().to_string());
            }
            for symbol in symbols {
                factors.push(self.symbol(symbol));
            }
            if coefficient > 0 { &mut plus } else { &mut minus }.push(factors.join(" * "));
        }
        let sum = if plus.is_empty() { "0_usize".to_owned() } else { plus.join(" + ") };
        if minus.is_empty() {
            return if plus.is_empty() { "0".to_owned() } else { sum };
        }
        let first = if sum.contains(' ') { format!("({sum})") } else { sum };
        format!("{first}.saturating_sub({})", minus.join(" + "))
    }

    fn symbol(&self, symbol: &Symbol) -> String {
        let named = |name: &Name| {
            self.sizes
                .get(name)
                .map_or_else(|| "0".to_owned(), |identifier| format!("sizes.{identifier}"))
        };
        match symbol {
            Symbol::Name(name) => named(name),
            Symbol::Element(family, at) => format!("{}[{}]", named(family), self.bare_size(at)),
            Symbol::Quotient(a, b) => format!("({} / {})", self.size(a), self.size(b)),
        }
    }

    /// A size as a number.
    pub(super) fn number(&self, size: &Dimension) -> String {
        let text = self.bare_size(size);
        if text.contains(' ') && !text.ends_with(')') {
            format!("({text}) as Float")
        } else {
            format!("{text} as Float")
        }
    }
}

/// The module that computes a program.
pub fn emit(program: &Program, document: &Document<'_>, precision: Precision) -> Emitted {
    let mut size_names = Names::new();
    let sizes: Vec<String> = program.sizes.iter().map(|name| size_names.identifier(name)).collect();
    let mut input_names = Names::new();
    let inputs: Vec<String> =
        program.inputs.iter().map(|input| input_names.identifier(&input.name)).collect();
    let mut output_names = Names::new();
    let outputs: Vec<String> = program
        .outputs
        .iter()
        .enumerate()
        .map(|(at, output)| {
            // The first output is the value; its field may be called so.
            if at == 0 && &*output.name == "value" {
                "value".to_owned()
            } else {
                output_names.identifier(&output.name)
            }
        })
        .collect();
    let mut body = Body {
        sizes: program.sizes.iter().cloned().zip(sizes.iter().cloned()).collect(),
        inputs: inputs.clone(),
        factors: program.factors.clone(),
        needed: BTreeSet::new(),
        entrywise: BTreeSet::new(),
        scratch: BTreeSet::new(),
        kernel: false,
    };
    let mut steps = Writer::at_depth(1);
    for call in &program.calls {
        call::write(call, &mut steps, &mut body);
    }
    let module =
        Module { program, document, precision, sizes: &sizes, inputs: &inputs, outputs: &outputs };
    let text = module.text(&steps.finish(), &mut body);
    Emitted { text, sizes, inputs, outputs }
}

struct Module<'a> {
    program: &'a Program,
    document: &'a Document<'a>,
    precision: Precision,
    sizes: &'a [String],
    inputs: &'a [String],
    outputs: &'a [String],
}

impl Module<'_> {
    fn text(&self, steps: &str, body: &mut Body) -> String {
        let mut writer = Writer::default();
        writer.line("// Written by gradus.");
        writer.line("// A plain comment, so that the file can be included anywhere.");
        writer.blank();
        let float = match self.precision {
            Precision::Double => "f64",
            Precision::Single => "f32",
        };
        writer.line("/// The number type of every array.");
        writer.line(&format!("pub type Float = {float};"));
        writer.blank();
        self.types(&mut writer, body);
        writer.blank();
        self.workspace(&mut writer, body);
        writer.blank();
        self.function(steps, &mut writer, body);
        for text in routine::texts(&body.needed) {
            writer.blank();
            writer.verbatim(text);
        }
        writer.verbatim(&pasted::entrywise(&body.entrywise));
        if body.kernel {
            writer.blank();
            writer.verbatim(&kernel_module());
        }
        writer.finish()
    }

    fn types(&self, writer: &mut Writer, body: &Body) {
        writer.line("/// The sizes of the arrays.");
        writer.line("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]");
        let mut fields = Vec::new();
        for (name, identifier) in self.program.sizes.iter().zip(self.sizes) {
            fields.push(format!("/// {}", single_line(name)));
            fields.push(format!("pub {identifier}: usize,"));
        }
        writer.structure("pub struct Sizes", &fields);
        writer.blank();
        writer.line("/// The variables; arrays column by column.");
        writer.line("#[derive(Clone, Copy, Debug)]");
        let mut fields = Vec::new();
        for (input, identifier) in self.program.inputs.iter().zip(self.inputs) {
            fields.push(format!(
                "/// {}: {}",
                single_line(&input.name),
                single_line(&input.shape.to_string())
            ));
            let kind = if input.shape.is_scalar() { "Float" } else { "&'a [Float]" };
            fields.push(format!("pub {identifier}: {kind},"));
        }
        writer.structure(&format!("pub struct Inputs{}", self.input_lifetime()), &fields);
        writer.blank();
        writer.line(
            "/// The results; arrays column by column, in the workspace until the next call.",
        );
        writer.line("#[derive(Clone, Copy, Debug)]");
        let mut fields = Vec::new();
        for (output, identifier) in self.program.outputs.iter().zip(self.outputs) {
            fields.push(format!(
                "/// {}: {}",
                single_line(&output.name),
                single_line(&output.shape.to_string())
            ));
            let kind = if output.shape.is_scalar() { "Float" } else { "&'a [Float]" };
            fields.push(format!("pub {identifier}: {kind},"));
        }
        writer.structure(&format!("pub struct Outputs{}", self.output_lifetime()), &fields);
        let _ = body;
    }

    fn input_lifetime(&self) -> &'static str {
        let arrays = self.program.inputs.iter().any(|input| !input.shape.is_scalar());
        if arrays { "<'a>" } else { "" }
    }

    fn output_lifetime(&self) -> &'static str {
        let arrays = self.program.outputs.iter().any(|output| !output.shape.is_scalar());
        if arrays { "<'a>" } else { "" }
    }

    /// The fields of the workspace with their lengths.
    fn memory(&self, body: &Body) -> Vec<(String, &'static str, String)> {
        let mut fields = Vec::new();
        for (at, buffer) in self.program.buffers.iter().enumerate() {
            fields.push((
                format!("w{at}"),
                "Vec<Float>",
                format!("vec![0.0; {}]", body.bare_size(&buffer.length)),
            ));
        }
        for (at, factor) in self.program.factors.iter().enumerate() {
            let n = body.bare_size(&factor.order);
            match factor.kind {
                FactorKind::Lu => {
                    fields.push((format!("order{at}"), "Vec<usize>", format!("vec![0; {n}]")));
                    if body.scratch.contains(&at) {
                        fields.push((
                            format!("scratch{at}"),
                            "Vec<Float>",
                            format!("vec![0.0; {n}]"),
                        ));
                    }
                }
                FactorKind::Cholesky => {}
            }
        }
        fields
    }

    fn workspace(&self, writer: &mut Writer, body: &Body) {
        let fields = self.memory(body);
        writer.line("/// Memory for intermediate values and results, used again by every call.");
        writer.line("#[derive(Clone, Debug)]");
        let mut lines = vec!["sizes: Sizes,".to_owned()];
        lines.extend(fields.iter().map(|(name, kind, _)| format!("{name}: {kind},")));
        writer.structure("pub struct Workspace", &lines);
        writer.blank();
        writer.open("impl Workspace {");
        writer.line("/// Memory for these sizes.");
        writer.open("pub fn new(sizes: &Sizes) -> Self {");
        let mut values = vec!["sizes: *sizes".to_owned()];
        values.extend(fields.iter().map(|(name, _, value)| format!("{name}: {value}")));
        writer.literal("Self", &values);
        writer.close("}");
        writer.close("}");
    }

    fn function(&self, steps: &str, writer: &mut Writer, body: &mut Body) {
        for text in [self.document.text, self.document.conventions] {
            for line in comment(text) {
                writer.line(format!("/// {line}").trim_end());
            }
            if !text.is_empty() {
                writer.line("///");
            }
        }
        writer.line("/// The workspace is allocated anew only when the sizes change.");
        if self.program.inputs.iter().any(|input| !input.shape.is_scalar()) {
            writer.line("///");
            writer.line("/// # Panics");
            writer.line("/// When the length of an input is not the one that the sizes ask for.");
        }
        let reads_inputs = steps.contains("inputs.")
            || self.program.inputs.iter().any(|input| !input.shape.is_scalar())
            || self
                .program
                .outputs
                .iter()
                .any(|output| matches!(output.place, OutputPlace::Scalar(Scalar::Input(_))));
        let inputs = if reads_inputs { "inputs" } else { "_inputs" };
        let borrowed = !self.output_lifetime().is_empty();
        let (lifetime, work) = if borrowed { ("<'a>", "&'a mut") } else { ("", "&mut") };
        let input_type = if self.input_lifetime().is_empty() { "Inputs" } else { "Inputs<'_>" };
        writer.signature(
            &format!("pub fn value_and_{}{lifetime}", self.document.derivative),
            &[
                "sizes: &Sizes".to_owned(),
                format!("{inputs}: &{input_type}"),
                format!("workspace: {work} Workspace"),
            ],
            &format!(" -> Outputs{lifetime} {{"),
        );
        for (input, identifier) in self.program.inputs.iter().zip(self.inputs) {
            if let Shape::Matrix(rows, columns) = &input.shape {
                body.need("check");
                let arguments = [
                    format!("\"{identifier}\""),
                    format!("inputs.{identifier}.len()"),
                    body.bare_size(&rows.times(columns)),
                ];
                writer.call("check", &arguments, ";");
            }
        }
        writer.open("if workspace.sizes != *sizes {");
        writer.line("*workspace = Workspace::new(sizes);");
        writer.close("}");
        writer.verbatim(steps);
        let fields: Vec<String> = self
            .program
            .outputs
            .iter()
            .zip(self.outputs)
            .map(|(output, identifier)| match output.place {
                OutputPlace::Scalar(scalar) => format!("{identifier}: {}", body.scalar(scalar)),
                OutputPlace::Buffer(buffer) => format!("{identifier}: &workspace.w{buffer}"),
            })
            .collect();
        writer.literal("Outputs", &fields);
        writer.close("}");
    }
}

/// A text on one line of a comment.
fn single_line(text: &str) -> String {
    comment(text).join(" ")
}

/// The kernel room, where a routine of whole arrays is called that has no text of its own.
fn kernel_module() -> String {
    let mut text = String::from("/// Routines of whole arrays, for any number type.\n");
    text.push_str("#[rustfmt::skip]\n#[allow(dead_code, unused_imports)]\nmod kernel {\n");
    text.push_str(&pasted::kernel_room());
    text.push_str(
        "\n/// A copy of an array that lies column by column.\n\
         pub fn read<T: Copy>(data: &[T], rows: usize, columns: usize) -> Array<T> {\n    \
         Array { rows, columns, data: data.to_vec() }\n}\n}\n",
    );
    text
}
