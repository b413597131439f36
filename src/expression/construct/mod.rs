//! The constructors: each builds a node in normal form.
//!
//! | file | builds |
//! |---|---|
//! | `leaf` | numbers, sizes, identity, ones, zeros |
//! | `sum` | linear combinations |
//! | `entrywise` | Hadamard products, powers, entrywise functions |
//! | `logarithm` | logarithms of exponentials |
//! | `product` | matrix products |
//! | `transpose` | transposes, inverses |
//! | `scalar` | trace, determinant, total |
//! | `spectral` | functions of matrices by their spectrum |
//! | `structure` | diag |
//! | `selection` | parts, and values in their places |
//! | `kronecker` | vec, Kronecker products, commutation |
//! | `indexed` | families, their elements, sums over an index |
//! | `tensor` | operations on tensors |
//! | `rebuild` | any node again with other operands |

mod entrywise;
mod indexed;
mod kronecker;
mod leaf;
mod logarithm;
mod product;
mod rebuild;
mod scalar;
mod selection;
mod softmax;
mod spectral;
mod structure;
mod sum;
mod tensor;
mod transpose;

pub(crate) use logarithm::ExponentialSum;
