//! Models with recurrences and their gradients, written down by hand.

use gradus::expression::{Id, Piece, Properties, Range, Store};
use gradus::function;
use gradus::number::integer;
use gradus::shape::{Dimension, Name, Shape};

/// A loss and its gradients by variables, given families among them.
pub(super) struct Model {
    pub(super) store: Store,
    pub(super) loss: Id,
    pub(super) gradients: Vec<(Name, Id, Id)>,
}

pub(super) fn size(name: &str) -> Dimension {
    Dimension::symbol(name)
}

pub(super) fn number(value: i64) -> Dimension {
    Dimension::constant(value)
}

pub(super) fn column(rows: &Dimension) -> Shape {
    Shape::matrix(rows.clone(), Dimension::one())
}

pub(super) fn range(index: &str, from: &Dimension, to: &Dimension) -> Range {
    Range { index: Name::from(index), from: from.clone(), to: to.clone() }
}

pub(super) fn next(index: &str) -> Dimension {
    size(index).plus(&number(1))
}

pub(super) fn previous(index: &str) -> Dimension {
    size(index).minus(&number(1))
}

pub(super) fn entrywise(store: &mut Store, name: &str, x: Id) -> Id {
    let shape = store.shape(x).clone();
    store.apply(function::find(name).unwrap(), &[x], &shape)
}

/// a ⊙ b
pub(super) fn times(store: &mut Store, a: Id, b: Id) -> Id {
    let shape = store.shape(a).clone();
    store.hadamard(&[a, b], &shape)
}

/// 1 − x²
pub(super) fn one_minus_square(store: &mut Store, x: Id) -> Id {
    let shape = store.shape(x).clone();
    let one = store.ones(&shape);
    let square = times(store, x, x);
    store.subtract(one, square)
}

/// x(1 − x)
pub(super) fn sigmoid_slope(store: &mut Store, x: Id) -> Id {
    let shape = store.shape(x).clone();
    let one = store.ones(&shape);
    let rest = store.subtract(one, x);
    times(store, x, rest)
}

/// Aᵀ b
pub(super) fn pulled(store: &mut Store, a: Id, b: Id) -> Id {
    let transposed = store.transpose(a);
    store.multiply(transposed, b)
}

/// a bᵀ
pub(super) fn outer(store: &mut Store, a: Id, b: Id) -> Id {
    let transposed = store.transpose(b);
    store.multiply(a, transposed)
}

pub(super) fn norm_squared(store: &mut Store, r: Id) -> Id {
    pulled(store, r, r)
}

pub(super) fn variable(store: &mut Store, name: &str, shape: Shape) -> Id {
    store.variable(name, shape, Properties::NONE)
}

pub(super) fn family(
    store: &mut Store,
    name: &str,
    index: &str,
    shape: Shape,
    ends: (&Dimension, &Dimension),
) -> Id {
    let range = Range { index: index.into(), from: ends.0.clone(), to: ends.1.clone() };
    store.declare_family(name, vec![range], shape, Properties::NONE)
}

pub(super) fn piece(from: &Dimension, to: &Dimension, body: Id) -> Piece {
    Piece::new(from.clone(), to.clone(), body)
}

/// h[0] = h0, h[t] = tanh(U x[t] + W h[t-1] + b), loss = Σₜ ‖V h[t] + c − y[t]‖².
pub(super) fn rnn() -> Model {
    let mut s = Store::new();
    let (n, p, q, steps, t) = (size("n"), size("p"), size("q"), size("T"), size("t"));
    let (zero, one) = (number(0), number(1));
    let (before, after) = (previous("t"), next("t"));
    let [u, w, v] = [("U", &p, &n), ("W", &p, &p), ("V", &q, &p)]
        .map(|(name, m, n)| variable(&mut s, name, Shape::matrix(m.clone(), n.clone())));
    let [b, c, h0] =
        [("b", &p), ("c", &q), ("h0", &p)].map(|(name, m)| variable(&mut s, name, column(m)));
    let x = family(&mut s, "x", "t", column(&n), (&one, &steps));
    let y = family(&mut s, "y", "t", column(&q), (&one, &steps));
    let h = family(&mut s, "h", "t", column(&p), (&zero, &steps));
    let (xt, yt, ht) = (s.element(x, &t), s.element(y, &t), s.element(h, &t));
    let hb = s.element(h, &before);
    let (ux, wh) = (s.multiply(u, xt), s.multiply(w, hb));
    let inner = s.add(&[ux, wh, b]);
    let body = entrywise(&mut s, "tanh", inner);
    s.define_family(h, vec![piece(&zero, &zero, h0), piece(&one, &steps, body)]);
    let vh = s.multiply(v, ht);
    let vhc = s.add(&[vh, c]);
    let r = s.subtract(vhc, yt);
    let square = norm_squared(&mut s, r);
    let all = range("t", &one, &steps);
    let loss = s.sum_over(&all, square);
    // δ[t] = 2Vᵀr[t] + Wᵀ(δ[t+1] ⊙ (1 − h[t+1]²))
    let delta = family(&mut s, "δ", "t", column(&p), (&one, &steps));
    let r2 = s.scale_by(&integer(2), r);
    let direct = pulled(&mut s, v, r2);
    let slope = one_minus_square(&mut s, ht);
    let dt = s.element(delta, &t);
    let e = times(&mut s, dt, slope);
    let e_after = s.at_index(e, "t", &after);
    let back = pulled(&mut s, w, e_after);
    let both = s.add(&[direct, back]);
    let last = s.at_index(direct, "t", &steps);
    let penultimate = steps.minus(&one);
    s.define_family(delta, vec![piece(&one, &penultimate, both), piece(&steps, &steps, last)]);
    let (by_u, by_w, by_v) = (outer(&mut s, e, xt), outer(&mut s, e, hb), outer(&mut s, r2, ht));
    let [gu, gw, gv, gb, gc] = [by_u, by_w, by_v, e, r2].map(|body| s.sum_over(&all, body));
    let first = s.at_index(e, "t", &one);
    let gh0 = pulled(&mut s, w, first);
    let gx = family(&mut s, "∂x", "t", column(&n), (&one, &steps));
    let ue = pulled(&mut s, u, e);
    s.define_family(gx, vec![piece(&one, &steps, ue)]);
    let gradients = [
        ("U", u, gu),
        ("W", w, gw),
        ("V", v, gv),
        ("b", b, gb),
        ("c", c, gc),
        ("h0", h0, gh0),
        ("x", x, gx),
    ];
    Model { store: s, loss, gradients: named(&gradients) }
}

