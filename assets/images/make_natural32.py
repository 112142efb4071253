#!/usr/bin/env python3
"""Makes natural32.png: 320 natural 32x32 crops, 16 columns by 20 rows.

Sources (all public domain or CC0, as stated in the packages themselves):

  PyPI    scikit-image 0.26.0             licence in skimage/data/_fetchers.py
  Debian  plasma-workspace-data 5.27.5    licence in the *.png.license files
  Debian  gcompris-qt-data 3.1            licence in the README beside the images
  Debian  lomiri-wallpapers-16.04 20.04.0 licence in the copyright file

Needs Python 3.11, numpy 2.4, pillow 13.0, scikit-image 0.26.0, and on Debian 12
`apt-get` and `dpkg-deb`. Usage:

  python assets/images/make_natural32.py              # fetches the Debian packages
  python assets/images/make_natural32.py --debs DIR   # uses *.deb files in DIR

Writes natural32.png beside this file; prints the credits table and the statistics.
The result depends on nothing but the packages and SEED.
"""

import argparse
import inspect
import io
import math
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter, namedtuple
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

SEED = 20260101
SIDE, COLUMNS, ROWS = 32, 16, 20
COUNT = COLUMNS * ROWS
CANDIDATES = 80  # windows tried per picture
MIN_WINDOW = 64  # source pixels
MIN_STD = 20.0  # flatter crops are left out
MAX_CORRELATION = 0.85  # between any two crops, mirrored or not
MAX_OVERLAP = 0.4  # intersection over union of two windows of one picture
REPEAT_COST = 3e-5  # of a second crop of one picture, on the scale of `unlikeness`
SWAPS = 200_000
PREFIXES = (64, 128, 256)  # early batches that should resemble CIFAR-10 as well
DISTINCT = 128  # so many crops at the start come from different pictures
ORDER_SWAPS = 40_000
RESAMPLING = Image.Resampling.BICUBIC  # of Pillow's filters the nearest to CIFAR-10's spectrum

PACKAGES = {
    "plasma-workspace-data": "4:5.27.5",
    "gcompris-qt-data": "3.1",
    "lomiri-wallpapers-16.04": "20.04.0",
}
FREE = re.compile(r"(public domain|CC0)", re.IGNORECASE)

# Pictures whose licence fits but that are no colour photographs of a scene, are
# nearly empty, or show the same photograph as another file.
LEFT_OUT = {
    "clickgame": r"(?!sea)",  # two-frame sprites
    "solar_system": r"",  # discs on black
    "explore_monuments": r"usa/castleClinton|wonders/colosseum|germany/brandenburgGate",
    "categorization": r"others/(blackslate|plate)",
}
# Crops allowed per picture; the first pattern that matches counts.
LIMITS = [
    (r"^skimage/|^lomiri/", 4),
    (r"^plasma/", 3),
    (r"^gcompris/(explore_farm_animals|explore_world_animals|erase)/", 3),
    (r"^gcompris/explore_", 2),
    (r"", 2),
]

Picture = namedtuple("Picture", "name image author origin licence package")
Crop = namedtuple("Crop", "picture box mirrored pixels")


# ---- The pictures -----------------------------------------------------------


def skimage_pictures():
    """The four colour photographs in the scikit-image wheel."""
    rows = [
        ("astronaut", "NASA", "NASA Great Images, flic.kr/p/r9qvLn", "public domain",
         "released into the public domain"),
        ("chelsea", "Stefan van der Walt", "skimage.data.chelsea", "CC0-1.0", "CC0"),
        ("coffee", "Rachel Michetti", "skimage.data.coffee", "CC0-1.0", "CC0"),
        ("rocket", "SpaceX", "SpaceX Photos, flickr 16511594820", "public domain",
         "released in the public domain"),
    ]
    for name, author, origin, licence, proof in rows:
        function = getattr(skimage.data, name)
        if proof not in inspect.getdoc(function):
            raise SystemExit(f"{name}: its documentation no longer says '{proof}'")
        image = Image.fromarray(function()).convert("RGB")
        package = f"scikit-image {skimage.__version__}"
        yield Picture(f"skimage/{name}", image, author, origin, licence, package)


