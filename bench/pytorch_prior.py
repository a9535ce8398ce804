#!/usr/bin/env python3
"""Trains the prior of Light Field Networks (Sitzmann et al. 2021) in PyTorch on the CPU, to hold ours against.

It is their auto-decoder: a latent of 256 for each instance, and for each tensor of the light field network an MLP that
answers it, 104 million parameters; Adam on 200 times the mean squared error of colours in -1…1 plus the mean square
of the latents. DATA is in SRN's layout, as `lfn dataset generate shepard-metzler` writes it. After --seconds, with all of
the start and the reading, it measures views of training instances; then it finds the latents of the instances in
DATA/test from their first view, from zero and with nothing else learning, and measures all of their other views.
Prints one JSON object. PyTorch 1.13 or newer, Pillow, NumPy.

    python3 bench/pytorch_prior.py figures --seconds 1800 --threads 2
    python3 bench/pytorch_prior.py --parity prior_hyper.safetensors   # against numbers of the authors' own code
"""

import argparse
import glob
import json
import math
import os
import resource
import sys
import time

import torch_setup

start = time.perf_counter()
parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("data", nargs="?", help="folder with train and test, in each a folder for each instance")
parser.add_argument("--parity", metavar="FILE", help="compare colours, loss and gradients with those in FILE, and end")
parser.add_argument("--seconds", type=float, default=60, help="from the start of this program to the end of training")
parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch and of its BLAS")
parser.add_argument("--instances", type=int, default=32, help="of a batch")
parser.add_argument("--views", type=int, default=4, help="of each instance of a batch")
parser.add_argument("--rays", type=int, default=128, help="of each of these views")
parser.add_argument("--lr", type=float, default=1e-4, help="of training; the authors' is 1e-4")
parser.add_argument("--unseen", type=int, default=100, help="how many of test are reconstructed, and of train measured")
parser.add_argument("--reconstruct-steps", type=int, default=200)
parser.add_argument("--reconstruct-rays", type=int, default=512, help="of the photograph, in each of these steps")
parser.add_argument("--reconstruct-lr", type=float, nargs="+", default=[1e-2], help="each of these is tried")
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()
if (args.data is None) == (args.parity is None):
    parser.error("want either DATA or --parity FILE")

torch_setup.prepare(args.threads, keep_memory=True)

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

AT_ONCE = 10  # instances that are reconstructed or measured together


def psi(latent, answers):
    """The MLP that answers a tensor of so many numbers. It starts as the authors' does: Kaiming normal, a tenth of that in
    the last layer, biases as PyTorch has them."""
    layers = []
    for _ in range(2):
        layers += [nn.Linear(latent, latent), nn.LayerNorm(latent), nn.ReLU(inplace=True)]
    net = nn.Sequential(*layers, nn.Linear(latent, answers))
    for layer in net[0], net[3], net[6]:
        nn.init.kaiming_normal_(layer.weight)
    net[6].weight.data /= 10
    return net


class Prior(nn.Module):
    """Latents, and what makes a light field network of one: 7 hidden layers of that width, then the colour."""

    def __init__(self, instances, latent=256, width=256):
        super().__init__()
        self.shapes = []
        for inputs, outputs in [(6, width)] + 6 * [(width, width)] + [(width, 3)]:
            self.shapes += [(outputs, inputs), (outputs,)]
        self.nets = nn.ModuleList(psi(latent, math.prod(shape)) for shape in self.shapes)
        self.latents = nn.Embedding(instances, latent)
        nn.init.normal_(self.latents.weight, std=0.01)

    def decode(self, z):
        """Weights [n, outputs, inputs] and biases [n, outputs] of the networks of latents [n, latent], in turn."""
        return [net(z).view(-1, *shape) for net, shape in zip(self.nets, self.shapes)]


def colors(phi, coords):
    """Colours in -1…1, [n, rays, 3], of coordinates [n, rays, 6], each of the n by its own network."""
    x = coords
    for weight, bias in zip(phi[::2], phi[1::2]):
        if x is not coords:
            x = functional.relu(functional.layer_norm(x, x.shape[-1:]), inplace=True)
        x = torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))
    return x


def loss(rgb, target, z):
    return 200 * functional.mse_loss(rgb, target) + z.square().mean()


def plucker(poses, intrinsics, uv):
    """Plücker coordinates [..., rays, 6] of places uv [..., rays, 2] in the pictures of cameras that look along +Z with +Y
    down, poses [..., 4, 4] to the world; intrinsics are the focal length and the centre, in pixels."""
    f, cx, cy = intrinsics
    u, v = uv.unbind(-1)
    local = torch.stack([(u - cx) / f, (v - cy) / f, torch.ones_like(u)], dim=-1)
    direction = functional.normalize(local @ poses[..., :3, :3].transpose(-1, -2), dim=-1)
    origin = poses[..., None, :3, 3].expand_as(direction)
    return torch.cat([direction, torch.cross(origin, direction, dim=-1)], dim=-1)