/// a[0] = x, a[l] = tanh(W[l] a[l-1] + b[l]), loss = ‖a[L] − y‖².
pub(super) fn deep() -> Model {
    let mut s = Store::new();
    let (layers, l, one, zero) = (size("L"), size("l"), number(1), number(0));
    let (before, after) = (previous("l"), next("l"));
    let width = |at: &Dimension| Dimension::element("n", at.clone());
    let x = variable(&mut s, "x", column(&width(&zero)));
    let y = variable(&mut s, "y", column(&width(&layers)));
    let matrix = Shape::matrix(width(&l), width(&before));
    let w = family(&mut s, "W", "l", matrix.clone(), (&one, &layers));
    let b = family(&mut s, "b", "l", column(&width(&l)), (&one, &layers));
    let a = family(&mut s, "a", "l", column(&width(&l)), (&zero, &layers));
    let (wl, bl, al, ab) =
        (s.element(w, &l), s.element(b, &l), s.element(a, &l), s.element(a, &before));
    let wa = s.multiply(wl, ab);
    let inner = s.add(&[wa, bl]);
    let body = entrywise(&mut s, "tanh", inner);
    s.define_family(a, vec![piece(&zero, &zero, x), piece(&one, &layers, body)]);
    let last = s.element(a, &layers);
    let r = s.subtract(last, y);
    let loss = norm_squared(&mut s, r);
    // δ[l] = W[l+1]ᵀ(δ[l+1] ⊙ (1 − a[l+1]²))
    let delta = family(&mut s, "δ", "l", column(&width(&l)), (&one, &layers));
    let r2 = s.scale_by(&integer(2), r);
    let slope = one_minus_square(&mut s, al);
    let dl = s.element(delta, &l);
    let e = times(&mut s, dl, slope);
    let back = pulled(&mut s, wl, e);
    let back_after = s.at_index(back, "l", &after);
    let penultimate = layers.minus(&one);
    s.define_family(
        delta,
        vec![piece(&one, &penultimate, back_after), piece(&layers, &layers, r2)],
    );
    let gw = family(&mut s, "∂W", "l", matrix, (&one, &layers));
    let by_w = outer(&mut s, e, ab);
    s.define_family(gw, vec![piece(&one, &layers, by_w)]);
    let gb = family(&mut s, "∂b", "l", column(&width(&l)), (&one, &layers));
    s.define_family(gb, vec![piece(&one, &layers, e)]);
    let gx = s.at_index(back, "l", &one);
    let gradients = [("W", w, gw), ("b", b, gb), ("x", x, gx)];
    Model { store: s, loss, gradients: named(&gradients) }
}

