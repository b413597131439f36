"""The models of examples/ written a second time, in JAX, and what they give at fixed inputs: fixtures/<model>.json.

Nothing here knows of gradus: values are computed in float64 by JAX's own operations (lax.scan for recurrences,
lax.conv_general_dilated and lax.reduce_window for the convolutional network), derivatives by jax.grad and jax.jacobian, and every
entry of a derivative is compared with a central difference before it is written.

    python jax_models.py            writes the fixtures
    python jax_models.py --check    computes them again and compares them with the files
"""

import argparse
import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

jax.config.update("jax_enable_x64", True)

FIXTURES = Path(__file__).parent / "fixtures"
SEED = 20


class Draw:
    """Pseudo-random inputs with three decimals: short in a file, and the same in every reader of it."""

    def __init__(self, model, case):
        self.generator = np.random.default_rng([SEED, zlib.crc32(model.encode()), case])

    def normal(self, *shape, scale=0.6):
        return np.asarray(np.round(scale * self.generator.standard_normal(shape), 3))

    def positive(self, *shape):
        return np.asarray(np.round(self.generator.uniform(0.2, 1.5, shape), 3))

    def signs(self, *shape):
        return self.generator.choice([-1.0, 1.0], shape)

    def simplex(self, *shape):
        """Probabilities along the last axis, in thousandths."""
        weights = self.generator.dirichlet(np.ones(shape[-1]), shape[:-1])
        return self.generator.multinomial(1000, weights) / 1000


@dataclass
class Model:
    """A model: its sizes, a case each; its inputs, drawn for given sizes; its value."""

    name: str
    sizes: list[dict]
    inputs: Callable
    value: Callable
    wrt: str  # names of variables; a family stands for all its members
    jacobians: Callable = None  # (sizes, inputs) -> {"F wrt X": (function, point)}
    solutions: Callable = None  # (sizes, inputs) -> {"x": array}


def family(name, indices):
    return [f"{name}[{index}]" for index in indices]


def steps(inputs, name, count):
    """The members 1 … count of a family, one after the other along a new first axis."""
    return jnp.stack([inputs[key] for key in family(name, range(1, count + 1))])


def drawn(draw, name, indices, *shape):
    return {key: draw(*shape) for key in family(name, indices)}


# Networks without recurrence


def trace(s, v):
    return jnp.einsum("mi,mp,pi->", v["A"], v["X"], v["B"])


def logistic(s, v):
    margins = v["y"] * (v["X"] @ v["w"])
    return jnp.mean(jnp.logaddexp(0.0, -margins)) + 0.5 * v["λ"] * jnp.vdot(v["w"], v["w"])


def linear_regression(s, v):
    return jnp.mean((v["X"] @ v["θ"] - v["y"]) ** 2) / 2


def normal_equation(s, v):
    return {"θ": jnp.linalg.lstsq(v["X"], v["y"])[0]}


def two_layer(s, v):
    hidden = jnp.tanh(v["X"] @ v["W"] + v["b"])
    return -jnp.sum(v["Y"] * jax.nn.log_softmax(hidden @ v["V"] + v["c"])) / s["N"]


def sigmoid_three_layer(s, v):
    hidden = jax.nn.sigmoid(v["x"] @ v["V"] - v["γ"])
    output = jax.nn.sigmoid(hidden @ v["W"] - v["θ"])
    return 0.5 * jnp.sum((output - v["y"]) ** 2)


def deep(s, v, activation):
    """z[L] of a deep network."""
    a = v["x"]
    for layer in range(1, s["L"] + 1):
        z = v[f"W[{layer}]"] @ a + v[f"b[{layer}]"]
        a = activation(z)
    return z


def dnn_mse(s, v):
    return 0.5 * jnp.sum((jnp.tanh(deep(s, v, jnp.tanh)) - v["y"]) ** 2)


def dnn_cross_entropy(s, v):
    return -jnp.sum(v["y"] * jax.nn.log_softmax(deep(s, v, jax.nn.sigmoid)))