class Class:
    """The photographs and cameras of all instances in a folder. Rays go through the middles of pixels, as ours do; the
    authors take their corners."""

    def __init__(self, folder):
        names = sorted(glob.glob(os.path.join(folder, "*", "")))
        if not names:
            sys.exit(f"{folder} has no instances: want a folder for each, with rgb, pose and intrinsics.txt")
        self.rgb = torch.stack([self.photographs(name) for name in names])  # [instances, views, pixels, 3], bytes
        self.poses = torch.stack([self.cameras(name) for name in names])
        with open(os.path.join(names[0], "intrinsics.txt")) as f:  # of all
            lines = f.read().splitlines()
        self.intrinsics = [float(x) for x in lines[0].split()[:3]]
        self.size = [int(x) for x in lines[-1].split()]  # rows, columns
        v, u = torch.meshgrid(*(torch.arange(n) + 0.5 for n in self.size), indexing="ij")
        self.uv = torch.stack([u, v], dim=-1).view(-1, 2)

    @staticmethod
    def photographs(name):
        paths = sorted(glob.glob(os.path.join(name, "rgb", "*.png")))
        return torch.from_numpy(np.stack([np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3) for path in paths]))

    @staticmethod
    def cameras(name):
        paths = sorted(glob.glob(os.path.join(name, "pose", "*.txt")))
        return torch.from_numpy(np.stack([np.loadtxt(path, dtype=np.float32).reshape(4, 4) for path in paths]))

    def rays(self, instances, views, pixels):
        """Coordinates and colours in -1…1, [n, rays, …], of pixels [n, views, pixels] of views [n, views] of instances
        [n]."""
        n = len(instances)
        coords = plucker(self.poses[instances[:, None], views], self.intrinsics, self.uv[pixels])
        rgb = self.rgb[instances[:, None, None], views[..., None], pixels]
        return coords.view(n, -1, 6), rgb.view(n, -1, 3) / 127.5 - 1

    def view(self, instances, view):
        """All rays of that view of each."""
        n = len(instances)
        return self.rays(instances, torch.full((n, 1), view), torch.arange(len(self.uv)).expand(n, 1, -1))


def train(prior, data):
    """Trains until the time is up, and returns the number of steps."""
    count, views, pixels, _ = data.rgb.shape
    optimizer = torch.optim.Adam(prior.parameters(), lr=args.lr)
    steps, told, error = 0, 0, 0.0  # error since told
    while time.perf_counter() - start < args.seconds:
        instances = torch.randint(count, (args.instances,))
        which = torch.rand(args.instances, views).argsort(dim=1)[:, : args.views]
        coords, target = data.rays(instances, which, torch.randint(pixels, (*which.shape, args.rays)))
        z = prior.latents(instances)
        rgb = colors(prior.decode(z), coords)
        optimizer.zero_grad(set_to_none=True)
        loss(rgb, target, z).backward()
        optimizer.step()
        steps, error = steps + 1, error + functional.mse_loss(rgb.detach(), target).item()
        if steps == 2 * told or steps == 1 or steps % 100 == 0:
            mean = error / (steps - told)
            print(f"step {steps}, {time.perf_counter() - start:.0f} s: {psnr(mean):.2f} dB", file=sys.stderr)
            told, error = steps, 0.0
    return steps


def reconstruct(prior, data, instances, lr):
    """Latents, from zero, of the first view of each."""
    coords, target = data.view(instances, 0)
    z = torch.zeros(len(instances), prior.latents.embedding_dim, requires_grad=True)
    optimizer = torch.optim.Adam([z], lr=lr)
    for _ in range(args.reconstruct_steps):
        pixels = torch.randint(coords.shape[1], (args.reconstruct_rays,))
        optimizer.zero_grad()
        loss(colors(prior.decode(z), coords[:, pixels]), target[:, pixels], z).backward()
        optimizer.step()
    return z.detach()


def psnr(mse):
    """Of colours in -1…1, in dB."""
    return -10 * math.log10(mse / 4)


