/// C = A B for A: m×k and B: k×n.
pub fn times<T: Real>(a: &[T], b: &[T], m: usize, k: usize, n: usize) -> Vec<T> {
    let mut c = vec![T::constant(0.0); m * n];
    for j in 0..n {
        for i in 0..m {
            for l in 0..k {
                c[i + j * m] += a[i + l * m] * b[l + j * k];
            }
        }
    }
    c
}

/// Aᵀ for A: m×n.
pub fn turned<T: Real>(a: &[T], m: usize, n: usize) -> Vec<T> {
    let mut c = a.to_vec();
    for i in 0..m {
        for j in 0..n {
            c[j + i * n] = a[i + j * m];
        }
    }
    c
}

/// det A and A⁻¹ by Gauss and Jordan, with the largest pivot of each column.
pub fn eliminated<T: Real>(a: &[T], n: usize) -> (T, Vec<T>) {
    let mut a = a.to_vec();
    let mut b = vec![T::constant(0.0); n * n];
    let mut determinant = T::constant(1.0);
    for i in 0..n {
        b[i + i * n] = T::constant(1.0);
    }
    for k in 0..n {
        let mut pivot = k;
        for i in k + 1..n {
            if a[i + k * n].real().abs() > a[pivot + k * n].real().abs() {
                pivot = i;
            }
        }
        if pivot != k {
            determinant = -determinant;
            for j in 0..n {
                a.swap(k + j * n, pivot + j * n);
                b.swap(k + j * n, pivot + j * n);
            }
        }
        let scale = a[k + k * n];
        determinant = determinant * scale;
        for j in 0..n {
            a[k + j * n] = a[k + j * n] / scale;
            b[k + j * n] = b[k + j * n] / scale;
        }
        for i in 0..n {
            if i != k {
                let factor = a[i + k * n];
                for j in 0..n {
                    a[i + j * n] = a[i + j * n] - factor * a[k + j * n];
                    b[i + j * n] = b[i + j * n] - factor * b[k + j * n];
                }
            }
        }
    }
    (determinant, b)
}

/// tr A for A: n×n.
pub fn traced<T: Real>(a: &[T], n: usize) -> T {
    let mut sum = T::constant(0.0);
    for i in 0..n {
        sum += a[i + i * n];
    }
    sum
}

/// The sum of all entries.
pub fn summed<T: Real>(a: &[T]) -> T {
    let mut sum = T::constant(0.0);
    for x in a {
        sum += *x;
    }
    sum
}

/// The number of values of an index.
pub fn length(from: i64, to: i64) -> usize {
    (to - from + 1).max(0) as usize
}

/// The smallest range that holds all of these; empty ones do not count.
pub fn hull(ranges: &[(i64, i64)]) -> (i64, i64) {
    let mut hull = (i64::MAX, i64::MIN);
    for (from, to) in ranges {
        if from <= to {
            hull = (hull.0.min(*from), hull.1.max(*to));
        }
    }
    hull
}
