"""Trains an exported network, and prints its accuracy on the held-out images.

python train.py network.py --data cifar10:DIR
python train.py network.py --data folder:DIR --epochs 30 --size 64

The last line is {"accuracy": PER CENT}, so the program also trains for a search; it then takes the file of
the architecture in the place of the module:

untrained --batch search --strategy area --trainer "python train.py {arch.json} --data cifar10:DIR --epochs 12"

Needs torch only; --data folder:DIR also needs Pillow. With --checkpoint FILE, a run that was interrupted goes
on after its last epoch.
"""

import argparse
import importlib.util
import json
import math
import os
import pickle
import sys
import time
import types

import torch
import torch.nn.functional as F

STATISTICS = {
    "cifar10": ((125.3, 123.0, 113.9), (63.0, 62.1, 66.7)),
    "cifar100": ((129.3, 124.1, 112.4), (68.2, 65.4, 70.4)),
    "imagenet16": ((122.68, 116.66, 104.01), (63.22, 61.26, 65.09)),
    "folder": ((123.7, 116.3, 103.5), (58.4, 57.1, 57.4)),
}
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("module", help="the exported .py file, or the .json file of a search ({arch.json})")
    parser.add_argument("--data", required=True, metavar="KIND:DIR",
                        help="cifar10:DIR, cifar100:DIR, imagenet16:DIR (Python versions; CIFAR-10 also binary), or "
                             "folder:DIR with a folder of pictures for each class, or with train and val that have such")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--lr", type=float, default=0.1, help="the highest learning rate, for batches of 256")
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--warmup", type=float, default=5, metavar="EPOCHS", help="epochs of rising learning rate")
    parser.add_argument("--label-smoothing", type=float, default=0.1)
    parser.add_argument("--classes", type=int, help="use the first classes of imagenet16 [default: 120]")
    parser.add_argument("--size", type=int, help="side of the images of a folder [default: the network's]")
    parser.add_argument("--held-out", type=float, default=0.1, metavar="SHARE",
                        help="share of the training images that is held out; used in a search, and where there is "
                             "no other test set [default: 0.1]")
    parser.add_argument("--weights", metavar="FILE.safetensors", help="start from exported weights")
    parser.add_argument("--limit", type=int, metavar="N", help="use N training images only, to try it out")
    parser.add_argument("--seed", type=int, help="[default: that of the search, or 0]")
    parser.add_argument("--device", help="[default: a GPU if there is one]")
    parser.add_argument("--checkpoint", metavar="FILE.pt", help="save after every epoch, and go on from there")
    return parser.parse_args()


# --- the network -------------------------------------------------------------------------------------------


def load_module(path):
    """The module, and what a search says of the architecture."""
    if path.endswith(".json"):
        with open(path, encoding="utf-8") as file:
            request = json.load(file)
        if not request.get("module"):
            sys.exit("the architecture has no network: no path leads from its input to its output")
        module = types.ModuleType("exported")
        exec(compile(request["module"], path, "exec"), module.__dict__)
        return module, request
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, None


# --- the images --------------------------------------------------------------------------------------------


class OnlyData(pickle.Unpickler):
    """Reads the arrays of a dataset, and nothing that could run code."""

    def find_class(self, module, name):
        if (module.split(".")[0], name) in {("numpy", "ndarray"), ("numpy", "dtype"), ("numpy", "_reconstruct")}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no data")


def read_pickle(path):
    with open(path, "rb") as file:
        return OnlyData(file, encoding="latin1").load()


def as_images(values, side):
    return torch.as_tensor(values, dtype=torch.uint8).reshape(-1, 3, side, side)


def find(folder, *names):
    """The folder itself, or one in it, that has the first of some files."""
    for inner in ("", "cifar-10-batches-py", "cifar-10-batches-bin", "cifar-100-python"):
        for name in names:
            if os.path.isfile(os.path.join(folder, inner, name)):
                return os.path.join(folder, inner)
    sys.exit(f"{folder} has none of {', '.join(names)}")


