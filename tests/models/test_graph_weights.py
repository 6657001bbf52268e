"""Numbers of a graph, without running it."""

import numpy as np
import pytest

from impasto.models.graph_weights import read_matrices

onnx = pytest.importorskip("onnx")


def test_matrices_are_found_by_name_and_by_who_reads_them(tmp_path):
    from onnx import TensorProto, helper, numpy_helper

    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "m"], ["y"], name="layer")],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(matrix, "m")],
    )
    path = tmp_path / "g.onnx"
    onnx.save(helper.make_model(graph), path)
    named, read_by = read_matrices(path)
    assert np.array_equal(named["m"].numpy(), matrix)
    assert read_by["layer"] is named["m"]


def test_what_is_no_graph_is_refused(tmp_path):
    path = tmp_path / "g.onnx"
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(ValueError, match="not an ONNX graph"):
        read_matrices(path)