def plasma_pictures(root, package):
    """KDE's photographs for user accounts, each with a .license file."""
    for path in sorted((root / "usr/share/plasma/avatars/photos").glob("*.png")):
        text = Path(f"{path}.license").read_text(encoding="utf-8")
        if "SPDX-License-Identifier: CC0-1.0" not in text:
            continue
        author = re.search(r"FileCopyrightText: \d+ ([^<\n]+)", text)[1].strip()
        origin = re.search(r"https://(\S+)", text)[1]
        image = Image.open(path).convert("RGB")
        name = f"plasma/{path.stem}"
        yield Picture(name, image, author, origin, "CC0-1.0", package)


def lomiri_pictures(root, package):
    """The one wallpaper that its author gave away under CC0."""
    stem = "seeding_by_Clements_Engelhardt"
    doc = root / "usr/share/doc/lomiri-wallpapers-16.04/copyright"
    stanza = re.search(rf"Files: 16.04/{stem}.jpg\n(.*?)\n\n", doc.read_text(), re.S)[1]
    if "License: CC0-1.0" not in stanza:
        raise SystemExit(f"{stem}: no longer CC0")
    image = Image.open(root / f"usr/share/backgrounds/{stem}.jpg").convert("RGB")
    image = image.reduce(4)
    origin = "lomiri-wallpapers, UBports"
    yield Picture("lomiri/seeding", image, "Clemens Engelhardt", origin, "CC0-1.0", package)


def gcompris_pictures(root, package):
    """Photographs of the GCompris activities whose README says public domain or CC0."""
    for activity in ("categorization", "clickgame", "erase", "explore_farm_animals",
                     "explore_monuments", "explore_world_animals", "explore_world_music"):
        files = read_rcc(root / f"usr/share/gcompris-qt/rcc/{activity}.rcc")
        left_out = LEFT_OUT.get(activity)
        for readme in sorted(name for name in files if name.endswith("/README")):
            for stanza in re.split(r"\n\s*\n", files[readme].decode("utf-8")):
                for name, author, origin, licence in free_files(stanza):
                    path = readme[: -len("README")] + name
                    short = path.split("/resource/", 1)[1].removeprefix("images/")
                    short = short.rsplit(".", 1)[0]
                    if path not in files or (left_out and re.match(left_out, short)):
                        continue
                    image = Image.open(io.BytesIO(files[path]))
                    if image.mode == "RGBA" and image.getextrema()[3][0] < 255:
                        continue
                    yield Picture(f"gcompris/{activity}/{short}", image.convert("RGB"),
                                  author, origin, licence, package)


def free_files(stanza):
    """The image files of one README stanza, if its licence is public domain or CC0."""
    fields = dict(re.findall(r"^(Copyright|Source|License): *(.+)$", stanza, re.M))
    licence = FREE.match(fields.get("License", ""))
    if not licence or "Source" not in fields or "Files:" not in stanza:
        return
    licence = "CC0-1.0" if licence[1].upper() == "CC0" else "public domain"
    origin = fields["Source"].removeprefix("https://")
    for name in re.findall(r"\S+\.webp", stanza.split("Files:", 1)[1]):
        yield name, fields["Copyright"], origin, licence


def read_rcc(path):
    """All files of a Qt resource container (Qt's `rcc` format, versions 1 to 3)."""
    data = path.read_bytes()
    magic, version, tree, blobs, names = struct.unpack_from(">4sIIII", data)
    if magic != b"qres":
        raise SystemExit(f"{path}: no Qt resource container")
    node_size = 14 if version == 1 else 22
    files = {}

    def walk(index, prefix):
        at = tree + index * node_size
        name_at, flags = struct.unpack_from(">IH", data, at)
        if index:
            length = struct.unpack_from(">H", data, names + name_at)[0]
            start = names + name_at + 6
            prefix += "/" + data[start:start + 2 * length].decode("utf-16-be")
        if flags & 2:
            count, first = struct.unpack_from(">II", data, at + 6)
            for child in range(first, first + count):
                walk(child, prefix)
            return
        start = blobs + struct.unpack_from(">I", data, at + 10)[0]
        size = struct.unpack_from(">I", data, start)[0]
        blob = data[start + 4:start + 4 + size]
        files[prefix] = zlib.decompress(blob[4:]) if flags & 1 else blob

    walk(0, "")
    return files


