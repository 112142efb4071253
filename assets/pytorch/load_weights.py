def load_weights(model, path):
    """Copies the weights of a safetensors file into the network."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    state = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        if tensor["dtype"] != "F32" or not 0 <= begin < end <= len(data):
            raise ValueError(f"{path}: {name} is damaged, or not in single precision")
        values = torch.frombuffer(data[begin:end], dtype=torch.float32)
        state[name] = values.reshape(tensor["shape"])
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = sorted(set(missing) & {name for name, _ in model.named_parameters()})
    if missing or unexpected:
        raise ValueError(f"{path} is not of this network: missing {missing}, unknown {unexpected}")