/// C[t] = f ⊙ C[t-1] + i ⊙ g, h[t] = o ⊙ tanh(C[t]), loss = Σₜ ‖h[t] − y[t]‖²; each gate of W x[t] + U h[t-1] + b.
pub(super) fn lstm(steps: &Dimension) -> Model {
    let mut s = Store::new();
    let (n, p, steps, t) = (size("n"), size("p"), steps.clone(), size("t"));
    let (zero, one) = (number(0), number(1));
    let (before, after) = (previous("t"), next("t"));
    let x = family(&mut s, "x", "t", column(&n), (&one, &steps));
    let y = family(&mut s, "y", "t", column(&p), (&one, &steps));
    let h = family(&mut s, "h", "t", column(&p), (&zero, &steps));
    let cell = family(&mut s, "C", "t", column(&p), (&zero, &steps));
    let (h0, c0) = (variable(&mut s, "h0", column(&p)), variable(&mut s, "C0", column(&p)));
    let (xt, yt, ht, hb) =
        (s.element(x, &t), s.element(y, &t), s.element(h, &t), s.element(h, &before));
    let (ct, cb) = (s.element(cell, &t), s.element(cell, &before));
    let gate = |s: &mut Store, name: &str, function: &str| {
        let w = variable(s, &format!("W{name}"), Shape::matrix(p.clone(), n.clone()));
        let u = variable(s, &format!("U{name}"), Shape::matrix(p.clone(), p.clone()));
        let b = variable(s, &format!("b{name}"), column(&p));
        let (wx, uh) = (s.multiply(w, xt), s.multiply(u, hb));
        let inner = s.add(&[wx, uh, b]);
        (w, u, b, entrywise(s, function, inner))
    };
    let (wi, ui, bi, i) = gate(&mut s, "i", "sigmoid");
    let (wf, uf, bf, f) = gate(&mut s, "f", "sigmoid");
    let (wo, uo, bo, o) = gate(&mut s, "o", "sigmoid");
    let (wg, ug, bg, g) = gate(&mut s, "g", "tanh");
    let (fc, ig) = (times(&mut s, f, cb), times(&mut s, i, g));
    let cell_body = s.add(&[fc, ig]);
    let tanh = entrywise(&mut s, "tanh", ct);
    let h_body = times(&mut s, o, tanh);
    s.define_family(cell, vec![piece(&zero, &zero, c0), piece(&one, &steps, cell_body)]);
    s.define_family(h, vec![piece(&zero, &zero, h0), piece(&one, &steps, h_body)]);
    let r = s.subtract(ht, yt);
    let square = norm_squared(&mut s, r);
    let all = range("t", &one, &steps);
    let loss = s.sum_over(&all, square);
    let dh = family(&mut s, "δh", "t", column(&p), (&one, &steps));
    let dc = family(&mut s, "δC", "t", column(&p), (&one, &steps));
    let (dht, dct) = (s.element(dh, &t), s.element(dc, &t));
    // What reaches the inside of each gate.
    let slopes = [
        {
            let a = sigmoid_slope(&mut s, i);
            let b = times(&mut s, g, a);
            times(&mut s, dct, b)
        },
        {
            let a = sigmoid_slope(&mut s, f);
            let b = times(&mut s, cb, a);
            times(&mut s, dct, b)
        },
        {
            let a = sigmoid_slope(&mut s, o);
            let b = times(&mut s, tanh, a);
            times(&mut s, dht, b)
        },
        {
            let a = one_minus_square(&mut s, g);
            let b = times(&mut s, i, a);
            times(&mut s, dct, b)
        },
    ];
    let backs: Vec<Id> =
        [ui, uf, uo, ug].iter().zip(slopes).map(|(u, e)| pulled(&mut s, *u, e)).collect();
    let back = s.add(&backs);
    let back_after = s.at_index(back, "t", &after);
    let r2 = s.scale_by(&integer(2), r);
    let dh_body = s.add(&[r2, back_after]);
    let dh_last = s.at_index(r2, "t", &steps);
    let penultimate = steps.minus(&one);
    s.define_family(dh, vec![piece(&one, &penultimate, dh_body), piece(&steps, &steps, dh_last)]);
    let slope = one_minus_square(&mut s, tanh);
    let through = {
        let a = times(&mut s, o, slope);
        times(&mut s, dht, a)
    };
    let kept = times(&mut s, dct, f);
    let kept_after = s.at_index(kept, "t", &after);
    let dc_body = s.add(&[through, kept_after]);
    let dc_last = s.at_index(through, "t", &steps);
    s.define_family(dc, vec![piece(&one, &penultimate, dc_body), piece(&steps, &steps, dc_last)]);
    let mut gradients = Vec::new();
    let parameters = [
        ("Wi", "Ui", "bi", wi, ui, bi),
        ("Wf", "Uf", "bf", wf, uf, bf),
        ("Wo", "Uo", "bo", wo, uo, bo),
        ("Wg", "Ug", "bg", wg, ug, bg),
    ];
    for ((wn, un, bn, w, u, b), e) in parameters.into_iter().zip(slopes) {
        let (by_w, by_u) = (outer(&mut s, e, xt), outer(&mut s, e, hb));
        gradients.push((wn, w, s.sum_over(&all, by_w)));
        gradients.push((un, u, s.sum_over(&all, by_u)));
        gradients.push((bn, b, s.sum_over(&all, e)));
    }
    gradients.push(("h0", h0, s.at_index(back, "t", &one)));
    gradients.push(("C0", c0, s.at_index(kept, "t", &one)));
    Model { store: s, loss, gradients: named(&gradients) }
}

fn named(gradients: &[(&str, Id, Id)]) -> Vec<(Name, Id, Id)> {
    gradients.iter().map(|(name, variable, id)| (Name::from(*name), *variable, *id)).collect()
}
