#!/usr/bin/env python3
"""Times the network of Light Field Networks (Sitzmann et al. 2021) in plain PyTorch on the CPU.

Prints one JSON object: rays a second of a forward without gradients, and of a training step (forward,
mean squared error, backward, Adam), each from the median time of a call. PyTorch 1.13 or newer.

    python3 bench/pytorch.py --rays 4096 --threads 2 --seconds 1
"""

import argparse
import json
import os
import statistics
import time

import torch_setup

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--rays", type=int, default=4096, help="rays of a call")
parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch and of its BLAS")
parser.add_argument("--seconds", type=float, default=1, help="how long each is timed")
parser.add_argument("--keep-memory", action="store_true", help="keep freed memory, which PyTorch by itself does not")
parser.add_argument("--op", choices=["forward", "step"], help="time this alone")
args = parser.parse_args()

torch_setup.prepare(args.threads, args.keep_memory)

import torch
from torch import nn


def linear(inputs, outputs):
    """An affine map with the authors' start: Kaiming normal weights."""
    layer = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(layer.weight)
    return layer


def network():
    """Plücker coordinates, 7 hidden layers of 256, colour."""
    layers = []
    for inputs in [6] + 6 * [256]:
        layers += [linear(inputs, 256), nn.LayerNorm(256, elementwise_affine=False), nn.ReLU()]
    return nn.Sequential(*layers, linear(256, 3))


def rays(n):
    """Plücker coordinates of n rays from a sphere of radius 3 towards the unit ball."""
    origin = 3 * nn.functional.normalize(torch.randn(n, 3), dim=-1)
    direction = nn.functional.normalize(torch.randn(n, 3) / 3 - origin, dim=-1)
    return torch.cat([direction, torch.cross(origin, direction, dim=-1)], dim=-1)


def rays_per_s(call):
    """Three calls to warm up, then as many as the time allows, three at least."""
    for _ in range(3):
        call()
    times, end = [], time.perf_counter() + args.seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return args.rays / statistics.median(times)


torch.set_num_threads(args.threads)
torch.manual_seed(1)
net, coords, target = network(), rays(args.rays), torch.rand(args.rays, 3)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)


def forward():
    with torch.no_grad():
        net(coords)


def step():
    optimizer.zero_grad()
    nn.functional.mse_loss(net(coords), target).backward()
    optimizer.step()


result = {
    "torch": torch.__version__,
    "blas": torch_setup.blas(),
    "parameters": sum(p.numel() for p in net.parameters()),
    "rays": args.rays,
    "threads": torch.get_num_threads(),
}
for call in forward, step:
    if args.op in (None, call.__name__):
        result[call.__name__ + "_rays_per_s"] = rays_per_s(call)
print(json.dumps(result))