def deep_inputs(s, draw, target):
    layers = range(1, s["L"] + 1)
    n = [s[f"n[{layer}]"] for layer in range(s["L"] + 1)]
    weights = {f"W[{layer}]": draw.normal(n[layer], n[layer - 1]) for layer in layers}
    biases = {f"b[{layer}]": draw.normal(n[layer]) for layer in layers}
    return weights | biases | {"x": draw.normal(n[0]), "y": target(n[-1])}


def layers(*n):
    return {"L": len(n) - 1} | {f"n[{layer}]": size for layer, size in enumerate(n)}


def cnn(s, v):
    padding, stride, window = (s["P"], s["P"]), s["S"], (s["R"], s["R"], 1, 1)
    orders = ("HWCN", "HWIO", "HWCN")
    images = lax.conv_general_dilated(v["X"], v["K"], (stride, stride), (padding, padding), dimension_numbers=orders)
    images = jax.nn.relu(images + v["b"][:, None])
    images = lax.reduce_window(images, -jnp.inf, lax.max, window, window, "VALID")
    rows = images.reshape(s["q"], s["N"], order="F").T
    return -jnp.mean(jnp.sum(v["Y"] * jax.nn.log_softmax(rows @ v["V"] + v["v"]), axis=1))


def cnn_sizes(**s):
    """With q, the number of entries of a flattened example; convolution and pooling must come out whole."""
    pooled = []
    for side in (s["h"], s["w"]):
        across = side + 2 * s["P"] - s["F"]
        assert across % s["S"] == 0 and (across // s["S"] + 1) % s["R"] == 0
        pooled.append((across // s["S"] + 1) // s["R"])
    return s | {"q": pooled[0] * pooled[1] * s["o"]}


def cnn_inputs(s, draw):
    return {
        "X": draw.normal(s["h"], s["w"], s["c"], s["N"]),
        "K": draw.normal(s["F"], s["F"], s["c"], s["o"], scale=0.2),
        "b": draw.normal(s["o"]),
        "V": draw.normal(s["q"], s["k"], scale=0.2),
        "v": draw.normal(s["k"]),
        "Y": draw.simplex(s["N"], s["k"]),
    }


def attention(s, v):
    heads = (steps(v, name, s["H"]) for name in ("Wq", "Wk", "Wv", "Wo"))
    query, key, value, output = (jnp.stack(list(weights)) for weights in heads)
    scores = jnp.einsum("nd,hdk,me,hek->hnm", v["X"], query, v["X"], key) / jnp.sqrt(s["k"])
    attended = jnp.einsum("hnm,md,hdv->hnv", jax.nn.softmax(scores, axis=-1), v["X"], value)
    beside = jnp.concatenate(list(attended), axis=1)  # the heads side by side: n×(H·v)
    out = v["X"] + beside @ output.reshape(s["H"] * s["v"], s["d"])
    return 0.5 * jnp.sum((out - v["Y"]) ** 2)


def attention_inputs(s, draw):
    heads = range(1, s["H"] + 1)
    return (
        {"X": draw.normal(s["n"], s["d"]), "Y": draw.normal(s["n"], s["d"])}
        | drawn(draw.normal, "Wq", heads, s["d"], s["k"])
        | drawn(draw.normal, "Wk", heads, s["d"], s["k"])
        | drawn(draw.normal, "Wv", heads, s["d"], s["v"])
        | drawn(draw.normal, "Wo", heads, s["v"], s["d"])
    )


def gaussian_mixture(s, v):
    x = steps(v, "x", s["N"])
    α, μ, q, below = (steps(v, name, s["K"]) for name in ("α", "μ", "q", "L"))
    Q = jax.vmap(lambda q, below: jnp.diag(jnp.exp(q)) + jnp.tril(below, -1))(q, below)
    deviations = jnp.einsum("kab,ikb->ika", Q, x[:, None, :] - μ)
    inner = α + q.sum(axis=1) - 0.5 * (deviations**2).sum(axis=2)
    mixture = jax.scipy.special.logsumexp(inner, axis=1).sum()
    weights = s["N"] * jax.scipy.special.logsumexp(α)
    prior = 0.5 * v["γ"] ** 2 * (Q**2).sum() - v["m"] * q.sum()
    return mixture - weights - 0.5 * s["N"] * s["d"] * jnp.log(2 * jnp.pi) + prior


def gaussian_mixture_inputs(s, draw):
    components = range(1, s["K"] + 1)
    return (
        drawn(draw.normal, "x", range(1, s["N"] + 1), s["d"])
        | drawn(draw.normal, "α", components)
        | drawn(draw.normal, "μ", components, s["d"])
        | drawn(draw.normal, "q", components, s["d"])
        | drawn(draw.normal, "L", components, s["d"], s["d"])
        | {"γ": draw.positive(), "m": draw.positive()}
    )


# Recurrences


def rnn(s, v):
    def step(h, x):
        h = jnp.tanh(v["W"] @ h + v["U"] @ x + v["b"])
        return h, v["V"] @ h + v["c"]

    _, scores = lax.scan(step, v["h0"], steps(v, "x", s["T"]))
    return -jnp.sum(steps(v, "y", s["T"]) * jax.nn.log_softmax(scores))


def rnn_inputs(s, draw):
    return {
        **drawn(draw.normal, "x", range(1, s["T"] + 1), s["d"]),
        **drawn(draw.simplex, "y", range(1, s["T"] + 1), s["k"]),
        "h0": draw.normal(s["p"]),
        "W": draw.normal(s["p"], s["p"]),
        "U": draw.normal(s["p"], s["d"]),
        "b": draw.normal(s["p"]),
        "V": draw.normal(s["k"], s["p"]),
        "c": draw.normal(s["k"]),
    }


def gated_inputs(s, draw, gates, states):
    inputs = drawn(draw.normal, "x", range(1, s["T"] + 1), s["d"])
    inputs |= drawn(draw.normal, "y", range(1, s["T"] + 1), s["p"])
    inputs |= {state: draw.normal(s["p"]) for state in states}
    for gate in gates:
        inputs[f"W{gate}"] = draw.normal(s["p"], s["p"])
        inputs[f"U{gate}"] = draw.normal(s["p"], s["d"])
        inputs[f"b{gate}"] = draw.normal(s["p"])
    return inputs


def gated_names(gates):
    return " ".join(f"W{gate} U{gate} b{gate}" for gate in gates)


def before(v, gate, h, x):
    return v[f"W{gate}"] @ h + v[f"U{gate}"] @ x + v[f"b{gate}"]


def lstm_step(v, state, x):
    """The state (h, C) after one step, and the output gate."""
    h, C = state
    f, i, o = (jax.nn.sigmoid(before(v, gate, h, x)) for gate in "fio")
    C = f * C + i * jnp.tanh(before(v, "g", h, x))
    return (o * jnp.tanh(C), C), o


def lstm_states(s, v):
    """All h, C and output gates, from step 1 on."""

    def step(state, x):
        state, o = lstm_step(v, state, x)
        return state, (*state, o)

    return lax.scan(step, (v["h0"], v["C0"]), steps(v, "x", s["T"]))[1]


def lstm(s, v):
    return 0.5 * jnp.sum((lstm_states(s, v)[0] - steps(v, "y", s["T"])) ** 2)


def lstm_jacobians(s, v):
    """∂C[t]/∂C[t-1] of one step: with h[t-1] held fixed, and with h[t-1] = o[t-1] ⊙ tanh(C[t-1]) following C[t-1]."""
    h, C, o = lstm_states(s, v)
    found = {}
    for t in range(1, s["T"] + 1):
        x, held, at = v[f"x[{t}]"], h[t - 2] if t > 1 else v["h0"], C[t - 2] if t > 1 else v["C0"]
        name = f"C[{t}] wrt C[{t - 1}]"
        found[name] = (lambda c, held=held, x=x: lstm_step(v, (held, c), x)[0][1], at)
        if t > 1:
            gate = o[t - 2]
            found[f"{name} through h"] = (lambda c, gate=gate, x=x: lstm_step(v, (gate * jnp.tanh(c), c), x)[0][1], at)
    return found


def gru(s, v):
    def step(h, x):
        z, r = (jax.nn.sigmoid(before(v, gate, h, x)) for gate in "zr")
        h = (1 - z) * h + z * jnp.tanh(before(v, "g", r * h, x))
        return h, h

    _, h = lax.scan(step, v["h0"], steps(v, "x", s["T"]))
    return 0.5 * jnp.sum((h - steps(v, "y", s["T"])) ** 2)


def inputs(shapes):
    """Inputs from a table of names and shapes in sizes' names: "X: N n; y: N signs"; the last word may name a way to draw."""

    def draw_all(s, draw):
        drawn = {}
        for entry in shapes.split(";"):
            name, words = entry.split(":")
            words = words.split()
            way = words.pop() if words and words[-1] in ("signs", "positive") else "normal"
            drawn[name.strip()] = getattr(draw, way)(*(s[size] for size in words))
        return drawn

    return draw_all


DEEP = [layers(4, 3), layers(3, 5, 4), layers(4, 6, 3, 7, 2, 8)]
GATED = [{"T": 1, "d": 2, "p": 3}, {"T": 2, "d": 4, "p": 3}, {"T": 7, "d": 3, "p": 5}]

MODELS = [
    Model(
        "trace",
        [{"m": 2, "n": 3, "p": 4}, {"m": 5, "n": 2, "p": 3}, {"m": 4, "n": 6, "p": 1}],
        inputs("A: m n; X: m p; B: p n"),
        trace,
        "X B",
    ),
    Model(
        "logistic",
        [{"N": 5, "n": 3}, {"N": 4, "n": 6}, {"N": 9, "n": 2}],
        inputs("X: N n; y: N signs; w: n; λ: positive"),
        logistic,
        "w",
    ),
    Model(
        "linear_regression",
        [{"m": 5, "n": 3}, {"m": 6, "n": 4}, {"m": 9, "n": 2}],
        inputs("X: m n; y: m; θ: n"),
        linear_regression,
        "θ",
        solutions=normal_equation,
    ),
    Model(
        "two_layer",
        [{"N": 4, "n": 3, "h": 5, "k": 2}, {"N": 2, "n": 6, "h": 3, "k": 4}, {"N": 7, "n": 4, "h": 6, "k": 3}],
        inputs("X: N n; W: n h; b: h; V: h k; c: k; Y: N k positive"),
        two_layer,
        "W b V c",
    ),
    Model(
        "sigmoid_three_layer",
        [{"d": 3, "q": 4, "l": 2}, {"d": 5, "q": 2, "l": 3}, {"d": 4, "q": 7, "l": 6}],
        inputs("x: d; V: d q; γ: q; W: q l; θ: l; y: l positive"),
        sigmoid_three_layer,
        "V W γ θ",
    ),
    Model("dnn_mse", DEEP, lambda s, draw: deep_inputs(s, draw, draw.normal), dnn_mse, "W b x"),
    Model("dnn_cross_entropy", DEEP, lambda s, draw: deep_inputs(s, draw, draw.simplex), dnn_cross_entropy, "W b x"),
    Model(
        "cnn",
        [
            cnn_sizes(h=10, w=8, c=4, N=5, F=3, o=6, k=7, S=1, P=0, R=2),
            cnn_sizes(h=13, w=7, c=4, N=6, F=5, o=8, k=9, S=2, P=1, R=3),
            cnn_sizes(h=9, w=6, c=4, N=7, F=5, o=8, k=10, S=1, P=2, R=3),
            cnn_sizes(h=14, w=8, c=1, N=5, F=4, o=6, k=7, S=2, P=0, R=3),
        ],
        cnn_inputs,
        cnn,
        "K b V v",
    ),
    Model(
        "attention",
        [
            {"H": 1, "n": 5, "d": 4, "k": 3, "v": 2},
            {"H": 2, "n": 3, "d": 6, "k": 4, "v": 5},
            {"H": 3, "n": 7, "d": 5, "k": 2, "v": 4},
        ],
        attention_inputs,
        attention,
        "X Wq Wk Wv Wo",
    ),
    Model(
        "gaussian_mixture",
        [{"N": 4, "K": 1, "d": 2}, {"N": 6, "K": 2, "d": 3}, {"N": 7, "K": 4, "d": 3}],
        gaussian_mixture_inputs,
        gaussian_mixture,
        "α μ q L",
    ),
    Model(
        "rnn",
        [{"T": 1, "d": 2, "p": 3, "k": 4}, {"T": 2, "d": 3, "p": 4, "k": 5}, {"T": 7, "d": 3, "p": 5, "k": 4}],
        rnn_inputs,
        rnn,
        "U W V b c h0",
    ),
    Model(
        "lstm",
        GATED,
        lambda s, draw: gated_inputs(s, draw, "fiog", ["h0", "C0"]),
        lstm,
        gated_names("fiog") + " h0 C0",
        jacobians=lstm_jacobians,
    ),
    Model("gru", GATED, lambda s, draw: gated_inputs(s, draw, "zrg", ["h0"]), gru, gated_names("zrg") + " h0"),
]


def check(derivative, function, point, what):
    """Compares a derivative, of the shape of the value by the shape of the point, with central differences."""
    step = 1e-5
    derivative = np.asarray(derivative).reshape(-1, point.size)
    for entry in range(point.size):
        ahead, behind = point.astype(float), point.astype(float)
        ahead.flat[entry] += step
        behind.flat[entry] -= step
        difference = (np.ravel(function(ahead)) - np.ravel(function(behind))) / (2 * step)
        error = np.abs(difference - derivative[:, entry]) / (1 + np.abs(difference))
        assert error.max() < 1e-7, f"{what}, entry {entry}: {derivative[:, entry]}, difference {difference}"


def flat(array):
    """Column-major: the first index is the fastest."""
    return np.ravel(np.asarray(array, dtype=float), order="F").tolist()


def solve(model, number):
    """One case: its sizes and inputs, the value and its derivatives."""
    sizes = model.sizes[number]
    assert len(set(sizes.values())) == len(sizes), f"{model.name}: sizes that coincide prove less: {sizes}"
    v = model.inputs(sizes, Draw(model.name, number))
    wrt = {key: v[key] for name in model.wrt.split() for key in v if key.split("[")[0] == name}
    value = jax.jit(lambda part: model.value(sizes, v | part))
    result, gradients = jax.value_and_grad(value)(wrt)
    for key in wrt:
        check(gradients[key], lambda at, key=key: value(wrt | {key: at}), wrt[key], f"{model.name} {sizes} {key}")
    case = {
        "sizes": sizes,
        "inputs": {key: flat(array) for key, array in v.items()},
        "value": float(result),
        "gradients": {key: flat(gradients[key]) for key in wrt},
    }
    if model.jacobians:
        case["jacobians"] = {}
        for name, (function, point) in model.jacobians(sizes, v).items():
            matrix = jax.jacobian(function)(point)
            check(matrix, jax.jit(function), np.asarray(point), f"{model.name} {sizes} {name}")
            case["jacobians"][name] = flat(matrix)
    if model.solutions:
        case["solutions"] = {name: flat(array) for name, array in model.solutions(sizes, v).items()}
    return case


def write(value, depth=0):
    """JSON with an entry of an object a line and a list of numbers a line; numbers as repr writes them."""
    indent = "  " * (depth + 1)
    if isinstance(value, dict):
        entries = [f"{indent}{json.dumps(key, ensure_ascii=False)}: {write(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(entries) + "\n" + "  " * depth + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(indent + write(item, depth + 1) for item in value) + "\n" + "  " * depth + "]"
    return json.dumps(value)


def same(found, stored):
    """Whether two fixtures agree up to what another machine's rounding may change."""
    if isinstance(found, dict):
        return list(found) == list(stored) and all(same(found[key], stored[key]) for key in found)
    if isinstance(found, list) and found and isinstance(found[0], dict):
        return len(found) == len(stored) and all(map(same, found, stored))
    return np.shape(found) == np.shape(stored) and np.allclose(found, stored, rtol=1e-11, atol=1e-12)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    parser.add_argument("models", nargs="*", help="only these models")
    arguments = parser.parse_args()
    FIXTURES.mkdir(exist_ok=True)
    for model in MODELS:
        if arguments.models and model.name not in arguments.models:
            continue
        cases = [solve(model, number) for number in range(len(model.sizes))]
        path = FIXTURES / f"{model.name}.json"
        if not arguments.check:
            path.write_text(write(cases) + "\n", encoding="utf-8")
        elif not same(cases, json.loads(path.read_text(encoding="utf-8"))):
            raise SystemExit(f"{model.name}: not what {path.name} holds")
        print(f"{model.name}: {len(cases)} cases, value {[case['value'] for case in cases]}")


if __name__ == "__main__":
    main()
