"""Opens any saved Keras network safely, and finds its input, layers and heads without changing it."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from common import model_files, run_folders
from common.quiet import keras, tensorflow
from data.errors import UserError
from q3_visualize import heads, inputs, pixels, words
from q3_visualize.walk import LayerCall, Walk, activation_name, depends_on, displaced, needed_for

_GRAPH_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.>-]*")


class Network:
    """A Keras model that takes images, with its layers and heads. The model is never changed.

    Parameters
    ----------
    model
        Sequential or functional. One of its inputs is an image: (height, width, channels) with 1, 3 or 4 channels, also with
        the channels first, or (height, width). Raises UserError for another model.
    name, metrics, path
        For titles and folders; the content of its metrics.json, for a network that was trained here; and its file.
    pixel_range
        One of pixels.RANGES, or None to recognise it.
    others
        The values of the model's other inputs by name, without a batch axis: the same for all images. An array of uint8 for
        an input that takes an image is an image, any other is taken as it is.
    image_input
        The name of the input that images are given to (default: the first one that takes an image).
    losses
        The loss of the model in Keras' own words, as JSON, or that of each output: whether its outputs are logits.

    Attributes
    ----------
    input_shape, pixels, ranges
        (height, width, channels) of the image, 224 x 224 where the model takes any size, or 256 x 256 where only that fits;
        its range of pixels, and that of every input that takes an image, by name.
    layers, shapes, activated
        By path, "outer/inner" for a layer in a nested model and "name:2" for the second call of a layer: layers and
        operations in the order of their calls, the shapes of their outputs for one image, and the activation function that
        computed an output, "relu" for example, or "".
    image_input, image_inputs, sees
        The name of the input that images are given to, those of all that take one, and the paths that depend on an input, by
        its name.
    heads
        The outputs by name.
    """

    def __init__(
        self,
        model: keras.Model,
        name: str = "network",
        metrics: dict | None = None,
        path: Path | None = None,
        *,
        pixel_range: str | None = None,
        others: Mapping[str, np.ndarray] | None = None,
        image_input: str | None = None,
        losses: object = None,
    ) -> None:
        self.model, self.name, self.metrics, self.path = model, name, metrics, path
        self._made = {}
        self._inputs = inputs.inputs_of(model)
        self._image = inputs.image_of(self._inputs, image_input)
        self._others = inputs.fitting(self._inputs, self._image, others or {})
        self.image_inputs = [each.name for each in self._inputs if each.image_shape]
        self.image_input, self.input_shape, self.input_dtype = self._image.name, self._image.image_shape, self._image.dtype
        self.ranges = {each.name: pixels.named("0..255", each.image_shape[-1]) for each in self._inputs if each.image_shape}
        black = tensorflow.zeros((1, *self.input_shape))
        walk, given, outputs = self._walk(black)
        self.shapes = {path: tuple(step.output.shape[1:]) for path, step in walk.steps.items()}
        self.layers = {path: step.layer for path, step in walk.steps.items()}
        self.activated = {path: activation_name(layer) for path, layer in self.layers.items()}
        self.sees = {each.name: depends_on(walk.steps, tensor) for each, tensor in zip(self._inputs, given)}
        self._displaced = displaced(walk.steps)
        self.ranges = {each.name: self._range(each, pixel_range) for each in self._inputs if each.image_shape}
        self.pixels = self.ranges[self.image_input]
        losses, outputs = losses if losses is not None else heads.losses_of(model), heads.named(model, outputs)
        noise, data = tensorflow.random.stateless_uniform(black.shape, [0, 0], 0, 255), metrics and metrics["data"]["name"]
        self.heads = heads.find(
            walk.steps, outputs, lambda: heads.named(model, self._walk(self.pixels.apply(noise))[2]), losses, data
        )
        sources = {name: heads.source(head, walk.steps, outputs[name]) for name, head in self.heads.items()}
        self._needed = {name: needed_for(walk.steps, tensor) for name, tensor in sources.items()}

    def inputs(self, images: np.ndarray) -> np.ndarray:
        """Return images, uint8 (n, height, width, channels), in the range that the network takes, float32.

        Raises UserError for images of another dtype, which would be scaled twice, or of another shape.
        """
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.shape[1:] != self.input_shape:
            size = " x ".join(map(str, self.input_shape))
            raise UserError(f"{self.name} takes images of 0 to 255, uint8 (n, {size}), not {images.dtype} {images.shape}")
        return self.pixels.apply(np.asarray(images, np.float32))

    def trace(
        self, images: tensorflow.Tensor, until: str | None = None, tape: tensorflow.GradientTape | None = None
    ) -> tuple[dict[str, LayerCall], dict[str, tensorflow.Tensor]]:
        """Call the layers in turn, for inference, on float32 (n, height, width, channels) in the range that the network takes.

        Return the calls by path and the outputs by head. With `until`, the path of a layer, the computation ends after it:
        there are no outputs, and the images may have another size, if the layers before take it. A tape watches what all
        inputs are given. Works in and out of a tensorflow.function.
        """
        walk, _, outputs = self._walk(images, until, tape)
        return walk.steps, {} if until else heads.named(self.model, outputs)

    def made(self, key: tuple, make: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Return the result of make(), which is called once for each key; the result is kept as long as the network."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def compiled(self, function: Callable, **options: object) -> Callable:
        """Return a `tensorflow.function`, or the uncompiled function if TensorFlow's graphs cannot have the layers' names."""
        if all(_GRAPH_NAME.fullmatch(layer.name) for layer in self.layers.values()):
            return tensorflow.function(function, autograph=False, **options)  # to translate code would take half the time
        return lambda *arguments: function(*map(tensorflow.convert_to_tensor, arguments))

    def predict(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return the network's outputs by head, for images, uint8 (n, height, width, channels): float32 (n, ..., classes).

        Each is the network's own output, but for a softmax or sigmoid over what is known to be logits. One neuron with a
        sigmoid becomes two classes.
        """
        batch = self.batch_size()
        parts = [self._outputs(images[start : start + batch]) for start in range(0, len(images), batch)]
        return {name: np.concatenate([part[name] for part in parts]) for name in self.heads}

    def in_words(self, images: np.ndarray) -> list[str]:
        """Return what the network says of each image: "long thin 45° red, 99.9%", all heads together."""
        return words.in_words(list(self.heads.values()), self.predict(images))

    def batch_size(self, copies: int = 1, most: int = 256) -> int:
        """Return how many images to compute at once, so that `copies` of all layers' outputs stay within 250 MB."""
        values = sum(int(np.prod(shape)) for shape in self.shapes.values())
        most = min(most, self.model.inputs[0].shape[0] or most)  # a network may take so many and no more
        return int(np.clip(250_000_000 // (4 * copies * max(values, 1)), 1, most))

    def maps(self) -> list[str]:
        """Return the paths of the layers whose output has height and width above 1, in order.

        Maps that do not depend on an image are left out, and those whose rows and columns are not the image's.
        """
        seen = set().union(*(self.sees[name] for name in self.image_inputs))
        placed = (path for path in self.shapes if path in seen and path not in self._displaced)
        return [path for path in placed if len(self.shapes[path]) == 3 and min(self.shapes[path][:2]) > 1]

    def learned_maps(self) -> list[str]:
        """Return `maps` from the first layer with weights on: before it, a map is the image itself, scaled."""
        paths = list(self.shapes)
        first = next((place for place, path in enumerate(paths) if pixels.has_weights(self.layers[path])), 0)
        return [path for path in self.maps() if paths.index(path) >= first]

    def maps_before(self, names: Iterable[str]) -> list[str]:
        """Return the `learned_maps` from which the scores of all these heads are computed."""
        return [path for path in self.learned_maps() if all(path in self._needed[name] for name in names)]

    def image_seen_by(self, path: str, images: np.ndarray) -> np.ndarray:
        """Return the images that a layer looks at: those given, or the image of another input."""
        if path in self.sees[self.image_input]:
            return images
        other = next(each for each in self._inputs if each.image_shape and path in self.sees[each.name])
        return np.broadcast_to(self._others[other.name], (len(images), *other.image_shape))

    def _range(self, each, name):
        """Return the range of pixels of an input, by its name or by what stands before the first layer with weights."""
        channels, paths = each.image_shape[-1], [path for path in self.layers if path in self.sees[each.name]]
        if name:
            colors = {"imagenet": "0..1", "caffe": "0..255"}  # a mask beside a photograph has none
            return pixels.named(name if channels == 3 or each is self._image else colors.get(name, name), channels)
        first = next((place for place, path in enumerate(paths) if pixels.has_weights(self.layers[path])), None)
        found = None
        if first:
            grays = (tensorflow.fill((1, *each.image_shape), level) for level in (0.0, 127.5, 255.0))
            walks = [self._walk(gray, until=paths[first], filled=each)[0] for gray in grays]
            grays = [tensorflow.cast(walk.steps[paths[first]].input, "float64").numpy() for walk in walks]
            found = pixels.of_scaling(*grays, channels, paths[:first])
        return found or pixels.assumed(channels, each.dtype.is_integer, self.model.name)

    def _walk(self, images, until=None, tape=None, filled=None):
        """Call the layers, with images for the input `filled`, by default that of the images."""
        walk, filled = Walk(until), filled or self._image
        images = tensorflow.convert_to_tensor(images)
        given = [each.laid_out(images) if each is filled else self._given(each, images) for each in self._inputs]
        if tape:
            tape.watch(given)
        first = [place for place, each in enumerate(self._inputs) if each.layout == inputs.CHANNELS_FIRST]
        outputs = walk.run(self.model, given, first)
        return walk, given, outputs

    def _given(self, each, images):
        """Return what an input beside the images is given, with a batch axis."""
        value = self._others.get(each.name, np.zeros(each.image_shape or each.shape, np.uint8))
        if each.image_shape and value.dtype == np.uint8:
            value = self.ranges[each.name].apply(value.astype(np.float32))
        value = tensorflow.convert_to_tensor(value, each.dtype)
        return each.laid_out(tensorflow.repeat(value[None], tensorflow.shape(images)[0], axis=0))

    def _outputs(self, images):
        _, outputs = self.trace(tensorflow.constant(self.inputs(images)))
        return {name: heads.probabilities(head, outputs[name]) for name, head in self.heads.items()}


def open_network(
    path: Path | str,
    name: str | None = None,
    *,
    most_values: int = model_files.MOST_VALUES,
    pixel_range: str | None = None,
    given: Callable[[list[inputs.Input]], tuple[str | None, dict]] = lambda _: (None, {}),
) -> Network:
    """Open the network in a .keras file, or raise UserError.

    Parameters
    ----------
    path, most_values
        The file, and how many values the network may compute for an image.
    name
        That of its run folder, if it was trained here. A file from elsewhere is called by its folder and its own name.
    pixel_range, given
        As for Network; `given` returns `image_input` and `others` for the model's inputs.
    """
    path = Path(path)
    model = model_files.load(path, most_values=most_values)
    try:
        metrics = run_folders.read_metrics(path.parent)
    except UserError:
        if name:
            raise
        metrics = None  # what lies beside a file from elsewhere need not be a run folder
    try:
        called = name or f"{path.resolve().parent.name}/{path.stem}"
        image_input, others = given(inputs.inputs_of(model))
        return Network(
            model, called, metrics, path, pixel_range=pixel_range, others=others, image_input=image_input,
            losses=model_files.loss_of(path),
        )  # fmt: skip
    except UserError:
        raise
    except Exception as error:  # Keras can load networks that fail when they are computed
        raise UserError(f"{path} cannot be computed: {model_files.last_line(error)}") from error
