//! The kinds of node, in words.

use crate::expression::Node;

/// What kind of node, for messages.
pub(super) fn operator(node: &Node) -> &'static str {
    match node {
        Node::Number(_) => "number",
        Node::Size(_) => "size",
        Node::Variable(_) => "variable",
        Node::Identity(_) => "identity",
        Node::Ones(..) => "matrix of ones",
        Node::Zeros(..) => "zero matrix",
        Node::Commutation(..) => "commutation matrix",
        Node::Selection(_) => "selection matrix",
        Node::Sum(_) => "sum",
        Node::Product(_) => "product",
        Node::Scale { .. } => "scalar multiple",
        Node::Hadamard(_) => "entrywise product",
        Node::Transpose(_) => "transpose",
        Node::Inverse(_) => "inverse",
        Node::MatrixPower(..) => "matrix power",
        Node::Trace(_) => "trace",
        Node::Determinant(_) => "determinant",
        Node::Total(_) => "sum of entries",
        Node::Diagonal(_) => "diagonal matrix",
        Node::DiagonalOf(_) => "diagonal",
        Node::Vectorize(_) => "vectorisation",
        Node::Kronecker(..) => "Kronecker product",
        Node::Family(_) => "family",
        Node::Element(..) => "element of a family",
        Node::SumOver(..) => "sum over an index",
        Node::Tensor { .. } => "operation on tensors",
        Node::Apply { .. } => "function",
    }
}