def unpack(debs, work):
    """Unpacks the Debian packages; yields (name, folder, "name version")."""
    if debs is None:
        debs = work
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=work, check=True,
                       stdout=subprocess.DEVNULL)
    for name, version in PACKAGES.items():
        found = sorted(debs.glob(f"{name}_*.deb"))
        if not found:
            raise SystemExit(f"no {name}_*.deb in {debs}")
        have = subprocess.run(["dpkg-deb", "-f", found[-1], "Version"], check=True,
                              capture_output=True, text=True).stdout.strip()
        if not have.startswith(version):
            print(f"warning: {name} is {have}, not {version}", file=sys.stderr)
        folder = work / name
        subprocess.run(["dpkg-deb", "-x", found[-1], folder], check=True)
        yield name, folder, f"{name} {have}"


def all_pictures(debs):
    """Every usable picture, each photograph once, in a fixed order."""
    readers = {"plasma-workspace-data": plasma_pictures,
               "gcompris-qt-data": gcompris_pictures,
               "lomiri-wallpapers-16.04": lomiri_pictures}
    pictures = list(skimage_pictures())
    with tempfile.TemporaryDirectory() as work:
        for name, folder, package in unpack(debs, Path(work)):
            pictures += readers[name](folder, package)
    by_origin = {}
    for picture in pictures:
        by_origin.setdefault(picture.origin, picture)
    return sorted(by_origin.values(), key=lambda picture: picture.name)


# ---- Candidate crops --------------------------------------------------------


def candidates(picture):
    """Square windows of many sizes and places, scaled to 32x32, some mirrored."""
    rng = np.random.default_rng([SEED, zlib.crc32(picture.name.encode())])
    width, height = picture.image.size
    short = min(width, height)
    smallest = max(MIN_WINDOW, 0.45 * short)
    for _ in range(CANDIDATES):
        whole = rng.random() < 0.5
        size = short * rng.uniform(0.85, 1.0) if whole else rng.uniform(smallest, short)
        size = int(round(size))
        left = int(rng.integers(0, width - size + 1))
        top = int(rng.integers(0, height - size + 1))
        box = (left, top, left + size, top + size)
        small = picture.image.resize((SIDE, SIDE), RESAMPLING, box=box)
        mirrored = bool(rng.random() < 0.5)
        pixels = np.asarray(small)[:, ::-1] if mirrored else np.asarray(small)
        if pixels.std(axis=(0, 1)).mean() >= MIN_STD:
            yield Crop(picture, box, mirrored, np.ascontiguousarray(pixels))


def overlap(a, b):
    """Intersection over union of two boxes."""
    wide = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    area = (a[2] - a[0]) ** 2 + (b[2] - b[0]) ** 2 - wide * high
    return wide * high / area


def limit(picture):
    return next(n for pattern, n in LIMITS if re.search(pattern, picture.name))


# ---- Likeness to CIFAR-10 ---------------------------------------------------

QUANTILES = np.array([0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99])
FEATURES = ["mean luma", "red - luma", "blue - luma", "log contrast", "log chroma contrast",
            "log fine detail / contrast", "left - right", "top - bottom", "horizontal centre - sides",
            "vertical centre - sides", "diagonal"]
