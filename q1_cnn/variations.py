"""From a design (see designs.py) to the recipe of its network, and to its scores."""

from functools import partial

from q1_cnn.recipes import classifier
from reports.metrics import score
from training.blocks import convolution_block
from training.loop import predict
from training.optimizers import one_cycle
from training.quiet import keras

layers, schedules = keras.layers, keras.optimizers.schedules

LOSSES = {
    "cross-entropy": keras.losses.CategoricalCrossentropy,
    "label smoothing 0.1": partial(keras.losses.CategoricalCrossentropy, label_smoothing=0.1),
    "focal": keras.losses.CategoricalFocalCrossentropy,
    "mean squared error": keras.losses.MeanSquaredError,
    "hinge": keras.losses.CategoricalHinge,
}
OPTIMIZERS = {
    "Adam": keras.optimizers.Adam,
    "AdamW": keras.optimizers.AdamW,
    "RMSprop": keras.optimizers.RMSprop,
    "SGD with momentum": partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
    "SGD": keras.optimizers.SGD,
}
DECAYS = {
    "one cycle": one_cycle,
    "none": lambda rate, steps: rate,
    "steps": lambda rate, steps: schedules.PiecewiseConstantDecay([steps // 2, 3 * steps // 4], [rate, rate / 10, rate / 100]),
    "exponential": lambda rate, steps: schedules.ExponentialDecay(rate, decay_steps=steps, decay_rate=1e-2),
    "cosine": lambda rate, steps: schedules.CosineDecay(rate, decay_steps=steps),
}
POOLING_HEADS = {
    "mean": lambda: [layers.GlobalAveragePooling2D(name="global_pool")],
    "maximum": lambda: [layers.GlobalMaxPooling2D(name="global_pool")],
    "flatten": lambda: [layers.Flatten(name="flatten")],
    "flatten, 128 units": lambda: [layers.Flatten(name="flatten"), layers.Dense(128, activation="relu", name="fc1")],
}
POOLING = {"max pooling": layers.MaxPooling2D, "average pooling": layers.AveragePooling2D}


def build(input_shape, design, classes):
    """The network of a design. input_shape: (height, width, channels)."""
    stack = [keras.Input(input_shape), layers.Rescaling(1 / 255, name="rescaling")]
    for number, (filters, size) in enumerate(zip(design.filters, design.sizes), 1):
        halved = number <= 2
        stack += convolution_block(
            number, filters, size, strides=2 if halved and design.downsampling == "strides" else 1,
            batch_normalization=design.batch_normalization, kernel_regularizer=_penalty(design),
        )  # fmt: skip
        if halved and design.downsampling in POOLING:
            stack.append(POOLING[design.downsampling](2, name=f"pool{number}"))
    stack += POOLING_HEADS[design.pooling_head]()
    if design.dropout:
        stack.append(layers.Dropout(design.dropout, name="dropout"))
    stack.append(layers.Dense(classes, activation="softmax", kernel_regularizer=_penalty(design), name="predictions"))
    return keras.Sequential(stack)


def _penalty(design):
    return keras.regularizers.L2(design.l2) if design.l2 else None


def recipe(design, classes, **training):
    """The recipe of a design for a number of classes. training: epochs and batch_size."""
    return classifier(
        partial(build, design=design), classes, **training,
        loss=LOSSES[design.loss_function](),
        optimizer=lambda steps: OPTIMIZERS[design.optimizer](DECAYS[design.decay](design.learning_rate, steps)),
    )  # fmt: skip


def validation_scores(model, dataset):
    """Accuracy, and loss as cross-entropy whatever the training's was, on the validation pictures: a dict."""
    scores = score(dataset.labels[dataset.split.validation], predict(model, dataset.images, dataset.split.validation))
    return {"accuracy": scores["accuracy"], "loss": scores["loss"]}