def cifar(folder, is_100):
    if is_100:
        folder = find(folder, "train")
        parts = [read_pickle(os.path.join(folder, name)) for name in ("train", "test")]
        return [(as_images(part["data"], 32), torch.tensor(part["fine_labels"])) for part in parts], 100
    folder = find(folder, "data_batch_1", "data_batch_1.bin")
    names = [[f"data_batch_{number}" for number in range(1, 6)], ["test_batch"]]
    sets = []
    for names in names:
        images, labels = [], []
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                part = read_pickle(path)
                images.append(as_images(part["data"], 32))
                labels.append(torch.tensor(part["labels"]))
            elif os.path.isfile(path + ".bin"):
                with open(path + ".bin", "rb") as file:
                    rows = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(-1, 3073)
                images.append(as_images(rows[:, 1:], 32))
                labels.append(rows[:, 0].long())
        sets.append((torch.cat(images), torch.cat(labels)) if images else None)
    return sets, 10


def imagenet16(folder, classes):
    sets = []
    for names in ([f"train_data_batch_{number}" for number in range(1, 11)], ["val_data"]):
        images, labels = [], []
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                part = read_pickle(path)
                label = torch.tensor(part["labels"]) - 1
                images.append(as_images(part["data"], 16)[label < classes])
                labels.append(label[label < classes])
        sets.append((torch.cat(images), torch.cat(labels)) if images else None)
    return sets, classes