# Quantiles of each feature over 1,000 CIFAR-10 training images.
CIFAR10 = np.array([
    [48.791, 71.862, 91.921, 103.968, 119.111, 134.052, 150.402, 173.171, 200.766],
    [-32.666, -19.66, -8.246, -2.035, 2.723, 7.811, 14.508, 23.18, 37.737],
    [-61.394, -44.416, -27.937, -17.156, -7.779, -0.003, 8.939, 26.42, 50.226],
    [2.957, 3.297, 3.562, 3.747, 3.932, 4.075, 4.191, 4.323, 4.43],
    [0.837, 1.599, 1.943, 2.235, 2.503, 2.742, 2.992, 3.273, 3.601],
    [-0.957, -0.788, -0.637, -0.518, -0.388, -0.274, -0.17, -0.067, 0.085],
    [-31.302, -19.164, -9.613, -4.388, 0.163, 4.631, 10.714, 18.833, 34.858],
    [-47.886, -28.902, -15.778, -5.317, 3.535, 14.493, 28.344, 42.478, 54.932],
    [-33.505, -21.369, -11.853, -5.74, 0.585, 6.727, 13.905, 22.223, 30.534],
    [-31.788, -20.647, -12.175, -5.198, 2.354, 10.991, 20.139, 31.84, 43.833],
    [-24.041, -14.785, -7.295, -3.133, -0.03, 3.383, 7.757, 16.576, 25.084],
])


def features(pixels):
    """What is compared with CIFAR-10, one row per image: see FEATURES."""
    rgb = pixels.astype(np.float64)
    luma = rgb @ [0.299, 0.587, 0.114]
    mean = luma.mean(axis=(1, 2))
    centred = luma - mean[:, None, None]
    contrast = np.sqrt((centred**2).mean(axis=(1, 2))) + 1.0
    chroma = rgb[..., [0, 2]] - luma[..., None]
    chroma_mean = chroma.mean(axis=(1, 2))
    chroma_contrast = chroma.std(axis=(1, 2)).mean(axis=1) + 1.0
    fine = np.sqrt((np.diff(luma, axis=1) ** 2).mean(axis=(1, 2))
                   + (np.diff(luma, axis=2) ** 2).mean(axis=(1, 2))) + 1.0
    x = (np.arange(SIDE) + 0.5) * math.pi / SIDE
    wave = [np.cos(k * x) * math.sqrt(2.0) for k in range(3)]
    flat = np.ones(SIDE)

    def dct(down, across):
        return np.einsum("nyx,y,x->n", centred, down, across) / SIDE**2

    return np.stack([mean, chroma_mean[:, 0], chroma_mean[:, 1], np.log(contrast),
                     np.log(chroma_contrast), np.log(fine / contrast),
                     dct(flat, wave[1]), dct(wave[1], flat), dct(flat, wave[2]),
                     dct(wave[2], flat), dct(wave[1], wave[1])], axis=1)


def unlikeness(rows):
    """Mean square distance of the rows' quantiles from CIFAR-10's, in CIFAR-10 spreads."""
    ours = np.quantile(rows, QUANTILES, axis=0).T
    spread = (CIFAR10[:, 6] - CIFAR10[:, 2])[:, None]
    return float((((ours - CIFAR10) / spread) ** 2).mean())


class Selection:
    """A set of COUNT candidates that keeps the rules while members are exchanged."""

    def __init__(self, crops, rng):
        self.crops = crops
        self.rows = features(np.stack([crop.pixels for crop in crops]))
        self.unit = unit_vectors(crops)
        self.flipped = unit_vectors(crops, flip=True)
        self.used = Counter()
        self.members = []
        for index in rng.permutation(len(crops)):
            if len(self.members) < COUNT and self.allowed(index):
                self.members.append(int(index))
                self.used[crops[index].picture.name] += 1
        if len(self.members) < COUNT:
            raise SystemExit(f"only {len(self.members)} crops keep the rules")
        self.loss = self.cost(self.rows[self.members], self.used)

    def allowed(self, index, leaving=None):
        crop = self.crops[index]
        name = crop.picture.name
        gone = leaving is not None and self.crops[leaving].picture.name == name
        if self.used[name] - gone >= limit(crop.picture):
            return False
        others = [m for m in self.members if m != leaving]
        if index in others:
            return False
        for other in others:
            near = self.crops[other]
            if near.picture.name == name and overlap(near.box, crop.box) > MAX_OVERLAP:
                return False
        like = np.maximum(self.unit[others] @ self.unit[index],
                          self.flipped[others] @ self.unit[index])
        return not others or like.max() <= MAX_CORRELATION

    @staticmethod
    def cost(rows, used):
        repeats = COUNT - sum(count > 0 for count in used.values())
        return unlikeness(rows) + REPEAT_COST * repeats

    def try_swap(self, rng):
        place = int(rng.integers(COUNT))
        leaving, index = self.members[place], int(rng.integers(len(self.crops)))
        rows = self.rows[self.members]
        rows[place] = self.rows[index]
        used = self.used.copy()
        used[self.crops[leaving].picture.name] -= 1
        used[self.crops[index].picture.name] += 1
        loss = self.cost(rows, used)
        if loss < self.loss and self.allowed(index, leaving):
            self.members[place], self.used, self.loss = index, used, loss


