class Parameter(nn.Module):
    """Trainable values [channels, height, width] that are the same for every image."""

    def __init__(self, channels, height, width):
        super().__init__()
        self.values = nn.Parameter(0.02 * torch.randn(1, channels, height, width))

    def forward(self, images):
        return self.values.expand(images.shape[0], -1, -1, -1)