def pictures(folder, names, side):
    """The pictures of folders, one for each class, resized and centre-cropped."""
    from PIL import Image

    images, labels = [], []
    for label, name in enumerate(names):
        for root, _, files in sorted(os.walk(os.path.join(folder, name))):
            for file in sorted(files):
                if not file.lower().endswith(PICTURES):
                    continue
                try:
                    with Image.open(os.path.join(root, file)) as picture:
                        picture = picture.convert("RGB")
                        scale = side / min(picture.size)
                        size = [max(side, round(extent * scale)) for extent in picture.size]
                        picture = picture.resize(size, Image.Resampling.BICUBIC)
                        left, top = ((extent - side) // 2 for extent in size)
                        picture = picture.crop((left, top, left + side, top + side))
                        values = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
                except OSError as error:
                    print(f"{file} is left out: {error}", file=sys.stderr)
                    continue
                images.append(values.reshape(side, side, 3).permute(2, 0, 1))
                labels.append(label)
    return (torch.stack(images), torch.tensor(labels)) if images else None


def folder_of_pictures(folder, side):
    def inner(path):
        return sorted(entry.name for entry in os.scandir(path) if entry.is_dir()) if os.path.isdir(path) else []

    parts = inner(folder)
    train, test = folder, None
    if "train" in parts:
        train = os.path.join(folder, "train")
        test = next((os.path.join(folder, name) for name in ("val", "valid", "test") if name in parts), None)
    names = inner(train)
    if len(names) < 2:
        sys.exit(f"{train} has no folders of classes")
    return [pictures(train, names, side), pictures(test, names, side) if test else None], len(names)


def load_data(options, side):
    kind, _, folder = options.data.partition(":")
    if kind in ("cifar10", "cifar100"):
        sets, classes = cifar(folder, kind == "cifar100")
    elif kind == "imagenet16":
        sets, classes = imagenet16(folder, options.classes or 120)
    elif kind == "folder":
        sets, classes = folder_of_pictures(folder, options.size or side)
    else:
        sys.exit(f"--data {options.data}: use cifar10:DIR, cifar100:DIR, imagenet16:DIR or folder:DIR")
    if sets[0] is None:
        sys.exit(f"--data {options.data}: no training images found")
    return sets[0], sets[1], classes, STATISTICS[kind]


def split(images, labels, share, seed):
    """Images to train on, and held-out ones, the same for every network."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    count = max(1, round(share * len(images)))
    return [(images[part], labels[part]) for part in (order[count:], order[:count])]


def augmented(images):
    """Shifted by up to an eighth of the side, and mirrored, each image on its own."""
    count, _, height, width = images.shape
    reach = max(1, height // 8)
    padded = F.pad(images, (reach, reach, reach, reach))
    down, right = torch.randint(0, 2 * reach + 1, (2, count, 1, 1), device=images.device)
    rows = torch.arange(height, device=images.device).view(1, height, 1) + down
    columns = torch.arange(width, device=images.device).view(1, 1, width) + right
    mirrored = torch.rand(count, 1, 1, device=images.device) < 0.5
    columns = torch.where(mirrored, columns.flip(2), columns)
    index = torch.arange(count, device=images.device).view(count, 1, 1)
    return padded.permute(0, 2, 3, 1)[index, rows, columns].permute(0, 3, 1, 2)


# --- training ----------------------------------------------------------------------------------------------


def rate(step, steps, warmup):
    """The share of the highest learning rate: a linear rise, then half a cosine."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def accuracy(model, images, labels, prepare, batch_size):
    model.eval()
    right = 0
    with torch.no_grad():
        for begin in range(0, len(images), batch_size):
            scores = model(prepare(images[begin:begin + batch_size]))
            right += (scores.float().argmax(1).cpu() == labels[begin:begin + batch_size]).sum().item()
    return 100 * right / len(images)


def main():
    options = arguments()
    module, request = load_module(options.module)
    seed = options.seed if options.seed is not None else (request or {}).get("seed", 0)
    torch.manual_seed(seed % 2**63)
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    use_amp = device.type == "cuda"
    default = module.build.__defaults__
    side = (request or {}).get("input", default[1])[1]
    (images, labels), test, classes, (mean, std) = load_data(options, side)
    if options.limit:
        chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:options.limit]
        images, labels = images[chosen], labels[chosen]
    if request or test is None:
        # A search must not choose by the test set.
        (images, labels), test = split(images, labels, options.held_out, 0)
    size = tuple(images.shape[1:])
    given = {"weights": options.weights} if options.weights else {}
    model = module.build(classes, size, **given).to(device)
    if use_amp:
        model = model.to(memory_format=torch.channels_last)

    mean = torch.tensor(mean, device=device).view(1, 3, 1, 1)
    std = torch.tensor(std, device=device).view(1, 3, 1, 1)

    def prepare(batch):
        return (batch.to(device, non_blocking=True).float() - mean) / std

    # Weights decay, biases and normalisation do not.
    decayed = [value for value in model.parameters() if value.dim() > 1]
    others = [value for value in model.parameters() if value.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}]
    batch_size = min(options.batch_size, len(images))
    highest = options.lr * batch_size / 256
    optimizer = torch.optim.SGD(groups, lr=highest, momentum=options.momentum, nesterov=options.momentum > 0)
    scaler = torch.amp.GradScaler(device.type, enabled=use_amp)
    # The last images of an epoch make no batch of their own: its statistics would be those of a few.
    per_epoch = max(1, len(images) // batch_size)
    steps = options.epochs * per_epoch
    warmup = min(options.warmup * per_epoch, steps / 5)
    first = 0
    if options.checkpoint and os.path.exists(options.checkpoint):
        saved = torch.load(options.checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        scaler.load_state_dict(saved["scaler"])
        torch.set_rng_state(saved["random"].cpu())
        first = saved["epoch"]
        print(f"goes on after epoch {first}", file=sys.stderr)
    params = sum(value.numel() for value in model.parameters())
    print(f"{params:,} parameters, {len(images):,} training and {len(test[0]):,} held-out images of "
          f"{classes} classes, on {device}", file=sys.stderr)

    begin = time.time()
    for epoch in range(first, options.epochs):
        model.train()
        order = torch.randperm(len(images))
        total, right, seen = 0.0, 0, 0
        for number in range(per_epoch):
            chosen = order[number * batch_size:(number + 1) * batch_size]
            for group in optimizer.param_groups:
                group["lr"] = highest * rate(epoch * per_epoch + number, steps, warmup)
            target = labels[chosen].to(device, non_blocking=True)
            with torch.autocast(device.type, enabled=use_amp):
                scores = model(augmented(prepare(images[chosen])))
                loss = F.cross_entropy(scores.float(), target, label_smoothing=options.label_smoothing)
            if not torch.isfinite(loss):
                sys.exit(f"the loss is not finite in epoch {epoch + 1}: choose a lower --lr")
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            scaler.step(optimizer)
            scaler.update()
            total += loss.item() * len(chosen)
            right += (scores.argmax(1) == target).sum().item()
            seen += len(chosen)
        left = (time.time() - begin) / (epoch + 1 - first) * (options.epochs - epoch - 1)
        print(f"epoch {epoch + 1}/{options.epochs}: loss {total / seen:.3f}, accuracy {100 * right / seen:.1f} % in "
              f"training, {left / 60:.1f} min left", file=sys.stderr, flush=True)
        if options.checkpoint:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch + 1,
                     "scaler": scaler.state_dict(), "random": torch.get_rng_state()}
            torch.save(state, options.checkpoint + ".partial")
            os.replace(options.checkpoint + ".partial", options.checkpoint)
    print(json.dumps({"accuracy": accuracy(model, *test, prepare, batch_size)}))


if __name__ == "__main__":
    main()
