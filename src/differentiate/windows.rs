//! Adjoints and differentials of operations on tensors, and of entrywise operations on them.
//!
//! All operations but max pooling are linear in each operand, and the adjoint of each is one of them:
//!
//! | Y | G gives to X | G gives to K |
//! |---|---|---|
//! | correlate(X, K) | correlate(pad(G, k−1), swap(turn180(K))) | swap(correlate(swap(X), swap(G))) |
//! | pad(X, p), crop(X, p) | crop(G, p), pad(G, p) | |
//! | interleave(X, s), subsample(X, s) | subsample(G, s), interleave(G, s) | |
//! | turn180(X), swap(X), reshape(X) | turn180(G), swap(G), reshape(G) | |
//! | channels(b), channel_sums(X) | channel_sums(G), channels(G) | |
//! | avgpool2d(X) | average_spread(G) | |
//! | maxpool2d(X) | max_scatter(G, X) | |

use super::DifferentiateError;
use super::sweep::not_supported;
use crate::expression::{Id, Node, Power, Store, TensorOperation, four};
use crate::number;
use crate::shape::{Dimension, Shape};

/// Whether the rows of the operators, which speak of matrices, do not apply: an operation on tensors, or another of a tensor.
pub(super) fn concerns_tensors(store: &Store, id: Id) -> bool {
    let node = store.node(id);
    let mut tensors = false;
    node.for_each_child(|child| tensors |= store.shape(child).is_tensor());
    match node {
        Node::Tensor { .. } => true,
        Node::Scale { .. } | Node::Hadamard(_) | Node::Total(_) => tensors,
        // Sums and entrywise functions do without rows that speak of rows and columns.
        _ => false,
    }
}

/// What the operands of a node receive from its adjoint; `wanted` are those that are asked for.
pub(super) fn shares(
    store: &mut Store,
    id: Id,
    g: Id,
    wanted: &dyn Fn(Id) -> bool,
) -> Result<Vec<(Id, Id)>, DifferentiateError> {
    let shape = store.shape(id).clone();
    match store.node(id).clone() {
        Node::Tensor { operation, operands } => {
            let mut shares = Vec::new();
            for (at, operand) in operands.iter().enumerate() {
                if wanted(*operand)
                    && let Some(share) = share(store, &operation, &operands, at, g)
                {
                    let shape = store.shape(*operand).clone();
                    shares.push((*operand, store.reshape(share, &shape)));
                }
            }
            Ok(shares)
        }
        // ⟨G, ds A + s dA⟩ = ⟨G, A⟩ ds + ⟨sG, dA⟩
        Node::Scale { scalar, matrix } => {
            let product = store.hadamard(&[g, matrix], &shape);
            Ok(vec![(scalar, store.total(product)), (matrix, store.multiply(scalar, g))])
        }
        Node::Total(a) => {
            let shape = store.shape(a).clone();
            let ones = store.ones(&shape);
            Ok(vec![(a, store.multiply(g, ones))])
        }
        Node::Hadamard(powers) => {
            let mut shares = Vec::new();
            for at in 0..powers.len() {
                if wanted(powers[at].exponent) {
                    return Err(not_supported("a power of a tensor by its exponent"));
                }
                if wanted(powers[at].base) {
                    let slope = slope(store, &powers, at, &shape);
                    shares.push((powers[at].base, store.hadamard(&[g, slope], &shape)));
                }
            }
            Ok(shares)
        }
        _ => Err(not_supported("an operation on tensors")),
    }
}

/// d Π aᵢ^pᵢ / daₖ = pₖ aₖ^(pₖ−1) Π aᵢ^pᵢ, over the other i.
fn slope(store: &mut Store, powers: &[Power], at: usize, shape: &Shape) -> Id {
    let Power { base, exponent } = powers[at];
    let less = store.integer(-1);
    let lower = store.add(&[exponent, less]);
    let mut factors = powers.to_vec();
    factors[at] = Power { base, exponent: lower };
    let product = store.power_product(&factors, shape);
    store.multiply(exponent, product)
}

/// The operation's adjoint in the operand at that place, applied to G; none where the value is constant piece by piece.
fn share(
    store: &mut Store,
    operation: &TensorOperation,
    operands: &[Id],
    at: usize,
    g: Id,
) -> Option<Id> {
    use TensorOperation as T;
    let a = operands[0];
    let adjoint = match operation {
        T::Correlate => return Some(share_of_correlation(store, operands, at, g)),
        T::MaxScatter(window) | T::MaxGather(window) => {
            let x = *operands.get(1)?;
            let adjoint = match operation {
                T::MaxScatter(_) => T::MaxGather(window.clone()),
                _ => T::MaxScatter(window.clone()),
            };
            return (at == 0).then(|| store.tensor_of(&adjoint, &[g, x]));
        }
        T::MaxPool(window) => {
            return Some(store.tensor_of(&T::MaxScatter(window.clone()), &[g, a]));
        }
        T::Turn => T::Turn,
        T::Swap => T::Swap,
        T::Pad(by) => T::Crop(by.clone()),
        T::Crop(by) => T::Pad(by.clone()),
        T::Interleave(by) => T::Subsample(by.clone()),
        T::Subsample(by) => T::Interleave(by.clone()),
        T::Reshape(_) => {
            let shape = store.shape(a).clone();
            return Some(store.reshape(g, &shape));
        }
        T::Channels(_) => T::ChannelSums,
        T::ChannelSums => {
            let mut to = store.shape(a).dimensions();
            if to.len() < 3 {
                to = four(&to).into_iter().take(3).collect();
            }
            T::Channels(to.into())
        }
        T::AveragePool(window) => T::AverageSpread(window.clone()),
        T::AverageSpread(window) => T::AveragePool(window.clone()),
    };
    Some(store.tensor_of(&adjoint, &[g]))
}

