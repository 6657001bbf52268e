"""Judgements that are ordered on the page."""


def test_recipes_are_compared_by_a_command(client, folder):
    values = {"recipes": ["impasto-64", "dcgan-64"], "minutes": 2, "seeds": 1}
    known = client.get("/api/pages").json["recipes"]
    assert all(known.values())
    assert len(set(known.values())) == len(known)  # each says what it is
    names = list(known)
    values["recipes"] = names[:2]
    job = client.post("/api/ask/compare", {"subject": "colourfield", "values": values}).json
    assert job["command"] == (
        f"impasto compare colourfield --recipes={','.join(names[:2])} --minutes=2 --seeds=1 "
        "--out=comparisons/colourfield"
    )
    assert job["lane"] == "long"
    for bad in ([], "x", ["../../x.yaml"], [3], names * 2):
        ask = {"subject": "colourfield", "values": {"recipes": bad}}
        assert client.post("/api/ask/compare", ask).status == 409
