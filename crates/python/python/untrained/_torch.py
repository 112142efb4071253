"""What needs torch: modules from the core's source, export of modules, and codes taken by hooks."""

from __future__ import annotations

import tempfile
import types
import warnings
from pathlib import Path
from typing import Any, Optional

from . import _untrained
from ._arrays import array
from ._errors import ModelError


def module(source: str, weights: Optional[bytes]) -> Any:
    """The module that a source of the core describes, with its weights."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ModelError("to_torch needs torch: pip install torch") from error
    made = types.ModuleType("untrained_network")
    exec(compile(source, "<untrained network>", "exec"), made.__dict__)
    if weights is None:
        model = made.build()
    else:
        with tempfile.TemporaryDirectory(prefix="untrained-") as folder:
            path = Path(folder) / "weights.safetensors"
            path.write_bytes(weights)
            model = made.build(weights=str(path))
    # The source says in which mode the network is scored.
    return model.train("training mode" in (made.__doc__ or ""))


def is_module(what: Any) -> bool:
    """Whether something is a torch.nn.Module; torch is not imported for that."""
    return any(kind.__module__.split(".")[0] == "torch" and kind.__name__ == "Module" for kind in type(what).__mro__)


def export(model: Any, shape: tuple[int, ...], path: Path) -> None:
    """Exports a module in its own mode as an ONNX model for images of a shape [n, c, h, w].

    Raises ModelError that names the module if torch cannot export it.
    """
    import torch

    training = torch.onnx.TrainingMode.TRAINING if model.training else torch.onnx.TrainingMode.EVAL
    images = torch.zeros(shape, device=next((each.device for each in model.parameters()), "cpu"))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model,
                (images,),
                str(path),
                training=training,
                do_constant_folding=False,
                input_names=["images"],
                dynamo=False,
            )
    except Exception as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"{type(model).__name__} cannot be exported as an ONNX model: {why}; with hooks=True its "
            f"codes are taken by hooks instead"
        ) from error
    finally:
        # The export runs the module once, which moves the statistics of batch normalisation.
        model.load_state_dict(state)


def activations() -> tuple[type, ...]:
    """The modules whose inputs have codes."""
    from torch import nn

    return (
        nn.ReLU,
        nn.ReLU6,
        nn.LeakyReLU,
        nn.PReLU,
        nn.ELU,
        nn.SELU,
        nn.CELU,
        nn.GELU,
        nn.SiLU,
        nn.Mish,
        nn.Softplus,
        nn.Hardswish,
        nn.Hardsigmoid,
        nn.Sigmoid,
        nn.Tanh,
        nn.Softsign,
        nn.Hardtanh,
        nn.Softshrink,
        nn.Hardshrink,
        nn.Threshold,
    )


# Activations of modules that the core writes, which torch has not.
OWN_ACTIVATIONS = ("HardSigmoid", "Shrink")


def codes(model: Any, images: Any) -> tuple[int, list[tuple[int, int, bytes]]]:
    """Binary codes of a forward pass, taken by hooks: units, multiplicity and packed bits of each call.

    A bit is 1 where the input of an activation module is above 0.
    """
    import numpy as np
    import torch

    batch = torch.from_numpy(array(images))
    count = len(batch)
    batch = batch.to(next((each.device for each in model.parameters()), "cpu"))
    found: list[tuple[int, int, bytes]] = []

    def take(_: Any, inputs: tuple[Any, ...]) -> None:
        values = inputs[0].detach()
        if values.shape[0] != count:
            return
        bits = (values > 0).reshape(count, -1).cpu().numpy()
        found.append((bits.shape[1], 1, np.packbits(bits, axis=1, bitorder="little").tobytes()))

    kinds = activations()
    handles = [
        each.register_forward_pre_hook(take)
        for each in model.modules()
        if isinstance(each, kinds) or type(each).__name__ in OWN_ACTIVATIONS
    ]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    try:
        with torch.no_grad():
            model(batch)
    except Exception as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{type(model).__name__} cannot be run on these images: {why}") from error
    finally:
        for handle in handles:
            handle.remove()
        model.load_state_dict(state)
    if not found:
        raise ModelError(
            f"{type(model).__name__} has no activation module with codes (nn.ReLU and the like): calls of "
            f"functions cannot be hooked"
        )
    return count, found


class HookedResult:
    """The kernel matrix and the score of a module, from codes that were taken by hooks."""

    def __init__(self, model: Any, images: Any) -> None:
        count, found = codes(model, images)
        self.kernel, self.score, self.units = _untrained.kernel_of_codes(count, found)
        self.notation: str = type(model).__name__
        self.params: int = sum(each.numel() for each in model.parameters() if each.requires_grad)
        self.calls: int = len(found)

    @property
    def value(self) -> float:
        """The score."""
        return self.score

    def __repr__(self) -> str:
        return f"HookedResult({self.notation!r}, score={self.score:.4f}, units={self.units})"
