"""Times examples/lstm.gradus, value and all gradients, in JAX and PyTorch, side by side with a program of gradus's.

The model is that of the example for a batch: x[t], y[t], h0 and C0 are matrices with a column for each of the 32 sequences, biases are
added to every column; T = 50, 128 inputs, 128 hidden units. Every implementation is checked against the first before it is timed.

    python time_lstm.py [--runs 30] [--gradus PATH]

PATH is called as `PATH f64 RUNS` and `PATH f32 RUNS`, with the processor pinned or not as for the others. Each line of its output

    label median_ns first_quartile_ns third_quartile_ns [value]

becomes a row of the table, the label a word without blanks; other lines are passed over. To compute the same value it takes input number j, counted from 0 in
the order of INPUTS with x[1] … x[T] and y[1] … y[T] one after the other, to have the entry e, counted from 0 in column-major order,

    scale · (u/2³² − ½)  with  u = ((e + 1)·2654435761 + (j + 1)·40503) mod 2³²,

scale = 0.3 for the matrices W and U, and 1 otherwise.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

import numpy as np

STEPS, BATCH, READ, HIDDEN = 50, 32, 128, 128
GATES = "fiog"
INPUTS = ["x", "y", "h0", "C0"] + [kind + gate for gate in GATES for kind in "WUb"]
TIMING = re.compile(r"(\S+)" + r"\s+(\d+(?:\.\d*)?)" * 3 + r"(?:\s+(\S+))?")
FIRST_CPU = min(os.sched_getaffinity(0))


def made(shape, number, scale):
    e = np.arange(1, np.prod(shape) + 1, dtype=np.uint64)
    u = (e * np.uint64(2654435761) + np.uint64((number + 1) * 40503)) % np.uint64(2**32)
    return (scale * (u / 2**32 - 0.5)).reshape(shape, order="F")


def inputs(precision):
    """All inputs; x and y with the steps along the first axis."""
    found, number = {}, 0
    for name in INPUTS:
        if name in "xy":
            rows = READ if name == "x" else HIDDEN
            found[name] = np.stack([made((rows, BATCH), number + step, 1.0) for step in range(STEPS)])
            number += STEPS
            continue
        shape = {"W": (HIDDEN, HIDDEN), "U": (HIDDEN, READ), "b": (HIDDEN,)}.get(name[0], (HIDDEN, BATCH))
        found[name] = made(shape, number, 0.3 if name[0] in "WU" else 1.0)
        number += 1
    dtype = {"f64": np.float64, "f32": np.float32}[precision]
    return {name: array.astype(dtype) for name, array in found.items()}


def timed(run, runs):
    """Nanoseconds of each of `runs` calls, after a few that are not counted."""
    for _ in range(5):
        run()
    times = []
    for _ in range(runs):
        start = time.perf_counter_ns()
        run()
        times.append(time.perf_counter_ns() - start)
    return times


# JAX


def jax_runs(precision):
    """(label, a call that returns when value and gradients are there, the value, the gradients by name)."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    jax.config.update("jax_enable_x64", precision == "f64")
    given = {name: jnp.asarray(array) for name, array in inputs(precision).items()}
    x, y = given.pop("x"), given.pop("y")

    def cell(state, before):
        h, C = state
        f, i, o, g = before
        C = jax.nn.sigmoid(f) * C + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(C)
        return (h, C), h

    def a_product_a_gate(v):
        def step(state, x):
            return cell(state, [v["W" + k] @ state[0] + v["U" + k] @ x + v["b" + k][:, None] for k in GATES])

        return 0.5 * jnp.sum((lax.scan(step, (v["h0"], v["C0"]), x)[1] - y) ** 2)

    def gates_stacked(v):
        W, U, b = (jnp.concatenate([v[kind + k] for k in GATES]) for kind in "WUb")
        read = jnp.einsum("hd,tdn->thn", U, x) + b[:, None]

        def step(state, read):
            return cell(state, jnp.split(W @ state[0] + read, 4))

        return 0.5 * jnp.sum((lax.scan(step, (v["h0"], v["C0"]), read)[1] - y) ** 2)

    for label, loss in [("scan, a product a gate", a_product_a_gate), ("scan, gates stacked", gates_stacked)]:
        call = jax.jit(jax.value_and_grad(loss))
        value, gradients = call(given)
        yield label, lambda call=call: jax.block_until_ready(call(given)), float(value), gradients


# PyTorch


