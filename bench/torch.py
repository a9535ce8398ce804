#!/usr/bin/env python3
"""Times the network of Light Field Networks (Sitzmann et al. 2021) in plain PyTorch on the CPU.

Prints one JSON object: rays a second of a forward without gradients, and of a training step (forward,
mean squared error, backward, Adam), each from the median time of a call. Needs PyTorch 1.13 or newer.

    python3 torch.py --rays 4096 --threads 2 --seconds 1
"""

import argparse
import json
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--rays", type=int, default=4096, help="rays of a call")
parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch and of its BLAS")
parser.add_argument("--seconds", type=float, default=1, help="how long each is timed")
parser.add_argument("--op", choices=["forward", "step"], help="time this alone")
args = parser.parse_args()

# A BLAS looks at these once, when it is loaded.
for name in "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS":
    os.environ[name] = str(args.threads)

sys.path.pop(0)  # this file's folder, where "torch" would be this file
import torch
from torch import nn


def network():
    """Plücker coordinates → 7 hidden layers of 256 → colour, as the authors initialise it."""
    layers = []
    for i in range(7):
        linear = nn.Linear(6 if i == 0 else 256, 256)
        nn.init.kaiming_normal_(linear.weight, a=0, nonlinearity="relu", mode="fan_in")
        layers += [linear, nn.LayerNorm(256, elementwise_affine=False), nn.ReLU()]
    last = nn.Linear(256, 3)
    nn.init.kaiming_normal_(last.weight, a=0, nonlinearity="relu", mode="fan_in")
    return nn.Sequential(*layers, last)


def rays(n):
    """Plücker coordinates of rays from a sphere of radius 3 towards its middle."""
    origin = 3 * nn.functional.normalize(torch.randn(n, 3), dim=-1)
    direction = nn.functional.normalize(torch.randn(n, 3) / 3 - origin, dim=-1)
    return torch.cat([direction, torch.cross(origin, direction, dim=-1)], dim=-1)


def rays_per_s(call):
    """Calls until the time is over, a few times at least, after a warm-up that is not counted."""
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
net, coords, target = network(), rays(args.rays), 2 * torch.rand(args.rays, 3) - 1
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
    "threads": torch.get_num_threads(),
    "parameters": sum(p.numel() for p in net.parameters()),
    "rays": args.rays,
}
for call in forward, step:
    if args.op in (None, call.__name__):
        result[call.__name__ + "_rays_per_s"] = rays_per_s(call)
print(json.dumps(result))
