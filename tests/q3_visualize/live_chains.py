"""Networks of live_zoo.py that try one kind of layer after another."""

from keras.src.applications.convnext import LayerScale, StochasticDepth

from common.quiet import keras
from q1_cnn import models as classifiers
from q2_multihead.models import multihead
from tests.q3_visualize.live_building import chain, graph, zoo

layers, ops = keras.layers, keras.ops
Conv2D, Dense, Flatten = layers.Conv2D, layers.Dense, layers.Flatten


# ---- the networks of Sections 1 and 2


@zoo
def prescribed():
    return classifiers.prescribed((14, 14, 1), 10)


@zoo
def own():
    return classifiers.own((21, 18, 3), 12, filters=(4, 6, 8), sizes=(7, 3, 3), dropout=0.2)


@zoo
def own_with_pooling():
    options = {"downsampling": "average pooling", "halving": (1,), "pooling_head": "maximum", "batch_normalization": False}
    return classifiers.own((16, 15, 3), 5, filters=(4, 6), sizes=(5, 3), **options)


@zoo
def heads_of_their_own():
    return multihead((20, 20, 3), shared=(4,), own=(5,), head_units=7)


# ---- convolutions and pooling


@zoo
def convolutions():
    return chain(
        (23, 18, 3), Conv2D(6, (3, 4), strides=2, padding="same", activation="relu"), Conv2D(5, (2, 3), use_bias=False),
        Conv2D(7, 4, strides=(2, 1), padding="same", activation="tanh"), Conv2D(9, 1), Conv2D(3, (1, 3), strides=(1, 2)),
    )  # fmt: skip


@zoo
def dilated():
    relu = {"activation": "relu"}
    return chain(
        (19, 20, 1), Conv2D(4, 3, dilation_rate=2, padding="same", **relu), Conv2D(5, (2, 3), dilation_rate=(3, 2), **relu),
        layers.DepthwiseConv2D(3, dilation_rate=2, padding="same"), layers.SeparableConv2D(6, 3, dilation_rate=2, **relu),
    )  # fmt: skip


@zoo
def grouped():
    return chain(
        (13, 12, 4), Conv2D(6, 3, groups=2, padding="same", strides=2, activation="relu"), Conv2D(9, 2, groups=3),
        Conv2D(9, 3, groups=9, padding="same", use_bias=False, activation="elu"),
    )  # fmt: skip


@zoo
def depthwise():
    return chain(
        (15, 16, 3), layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same", activation="relu"),
        layers.DepthwiseConv2D(2, depth_multiplier=3, use_bias=False), Conv2D(4, 1),
        layers.SeparableConv2D(5, 3, depth_multiplier=2, strides=2, padding="same", activation="relu"),
        layers.SeparableConv2D(3, 2, use_bias=False),
    )  # fmt: skip


@zoo
def pooled():
    return chain(
        (25, 22, 3), Conv2D(4, 3), layers.MaxPooling2D(3, strides=2, padding="same"),
        # The windows before overlap. A mean over rows could have two maxima that are equal but for the rounding of a sum, and
        # the gradient of a maximum that follows would go to either.
        layers.AveragePooling2D((2, 3), strides=(1, 2), padding="same"), Conv2D(4, 2), layers.MaxPooling2D((2, 1), strides=1),
        layers.AveragePooling2D(2, strides=1), layers.AveragePooling2D(3, padding="same"),
    )  # fmt: skip


@zoo
def global_pools():
    def compute(image):
        maps = Conv2D(5, 3, activation="relu")(image)
        maximum = layers.GlobalMaxPooling2D(keepdims=True)(maps)
        means = [layers.GlobalAveragePooling2D()(maps), ops.mean(maps, axis=(1, 2))]
        return layers.Concatenate()([Flatten()(maximum), *means, ops.max(maps, axis=(-3, -2))])

    return graph((9, 8, 3), compute)


# ---- scaling and normalization


@zoo
def layer_norms():
    normal = layers.LayerNormalization
    return chain(
        (9, 8, 3), Conv2D(4, 3), normal(), normal(axis=[1, 2, 3]), Conv2D(5, 2), normal(axis=[-2, -1], scale=False),
        normal(center=False, epsilon=0.1), Flatten(), Dense(6), normal(),
    )  # fmt: skip


@zoo
def group_norms():
    normal = layers.GroupNormalization
    # The mean of the gradient over each channel before instance normalization is 0: Grad-CAM's map there is rounding. So it is
    # the first layer.
    return chain(
        (9, 8, 3), normal(-1, scale=False), Conv2D(6, 3), normal(2), Conv2D(4, 2), normal(1, center=False, epsilon=0.1),
        layers.BatchNormalization(scale=False), layers.BatchNormalization(center=False, epsilon=0.1),
    )  # fmt: skip


@zoo
def scalings():
    normal = layers.Normalization
    return chain(
        (8, 9, 3), layers.Rescaling([1 / 80, 1 / 60, 1 / 90], [-1, 0.5, 2]), normal(mean=[0.3, 0.2, 0.1], variance=[1, 2, 0.4]),
        Conv2D(4, 3), normal(axis=None, mean=0.5, variance=3), normal(mean=[1, 2, 3, 4], variance=[4, 3, 2, 1], invert=True),
        layers.Rescaling(0.5), LayerScale(1, 4), layers.BatchNormalization(),
    )  # fmt: skip


@zoo
def identities():
    steps = [layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomTranslation(0.1, 0.1), layers.RandomZoom(0.1),
             layers.RandomContrast(0.1), layers.RandomBrightness(0.1), layers.RandomCrop(9, 8)]  # fmt: skip
    noise = [layers.Dropout(0.2), layers.SpatialDropout2D(0.2), layers.GaussianNoise(0.2), layers.GaussianDropout(0.2),
             layers.AlphaDropout(0.2), layers.Identity(), layers.ActivityRegularization(0.1), StochasticDepth(0.1)]  # fmt: skip
    return chain((9, 8, 3), *steps, Conv2D(4, 3, activation="relu"), *noise, Conv2D(3, 2))


# ---- places


@zoo
def resized():
    up, resizing = layers.UpSampling2D, layers.Resizing
    return chain(
        (7, 6, 3), Conv2D(4, 2), up((2, 3)), Conv2D(3, 2), up(2, interpolation="bilinear"), Conv2D(4, 2),
        resizing(9, 11, interpolation="nearest"), Conv2D(3, 1), resizing(14, 7), Conv2D(3, 1), resizing(5, 12),
        resizing(12, 5, interpolation="nearest"),
    )  # fmt: skip


@zoo
def padded():
    return chain(
        (9, 8, 3), layers.ZeroPadding2D(((1, 0), (3, 2))), Conv2D(4, 3), layers.Cropping2D(((0, 1), (2, 1))),
        layers.ZeroPadding2D(1), layers.CenterCrop(6, 5), Conv2D(3, 2),
    )  # fmt: skip


@zoo
def reshaped():
    def compute(image):
        maps = Conv2D(6, 3, activation="relu")(image)
        tokens = Dense(5, activation="gelu")(layers.Reshape((-1, 6))(maps))
        maps = layers.Reshape((6, 5, 5))(layers.LayerNormalization()(tokens))
        return ops.squeeze(ops.expand_dims(ops.reshape(maps, (-1, 5, 6, 5)), -1), -1)

    return graph((8, 7, 3), compute)