def torch_runs(precision):
    import torch

    if len(os.sched_getaffinity(0)) == 1:
        torch.set_num_threads(1)
    given = {name: torch.tensor(array) for name, array in inputs(precision).items()}
    x, y = given.pop("x"), given.pop("y")
    leaves = {name: tensor.requires_grad_() for name, tensor in given.items()}

    def loop():
        v = leaves
        W, U, b = (torch.cat([v[kind + k] for k in GATES]) for kind in "WUb")
        h, C, total = v["h0"], v["C0"], 0
        for step in range(STEPS):
            f, i, o, g = torch.chunk(W @ h + U @ x[step] + b[:, None], 4)
            C = torch.sigmoid(f) * C + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(C)
            total = total + 0.5 * ((h - y[step]) ** 2).sum()
        return total

    # PyTorch's own layer: its gates are in the order i, f, g, o, its sequences are rows, and it has a second bias.
    layer = torch.nn.LSTM(READ, HIDDEN, dtype=x.dtype)
    order = "ifgo"
    with torch.no_grad():
        layer.weight_hh_l0.copy_(torch.cat([leaves["W" + k] for k in order]))
        layer.weight_ih_l0.copy_(torch.cat([leaves["U" + k] for k in order]))
        layer.bias_ih_l0.copy_(torch.cat([leaves["b" + k] for k in order]))
        layer.bias_hh_l0.zero_()
    xs, ys = x.transpose(1, 2).contiguous(), y.transpose(1, 2).contiguous()
    h0, C0 = (leaves[name].detach().T.contiguous()[None].requires_grad_() for name in ("h0", "C0"))
    weights = dict(W=layer.weight_hh_l0, U=layer.weight_ih_l0, b=layer.bias_ih_l0)

    def own():
        return 0.5 * ((layer(xs, (h0, C0))[0] - ys) ** 2).sum()

    def run(loss, parts):
        value = loss()
        return value, torch.autograd.grad(value, parts)

    parts = list(leaves.values())
    value, gradients = run(loop, parts)
    yield "eager loop, gates stacked", lambda: run(loop, parts), value.item(), dict(zip(leaves, gradients))

    parts = [*weights.values(), h0, C0, layer.bias_hh_l0]
    value, gradients = run(own, parts)
    named = {kind + k: part for kind, g in zip(weights, gradients) for k, part in zip(order, torch.chunk(g, 4))}
    named |= {"h0": gradients[3][0].T, "C0": gradients[4][0].T}
    yield "torch.nn.LSTM", lambda: run(own, parts), value.item(), named


# A process each: a library reads how many threads it may have when it is loaded.


def worker(library, precision, runs):
    """Prints a JSON line for each implementation: label, value, norm and a projection of each gradient, times."""
    for label, run, value, gradients in {"jax": jax_runs, "torch": torch_runs}[library](precision):
        probes = {}
        for name, part in gradients.items():
            part = np.asarray(part, dtype=np.float64)
            probes[name] = [np.linalg.norm(part), np.vdot(made(part.shape, 0, 1.0), part)]
        print(json.dumps({"label": label, "value": value, "probes": probes, "times": timed(run, runs)}), flush=True)


def started(command, pinned):
    """The output of a program, pinned to one processor or free; None if it fails."""
    environment = dict(os.environ, JAX_PLATFORMS="cpu")
    if pinned:
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    pin = (lambda: os.sched_setaffinity(0, {FIRST_CPU})) if pinned else None
    run = subprocess.run(command, env=environment, preexec_fn=pin, capture_output=True, text=True)
    if run.returncode != 0:
        print(f"left out: {' '.join(command[-4:])}: {(run.stderr.strip().splitlines() or ['failed'])[-1]}")
        return None
    return run.stdout


def row(who, threads, precision, label, median, low, high, value):
    milliseconds = "".join(f"{float(ns) / 1e6:10.2f}" for ns in (median, low, high))
    print(f"{who:8}{precision:5}{threads:9}{label:28}{milliseconds}   {value}", flush=True)


def check(found, reference, precision, label):
    """Value and gradients agree with the first implementation's, up to rounding."""
    tolerance = {"f64": 1e-10, "f32": 1e-3}[precision]
    errors = [abs(found["value"] / reference["value"] - 1)]
    for name, (norm, projection) in reference["probes"].items():
        errors += [abs(found["probes"][name][0] - norm) / norm, abs(found["probes"][name][1] - projection) / norm]
    worst = max(errors)
    assert worst < tolerance, f"{label}, {precision}: differs by {worst}"


def table(runs, gradus):
    print(f"LSTM, T = {STEPS}, batch {BATCH}, {READ} inputs, {HIDDEN} hidden units: value and all gradients")
    print(f"{runs} runs each; milliseconds: median, first and third quartile; load {os.getloadavg()[0]:.2f}\n")
    print(f"{'':8}{'':5}{'threads':9}{'':28}{'median':>10}{'25 %':>10}{'75 %':>10}   value")
    for precision in ("f64", "f32"):
        reference = None
        for threads in ("1 pinned", "default"):
            for library in ("jax", "torch"):
                command = [sys.executable, __file__, "--worker", library, precision, "--runs", str(runs)]
                for line in (started(command, threads != "default") or "").splitlines():
                    found = json.loads(line)
                    reference = reference or found
                    check(found, reference, precision, found["label"])
                    low, median, high = statistics.quantiles(found["times"], n=4)
                    row(library, threads, precision, found["label"], median, low, high, found["value"])
            if gradus:
                for line in (started([gradus, precision, str(runs)], threads != "default") or "").splitlines():
                    if timing := TIMING.fullmatch(line.strip()):
                        row("gradus", threads, precision, *timing.groups(default=""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--gradus", default=os.environ.get("GRADUS_LSTM"), help="a program as described above")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(*arguments.worker, arguments.runs)
    else:
        table(arguments.runs, arguments.gradus and os.path.abspath(arguments.gradus))


if __name__ == "__main__":
    main()
