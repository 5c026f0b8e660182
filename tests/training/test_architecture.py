from q1_cnn.recipes import RECIPES
from q2_multihead.models import multihead
from training.architecture import heads, stages


def test_a_chain_is_read_stage_by_stage():
    shared, own = stages(RECIPES["mnist", 1].build((28, 28, 1)))
    assert own == {}
    assert [stage["shape"] for stage in shared] == [(28, 28, 1), (22, 22, 32), (11, 11, 32), (3872,), (1024,), (10,)]
    assert shared[1] == {
        "shape": (22, 22, 32), "layers": ["conv1\n32 filters 7 × 7, stride 1", "relu1", "bn1"],
        "parameters": 7 * 7 * 32 + 32 + 4 * 32,
    }  # fmt: skip
    assert shared[4]["layers"] == ["fc1\n1,024 neurons", "fc1_relu"]


def test_heads_are_listed_apart_from_what_they_share():
    model = multihead((28, 28, 3))
    assert heads(model) == ["length", "width", "angle", "color"]
    shared, own = stages(model)
    assert shared[-1] == {"shape": (64,), "layers": ["global_pool"], "parameters": 0}
    assert own["angle"] == [{"shape": (12,), "layers": ["angle\n12 neurons, softmax"], "parameters": 64 * 12 + 12}]
    everything = shared + [stage for path in own.values() for stage in path]
    assert sum(stage["parameters"] for stage in everything) == model.count_params()


def test_every_convolution_begins_a_stage():
    shared, _ = stages(RECIPES["mnist", 2].build((28, 28, 1)))
    assert [stage["layers"][0].split("\n")[0] for stage in shared] == [
        "image", "conv1", "conv2", "conv3", "conv4", "conv5", "global_pool", "predictions"
    ]  # fmt: skip