def ssim(a, b):
    """Mean structural similarity of pictures [n, rows, columns, 3] in 0…1, of each: as render.SSIM."""
    taps = torch.exp(-((torch.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    taps = taps / taps.sum()

    def blur(x):
        x = x.permute(0, 3, 1, 2).reshape(-1, 1, *x.shape[1:3]).double()
        return functional.conv2d(functional.conv2d(x, taps.double().view(1, 1, 1, -1)), taps.double().view(1, 1, -1, 1))

    ma, mb = blur(a), blur(b)
    squares, product = blur(a * a + b * b) - ma * ma - mb * mb, blur(a * b) - ma * mb
    s = (2 * ma * mb + 0.01**2) * (2 * product + 0.03**2) / ((ma * ma + mb * mb + 0.01**2) * (squares + 0.03**2))
    return s.view(len(a), -1).mean(dim=1)


@torch.no_grad()
def measure(prior, data, instances, z):
    """PSNR and SSIM of each view of each instance, [n, views, 2]."""
    phi, scores = prior.decode(z), []
    for view in range(data.rgb.shape[1]):
        coords, target = data.view(instances, view)
        rgb = colors(phi, coords).clamp(-1, 1)
        mse = (rgb - target).square().mean(dim=(1, 2))
        pictures = [(x.view(-1, *data.size, 3) + 1) / 2 for x in (rgb, target)]
        scores.append(torch.stack([torch.tensor([psnr(x) for x in mse.tolist()]), ssim(*pictures)], dim=-1))
    return torch.stack(scores, dim=1)


def spread(count):
    """The numbers of at most --unseen of so many instances, evenly, AT_ONCE at a time."""
    n = min(count, args.unseen)
    return (torch.arange(n) * count // n).split(AT_ONCE)


def main():
    torch.manual_seed(args.seed)
    data = Class(os.path.join(args.data, "train"))
    prior = Prior(len(data.rgb))
    loaded = time.perf_counter() - start
    steps = train(prior, data)
    seconds = time.perf_counter() - start
    for p in prior.parameters():
        p.requires_grad_(False)
        p.grad = None
    known = torch.cat([measure(prior, data, i, prior.latents(i)) for i in spread(len(data.rgb))])
    result = {
        "torch": torch.__version__,
        "blas": torch_setup.blas(),
        "threads": torch.get_num_threads(),
        "parameters": sum(p.numel() for net in prior.nets for p in net.parameters()),
        "loading_seconds": loaded,
        "seconds": seconds,
        "steps": steps,
        "rays_per_s": steps * args.instances * min(args.views, data.rgb.shape[1]) * args.rays / (seconds - loaded),
        "train": dict(zip(("psnr_db", "ssim"), known.mean(dim=(0, 1)).tolist())),
        "test": [],
    }
    data = Class(os.path.join(args.data, "test"))
    for lr in args.reconstruct_lr:
        began = time.perf_counter()
        zs = [reconstruct(prior, data, i, lr) for i in spread(len(data.rgb))]
        took = time.perf_counter() - began
        unseen = torch.cat([measure(prior, data, i, z) for i, z in zip(spread(len(data.rgb)), zs)])
        result["test"].append({
            "lr": lr,
            "instances": len(unseen),
            "seconds": took,
            "input_psnr_db": unseen[:, 0, 0].mean().item(),
            **dict(zip(("psnr_db", "ssim"), unseen[:, 1:].mean(dim=(0, 1)).tolist())),
        })
    result["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def parity(path):
    """Prints the greatest differences from the authors' coordinates, colours and loss, and from their gradients relative to
    the greatest of each tensor."""
    with open(path, "rb") as f:  # safetensors: the length of a header, the header, the numbers
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        numbers = f.read()
    header.pop("__metadata__", None)
    theirs = {}
    for name, t in header.items():
        lo, hi = t["data_offsets"]
        theirs[name] = torch.from_numpy(np.frombuffer(numbers[lo:hi], np.float32).copy()).view(t["shape"])

    latents = theirs["weights.latent_codes.weight"]
    prior = Prior(*latents.shape, width=theirs["weights.phi.net.0.net.0.bias"].numel())
    # Tensors are in the same order there.
    names = [name.removeprefix("grad.") for name in theirs if name.startswith("grad.")]
    params = list(zip(names, prior.parameters(), strict=True))
    for name, p in params:
        p.data.copy_(theirs["weights." + name])

    k = theirs["intrinsics"]
    coords = plucker(theirs["cam2world"], (k[0, 0], k[0, 2], k[1, 2]), theirs["uv"].expand(len(latents), -1, -1))
    z = prior.latents.weight
    rgb = colors(prior.decode(z), coords)
    value = loss(rgb, theirs["target"], z)
    value.backward()

    def difference(a, b):
        return (a - b).abs().max().item()

    gradients = [(p.grad, theirs["grad." + name]) for name, p in params]
    result = {
        "coordinates": difference(coords, theirs["plucker"]),
        "colors": difference(rgb, theirs["rgb"]),
        "loss": abs(value.item() / theirs["loss"].item() - 1),
        "gradients": max(difference(ours, want) / want.abs().max().item() for ours, want in gradients),
    }
    print(json.dumps(result))


torch.set_num_threads(args.threads)
if args.parity:
    parity(args.parity)
else:
    main()
