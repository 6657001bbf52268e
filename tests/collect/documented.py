"""The sources' documented forms: one record of each, and a site that pages through many."""

import json

from tests.collect.site import Answer, Asked, Site, as_json, as_picture

MET_OBJECT = {
    "objectID": 437133,
    "isPublicDomain": True,
    "primaryImage": "https://images.metmuseum.org/CRDImages/ep/original/DT 1567.jpg",
    "primaryImageSmall": "https://images.metmuseum.org/CRDImages/ep/web-large/DT1567.jpg",
    "title": "Garden at Sainte-Adresse",
    "artistDisplayName": "Claude Monet",
    "objectDate": "1867",
    "rightsAndReproduction": "",
    "objectURL": "https://www.metmuseum.org/art/collection/search/437133",
}
CHICAGO_WORK = {
    "id": 16568,
    "title": "Water Lilies",
    "artist_title": "Claude Monet",
    "artist_display": "Claude Monet (French, 1840–1926)\nFrance",
    "date_display": "1906",
    "is_public_domain": True,
    "copyright_notice": None,
    "image_id": "3c27b499-af56-f0d5-93b5-a7f2f1ad5813",
    "thumbnail": {"width": 8808, "height": 8460},
}
CLEVELAND_WORK = {
    "id": 136510,
    "share_license_status": "CC0",
    "copyright": None,
    "title": "Gardener's House at Antibes",
    "creation_date": "1888",
    "creators": [{"description": "Claude Monet (French, 1840–1926)", "role": "artist"}],
    "url": "https://clevelandart.org/art/1916.1044",
    "images": {
        "web": {"url": "https://openaccess-cdn.clevelandart.org/1916.1044/1916.1044_web.jpg"},
        "print": {"url": "https://openaccess-cdn.clevelandart.org/1916.1044/1916.1044_print.jpg"},
        "full": {"url": "https://openaccess-cdn.clevelandart.org/1916.1044/1916.1044_full.tif"},
    },
}
COMMONS_PAGE = {
    "pageid": 83547663,
    "title": "File:Claude Monet - Buurpraatje.jpg",
    "imageinfo": [
        {
            "size": 1353326,
            "width": 3746,
            "height": 2400,
            "mime": "image/jpeg",
            "url": "https://upload.wikimedia.org/wikipedia/commons/a/a2/Buurpraatje.jpg",
            "thumburl": "https://upload.wikimedia.org/wikipedia/commons/thumb/a/a2/1920px-B.jpg",
            "descriptionurl": "https://commons.wikimedia.org/wiki/File:Buurpraatje.jpg",
            "extmetadata": {
                "ObjectName": {"value": "Buurpraatje"},
                "Artist": {"value": '<bdi><a href="//x">Claude Monet</a></bdi>'},
                "DateTimeOriginal": {
                    "value": '1890<div style="display: none;">date QS:P571,+1890</div>'
                },
                "LicenseShortName": {"value": "Public domain"},
                "License": {"value": "pd"},
                "Copyrighted": {"value": "False"},
            },
        }
    ],
}
WIKIART_PAINTING = {
    "title": "The Magpie",
    "contentId": 211111,
    "artistContentId": 211667,
    "artistName": "Claude Monet",
    "completitionYear": 1869,
    "yearAsString": "1869",
    "width": 2000,
    "height": 1300,
    "image": "https://uploads0.wikiart.org/images/claude-monet/the-mägpie.jpg!Large.jpg",
}
ARTISTS = [{"url": "claude-monet"}, {"url": "mark-rothko"}]

COMMONS_PAGE_SIZE = 4


def met(site: Site, count: int) -> str:
    def search(asked: Asked) -> Answer:
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        found = list(range(count))[offset : offset + limit]
        return as_json({"total": count, "objectIDs": found or None})

    def thing(asked: Asked) -> Answer:
        identity = int(asked.path.rpartition("/")[2])
        picture = {"primaryImage": f"{site.base}/{identity}.jpg", "primaryImageSmall": ""}
        return as_json({**MET_OBJECT, "objectID": identity, **picture})

    site.answers["/api/v1.1/search"] = search
    for number in range(count):
        site.answers[f"/api/v1/objects/{number}"] = thing
    return f"{site.base}/api"


def chicago(site: Site, count: int) -> str:
    def search(asked: Asked) -> Answer:
        body = json.loads(asked.query["params"])
        page, limit = body["page"], body["limit"]
        found = [
            {**CHICAGO_WORK, "id": number, "image_id": f"image-{number}"} for number in range(count)
        ][(page - 1) * limit : page * limit]
        pages = {"total": count, "total_pages": -(-count // limit)}
        config = {"iiif_url": f"{site.base}/iiif"}
        return as_json({"pagination": pages, "data": found, "config": config})

    site.answers["/api/artworks/search"] = search
    for number in range(count):
        at = f"/iiif/image-{number}/full/1686,/0/default.jpg"
        site.answers[at] = [as_picture(number)]
    return f"{site.base}/api"


def cleveland(site: Site, count: int) -> str:
    def search(asked: Asked) -> Answer:
        skip, limit = int(asked.query["skip"]), int(asked.query["limit"])
        found = [
            {
                **CLEVELAND_WORK,
                "id": number,
                "images": {"print": {"url": f"{site.base}/{number}.jpg"}},
            }
            for number in range(count)
        ][skip : skip + limit]
        return as_json({"info": {"total": count}, "data": found})

    site.answers["/api/artworks/"] = search
    return f"{site.base}/api"


def commons(site: Site, count: int) -> str:
    def search(asked: Asked) -> Answer:
        offset = int(asked.query.get("gsroffset", "0"))
        info = COMMONS_PAGE["imageinfo"][0]
        pages = [
            {
                **COMMONS_PAGE,
                "pageid": number,
                "index": number,
                "imageinfo": [{**info, "thumburl": f"{site.base}/{number}.jpg"}],
            }
            for number in range(offset, min(count, offset + COMMONS_PAGE_SIZE))
        ]
        more = (
            {"continue": {"gsroffset": offset + COMMONS_PAGE_SIZE}}
            if offset + COMMONS_PAGE_SIZE < count
            else {}
        )
        return as_json({**more, "query": {"pages": pages[::-1]}})

    site.answers["/api/w/api.php"] = search
    return f"{site.base}/api/w/api.php"


def wikiart(site: Site, count: int) -> str:
    site.answers["/en/App/Artist/AlphabetJson"] = [as_json(ARTISTS)]
    site.answers["/en/App/Painting/PaintingsByArtist"] = [
        as_json(
            [
                {
                    **WIKIART_PAINTING,
                    "contentId": number,
                    "image": f"{site.base}/{number}.jpg!Large.jpg",
                }
                for number in range(count)
            ]
        )
    ]
    return site.base


SITES = {
    "met": met,
    "chicago": chicago,
    "cleveland": cleveland,
    "commons": commons,
    "wikiart": wikiart,
}
