//! The emitted module: types, the function, the routines.

use super::body::{Body, Identifiers};
use super::name::{Names, comment};
use super::side;
use super::writer::Writer;
use super::{memory, pasted, repeat, routine};
use crate::expression::Range;
use crate::lower::{OutputPlace, Program, Scalar};
use crate::shape::Shape;

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
    /// Identifiers of the families of sizes, in the program's order.
    pub size_families: Vec<String>,
    /// Identifiers of the inputs, in the program's order.
    pub inputs: Vec<String>,
    /// Identifiers of the outputs, in the program's order.
    pub outputs: Vec<String>,
}

/// The module that computes a program.
pub fn emit(program: &Program, document: &Document<'_>, precision: Precision) -> Emitted {
    let names = identifiers(program);
    let mut body = Body::new(program, &names);
    let mut steps = Writer::at_depth(1);
    repeat::block(&program.calls, &mut steps, &mut body);
    let module = Module { program, document, precision, names: &names };
    let text = module.text(&steps.finish(), &mut body);
    let Identifiers { sizes, size_families, inputs, outputs } = names;
    Emitted { text, sizes, size_families, inputs, outputs }
}

fn identifiers(program: &Program) -> Identifiers {
    let mut size_names = Names::new();
    let sizes = program.sizes.iter().map(|name| size_names.identifier(name)).collect();
    let families = program.size_families.iter();
    let size_families = families.map(|name| size_names.identifier(name)).collect();
    let mut input_names = Names::new();
    let inputs = program.inputs.iter().map(|input| input_names.identifier(&input.name)).collect();
    let mut output_names = Names::new();
    let outputs = program
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
    Identifiers { sizes, size_families, inputs, outputs }
}

struct Module<'a> {
    program: &'a Program,
    document: &'a Document<'a>,
    precision: Precision,
    names: &'a Identifiers,
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
        memory::write(self.program, &mut writer, body);
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
        let families = self.program.size_families.iter().zip(&self.names.size_families);
        let copy = if self.program.size_families.is_empty() { "Copy, " } else { "" };
        writer.line(&format!("#[derive(Clone, {copy}Debug, Default, PartialEq, Eq)]"));
        let mut fields = Vec::new();
        for (name, identifier) in self.program.sizes.iter().zip(&self.names.sizes) {
            fields.push(format!("/// {}", single_line(name)));
            fields.push(format!("pub {identifier}: usize,"));
        }
        for (name, identifier) in families {
            let name = single_line(name);
            fields.push(format!("/// {name}, the size {name}[k] at index k"));
            fields.push(format!("pub {identifier}: Vec<usize>,"));
        }
        writer.structure("pub struct Sizes", &fields);
        writer.blank();
        writer.line("/// The variables; arrays column by column.");
        writer.line("#[derive(Clone, Copy, Debug)]");
        let mut fields = Vec::new();
        for (input, identifier) in self.program.inputs.iter().zip(&self.names.inputs) {
            fields.push(described(&input.name, &input.shape, input.family.as_ref()));
            let kind = if input.is_number() { "Float" } else { "&'a [Float]" };
            fields.push(format!("pub {identifier}: {kind},"));
        }
        writer.structure(&format!("pub struct Inputs{}", self.input_lifetime()), &fields);
        writer.blank();
        writer.line(
            "/// The results; arrays column by column, in the workspace until the next call.",
        );
        writer.line("#[derive(Clone, Copy, Debug)]");
        let mut fields = Vec::new();
        for (output, identifier) in self.program.outputs.iter().zip(&self.names.outputs) {
            fields.push(described(&output.name, &output.shape, output.family.as_ref()));
            let kind = if output.is_number() { "Float" } else { "&'a [Float]" };
            fields.push(format!("pub {identifier}: {kind},"));
        }
        writer.structure(&format!("pub struct Outputs{}", self.output_lifetime()), &fields);
        let _ = body;
    }

    fn input_lifetime(&self) -> &'static str {
        let arrays = self.program.inputs.iter().any(|input| !input.is_number());
        if arrays { "<'a>" } else { "" }
    }

    fn output_lifetime(&self) -> &'static str {
        let arrays = self.program.outputs.iter().any(|output| !output.is_number());
        if arrays { "<'a>" } else { "" }
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
        if self.program.inputs.iter().any(|input| !input.is_number()) {
            writer.line("///");
            writer.line("/// # Panics");
            writer.line("/// When the length of an input is not the one that the sizes ask for.");
        }
        let reads_inputs = steps.contains("inputs.")
            || self.program.inputs.iter().any(|input| !input.is_number())
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
        let mut lengths = String::from(steps);
        for input in &self.program.inputs {
            lengths += &body.bare_size(&input.shape.entries());
            lengths.push('\n');
        }
        side::checked(&self.program.quotients, &lengths, writer, body);
        for (input, identifier) in self.program.inputs.iter().zip(&self.names.inputs) {
            if !input.is_number() && input.family.is_none() {
                check(identifier, &body.bare_size(&input.shape.entries()), writer, body);
            }
        }
        writer.open("if workspace.sizes != *sizes {");
        writer.line("*workspace = Workspace::new(sizes);");
        writer.close("}");
        for (at, (input, identifier)) in
            self.program.inputs.iter().zip(&self.names.inputs).enumerate()
        {
            if let Some(range) = &input.family {
                let (count, length) = (range.length(), input.shape.entries());
                let total = if length.mentions(&range.index) {
                    format!("workspace.input_offsets{at}[{}]", body.bare_size(&count))
                } else {
                    body.bare_size(&count.times(&length))
                };
                check(identifier, &total, writer, body);
            }
        }
        writer.verbatim(steps);
        let entries: Vec<usize> = self
            .program
            .outputs
            .iter()
            .filter_map(|output| match output.place {
                OutputPlace::Scalar(Scalar::Entry(buffer)) => Some(buffer),
                OutputPlace::Scalar(_) | OutputPlace::Buffer(_) | OutputPlace::Tape(_) => None,
            })
            .collect();
        body.placed.clear();
        repeat::place(&entries, writer, body);
        let fields: Vec<String> = self
            .program
            .outputs
            .iter()
            .zip(&self.names.outputs)
            .map(|(output, identifier)| match output.place {
                OutputPlace::Scalar(scalar) => format!("{identifier}: {}", body.scalar(scalar)),
                OutputPlace::Buffer(buffer) => format!("{identifier}: &workspace.w{buffer}"),
                OutputPlace::Tape(tape) => format!("{identifier}: &workspace.tape{tape}"),
            })
            .collect();
        writer.literal("Outputs", &fields);
        writer.close("}");
    }
}

/// Panics where an input has another length.
fn check(identifier: &str, length: &str, writer: &mut Writer, body: &mut Body) {
    body.need("check");
    let arguments =
        [format!("\"{identifier}\""), format!("inputs.{identifier}.len()"), length.to_owned()];
    writer.call("check", &arguments, ";");
}

/// `/// A: m×n`, and of a family `/// W[l]: n[l]×n[l-1] for l in 1..L, one after the other`
fn described(name: &str, shape: &Shape, family: Option<&Range>) -> String {
    let line = match family {
        None => format!("{name}: {shape}"),
        Some(Range { index, from, to }) => {
            format!("{name}[{index}]: {shape} for {index} in {from}..{to}, one after the other")
        }
    };
    format!("/// {}", single_line(&line))
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
