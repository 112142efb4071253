class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