def unit_vectors(crops, flip=False):
    pixels = np.stack([crop.pixels[:, ::-1] if flip else crop.pixels for crop in crops])
    flat = pixels.reshape(len(crops), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def ordered(crops, rng):
    """An order whose early batches look like CIFAR-10 and start with different pictures."""
    names = [crop.picture.name for crop in crops]
    seen, first, rest = set(), [], []
    for place, name in enumerate(names):
        (rest if name in seen else first).append(place)
        seen.add(name)
    order = list(rng.permutation(first)) + list(rng.permutation(rest))
    rows = features(np.stack([crop.pixels for crop in crops]))

    def measure():
        return sum(unlikeness(rows[order[:n]]) * n for n in PREFIXES)

    loss = measure()
    for _ in range(ORDER_SWAPS):
        a, b = (int(i) for i in rng.integers(COUNT, size=2))
        order[a], order[b] = order[b], order[a]
        distinct = len({names[i] for i in order[:DISTINCT]}) == DISTINCT
        new = measure() if distinct else math.inf
        if new < loss:
            loss = new
        else:
            order[a], order[b] = order[b], order[a]
    return [crops[i] for i in order]


# ---- Output -----------------------------------------------------------------


def sheet(crops):
    pixels = np.stack([crop.pixels for crop in crops])
    grid = pixels.reshape(ROWS, COLUMNS, SIDE, SIDE, 3).transpose(0, 2, 1, 3, 4)
    return Image.fromarray(grid.reshape(ROWS * SIDE, COLUMNS * SIDE, 3))


def print_credits(crops):
    counts = Counter(crop.picture.name for crop in crops)
    pictures = {crop.picture.name: crop.picture for crop in crops}
    print("| picture | author | origin | licence | crops |")
    print("|---|---|---|---|---|")
    for name in sorted(pictures):
        p = pictures[name]
        print(f"| {name} | {p.author} | `{p.origin}` | {p.licence} | {counts[name]} |")


def print_statistics(crops):
    x = np.stack([crop.pixels for crop in crops]).astype(np.float64)
    unit = unit_vectors(crops)
    pairs = (unit @ unit.T)[np.triu_indices(len(crops), 1)]
    print()
    for package, count in sorted(Counter(crop.picture.package for crop in crops).items()):
        print(f"{package}: {count} crops")
    print(f"pictures {len({crop.picture.name for crop in crops})}, crops {len(crops)}")
    print("channel mean", x.mean(axis=(0, 1, 2)).round(1), "std", x.std(axis=(0, 1, 2)).round(1))
    print("image mean: std", x.mean(axis=(1, 2, 3)).std().round(1))
    print("image std: mean", x.std(axis=(1, 2, 3)).mean().round(1))
    print("pair correlation: mean", pairs.mean().round(3), "std", pairs.std().round(3),
          "max", pairs.max().round(3))
    rows = features(x)
    print("unlikeness", [round(unlikeness(rows[:n]), 4) for n in (64, 128, 256, COUNT)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--debs", type=Path, help="folder with the .deb files")
    arguments = parser.parse_args()
    crops = [c for picture in all_pictures(arguments.debs) for c in candidates(picture)]
    rng = np.random.default_rng(SEED)
    selection = Selection(crops, rng)
    for _ in range(SWAPS):
        selection.try_swap(rng)
    chosen = ordered([crops[i] for i in sorted(selection.members)], rng)
    target = Path(__file__).with_name("natural32.png")
    sheet(chosen).save(target, optimize=True)
    print_credits(chosen)
    print_statistics(chosen)
    print(f"{target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