/// ⟨G, X ⋆ K⟩: the input's share is the full correlation of G with the turned kernel, the kernel's the valid correlation of the
/// input with G, summed over the batch.
fn share_of_correlation(store: &mut Store, operands: &[Id], at: usize, g: Id) -> Id {
    use TensorOperation as T;
    let (x, k) = (operands[0], operands[1]);
    // A single plane that stands for several outputs has a third dimension of 1.
    let g = with_channels(store, g, k, x);
    if at == 0 {
        let [height, width, ..] = four(&store.shape(k).dimensions());
        let less = |side: Dimension| side.minus(&Dimension::one());
        let padded = store.tensor_of(&T::Pad([less(height), less(width)]), &[g]);
        let turned = store.tensor_of(&T::Turn, &[k]);
        let swapped = store.tensor_of(&T::Swap, &[turned]);
        store.tensor_of(&T::Correlate, &[padded, swapped])
    } else {
        let input = store.tensor_of(&T::Swap, &[x]);
        let delta = store.tensor_of(&T::Swap, &[g]);
        let planes = store.tensor_of(&T::Correlate, &[input, delta]);
        let planes = whole(store, planes, x, k);
        store.tensor_of(&T::Swap, &[planes])
    }
}

/// G as height × width × outputs × batch.
fn with_channels(store: &mut Store, g: Id, k: Id, x: Id) -> Id {
    let [height, width, ..] = four(&store.shape(g).dimensions());
    let [_, _, _, outputs] = four(&store.shape(k).dimensions());
    let [_, _, _, batch] = four(&store.shape(x).dimensions());
    let rank = if batch.is_one() { 2 + usize::from(!outputs.is_one()) } else { 4 };
    let sides: Vec<Dimension> = [height, width, outputs, batch].into_iter().take(rank).collect();
    store.reshape(g, &Shape::of(&sides))
}

/// The kernel's share as height × width × outputs × channels.
fn whole(store: &mut Store, planes: Id, x: Id, k: Id) -> Id {
    let [height, width, channels, outputs] = four(&store.shape(k).dimensions());
    let _ = x;
    let rank = if channels.is_one() { 2 + usize::from(!outputs.is_one()) } else { 4 };
    let sides: Vec<Dimension> = [height, width, outputs, channels].into_iter().take(rank).collect();
    store.reshape(planes, &Shape::of(&sides))
}

/// The differential of a node, given those of its operands (zero where an operand does not move).
pub(super) fn tangent(
    store: &mut Store,
    id: Id,
    moved: &mut dyn FnMut(&mut Store, Id) -> Option<Id>,
) -> Result<Id, DifferentiateError> {
    let shape = store.shape(id).clone();
    let mut terms = Vec::new();
    match store.node(id).clone() {
        Node::Tensor { operation, operands } => {
            use TensorOperation as T;
            for (at, operand) in operands.iter().enumerate() {
                let Some(tangent) = moved(store, *operand) else { continue };
                let term = match &*operation {
                    T::MaxPool(window) => {
                        store.tensor(&T::MaxGather(window.clone()), &[tangent, *operand], &shape)
                    }
                    T::MaxScatter(_) | T::MaxGather(_) if at == 1 => continue,
                    _ => {
                        let mut operands = operands.to_vec();
                        operands[at] = tangent;
                        store.tensor(&operation, &operands, &shape)
                    }
                };
                terms.push((number::one(), term));
            }
        }
        Node::Scale { scalar, matrix } => {
            if let Some(tangent) = moved(store, scalar) {
                terms.push((number::one(), store.multiply(tangent, matrix)));
            }
            if let Some(tangent) = moved(store, matrix) {
                terms.push((number::one(), store.multiply(scalar, tangent)));
            }
        }
        Node::Total(a) => {
            if let Some(tangent) = moved(store, a) {
                terms.push((number::one(), store.total(tangent)));
            }
        }
        Node::Hadamard(powers) => {
            for at in 0..powers.len() {
                if moved(store, powers[at].exponent).is_some() {
                    return Err(not_supported("a power of a tensor by its exponent, forwards"));
                }
                if let Some(tangent) = moved(store, powers[at].base) {
                    let slope = slope(store, &powers, at, &shape);
                    terms.push((number::one(), store.hadamard(&[slope, tangent], &shape)));
                }
            }
        }
        _ => return Err(not_supported("an operation on tensors, forwards")),
    }
    Ok(store.sum(terms, &shape))
}
