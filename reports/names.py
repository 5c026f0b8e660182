"""The names of the results that READMEs, reports and page show: their paths below a folder of results."""

CLASSIFIERS = ("q1_cnn/lines/part1", "q1_cnn/lines/part2", "q1_cnn/mnist/part1", "q1_cnn/mnist/part2")
OFFICIAL = ("q1_cnn/mnist_official/part1", "q1_cnn/mnist_official/part2")
LINES1, LINES2, MNIST1, MNIST2 = CLASSIFIERS
OFFICIAL1, OFFICIAL2 = OFFICIAL
MULTIHEAD = "q2_multihead/lines"
# The noisy task, at which networks differ.
NOISY = ("q1_cnn/lines_noisy/part1", "q1_cnn/lines_noisy/part2")
NOISY1, NOISY2 = NOISY
MULTIHEAD_NOISY = "q2_multihead/lines_noisy"
NOISIEST = "q2_multihead/lines_noisy_6"  # the same at the highest level: only its scores are published
NETWORKS = (*CLASSIFIERS, *OFFICIAL, *NOISY, MULTIHEAD, MULTIHEAD_NOISY)
# The networks that Section 3 looks into, in its order.
INSPECTED = (LINES2, LINES1, MULTIHEAD, MNIST2, MNIST1)
# Those that run in the web page: the line networks and the digits; part 1 would be ten times as large as all the rest.
LIVE = (MULTIHEAD, LINES2, MNIST2)
WITH_MISTAKES = MNIST2  # whose mistakes the report shows
SWEEPS = ("q1_cnn/sweep", "q2_multihead/sweep")
LOCALIZATION = "q3_visualize/localization"
TUNING = "q3_visualize/tuning"
LIKENESS = "q3_visualize/likeness.json"

# Networks in words, as titles of figures and rows of tables. "Prescribed" is part 1's architecture, "own" part 2's.
WORDS = {
    LINES1: "Lines, prescribed",
    LINES2: "Lines, own",
    MNIST1: "MNIST, prescribed",
    MNIST2: "MNIST, own",
    OFFICIAL1: "MNIST official, prescribed",
    OFFICIAL2: "MNIST official, own",
    NOISY1: "Noisy lines, prescribed",
    NOISY2: "Noisy lines, own",
    MULTIHEAD: "Lines, four heads",
    MULTIHEAD_NOISY: "Noisy lines, four heads",
    NOISIEST: "Noisiest lines, four heads",
}
DATASET_WORDS = {"lines": "Lines", "lines_noisy": "Noisy lines", "mnist": "MNIST", "mnist_official": "MNIST official"}
METHOD_WORDS = {
    "gradcam": "Grad-CAM",
    "hirescam": "HiResCAM",
    "gradcam++": "Grad-CAM++",
    "layercam": "LayerCAM",
    "scorecam": "Score-CAM",
    "refinecam": "RefineCAM",
    "integrated": "integrated gradients",
}


def flat(network: str) -> str:
    """Return a network's name as a part of a file's name."""
    return network.replace("/", "_")


def localized(network: str, what: str) -> str:
    """Return the name of a table that q3_visualize/localization.py wrote of one network: "heads", "shuffled" and so on."""
    return f"{LOCALIZATION}/{flat(network)}_{what}.csv"
