"""What built-in recipes said before they were found to differ from their sources.

A run keeps the settings that it began with. Where its recipe has been put right since, the same
command still resumes it, with the former values.
"""

_AMENDMENTS: tuple[tuple[tuple[str, ...], dict[str, object]], ...] = (
    (
        ("paint-by-numbers-64", "paint-by-numbers-128"),
        {"model.as_published": False, "training.new_latents": False},
    ),
    (("chinese-64", "chinese-128"), {"optimiser.d_lr": 5e-5}),
    (("artists-dcgan-128",), {"data.fit": "crop"}),
    (("artists-wgan-128",), {"data.fit": "crop", "training.new_latents": False}),
    (
        ("colour-field-1", "colour-field-2", "colour-field-3", "colour-field-4"),
        {"data.replacement": False, "training.fakes_at_rest": False, "training.epochs": 150},
    ),
    (
        ("impasto-64", "impasto-128", "impasto-256", "impasto-512", "impasto-1024"),
        {
            "model.noise": False,
            "model.edges": "zeros",
            "model.flat_field": False,
            "model.dinov2_every": 0,
            "loss.stamp": 0.0,
            "augment.step": 1,
        },
    ),
    (("wgan-clip-64", "wgan-gp-64", "r3gan-64"), {"training.new_latents": False}),
    (
        ("projected-64",),
        {
            "model.as_published": False,
            "training.new_latents": False,
            "training.ema_half_life": 10_000,
        },
    ),
    (
        ("fastgan-256",),
        {
            "model.as_published": False,
            "data.fit": "crop",
            "augment.policy": ("colour", "translation", "cutout"),
        },
    ),
)

FORMERLY = {name: former for names, former in _AMENDMENTS for name in names}
"""Recipe → knob → its former value."""
