/// P A = L U in place, with partial pivoting; row i of P A is row `order[i]` of A.
fn factorise_lu(a: &mut [Float], order: &mut [usize], n: usize) {
    for (i, place) in order.iter_mut().enumerate() {
        *place = i;
    }
    for k in 0..n {
        let column = &a[k * n..][..n];
        let mut pivot = k;
        for i in k + 1..n {
            if column[i].abs() > column[pivot].abs() {
                pivot = i;
            }
        }
        if pivot != k {
            order.swap(k, pivot);
            for j in 0..n {
                a.swap(j * n + k, j * n + pivot);
            }
        }
        let (left, right) = a.split_at_mut((k + 1) * n);
        let (diagonal, below) = left[k * n + k..].split_at_mut(1);
        for x in below.iter_mut() {
            *x /= diagonal[0];
        }
        for column in right.chunks_exact_mut(n) {
            let factor = column[k];
            for (x, l) in column[k + 1..].iter_mut().zip(&*below) {
                *x -= l * factor;
            }
        }
    }
}
