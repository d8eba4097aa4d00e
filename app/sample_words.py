"""Words of the sample board: first and last names, and what `{slot}` stands for in its texts.

The names are in lower case, with blanks between: they become user names.
"""
# ruff: noqa: RUF001 (the apostrophes are meant: people read this text)

FIRST_NAMES = (
    "ann ben clara dev edith farid grace hugo imani jonas katya liam mara nils olga priya quentin "
    "rosa samir tess ursula victor wanda xenia yusuf zoe arthur bea conor dina elias freya"
)
LAST_NAMES = (
    "hollis marsh okafor weaver lindqvist patel brook tanner ortiz fuller novak shaw reid haddad "
    "wood fletcher kaya miller dyer moss baker sato price quinn"
)

SLOTS: dict[str, tuple[str, ...]] = {
    "street": (
        "Mill Street",
        "Weir Lane",
        "Orchard Road",
        "Fuller’s Yard",
        "Station Road",
        "Chapel Hill",
        "Dye House Lane",
        "Canal Walk",
        "Bridge Street",
        "Tenter Close",
    ),
    "place": (
        "the old weir",
        "the allotments",
        "the library",
        "the bus shelter on Station Road",
        "St Anne’s green",
        "the footbridge",
        "the bakery",
        "the playground",
        "the sports hall",
        "the towpath",
    ),
    "thing": (
        "oak bookcase",
        "child’s bicycle",
        "sewing machine",
        "garden bench",
        "record player",
        "folding table",
        "chest of drawers",
        "bread maker",
        "floor lamp",
        "set of six chairs",
        "cot with mattress",
        "wheelbarrow",
        "guitar amplifier",
        "rowing machine",
    ),
    "wanted": (
        "a second-hand cello",
        "a ladder for a weekend",
        "jam jars with lids",
        "a school desk",
        "a working typewriter",
        "bricks for a pizza oven",
        "a dog crate",
        "a tall bookcase",
    ),
    "lost": (
        "grey tabby cat",
        "set of keys on a red ribbon",
        "silver bracelet",
        "blue rucksack",
        "pair of reading glasses",
        "child’s mitten, green",
        "black umbrella with a wooden handle",
        "brown leather wallet",
    ),
    "price": ("£10", "£15", "£20", "£25", "£40", "£60", "£75", "£90", "£120"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "time": ("9 am", "10 am", "half past two", "4 pm", "6 pm", "half past seven"),
    "plant": ("tomato", "courgette", "sweet pea", "chard", "strawberry", "lavender", "leek"),
    "dish": ("sourdough", "quince jelly", "dal", "plum cake", "pierogi", "ginger beer"),
    "skill": (
        "bicycle repair",
        "maths for teenagers",
        "hedge trimming",
        "Spanish conversation",
        "mending clothes",
        "setting up a phone",
        "piano for beginners",
    ),
    "group": (
        "choir",
        "repair café",
        "book club",
        "walking group",
        "chess evening",
        "weaving circle",
        "allotment society",
        "film club",
    ),
    "book": (
        "Middlemarch",
        "The Left Hand of Darkness",
        "Things Fall Apart",
        "The Summer Book",
        "Piranesi",
        "The Leopard",
    ),
    "works": ("water main", "footbridge", "street lamps", "drains", "crossing by the school"),
    "bird": ("kingfisher", "heron", "pair of goosanders", "barn owl", "dipper", "grey wagtail"),
}
