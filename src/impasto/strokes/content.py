"""How far a drawn stroke is from a real one: in pixels, in features, in style."""

from pickle import UnpicklingError
from urllib.error import URLError

import torch
from torch import Tensor, nn

from impasto.core.device import Device
from impasto.errors import ImpastoError
from impasto.models.pretrained import efficientnet_lite
from impasto.strokes.config import Content

VGG_LAYERS = (25, 38, 51)
"""Of VGG19-BN's `features`: the ReLUs before the last three poolings."""

LITE_STAGES = (0, 1, 2)

LITE_UNIT = 600
"""EfficientNet-Lite0's maps are divided by this. They are large and have few channels, and a Gram
matrix is over C·H·W: with the published weights style would outweigh features 600 times. So it
begins as they do (dry strokes, networks untrained: pixels .9, features .3, style .3)."""

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of the pictures that VGG was trained on."""


class Comparison:
    """The loss of stage 1: pixels, perceptual maps, Gram matrices (Johnson et al. 2016)."""

    def __init__(self, content: Content, device: Device) -> None:
        """Load the features that `content` names.

        Raises:
            ImpastoError: VGG19's weights are not to be had, or the weights do not fit the maps.
        """
        self.content, self.device = content, device
        if content.features != "none" and len(content.layers) != len(VGG_LAYERS):
            raise ImpastoError("content.layers: give three weights, one for each map of features.")
        self.vgg = _vgg19(device.device) if content.features == "vgg19" else None

    def __call__(self, strokes: Tensor, reals: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Compare (N, C, H, W) with (N, C, H, W): a scalar, and its parts to show."""
        difference = strokes - reals
        error = difference.square() if self.content.power == 2 else difference.abs()
        loss = self.content.pixel * error.mean()
        parts = {"pixel": error.detach().mean()}
        if self.content.features == "none":
            return loss, parts
        with torch.no_grad():
            targets = self._maps(reals)
        perceptual, style = strokes.new_zeros(()), strokes.new_zeros(())
        for weight, ours, theirs in zip(
            self.content.layers, self._maps(strokes), targets, strict=True
        ):
            perceptual = perceptual + weight * (ours - theirs).abs().mean()
            style = style + weight * (gram(ours) - gram(theirs)).abs().mean()
        parts |= {"perceptual": perceptual.detach(), "style": style.detach()}
        return loss + perceptual + self.content.style * style, parts

    def _maps(self, pictures: Tensor) -> list[Tensor]:
        if pictures.shape[1] == 1:  # opacity, as black on white
            pictures = (1 - 2 * pictures).expand(-1, 3, -1, -1)
        with self.device.autocast():
            if self.vgg is None:
                network = efficientnet_lite("lite0", str(self.device.device))
                maps = [found / LITE_UNIT for found in network.stages(pictures, LITE_STAGES)]
            else:
                mean, deviation = (
                    torch.tensor(numbers, device=pictures.device)[:, None, None]
                    for numbers in IMAGENET
                )
                maps, x = [], (pictures + 1) / 2
                if self.content.normalised:
                    x = (x - mean) / deviation
                for number, layer in enumerate(self.vgg):
                    x = layer(x)
                    if number in VGG_LAYERS:
                        maps.append(x)
        return [found.float() for found in maps]


def gram(maps: Tensor) -> Tensor:
    """How channels go together: (N, C, H, W) → (N, C, C), over C·H·W (Gatys et al. 2016)."""
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2) / (flat.shape[1] * flat.shape[2])


def _vgg19(device: torch.device) -> nn.Sequential:
    """VGG19 with BatchNorm up to the last layer that is compared, frozen."""
    from torchvision.models import VGG19_BN_Weights, vgg19_bn

    try:
        weights = VGG19_BN_Weights.IMAGENET1K_V1.get_state_dict(
            progress=False, check_hash=True, weights_only=True
        )
    except (URLError, OSError, RuntimeError, UnpicklingError) as error:
        reason = str(getattr(error, "reason", error)).splitlines()[0]
        raise ImpastoError(
            f"VGG19's weights cannot be downloaded ({reason}); compare by the features that are "
            "installed: --set generator.content.features=lite0 (and "
            "adversarial.content.features=lite0, adversarial.content_weight=15)."
        ) from error
    network = vgg19_bn()
    network.load_state_dict(weights)
    features: nn.Sequential = network.features[: VGG_LAYERS[-1] + 1]
    return features.eval().requires_grad_(False).to(device)
