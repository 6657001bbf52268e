import numpy as np
import pytest
import torch

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from impasto.models.pretrained import package_file  # noqa: E402
from impasto.models.vision_transformer import (  # noqa: E402
    DEVIATION,
    MEAN,
    PACKAGE,
    WIDTH,
    dino,
)


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_it_agrees_with_the_published_graph(pictures):
    graph = onnx.load(package_file(PACKAGE, "vit_s_focus.onnx"))
    last = [node for node in graph.graph.node if node.name.startswith("/backbone/layernorm")]
    name = last[-1].output[0]
    graph.graph.output.append(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
    )
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    mean, deviation = (torch.tensor(each)[:, None, None] for each in (MEAN, DEVIATION))
    shown = ((pictures + 1) / 2 - mean) / deviation
    (published,) = session.run([name], {"input_image": shown.numpy()})
    with torch.no_grad():
        ours = dino()(pictures).numpy()
    np.testing.assert_allclose(ours, published[:, 0], atol=1e-4)


def test_tokens_lie_where_their_patches_lie(pictures):
    picture = torch.full((1, 3, 84, 98), -0.9)
    changed = picture.clone()
    changed[:, :, 28:42, 70:84] = 0.9  # the third row's sixth patch
    with torch.no_grad():
        (one,), (other,) = (dino().tokens(each, [0]) for each in (picture, changed))
    assert one.patches.shape == (1, WIDTH, 6, 7)
    moved = (one.patches - other.patches).square().sum(1)[0]
    assert divmod(int(moved.argmax()), 7) == (2, 5)


def test_gradients_reach_the_picture_and_no_weight():
    picture = torch.zeros(1, 3, 28, 28, requires_grad=True)
    network = dino()
    (tokens,) = network.tokens(picture, [2])
    (tokens.whole.square().sum() + tokens.patches.square().sum()).backward()
    assert float(picture.grad.abs().max()) > 0
    assert not list(network.parameters())


def test_in_bf16_it_sees_nearly_the_same(pictures):
    with torch.no_grad():
        (whole,) = dino().tokens(pictures, [11])
        (half,) = dino("cpu", torch.bfloat16).tokens(pictures, [11])
    likeness = torch.cosine_similarity(whole.whole, half.whole.float())
    assert float(likeness.min()) > 0.98
