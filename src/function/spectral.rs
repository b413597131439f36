//! Functions of matrices by their spectrum: eigenvalues, singular values, power series, roots, factors.
//!
//! What their derivatives are made of stands here, too, so that they can be differentiated again.

use super::{ArrayKernel, Condition, Domain, Form, Function, derivative, series};
use crate::kernel::{self, Array};

#[rustfmt::skip]
pub(super) const ROWS: &[Function] = array_rows![
    // Eigenvalues of symmetric matrices, ascending: d λᵢ = vᵢᵀ dA vᵢ
    "eigvals" ["eigvalsh"]: "A: n×n symmetric" => "n",
        Some(derivative(&["eigvecs(A)*diag(G)*eigvecs(A)'"], "diag(eigvecs(A)'*dA*eigvecs(A))")),
        Symmetric, r"\operatorname{eigvals}", 100, array eigvals(1), [],
        where "the eigenvalues of {} are simple";
    "eigvecs" []: "A: n×n symmetric" => "n×n",
        Some(derivative(&["eigvecs(A)*(eig_gaps(eigvals(A)).*(eigvecs(A)'*G))*eigvecs(A)'"], "eigvecs(A)*(eig_gaps(eigvals(A)).*(eigvecs(A)'*dA*eigvecs(A)))")),
        Symmetric, r"\operatorname{eigvecs}", 100, array eigvecs(1), [] Orthogonal,
        means "the columns of eigvecs(A) are the unit eigenvectors of A, in the order of the ascending eigenvalues",
        where "the eigenvalues of {} are simple";
    "eig_gaps" []: "l: n" => "n×n",
        Some(derivative(&["(G.*eig_gaps(l).^2)*ones(n) - (G.*eig_gaps(l).^2)'*ones(n)"], "eig_gaps(l).^2.*(dl*ones(n)' - ones(n)*dl')")),
        Real, r"\operatorname{eig\_gaps}", 5, array eig_gaps(1), [],
        means "entry (i, j) of eig_gaps(l) is 1/(l[j] - l[i]), and 0 where i = j";
    "eigmax" ["lambda_max", "λ_max"]: "A: n×n symmetric" => "scalar",
        Some(derivative(&["G*projector_max(A)"], "tr(projector_max(A)*dA)")),
        Symmetric, r"\lambda_{\max}", 60, scalar eigmax(1), [],
        where "the largest eigenvalue of {} is simple";
    "eigmin" ["lambda_min", "λ_min"]: "A: n×n symmetric" => "scalar",
        Some(derivative(&["G*projector_min(A)"], "tr(projector_min(A)*dA)")),
        Symmetric, r"\lambda_{\min}", 60, scalar eigmin(1), [],
        where "the smallest eigenvalue of {} is simple";
    // With P = v vᵀ and the pseudoinverse R of λ I − A: dP = R dA P + P dA R, dR = R dA R − tr(P dA) R² − R² dA P − P dA R²
    "projector_max" []: "A: n×n symmetric" => "n×n",
        Some(derivative(&["resolvent_max(A)*G*projector_max(A) + projector_max(A)*G*resolvent_max(A)"], "resolvent_max(A)*dA*projector_max(A) + projector_max(A)*dA*resolvent_max(A)")),
        Symmetric, r"\operatorname{projector}_{\max}", 80, array projector_max(1), [] Semidefinite,
        means "projector_max(A) is v*v' for the unit eigenvector v of the largest eigenvalue of A",
        where "the largest eigenvalue of {} is simple";
    "resolvent_max" []: "A: n×n symmetric" => "n×n",
        Some(derivative(&["resolvent_max(A)*G*resolvent_max(A) - tr(resolvent_max(A)^2*G)*projector_max(A) - resolvent_max(A)^2*G*projector_max(A) - projector_max(A)*G*resolvent_max(A)^2"], "resolvent_max(A)*dA*resolvent_max(A) - tr(projector_max(A)*dA)*resolvent_max(A)^2 - resolvent_max(A)^2*dA*projector_max(A) - projector_max(A)*dA*resolvent_max(A)^2")),
        Symmetric, r"\operatorname{resolvent}_{\max}", 80, array resolvent_max(1), [] Symmetric,
        means "resolvent_max(A) is the pseudoinverse of eigmax(A)*I - A",
        where "the largest eigenvalue of {} is simple";
    "projector_min" []: "A: n×n symmetric" => "n×n",
        Some(derivative(&["resolvent_min(A)*G*projector_min(A) + projector_min(A)*G*resolvent_min(A)"], "resolvent_min(A)*dA*projector_min(A) + projector_min(A)*dA*resolvent_min(A)")),
        Symmetric, r"\operatorname{projector}_{\min}", 80, array projector_min(1), [] Semidefinite,
        means "projector_min(A) is v*v' for the unit eigenvector v of the smallest eigenvalue of A",
        where "the smallest eigenvalue of {} is simple";
    "resolvent_min" []: "A: n×n symmetric" => "n×n",
        Some(derivative(&["resolvent_min(A)*G*resolvent_min(A) - tr(resolvent_min(A)^2*G)*projector_min(A) - resolvent_min(A)^2*G*projector_min(A) - projector_min(A)*G*resolvent_min(A)^2"], "resolvent_min(A)*dA*resolvent_min(A) - tr(projector_min(A)*dA)*resolvent_min(A)^2 - resolvent_min(A)^2*dA*projector_min(A) - projector_min(A)*dA*resolvent_min(A)^2")),
        Symmetric, r"\operatorname{resolvent}_{\min}", 80, array resolvent_min(1), [] Symmetric,
        means "resolvent_min(A) is the pseudoinverse of eigmin(A)*I - A",
        where "the smallest eigenvalue of {} is simple";

    // Singular values, descending: with the right singular vectors V = eigvecs(−XᵀX), d σᵢ = uᵢᵀ dX vᵢ and uᵢ = X vᵢ/σᵢ
    "svdvals" []: "X: m×n" => "n",
        Some(derivative(&["X*eigvecs(-X'*X)*diag(G./svdvals(X))*eigvecs(-X'*X)'"], "diag(eigvecs(-X'*X)'*X'*dX*eigvecs(-X'*X))./svdvals(X)")),
        Real, r"\operatorname{svdvals}", 100, array svdvals(1), [] Nonnegative,
        where "the singular values of {} are simple and positive";
    "norm_nuc" []: "X: m×n" => "scalar",
        Some(derivative(&["G*polar(X)"], "tr(polar(X)'*dX)")),
        Real, r"\lVert #1 \rVert_*", 60, scalar norm_nuc(1), [] Nonnegative,
        where "{} has full rank";
    "polar" []: "X: m×n" => "m×n",
        None,
        Real, r"\operatorname{polar}", 80, array polar(1), [];
    "norm_spec" []: "X: m×n" => "scalar",
        Some(derivative(&["G*leading(X)"], "tr(leading(X)'*dX)")),
        Real, r"\lVert #1 \rVert_2", 60, scalar norm_spec(1), [] Nonnegative,
        where "the largest singular value of {} is simple";
    // u vᵀ = X P/σ with P = projector_max(XᵀX)
    "leading" []: "X: m×n" => "m×n",
        Some(derivative(&["(G*projector_max(X'*X) + X*(resolvent_max(X'*X)*(X'*G + G'*X)*projector_max(X'*X) + projector_max(X'*X)*(X'*G + G'*X)*resolvent_max(X'*X)))/norm_spec(X) - tr(leading(X)'*G)/norm_spec(X)*leading(X)"],
                   "(dX*projector_max(X'*X) + X*(resolvent_max(X'*X)*(X'*dX + dX'*X)*projector_max(X'*X) + projector_max(X'*X)*(X'*dX + dX'*X)*resolvent_max(X'*X)))/norm_spec(X) - tr(leading(X)'*dX)/norm_spec(X)*leading(X)")),
        Real, r"\operatorname{leading}", 80, array leading(1), [],
        means "leading(X) is u*v' for the unit singular vectors u, v of the largest singular value of X",
        where "the largest singular value of {} is simple";
    // Golub and Pereyra 1973
    "pinv" []: "X: m×n" => "n×m",
        Some(derivative(&["(eye(m) - X*pinv(X))*G'*pinv(X)*pinv(X)' + pinv(X)'*pinv(X)*G'*(eye(n) - pinv(X)*X) - pinv(X)'*G*pinv(X)'"],
                   "pinv(X)*pinv(X)'*dX'*(eye(m) - X*pinv(X)) + (eye(n) - pinv(X)*X)*dX'*pinv(X)'*pinv(X) - pinv(X)*dX*pinv(X)")),
        Real, r"\operatorname{pinv}", 100, array pinv(1), [] Definite,
        where "{} has full rank";

    // The Fréchet derivative of expm has no closed form unless X and dX commute, but d tr(expm(X)) = tr(expm(X) dX).
    "expm" []: "X: n×n" => "n×n",
        Some(series(&["expm_frechet(X',G)"], "expm_frechet(X,dX)", "expm(X)")),
        Real, r"\operatorname{expm}", 200, array expm(1), [] Definite;
    "expm_frechet" ["dexpm"]: "X: n×n; E: n×n" => "n×n",
        Some(derivative(&["expm_second(X',E',G)", "expm_frechet(X',G)"], "expm_second(X,E,dX) + expm_frechet(X,dE)")),
        Real, r"\operatorname{dexpm}", 900, array expm_frechet(2), [] Symmetric,
        means "expm_frechet(X, E) is the integral of expm(s*X)*E*expm((1-s)*X) over s from 0 to 1, the Fréchet derivative of expm";
    "expm_second" ["d2expm"]: "X: n×n; E: n×n; H: n×n" => "n×n",
        None,
        Real, r"\operatorname{d}^2\operatorname{expm}", 2000, array expm_second(3), [] Symmetric,
        means "expm_second(X, E, H) is the derivative of expm_frechet(X, E) along H: symmetric in E and H";
    "logm" []: "X: n×n" => "n×n",
        Some(series(&["logm_frechet(X',G)"], "logm_frechet(X,dX)", "inv(X)")),
        Invertible, r"\operatorname{logm}", 400, array logm(1), [] Symmetric,
        where "{} has no eigenvalue that is negative or 0" unless Definite;
    "logm_frechet" ["dlogm"]: "X: n×n; E: n×n" => "n×n",
        Some(derivative(&["logm_second(X',E',G)", "logm_frechet(X',G)"], "logm_second(X,E,dX) + logm_frechet(X,dE)")),
        Invertible, r"\operatorname{dlogm}", 900, array logm_frechet(2), [] Symmetric,
        means "logm_frechet(X, E) is the derivative of logm at X along E, the upper right block of logm([X, E; 0, X])";
    "logm_second" ["d2logm"]: "X: n×n; E: n×n; H: n×n" => "n×n",
        None,
        Invertible, r"\operatorname{d}^2\operatorname{logm}", 2000, array logm_second(3), [] Symmetric,
        means "logm_second(X, E, H) is the derivative of logm_frechet(X, E) along H: symmetric in E and H";
    "sinm" []: "X: n×n" => "n×n",
        Some(series(&["sinm_frechet(X',G)"], "sinm_frechet(X,dX)", "cosm(X)")),
        Real, r"\operatorname{sinm}", 400, array sinm(1), [] Symmetric;
    "sinm_frechet" ["dsinm"]: "X: n×n; E: n×n" => "n×n",
        Some(derivative(&["sinm_second(X',E',G)", "sinm_frechet(X',G)"], "sinm_second(X,E,dX) + sinm_frechet(X,dE)")),
        Real, r"\operatorname{dsinm}", 900, array sinm_frechet(2), [] Symmetric,
        means "sinm_frechet(X, E) is the derivative of sinm at X along E, the upper right block of sinm([X, E; 0, X])";
    "sinm_second" ["d2sinm"]: "X: n×n; E: n×n; H: n×n" => "n×n",
        None,
        Real, r"\operatorname{d}^2\operatorname{sinm}", 2000, array sinm_second(3), [] Symmetric,
        means "sinm_second(X, E, H) is the derivative of sinm_frechet(X, E) along H: symmetric in E and H";
    "cosm" []: "X: n×n" => "n×n",
        Some(series(&["cosm_frechet(X',G)"], "cosm_frechet(X,dX)", "-sinm(X)")),
        Real, r"\operatorname{cosm}", 400, array cosm(1), [] Symmetric;
    "cosm_frechet" ["dcosm"]: "X: n×n; E: n×n" => "n×n",
        Some(derivative(&["cosm_second(X',E',G)", "cosm_frechet(X',G)"], "cosm_second(X,E,dX) + cosm_frechet(X,dE)")),
        Real, r"\operatorname{dcosm}", 900, array cosm_frechet(2), [] Symmetric,
        means "cosm_frechet(X, E) is the derivative of cosm at X along E, the upper right block of cosm([X, E; 0, X])";
    "cosm_second" ["d2cosm"]: "X: n×n; E: n×n; H: n×n" => "n×n",
        None,
        Real, r"\operatorname{d}^2\operatorname{cosm}", 2000, array cosm_second(3), [] Symmetric,
        means "cosm_second(X, E, H) is the derivative of cosm_frechet(X, E) along H: symmetric in E and H";

    // S S = A gives S dS + dS S = dA
    "sqrtm" []: "A: n×n" => "n×n",
        Some(series(&["lyapunov(sqrtm(A)',G)"], "lyapunov(sqrtm(A),dA)", "inv(sqrtm(A))/2")),
        Invertible, r"\operatorname{sqrtm}", 200, array sqrtm(1), [] Definite,
        where "{} has no eigenvalue that is negative or 0" unless Definite;
    "lyapunov" []: "S: n×n; C: n×n" => "n×n",
        Some(derivative(&["-lyapunov(S',G)*lyapunov(S,C)' - lyapunov(S,C)'*lyapunov(S',G)", "lyapunov(S',G)"],
                   "lyapunov(S,dC) - lyapunov(S,dS*lyapunov(S,C) + lyapunov(S,C)*dS)")),
        Invertible, r"\operatorname{lyapunov}", 200, array lyapunov(2), [] Symmetric,
        means "X = lyapunov(S, C) is the solution of S*X + X*S = C";

    // L Lᵀ = A gives L⁻¹ dL + (L⁻¹ dL)ᵀ = L⁻¹ dA L⁻ᵀ, of which the lower half is L⁻¹ dL
    "cholesky" ["chol"]: "A: n×n symmetric" => "n×n",
        Some(derivative(&["inv(cholesky(A))'*tril_half(cholesky(A)'*G)*inv(cholesky(A))"],
                   "cholesky(A)*tril_half(inv(cholesky(A))*dA*inv(cholesky(A))')")),
        Definite, r"\operatorname{cholesky}", 60, array cholesky(1), [] Factor,
        where "{} is positive definite" unless Definite;
    "tril_half" []: "X: m×n" => "m×n",
        Some(derivative(&["tril_half(G)"], "tril_half(dX)")),
        Real, r"\operatorname{tril\_half}", 2, array tril_half(1), [] Lower,
        means "tril_half(X) is the lower triangle of X, its diagonal halved";
];
